"""Envelopes: reading what a client sends, writing what it gets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from bot_adapters.web.sentences import NEEDS_TEXT, NOT_ENVELOPE, NOT_JSON, fill
from bot_core.errors import BadInput, LimitReached, YinluError
from bot_core.identity import Locale

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
VERSION = 1
ESCAPE = "\\u"
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A client's message; ``id`` is empty where it gave none."""

    type: str
    id: str
    data: Mapping[str, object]
    raw: bytes = b""  # of a binary frame


def read_json(text: str | bytes) -> object:
    """Read JSON from outside; raises BadInput for anything that is none, nests too deep, or can't be stored."""
    try:
        value = json.loads(text, parse_constant=_constant)
        if ESCAPE in text if isinstance(text, str) else ESCAPE.encode() in text:
            json.dumps(
                value, ensure_ascii=False
            ).encode()  # half a surrogate pair passes the parser, but no store
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not JSON: {type(error).__name__}", NOT_JSON) from None
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


def read_envelope(text: str) -> Envelope:
    """Read a client's message; raises BadInput for what is no envelope."""
    value = read_json(text)
    if not isinstance(value, dict):
        raise BadInput("not an object", NOT_ENVELOPE)
    version, kind, data = value.get("v"), value.get("type"), value.get("data", {})
    given = value.get("id", "")
    good_version = isinstance(version, int) and not isinstance(version, bool) and version >= VERSION
    if not good_version or not isinstance(kind, str) or not 0 < len(kind) <= 64 or not isinstance(data, dict):
        raise BadInput("v, type or data", NOT_ENVELOPE)
    if not isinstance(given, str) or (given and not ID.fullmatch(given)):
        raise BadInput("id", NOT_ENVELOPE)
    return Envelope(kind, given, data)


def text_of(data: Mapping[str, object], name: str, default: str | None = None) -> str:
    """Return a text field without NUL characters, which databases refuse; raises BadInput where it is none."""
    value = data.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadInput(f"field {name}", fill(NEEDS_TEXT, name=name))
    return value.replace("\x00", "")


def frame(kind: str, data: Mapping[str, object], answers: str = "") -> str:
    """Return a session's frame as it is stored: without the session's secret and without its number."""
    body: Json = {"id": answers} if answers else {}
    return dump({**body, "type": kind, "data": data})


def numbered(stored: str, session: str, seq: int | None = None) -> str:
    """Return a stored frame as one connection gets it."""
    number = "" if seq is None else f'"seq":{seq},'
    return f'{{"v":{VERSION},"session":"{session}",{number}{stored[1:]}'


def bare(kind: str, data: Mapping[str, object], answers: str = "") -> str:
    """Return an envelope outside of any session."""
    return f'{{"v":{VERSION},{frame(kind, data, answers)[1:]}'


def dump(value: object) -> str:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def error_data(error: YinluError, locale: Locale) -> Json:
    """Return what an ``error`` frame tells."""
    wait = round(error.retry_after, 1) if isinstance(error, LimitReached) else None
    return {"code": type(error).__name__, "text": error.words.of(locale), "retry_after": wait}
