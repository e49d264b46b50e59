"""From typed words to prompts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot_core.identity import Words
from bot_core.prompt.model import Part, Prompt
from bot_core.prompt.parameters import Parameter, Value, parameters
from bot_core.prompt.permute import Typed, outline, size, variants
from bot_core.prompt.wrong import PromptWrong

# Telephones turn two hyphens into one dash, Chinese keyboards make wide ones: all are taken where letters follow.
# After Chinese words no space is typed: there two hyphens are enough, and a dash stays a dash.
DASHES = re.compile(
    r"(?:(?<=\s)|^)(?:--|－－|[—–]+)(?=[A-Za-z])|(?<=[\u3000-\u9fff，！？])(?:--|－－)(?=[A-Za-z])"
)
WEIGHT = re.compile(r"(?:::|：：)\s*([-−]?[0-9]*\.?[0-9]+(?![0-9A-Za-z.]))?")
LINK = re.compile(r"<?(https?://[^\s<>]+)>?(?=\s|$)", re.IGNORECASE)
HEAVIEST = 100.0

EMPTY = Words(
    "请写出想画的内容，例如：雨夜的小巷，水彩。",
    "say what to draw, for example: an alley on a rainy night, watercolour.",
)
LONG = Words("最多 {n} 个字符。", "at most {n} characters.")
MANY = Words("展开后是 {n} 个任务，最多 {most} 个。", "this makes {n} jobs; at most {most} at once.")
PARTS = Words("最多 {n} 个带权重的部分。", "at most {n} weighted parts.")
PICTURES = Words("最多 {n} 张参考图。", "at most {n} picture prompts.")
TWICE = Words("这个参数写了两次，请只留一个。", "this parameter stands twice; keep one.")
LANES = Words("--fast 和 --relax 只能选一个。", "choose one of --fast and --relax.")
SUM = Words("各部分的权重相加必须大于 0。", "the weights must add up to more than 0.")
HEAVY = Words("权重可以是 -100 到 100。", "a weight takes -100 to 100.")
NO_WORDS = Words("权重前面要有文字。", "words must stand before the weight.")


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed: ``jobs`` of one prompt with its permutations and repeats, and the community's styles."""

    characters: int = 4000
    jobs: int = 10
    parts: int = 20
    pictures: int = 5
    styles: Mapping[str, str] = field(default_factory=dict)
    wordless: bool = False  # a picture came along: words are not needed


def count(text: str) -> int:
    """Return how many variants the permutations make. Raises PromptWrong for braces that don't match."""
    return size(outline(text))


def read(text: str, rules: Rules | None = None, suffix: str = "") -> list[Prompt]:
    """Return a prompt per variant; ``repeat`` is left for the caller to multiply.

    ``suffix`` (a member's /prefer suffix) is read like the end of the prompt; what the prompt says itself wins.
    Raises PromptWrong with the place in ``text``.
    """
    rules = rules or Rules()
    if len(text) > rules.characters:
        raise PromptWrong(rules.characters + 1, "", _filled(LONG, n=rules.characters))
    pieces = outline(text)
    total = size(pieces)
    if total > rules.jobs:
        raise PromptWrong(0, "", _filled(MANY, n=total, most=rules.jobs))
    usual = _one(variants(outline(suffix))[0], rules, alone=False) if suffix.strip() else Prompt()
    prompts = [_with(_one(typed, rules, alone=not usual.parts), usual) for typed in variants(pieces)]
    jobs = sum(prompt.repeat for prompt in prompts)
    if jobs > rules.jobs:
        raise PromptWrong(0, "", _filled(MANY, n=jobs, most=rules.jobs))
    return prompts


def _with(prompt: Prompt, usual: Prompt) -> Prompt:
    """Return ``prompt`` with what ``usual`` adds."""
    plain = Prompt()
    names = (
        "ratio",
        "seed",
        "chaos",
        "stylize",
        "picture_weight",
        "quality",
        "stop",
        "tile",
        "repeat",
        "lane",
        "style",
    )
    added = {
        name: getattr(usual, name)
        for name in names
        if getattr(prompt, name) == getattr(plain, name) != getattr(usual, name)
    }
    no = tuple(dict.fromkeys((*prompt.no, *usual.no)))
    return replace(prompt, parts=_merged(prompt.parts, usual.parts), no=no, **added)


