"""Commands and forms on the page: what a client may invoke, and the forms that buttons open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot_adapters.web.envelope import Json
from bot_adapters.web.sentences import BAD_ARGUMENT, NO_COMMAND, fill
from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.errors import BadInput
from bot_core.events import ArgumentValue, Invoked
from bot_core.forms import Form
from bot_core.identity import Locale, Words

LONGEST = 4000  # characters of an argument that sets no bound itself
MOST_VALUES = 10


@dataclass(frozen=True, slots=True)
class Commands:
    """The commands that the page offers; an admin's are left out."""

    declared: Sequence[Command]

    @property
    def offered(self) -> list[Command]:
        """Return what every member may use."""
        return [command for command in self.declared if not command.admin]

    def data(self, locale: Locale) -> list[Json]:
        """Return them as ``hello`` tells them."""
        return [
            {
                "name": command.name,
                "description": command.description.of(locale),
                "arguments": [_argument_data(argument, locale) for argument in command.arguments],
            }
            for command in self.offered
        ]

    def typed(self, text: str) -> Invoked | None:
        """Return the event of a line like ``/imagine a fox``; None for what begins with no command's name."""
        name, _, rest = text.strip().removeprefix("/").partition(" ")
        known = {command.name: command for command in self.declared}
        if not text.strip().startswith("/") or name.lower() not in known:
            return None
        texts = [each for each in known[name.lower()].arguments if each.kind is ArgumentKind.TEXT]
        given = {texts[0].name: rest.strip()} if texts and rest.strip() else {}
        return self.invoked(name, given)

    def invoked(self, name: str, given: object) -> Invoked:
        """Return the event of a client's ``invoke``. Raises BadInput for what its declaration does not take."""
        command = next((each for each in self.declared if each.name == name.lower()), None)
        if command is None:
            raise BadInput(f"command {name[:40]!r}", fill(NO_COMMAND, name=name[:40]))
        values = given if isinstance(given, Mapping) else {}
        taken: dict[str, ArgumentValue] = {}
        for argument in command.arguments:
            value = values.get(argument.name)
            if argument.kind is ArgumentKind.FILE:
                continue
            if value is None or value == "":
                if argument.required:
                    raise _wrong(argument)
                continue
            taken[argument.name] = _value(argument, value)
        return Invoked(command.name, taken)


def form_data(form: Form, token: str, locale: Locale) -> Json:
    """Return a ``form``: what a button asks before it acts."""
    return {
        "token": token,
        "title": form.title.of(locale),
        "fields": [
            {
                "name": field.name,
                "label": field.label.of(locale),
                "kind": field.kind.value,
                "required": field.required,
                "choices": [{"value": value, "label": words.of(locale)} for value, words in field.choices],
                "longest": field.longest,
                "hint": field.hint.of(locale),
                "value": field.value,
            }
            for field in form.fields
        ],
    }


def form_values(given: object) -> dict[str, str]:
    """Return what was filled in. Raises BadInput for what is no mapping of short texts."""
    if not isinstance(given, Mapping) or len(given) > MOST_VALUES:
        raise BadInput("form values", fill(BAD_ARGUMENT, name="values"))
    values: dict[str, str] = {}
    for name, value in given.items():
        if not isinstance(value, str) or len(value) > LONGEST or len(str(name)) > 64:
            raise BadInput("form values", fill(BAD_ARGUMENT, name=str(name)[:40]))
        values[str(name)] = value.replace("\x00", "")
    return values


def _value(argument: Argument, value: object) -> ArgumentValue:
    kind = argument.kind
    if kind is ArgumentKind.FLAG and isinstance(value, bool):
        return value
    if kind in (ArgumentKind.INTEGER, ArgumentKind.NUMBER):
        whole = kind is ArgumentKind.INTEGER
        fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if fits and isinstance(value, int | float) and _within(argument, value):
            return value
        raise _wrong(argument)
    if not isinstance(value, str) or not _within(argument, len(value)) or len(value) > LONGEST:
        raise _wrong(argument)
    if argument.choices and value not in {choice for choice, _ in argument.choices}:
        raise _wrong(argument)
    return value.replace("\x00", "")


def _within(argument: Argument, size: float) -> bool:
    low = argument.minimum if argument.minimum is not None else float("-inf")
    high = argument.maximum if argument.maximum is not None else float("inf")
    return low <= size <= high


def _wrong(argument: Argument) -> BadInput:
    said = BAD_ARGUMENT
    about = Words(
        f"{argument.name}（{argument.description.zh}）", f"{argument.name} ({argument.description.en})"
    )
    words = Words(said.zh.format(name=about.zh), said.en.format(name=about.en))
    return BadInput(f"argument {argument.name}", words)


def _argument_data(argument: Argument, locale: Locale) -> Json:
    return {
        "name": argument.name,
        "description": argument.description.of(locale),
        "kind": argument.kind.value,
        "required": argument.required,
        "choices": [{"value": value, "label": words.of(locale)} for value, words in argument.choices],
    }
