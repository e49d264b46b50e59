"""What a parameter takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot_core.identity import Words
from bot_core.prompt.model import Ratio

WIDEST = 3  # to 1
Value = str | int | float | bool | Ratio | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: the field it fills, what it takes, and how it is read (None: it is not that)."""

    field: str
    takes: Words
    read: Callable[[str], Value | None]
    flag: bool = False


def _whole(low: int, high: int) -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        if not re.fullmatch(r"[0-9]{1,12}", text):
            return None
        return value if low <= (value := int(text)) <= high else None

    return read


def _between(low: float, high: float) -> Callable[[str], float | None]:
    def read(text: str) -> float | None:
        if not re.fullmatch(r"[0-9]{0,4}(\.[0-9]{1,4})?", text) or not text:
            return None
        return value if low <= (value := float(text)) <= high else None

    return read


def _ratio(text: str) -> Ratio | None:
    found = re.fullmatch(r"([0-9]{1,4})[:：/x×]([0-9]{1,4})", text)
    if found is None:
        return None
    width, height = int(found[1]), int(found[2])
    if not width or not height or not 1 / WIDEST <= width / height <= WIDEST:
        return None
    return Ratio.of(width, height)


def _quality(text: str) -> float | None:
    value = _between(0.25, 1.0)(text)
    return value if value in (0.25, 0.5, 1.0) else None


def _list(text: str) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(word.strip() for word in re.split(r"[,，、]", text) if word.strip())) or None


def _range(low: float, high: float, more: Words | None = None) -> Words:
    more = more or Words("", "")
    return Words(f"可以是 {low:g} 到 {high:g}{more.zh}。", f"takes {low:g} to {high:g}{more.en}.")


def _flag(text: str) -> bool | None:
    return None if text else True


SEED = 2**32 - 1
ALONE = Words("后面不跟数值；描述请写在所有参数之前。", "takes no value; the words go before all parameters.")


def parameters(styles: Mapping[str, str], repeats: int) -> dict[str, Parameter]:
    """Return every parameter by its names."""
    ratio = Words("可以是 1:3 到 3:1 的宽高比，如 3:2。", "takes a ratio from 1:3 to 3:1, such as 3:2.")
    names = "、".join(styles), ", ".join(styles)
    style = Words(f"可以是：{names[0] or '（没有）'}。", f"takes one of: {names[1] or '(none)'}.")
    no = Words("后面写不要的东西，用逗号分开。", "takes what to leave out, separated by commas.")
    plain: dict[str, Parameter] = {
        "ar": Parameter("ratio", ratio, _ratio),
        "seed": Parameter(
            "seed",
            Words(f"可以是 0 到 {SEED} 的整数。", f"takes a whole number from 0 to {SEED}."),
            _whole(0, SEED),
        ),
        "chaos": Parameter("chaos", _range(0, 100), _whole(0, 100)),
        "stylize": Parameter("stylize", _range(0, 1000), _whole(0, 1000)),
        "iw": Parameter("picture_weight", _range(0, 2), _between(0, 2)),
        "q": Parameter("quality", Words("可以是 .25、.5 或 1。", "takes .25, .5 or 1."), _quality),
        "stop": Parameter("stop", _range(10, 100), _whole(10, 100)),
        "no": Parameter("no", no, _list),
        "tile": Parameter("tile", ALONE, _flag, flag=True),
        "repeat": Parameter("repeat", _range(1, repeats), _whole(1, repeats)),
        "fast": Parameter("lane", ALONE, lambda text: None if text else "fast", flag=True),
        "relax": Parameter("lane", ALONE, lambda text: None if text else "relax", flag=True),
        "style": Parameter("style", style, lambda text: text.lower() if text.lower() in styles else None),
    }
    other = {"aspect": "ar", "c": "chaos", "s": "stylize", "quality": "q", "r": "repeat"}
    return plain | {name: plain[known] for name, known in other.items()}
