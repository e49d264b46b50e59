"""The Bot API's documented limits that no model states: what Telegram would refuse in a call."""

from __future__ import annotations

from typing import Any

STYLES = {"bold", "italic", "underline", "strikethrough", "spoiler"}
LITERAL = {"pre", "code"}
QUOTES = {"blockquote", "expandable_blockquote"}


def problem_with(method: str, data: dict[str, Any]) -> str | None:
    """Return what is wrong with a call, None for nothing."""
    for text, entities, most in (("text", "entities", 4096), ("caption", "caption_entities", 1024)):
        if text in data:
            problem = _text(str(data[text]), data.get(entities) or [], most, empty=text == "caption")
            if problem:
                return f"{text}: {problem}"
    if method == "answerCallbackQuery" and len(data.get("text", "")) > 200:
        return "a toast of more than 200 characters"
    if method == "setMyCommands":
        return _commands(data["commands"])
    if method == "sendMediaGroup" and not 2 <= len(data["media"]) <= 10:
        return f"an album of {len(data['media'])}"
    if (
        method == "sendPhoto"
        and isinstance(data["photo"], bytes)
        and not 0 < len(data["photo"]) <= 10_000_000
    ):
        return f"a photo of {len(data['photo'])} bytes"
    return _markup(data.get("reply_markup"))


def _text(text: str, entities: list[dict[str, Any]], most: int, empty: bool) -> str | None:
    units = text.encode("utf-16-le")
    length = len(units) // 2
    if length > most or (not text.strip() and not empty):
        return f"{length} characters"
    if text != text.strip() and not any(e["type"] in LITERAL for e in entities):
        return "white space at the ends"
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if start < 0 or entity["length"] <= 0 or end > length:
            return f"entity out of bounds: {entity} in {length}"
        try:
            units[start * 2 : end * 2].decode("utf-16-le")
        except UnicodeDecodeError:
            return f"entity cuts a letter: {entity}"
    return _nesting(entities)


def _nesting(entities: list[dict[str, Any]]) -> str | None:
    for n, a in enumerate(entities):
        for b in entities[n + 1 :]:
            a0, a1, b0, b1 = a["offset"], a["offset"] + a["length"], b["offset"], b["offset"] + b["length"]
            if a1 <= b0 or b1 <= a0:
                continue
            if not ((a0 <= b0 and b1 <= a1) or (b0 <= a0 and a1 <= b1)):
                return f"entities cross: {a} {b}"
            kinds = {a["type"], b["type"]}
            if kinds & LITERAL and not kinds & QUOTES:
                return f"code within or around something: {a} {b}"
            if len(kinds & QUOTES) == 2 or (a["type"] in QUOTES and b["type"] in QUOTES):
                return f"quotes nested: {a} {b}"
    return None


def _commands(commands: list[dict[str, Any]]) -> str | None:
    if len(commands) > 100:
        return "more than 100 commands"
    for one in commands:
        name, words = one["command"], one["description"]
        if not (1 <= len(name) <= 32 and name == name.lower() and 1 <= len(words) <= 256):
            return f"command {one}"
    return None


def _markup(markup: dict[str, Any] | None) -> str | None:
    rows = (markup or {}).get("inline_keyboard")
    if rows is None:
        return None
    if any(not row or len(row) > 8 for row in rows) or sum(map(len, rows)) > 100:
        return "a keyboard out of shape"
    for button in (button for row in rows for button in row):
        if not button["text"] or len(button["text"]) > 64:
            return f"a button's label: {button}"
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            return f"callback data: {button}"
    return None
