"""The part of /openapi.json that tells of the operator's API: logging in, what is read, what is changed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

from bot_adapters.web.envelope import Json
from bot_adapters.web.openapi_operator_seen import ANSWERS, COUNT, FLAG, STRING, items, one
from bot_adapters.web.operator_api import CHANGE, READ
from bot_adapters.web.operator_done import LONGEST_ANSWER
from bot_adapters.web.operator_parts import Action
from bot_adapters.web.operator_sessions import COOKIE, CSRF, PATH

Errors = Callable[..., Json]  # the responses that tell of these statuses
IDS: Json = {**items({**STRING, "maxLength": 40}), "maxItems": 5000, "description": "Ids of its answers"}
LOCALE: Json = {"enum": ["zh", "en"]}
TIME: Json = {**STRING, "maxLength": 40, "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a call is given beside the community: what it needs, what it may have."""

    needs: Json = field(default_factory=dict)
    may: Json = field(default_factory=dict)


def _text(longest: int = 200, least: int = 1) -> Json:
    return {**STRING, "minLength": least, "maxLength": longest}


ROLES: Json = {**_text(1000, 0), "description": "Roles, separated by commas; empty: everyone"}
JOB: Json = {"job": _text(40)}
PERSON: Json = {"person": _text(100)}
SOURCE: Json = {"source": _text(500)}
READS: dict[str, Told] = {
    "answers": Told(
        may={
            "outcome": {"enum": ["answered", "related", "unknown", ""]},
            "words": _text(200, 0),
            "vote": {"enum": ["up", "down", "any", ""]},
            "person": _text(100, 0),
            "before": TIME,
        }
    ),
    "answer": Told({"id": _text(40)}),
    "gaps": Told(may={"days": {"type": "number", "minimum": 1, "maximum": 365}}),
    "document": Told(SOURCE),
    "queue": Told(may={"state": _text(20, 0)}),
    "votes": Told(may={"since": TIME}),
}
CHANGES: dict[str, Told] = {
    "gaps/curate": Told(
        {"question": _text(300), "answer": _text(LONGEST_ANSWER)}, {"answers": IDS, "locale": LOCALE}
    ),
    "gaps/dismiss": Told(may={"question": _text(2000, 0), "answers": IDS}),
    "try": Told({"question": _text(2000)}, {"locale": LOCALE}),
    "documents/write": Told({"name": _text(120), "text": _text(60_000)}, {"audience": ROLES}),
    "documents/audience": Told(SOURCE, {"audience": ROLES}),
    "documents/forget": Told(SOURCE),
    "queue/retry": Told(JOB),
    "queue/drop": Told(JOB),
    "queue/cancel": Told(JOB),
    "queue/pause": Told({"lane": {"enum": ["fast", "relax"]}, "paused": FLAG}),
    "people/budget": Told(PERSON, {"budget": {"type": ["number", "null"], "minimum": 0, "maximum": 1e12}}),
    "people/block": Told({**PERSON, "blocked": FLAG}, {"why": _text(300, 0)}),
}
SECURITY: Json = {
    "operator": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The session that logging in with a link of `yinlu admin link` opens",
    }
}
GUARD: Json = {
    "name": CSRF,
    "in": "header",
    "required": True,
    "description": "The session's value `csrf`",
    "schema": {**STRING, "maxLength": 200, "pattern": "^[0-9a-f]*$"},
}


def operator_paths(errors: Errors, language: Json) -> dict[str, Json]:
    """Return the paths of the operator's API."""
    session: Json = {"$ref": "#/components/schemas/OperatorSession"}
    return {
        f"{PATH}/session": {
            "post": _log_in(session, errors, language),
            "get": _call("operator", "Who is logged in", [language], session, errors(403, 421, 503)),
            "delete": _log_out(errors, language),
        },
        f"{PATH}/export": {"get": _export(errors, language)},
        **{f"{PATH}/{name}": {"get": _reading(name, do, errors, language)} for name, do in READ.items()},
        **{f"{PATH}/{name}": {"post": _changing(name, do, errors, language)} for name, do in CHANGE.items()},
    }


def _export(errors: Errors, language: Json) -> Json:
    summary = "Votes of those who agreed to it"
    lines = {"application/x-ndjson": {"schema": STRING}}
    good = {"description": "A JSON object a line", "content": lines}
    failed = _read_errors(errors)
    told = _call("operatorExport", summary, _read(Told(), language), {}, failed)
    return {**told, "responses": {"200": good, **failed}}


def _reading(name: str, do: Action, errors: Errors, language: Json) -> Json:
    given = _read(READS.get(name, Told()), language)
    return _call(_id("see", name), _summary(do), given, ANSWERS[name], _read_errors(errors))


def _changing(name: str, do: Action, errors: Errors, language: Json) -> Json:
    told = CHANGES[name]
    needed: Json = {"community": _text(64), **told.needs}
    body: Json = {**one(**needed), "properties": {**needed, **told.may}}
    failed = errors(400, 403, 404, 408, 413, 415, 421, 503)
    return {
        **_call(_id("do", name), _summary(do), [GUARD, language], ANSWERS[name], failed),
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
    }


def _read_errors(errors: Errors) -> Json:
    return errors(400, 403, 404, 421, 503)


def _read(told: Told, language: Json) -> list[Json]:
    needed = {"community": _text(64), **told.needs}
    query = [(name, schema, True) for name, schema in needed.items()]
    query += [(name, schema, False) for name, schema in told.may.items()]
    return [
        *({"name": name, "in": "query", "required": must, "schema": schema} for name, schema, must in query),
        language,
    ]


def _call(id: str, summary: str, parameters: list[Json], answer: Json, failed: Json) -> Json:
    content = {"application/json": {"schema": answer}}
    return {
        "operationId": id,
        "summary": summary,
        "tags": ["operator"],
        "security": [{"operator": []}],
        "parameters": parameters,
        "responses": {"200": {"description": summary, "content": content}, **failed},
    }


def _log_in(session: Json, errors: Errors, language: Json) -> Json:
    failed = errors(400, 403, 408, 413, 415, 421, 429, 503)
    ticket = {**_text(200), "description": "What stands behind `#ticket=` in the link; it works once"}
    return {
        **_call("operatorLogIn", "Open a session", [language], session, failed),
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": one(ticket=ticket)}}},
    }


def _log_out(errors: Errors, language: Json) -> Json:
    given: list[Json] = [
        {"name": "all", "in": "query", "schema": {"enum": ["1"]}, "description": "Everybody's session"},
        {"name": "id", "in": "query", "schema": _text(12), "description": "Another one than this"},
        GUARD,
        language,
    ]
    return _call("operatorLogOut", "End a session", given, one(ended=COUNT), errors(403, 421, 503))


def _id(verb: str, name: str) -> str:
    return "operator" + verb.title() + "".join(part.title() for part in name.split("/"))


def _summary(do: Action) -> str:
    return (inspect.getdoc(do) or "").splitlines()[0].split(": ``")[0].rstrip(".")