def _merged(parts: tuple[Part, ...], more: tuple[Part, ...]) -> tuple[Part, ...]:
    if len(parts) == len(more) == 1 and parts[0].weight == more[0].weight == 1.0:
        return (Part(f"{parts[0].text}, {more[0].text}"),)
    return parts + more


def _one(typed: Typed, rules: Rules, *, alone: bool = True) -> Prompt:
    starts = list(DASHES.finditer(typed.text))
    body = typed.cut(0, starts[0].start()) if starts else typed
    pictures, body = _pictures(body, rules)
    given = _parameters(typed, starts, parameters(rules.styles, rules.jobs))
    parts = _parts(body, rules)
    if alone and not parts and not pictures and not rules.wordless:
        raise PromptWrong(typed.place(0), "", EMPTY)
    return Prompt(parts=parts, pictures=pictures, **given)  # type: ignore[arg-type]


def _pictures(body: Typed, rules: Rules) -> tuple[tuple[str, ...], Typed]:
    links: list[str] = []
    body = body.stripped()
    while (found := LINK.match(body.text)) is not None:
        if len(links) == rules.pictures:
            raise PromptWrong(body.place(0), found[1], _filled(PICTURES, n=rules.pictures))
        links.append(found[1])
        body = body.cut(found.end()).stripped()
    return tuple(links), body


def _parts(body: Typed, rules: Rules) -> tuple[Part, ...]:
    parts: list[Part] = []
    start = 0
    for found in WEIGHT.finditer(body.text):
        words = _squeezed(body.text[start : found.start()])
        if not words:
            raise PromptWrong(body.place(found.start()), found[0], NO_WORDS)
        weight = float(found[1].replace("−", "-")) if found[1] else 1.0
        if abs(weight) > HEAVIEST:
            raise PromptWrong(body.place(found.start()), found[0], HEAVY)
        parts.append(Part(words, weight))
        start = found.end()
    if rest := _squeezed(body.text[start:]):
        parts.append(Part(rest))
    if len(parts) > rules.parts:
        raise PromptWrong(body.place(0), "", _filled(PARTS, n=rules.parts))
    if parts and sum(part.weight for part in parts) <= 0:
        raise PromptWrong(body.place(0), "", SUM)
    return tuple(parts)


def _parameters(
    typed: Typed, starts: list[re.Match[str]], known: Mapping[str, Parameter]
) -> dict[str, Value]:
    given: dict[str, Value] = {}
    for at, found in enumerate(starts):
        end = starts[at + 1].start() if at + 1 < len(starts) else len(typed.text)
        name, *rest = typed.text[found.end() : end].split(None, 1)
        place, text = typed.place(found.start()), "".join(rest).strip()
        parameter = known.get(name.lower())
        if parameter is None:
            raise PromptWrong(place, f"--{name}", _unknown(name.lower(), known))
        value = parameter.read(text)
        if value is None:
            raise PromptWrong(place, f"--{name} {text}".strip(), parameter.takes)
        _keep(given, parameter, value, place, name)
    return given


def _keep(given: dict[str, Value], parameter: Parameter, value: Value, place: int, name: str) -> None:
    before = given.get(parameter.field)
    if isinstance(before, tuple) and isinstance(value, tuple):  # --no may stand several times
        given[parameter.field] = tuple(dict.fromkeys((*before, *value)))
        return
    if before is not None:
        raise PromptWrong(place, f"--{name}", LANES if parameter.field == "lane" else TWICE)
    given[parameter.field] = value


def _unknown(name: str, known: Mapping[str, Parameter]) -> Words:
    near = difflib.get_close_matches(name, known, n=1)
    hint = (
        Words(f"是不是 --{near[0]}？", f"did you mean --{near[0]}? ")
        if near
        else Words("没有这个参数。", "no such parameter. ")
    )
    names = " ".join(f"--{each}" for each in known if len(each) > 1 or each == "q")
    return Words(f"{hint.zh}可以用：{names}", f"{hint.en}There are: {names}")


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _filled(words: Words, **values: int) -> Words:
    return Words(words.zh.format(**values), words.en.format(**values))
