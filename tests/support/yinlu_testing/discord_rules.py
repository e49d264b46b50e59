"""What Discord takes and what it refuses: every payload of the adapter passes here."""

from __future__ import annotations

import base64
import re
from typing import Any

Json = dict[str, Any]

CONTENT, EMBED, FIELD_NAME, FIELD_VALUE, FIELDS, EMBEDS = 2000, 6000, 256, 1024, 25, 10
ROWS, BUTTONS, LABEL, CUSTOM_ID = 5, 5, 80, 100
UPLOAD = 10 * 1024 * 1024
VOICE = 8192
MESSAGE_FIELDS = {
    "content", "embeds", "components", "flags", "allowed_mentions", "attachments", "nonce", "enforce_nonce",
    "message_reference",
}  # fmt: skip


def units(text: str) -> int:
    """Return a text's length in UTF-16 units, the strictest way to count."""
    return len(text.encode("utf-16-le")) // 2


def message_faults(data: Json, files: list[tuple[str, bytes]], editing: bool) -> list[str]:
    """Return what is wrong with a message."""
    faults = [f"unknown field {name}" for name in data.keys() - MESSAGE_FIELDS]
    faults += _text_faults(data) + _embed_faults(data.get("embeds") or [])
    faults += component_faults(data.get("components") or []) + _file_faults(data, files)
    empty = not (data.get("content") or data.get("embeds") or files or data.get("components"))
    if empty and not editing:
        faults.append("an empty message")
    if len(str(data.get("nonce", ""))) > 25:
        faults.append("nonce beyond 25")
    if (
        data.get("message_reference", {}).get("fail_if_not_exists") is not False
        and "message_reference" in data
    ):
        faults.append("a reply that fails when its message is gone")
    return faults + _mention_faults(data)


def _text_faults(data: Json) -> list[str]:
    content = data.get("content") or ""
    faults = ["content beyond 2000"] if units(content) > CONTENT else []
    return faults + (["an open fence"] if content.count("```") % 2 else [])


def _mention_faults(data: Json) -> list[str]:
    if "content" not in data:
        return []
    allowed = data.get("allowed_mentions")
    if allowed is None:
        return ["no allowed_mentions"]
    return ["parses mentions"] if allowed.get("parse") != [] or allowed.get("replied_user") else []


def pinged(data: Json) -> list[str]:
    """Return whom a message makes ring."""
    content, allowed = (
        data.get("content") or "",
        data.get("allowed_mentions") or {"parse": ["everyone", "users", "roles"]},
    )
    parse = allowed.get("parse") or []
    rings = ["everyone"] if "everyone" in parse and re.search("@everyone|@here", content) else []
    for kind, pattern in (("users", r"<@!?(\d+)>"), ("roles", r"<@&(\d+)>")):
        named = re.findall(pattern, content)
        rings += [f"{kind}:{id}" for id in named if kind in parse or id in (allowed.get(kind) or [])]
    return rings


def _embed_faults(embeds: list[Json]) -> list[str]:
    faults = ["more than 10 embeds"] if len(embeds) > EMBEDS else []
    total = 0
    for embed in embeds:
        fields = embed.get("fields") or []
        total += units(embed.get("title") or "") + units(embed.get("description") or "")
        faults += ["more than 25 fields"] if len(fields) > FIELDS else []
        for field in fields:
            name, value = field["name"], field["value"]
            total += units(name) + units(value)
            if not 1 <= units(name) <= FIELD_NAME or not 1 <= units(value) <= FIELD_VALUE:
                faults.append("a field's length")
    return faults + (["embeds beyond 6000"] if total > EMBED else [])


def component_faults(rows: list[Json]) -> list[str]:
    """Return what is wrong with rows of buttons."""
    faults = ["more than 5 rows"] if len(rows) > ROWS else []
    seen: set[str] = set()
    for row in rows:
        buttons = row.get("components") or []
        if row.get("type") != 1 or not 1 <= len(buttons) <= BUTTONS:
            faults.append("a row's size")
        for button in buttons:
            id = button.get("custom_id", "")
            if button.get("type") != 2 or button.get("style") not in (1, 2, 3, 4):
                faults.append("not a button")
            if not 1 <= len(id) <= CUSTOM_ID or id in seen:
                faults.append("a custom_id's length, or twice")
            if not 1 <= units(button.get("label", "")) <= LABEL:
                faults.append("a label's length")
            seen.add(id)
    return faults


def modal_faults(data: Json) -> list[str]:
    """Return what is wrong with a form."""
    fields = data.get("components") or []
    faults = [] if 1 <= len(fields) <= 5 else ["a form's size"]
    if not 1 <= units(data.get("title", "")) <= 45 or not 1 <= len(data.get("custom_id", "")) <= CUSTOM_ID:
        faults.append("a form's title or id")
    for label in fields:
        inner = label.get("component") or {}
        if label.get("type") != 18 or not 1 <= units(label.get("label", "")) <= 45:
            faults.append("a field's label")
        if inner.get("type") == 3:
            options = inner.get("options") or []
            faults += [] if 1 <= len(options) <= 25 else ["a choice's size"]
            faults += ["an option's length" for o in options if not 1 <= units(o["label"]) <= 100]
        elif inner.get("type") != 4 or inner.get("style") not in (1, 2):
            faults.append("an unknown field")
    return faults


def _file_faults(data: Json, files: list[tuple[str, bytes]]) -> list[str]:
    described = data.get("attachments") or []
    faults = ["too many bytes"] if sum(len(body) for _, body in files) > UPLOAD else []
    if [entry["id"] for entry in described] != list(range(len(files))):
        faults.append("attachments that are not described")
    if (data.get("flags") or 0) & VOICE:
        faults += _voice_faults(data, described)
    elif any("waveform" in entry for entry in described):
        faults.append("a waveform without the flag")
    return faults


def _voice_faults(data: Json, described: list[Json]) -> list[str]:
    if data.get("content") or data.get("embeds") or len(described) != 1:
        return ["a voice message with more than its sound"]
    wave = base64.b64decode(described[0].get("waveform", ""))
    good = 1 <= len(wave) <= 256 and described[0].get("duration_secs", 0) > 0
    return [] if good else ["a voice message's waveform or duration"]


def command_faults(commands: list[Json]) -> list[str]:
    """Return what is wrong with registered commands."""
    faults = []
    for command in commands:
        options = command.get("options") or []
        described = command["type"] != 1 or 1 <= len(command["description"]) <= 100
        if not described or not 1 <= len(command["name"]) <= 32 or len(options) > 25:
            faults.append(f"{command['name']}: its size")
        required = [option["required"] for option in options]
        if required != sorted(required, reverse=True):
            faults.append(f"{command['name']}: required options come first")
        for option in options:
            if len(option.get("choices") or []) > 25 or not 1 <= len(option["description"]) <= 100:
                faults.append(f"{command['name']} {option['name']}: its size")
    return faults
