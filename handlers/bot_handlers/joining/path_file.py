"""The community's ``path.toml``: which steps a newcomer is led through, checked with clear sentences."""

from __future__ import annotations

import asyncio
import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot_core.errors import BadInput
from bot_core.identity import Words

log = logging.getLogger(__name__)
LARGEST = 64 * 1024  # bytes
MOST_STEPS, MOST_CHOICES = 20, 12
KEYS = {"kind", "zh", "en", "required", "roles", "where", "choice"}


class StepKind(StrEnum):
    """What a step asks of a newcomer."""

    GREET = "greet"
    RULES = "rules"  # accepted by a button
    LANGUAGE = "language"
    INTERESTS = "interests"  # choices that may give roles
    INTRODUCE = "introduce"  # a form, posted to ``where``
    QUESTIONS = "questions"  # first questions, from the documents
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Choice:
    """One interest; ``role`` is granted with it where it is set."""

    words: Words
    role: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``roles`` are granted when it is passed, ``where`` is a channel of the place."""

    kind: StepKind
    words: Words
    required: bool = False
    roles: tuple[str, ...] = ()
    where: str = ""
    choices: tuple[Choice, ...] = ()


DEFAULT = (
    Step(
        StepKind.GREET,
        Words(
            "欢迎来到这里！跟着几步走，一两分钟就好，随时可以停下。",
            "Welcome! A few steps lead you in; they take a minute or two, and you can stop at any time.",
        ),
    ),
    Step(
        StepKind.RULES,
        Words(
            "这里的规则：尊重彼此，不发广告，不公开别人的隐私。",
            "The rules here: respect each other, no advertising, nobody's private matters in public.",
        ),
        required=True,
    ),
    Step(StepKind.LANGUAGE, Words("我用哪种语言和你说话？", "Which language shall I speak with you?")),
    Step(StepKind.QUESTIONS, Words("新来的人常问这些：", "Newcomers often ask:")),
    Step(StepKind.DONE, Words("都好了，有问题随时问我。", "That is all. Ask me whenever you like.")),
)


def read_path(text: str) -> tuple[Step, ...]:
    """Return the steps of a file. Raises BadInput whose sentence names the line or the step."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(f"这不是有效的 TOML：{error}", f"this is not valid TOML: {error}") from None
    unknown = set(data) - {"step"}
    steps = data.get("step")
    if unknown or not isinstance(steps, list) or not steps:
        raise _wrong("文件里应有且只有 [[step]] 段", "the file consists of [[step]] tables and nothing else")
    if len(steps) > MOST_STEPS:
        raise _wrong(f"最多 {MOST_STEPS} 步", f"there are at most {MOST_STEPS} steps")
    read = tuple(_step(number, step) for number, step in enumerate(steps, 1))
    if any(step.kind is StepKind.DONE for step in read[:-1]):
        raise _wrong("done 只能是最后一步", "done can only be the last step")
    return read


def _step(number: int, data: object) -> Step:
    kinds = ", ".join(StepKind)
    if not isinstance(data, Mapping) or data.get("kind") not in list(StepKind):
        raise _wrong(f"第 {number} 步：kind 须是 {kinds} 之一", f"step {number}: kind must be one of {kinds}")
    kind = StepKind(data["kind"])
    name = f"{number} ({kind})"
    unknown = sorted(set(data) - KEYS)
    if unknown:
        raise _wrong(f"第 {name} 步：不认识 {unknown[0]}", f"step {name}: {unknown[0]} is not known")
    required, where, roles = data.get("required", False), data.get("where", ""), data.get("roles", [])
    if not isinstance(required, bool):
        raise _wrong(f"第 {name} 步：required 须是 true 或 false", f"step {name}: required is true or false")
    if not isinstance(where, str) or (kind is StepKind.INTRODUCE and not where):
        raise _wrong(f"第 {name} 步：where 须是频道编号", f"step {name}: where must name a channel by its id")
    if not isinstance(roles, list) or not all(isinstance(role, str) and role for role in roles):
        raise _wrong(f"第 {name} 步：roles 须是文字列表", f"step {name}: roles is a list of texts")
    choices = data.get("choice", [])
    if not isinstance(choices, list) or (bool(choices) != (kind is StepKind.INTERESTS)):
        raise _wrong(
            f"第 {name} 步：只有 interests 有 [[step.choice]]，且至少一个",
            f"step {name}: interests, and only interests, has one or more [[step.choice]]",
        )
    if len(choices) > MOST_CHOICES:
        raise _wrong(
            f"第 {name} 步：最多 {MOST_CHOICES} 个选项", f"step {name}: at most {MOST_CHOICES} choices"
        )
    made = tuple(_choice(name, n, choice) for n, choice in enumerate(choices, 1))
    return Step(kind, _words(name, data, 2000), required, tuple(roles), where, made)


def _choice(step: str, number: int, data: object) -> Choice:
    name = f"{step}, choice {number}"
    if not isinstance(data, Mapping) or set(data) - {"zh", "en", "role"}:
        raise _wrong(f"第 {name}：只有 zh、en、role", f"step {name}: it has zh, en and role, nothing else")
    role = data.get("role", "")
    if not isinstance(role, str):
        raise _wrong(f"第 {name}：role 须是文字", f"step {name}: role is a text")
    return Choice(_words(name, data, 60), role)


def _words(name: str, data: Mapping[str, Any], longest: int) -> Words:
    zh, en = data.get("zh"), data.get("en")
    for language, text in (("zh", zh), ("en", en)):
        if not isinstance(text, str) or not text.strip() or len(text) > longest:
            raise _wrong(
                f"第 {name} 步：{language} 须是 1 到 {longest} 字的文字",
                f"step {name}: {language} must be a text of 1 to {longest} characters",
            )
    return Words(str(zh).strip(), str(en).strip())


def _wrong(zh: str, en: str) -> BadInput:
    return BadInput(en, Words(f"path.toml：{zh}。", f"path.toml: {en}."))


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of all communities, read once and again by ``reload``; ``folder`` is the data folder."""

    folder: Path
    _read: dict[str, tuple[Step, ...]] = field(default_factory=dict)

    async def of(self, community: str) -> tuple[Step, ...]:
        """Return a community's steps: its own, or the built-in ones where it has none or a broken file."""
        if community not in self._read:
            try:
                await self.reload(community)
            except BadInput as error:
                log.error("the path can't be read", extra={"community": community, "error": str(error)})
                self._read[community] = DEFAULT
        return self._read[community]

    async def reload(self, community: str) -> int:
        """Read the file again; return how many steps it has. Raises BadInput, and the old steps stay."""
        text = await asyncio.to_thread(self._text, community)
        self._read[community] = read_path(text) if text is not None else DEFAULT
        return len(self._read[community])

    def _text(self, community: str) -> str | None:
        path = self.folder / "communities" / community / "path.toml"
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise _wrong(f"文件超过 {LARGEST} 字节", f"the file is larger than {LARGEST} bytes")
            return data.decode("utf-8-sig")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise _wrong(f"不是 UTF-8：{error.reason}", f"it is not UTF-8: {error.reason}") from None
        except OSError as error:
            raise _wrong(f"读不了：{error.strerror}", f"it can't be read: {error.strerror}") from None
