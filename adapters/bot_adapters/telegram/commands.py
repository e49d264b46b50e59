"""Commands as members type them: ``/name@bot words name=value``, read by what the handlers declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot_adapters.telegram.sentences import (
    A_NUMBER,
    A_WHOLE_NUMBER,
    BETWEEN,
    NO,
    ONE_OF,
    YES,
    YES_OR_NO,
    fill,
)
from bot_adapters.telegram.wire import Message
from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.events import ArgumentValue
from bot_core.forms import Field, FieldKind, Form
from bot_core.identity import Words

TYPED = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]+))?(?=\s|$)\s*(.*)", re.DOTALL)
TRUE = {"1", "yes", "y", "true", "on", "是", "对", "好", "开"}
FALSE = {"0", "no", "n", "false", "off", "否", "不", "不是", "关"}
FIELDS = 5  # of a form


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as it was typed; ``bot`` is the name after the @, empty for none."""

    name: str
    bot: str
    rest: str


def typed(text: str) -> Typed | None:
    """Return the command a text begins with."""
    match = TYPED.match(text) if text.startswith("/") else None
    return Typed(match[1].lower(), match[2] or "", match[3].strip()) if match else None


class WrongValue(Exception):
    """A value that an argument does not take; ``what`` it takes instead."""

    def __init__(self, what: Words) -> None:
        super().__init__(what.en)
        self.what = what


@dataclass(frozen=True, slots=True)
class Read:
    """What was typed, by argument; ``missing`` ones are required and not there, or not usable."""

    values: dict[str, ArgumentValue] = field(default_factory=dict)
    missing: tuple[Argument, ...] = ()


def read(command: Command, rest: str, message: Message | None = None) -> Read:
    """Return the arguments of a command. What can't be used is missing where it is required, else left out."""
    if message is not None:
        rest = _with_members(rest, message)
    given, rest = _named(command.arguments, rest)
    left = [argument for argument in command.arguments if argument.name not in given]
    given |= _positional(left, rest)
    values: dict[str, ArgumentValue] = {}
    for argument in command.arguments:
        if argument.name in given:
            try:
                values[argument.name] = convert(argument, given[argument.name])
            except WrongValue:
                continue
    missing = tuple(
        argument
        for argument in command.arguments
        if argument.required and argument.name not in values and argument.kind is not ArgumentKind.FILE
    )
    return Read(values, missing)


def _named(arguments: Iterable[Argument], rest: str) -> tuple[dict[str, str], str]:
    given: dict[str, str] = {}
    for argument in arguments:
        pattern = rf'(?:^|(?<=\s)){re.escape(argument.name)}\s?[=＝]\s?(?:"([^"]*)"|“([^”]*)”|(\S+))'
        match = re.search(pattern, rest)
        if match:
            given[argument.name] = next(group for group in match.groups() if group is not None)
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    return given, rest.strip() if given else rest


def _positional(arguments: Sequence[Argument], rest: str) -> dict[str, str]:
    given: dict[str, str] = {}
    arguments = [argument for argument in arguments if argument.kind is not ArgumentKind.FILE]
    for at, argument in enumerate(arguments):
        if not rest:
            break
        last = not any(later.required for later in arguments[at + 1 :])
        if argument.kind is ArgumentKind.TEXT and not argument.choices and last:
            given[argument.name], rest = rest, ""
            continue
        word, _, after = rest.partition(" ")
        try:
            convert(argument, word)
        except WrongValue:
            if not argument.required:
                continue  # the word belongs to the next one
        given[argument.name], rest = word, after.strip()
    return given


def convert(argument: Argument, text: str) -> ArgumentValue:
    """Return a text as the argument takes it; raises WrongValue."""
    text = text.strip()
    if argument.choices:
        return _choice(argument, text)
    if argument.kind is ArgumentKind.FLAG:
        if text.lower() in TRUE | FALSE:
            return text.lower() in TRUE
        raise WrongValue(YES_OR_NO)
    if argument.kind in (ArgumentKind.INTEGER, ArgumentKind.NUMBER):
        return _number(argument, text)
    if not text:
        raise WrongValue(argument.description)
    return text


def _choice(argument: Argument, text: str) -> str:
    for value, words in argument.choices:
        if text.lower() in (value.lower(), words.zh.lower(), words.en.lower()):
            return value
    zh, en = ("、".join(w.zh for _, w in argument.choices), ", ".join(w.en for _, w in argument.choices))
    raise WrongValue(fill(ONE_OF, choices=Words(zh, en)))


def _number(argument: Argument, text: str) -> int | float:
    whole = argument.kind is ArgumentKind.INTEGER
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        raise WrongValue(A_WHOLE_NUMBER if whole else A_NUMBER) from None
    low, high = argument.minimum, argument.maximum
    if (low is not None and value < low) or (high is not None and value > high) or value != value:
        shown = ("…" if low is None else f"{low:g}", "…" if high is None else f"{high:g}")
        raise WrongValue(fill(BETWEEN, low=shown[0], high=shown[1]))
    return value


def _with_members(rest: str, message: Message) -> str:
    """Return the words with members that were named without a user name replaced by their ids."""
    if not message.named:
        return rest
    raw = message.text.encode("utf-16-le")
    for named in message.named:
        words = raw[named.offset * 2 : (named.offset + named.length) * 2].decode("utf-16-le", "ignore")
        rest = rest.replace(words, f"telegram:{named.user}", 1)
    return rest


def form_of(command: Command, missing: Sequence[Argument]) -> Form:
    """Return the form that asks for what is missing."""
    return Form(command.description, tuple(_field(argument) for argument in missing[:FIELDS]))


def _field(argument: Argument) -> Field:
    choices = argument.choices
    if argument.kind is ArgumentKind.FLAG:
        choices = (("yes", YES), ("no", NO))
    text = argument.kind is ArgumentKind.TEXT and not choices
    longest = int(argument.maximum) if text and argument.maximum else 4000
    kind = FieldKind.CHOICE if choices else FieldKind.LINE
    return Field(argument.name, argument.description, kind, argument.required, choices, longest)
