"""Forms as Discord's modals: five fields, each under a label of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot_adapters.discord.components import Json
from bot_adapters.discord.sentences import IN_YOUR_WORDS, MAY_STAY_EMPTY, REASON, REASONS, WHAT_WAS_WRONG
from bot_core.forms import Field, FieldKind, Form
from bot_core.identity import Locale

LABEL, SELECT, INPUT = 18, 3, 4
TITLE, NAME, HINT, CHOICES, CHOICE, LONGEST, FIELDS = 45, 45, 100, 25, 100, 4000, 5

VOTE_FORM = Form(
    WHAT_WAS_WRONG,
    (
        Field(
            "reason",
            REASON,
            FieldKind.CHOICE,
            choices=tuple((reason.value, words) for reason, words in REASONS.items()),
        ),
        Field("words", IN_YOUR_WORDS, FieldKind.TEXT, required=False, hint=MAY_STAY_EMPTY),
    ),
)


def modal(form: Form, token: str, locale: Locale) -> Json:
    """Return what opens a form; its submission carries ``token``."""
    return {
        "custom_id": token,
        "title": form.title.of(locale)[:TITLE],
        "components": [_field(field, locale) for field in form.fields[:FIELDS]],
    }


def _field(field: Field, locale: Locale) -> Json:
    inner = _select(field, locale) if field.kind is FieldKind.CHOICE else _input(field, locale)
    label: Json = {"type": LABEL, "label": field.label.of(locale)[:NAME] or field.name, "component": inner}
    if field.kind is FieldKind.CHOICE and field.hint.of(locale):
        label["description"] = field.hint.of(locale)[:HINT]
    return label


def _select(field: Field, locale: Locale) -> Json:
    options = [
        {"label": words.of(locale)[:CHOICE], "value": value[:CHOICE], "default": value == field.value}
        for value, words in field.choices[:CHOICES]
    ]
    return {
        "type": SELECT,
        "custom_id": field.name,
        "options": options,
        "required": field.required,
        "min_values": int(field.required),
        "max_values": 1,
    }


def _input(field: Field, locale: Locale) -> Json:
    made: Json = {
        "type": INPUT,
        "custom_id": field.name,
        "style": 2 if field.kind is FieldKind.TEXT else 1,
        "required": field.required,
        "max_length": max(1, min(field.longest, LONGEST)),
    }
    if field.hint.of(locale):
        made["placeholder"] = field.hint.of(locale)[:HINT]
    if field.value:
        made["value"] = field.value[: made["max_length"]]
    return made


def submitted(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was filled in, by field name; fields left empty are left out."""
    values: dict[str, str] = {}
    for component in _inner(data.get("components") or ()):
        name = str(component.get("custom_id", ""))
        value = component.get("value")
        chosen = component.get("values")
        if value is None and chosen:
            value = chosen[0]
        if name and value not in (None, ""):
            values[name] = str(value)
    return values


def _inner(components: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - JSON of a member's client
    for component in components:
        if isinstance(component.get("component"), dict):
            yield component["component"]
        elif "components" in component:
            yield from _inner(component["components"])
        else:
            yield component
