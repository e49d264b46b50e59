"""/openapi.json, version 3.1: requests from the models that check them, responses by hand."""

from __future__ import annotations

from pydantic import BaseModel

from bot_adapters.web.api import AskBody, VoteBody
from bot_adapters.web.envelope import Json
from bot_adapters.web.openapi_operator import SECURITY, operator_paths
from bot_adapters.web.openapi_operator_seen import SCHEMAS as OPERATOR
from bot_adapters.web.openapi_pictures import SCHEMAS as PICTURES
from bot_adapters.web.openapi_pictures import picture_paths
from bot_adapters.web.options import WebOptions

STRING: Json = {"type": "string"}
NUMBER: Json = {"type": "number"}
REF = "#/components/schemas/{model}"


def _object(**properties: object) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


SCHEMAS: Json = {
    "Error": _object(error=_object(code=STRING, text={**STRING, "description": "A sentence for the member"})),
    "Button": _object(label=STRING, token=STRING, action=STRING, style=STRING),
    "Citation": _object(n={"type": "integer"}, source=STRING, heading=_list(STRING), quote=STRING),
    "Retrieved": _object(source=STRING, text=STRING, score=NUMBER),
    "Answer": _object(
        answer_id={**STRING, "pattern": "^[0-9a-f]{24}$"},
        outcome={"enum": ["answered", "related", "unknown"]},
        abstained={"type": "boolean", "description": "True unless the outcome is answered"},
        answer={**STRING, "description": "Markdown; [n] refers to citation n"},
        citations=_list({"$ref": "#/components/schemas/Citation"}),
        retrieved=_list({"$ref": "#/components/schemas/Retrieved"}),
        buttons=_list(_list({"$ref": "#/components/schemas/Button"})),
        timings_ms={"type": "object", "additionalProperties": NUMBER},
    ),
    "Vote": _object(answer=STRING, value={"enum": ["up", "down"]}),
    "Upload": {
        **_object(
            source=STRING,
            name=STRING,
            state={"enum": ["waiting", "reading", "embedding", "done", "failed"]},
            reason={**STRING, "description": "Why it failed, else empty"},
            audience=_list({**STRING, "description": "A role that may read it; none: everyone"}),
        ),
        "required": ["source", "name", "state", "reason"],
    },
    "Uploads": {
        **_object(
            uploads=_list({"$ref": "#/components/schemas/Upload"}),
            largest={"type": "integer", "description": "Bytes of the largest file that is taken"},
        ),
        "required": ["uploads"],
    },
    "Removed": _object(removed={"type": "integer"}),
    "Ready": _object(ready={"type": "boolean"}, checks={"type": "object", "additionalProperties": STRING}),
    "Alive": _object(status={"const": "ok"}),
}
REASONS = {
    400: "The body can't be read, or a field is missing or out of bounds",
    403: "The page may not ask, or the button is not valid here",
    404: "Unknown community, or an answer that is gone",
    408: "The body did not arrive in time",
    413: "The body is too large",
    415: "The body is not application/json",
    421: "The Host header names somebody else",
    422: "Against the community's rules",
    429: "Too many requests; see Retry-After",
    500: "Something unexpected failed and was noted",
    501: "Not installed",
    503: "Something is briefly out of reach or busy; see Retry-After",
    504: "The answer took too long; it is recorded all the same",
}
KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body again are the same request, and get the same answer, for 24 h",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
LANGUAGE: Json = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "The language of sentences: Chinese or English",
    "schema": {"type": "string", "maxLength": 100, "pattern": "^[ -~]*$"},
}


def description(
    options: WebOptions,
    uploads: bool = False,
    attachments: bool = False,
    gallery: bool = False,
    operator: bool = False,
) -> Json:
    """Return the description of the HTTP API; ``uploads`` and so on: they are installed."""
    schemas = {
        **SCHEMAS,
        **(PICTURES if attachments or gallery else {}),
        **(OPERATOR if operator else {}),
    }
    pictures = picture_paths(_errors, LANGUAGE, attachments=attachments, gallery=gallery)
    sending = {"/api/v1/uploads": {"get": _uploads(), "post": _send(), "delete": _remove()}}
    for model in (AskBody, VoteBody):
        schemas.update(_schemas(model))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Yinlu",
            "version": "1",
            "summary": "Answers from a community's own documents, with their sources",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/api/v1/ask": {"post": _post("ask", "Ask a question", AskBody, "Answer")},
            "/api/v1/votes": {"post": _post("vote", "Vote on an answer", VoteBody, "Vote")},
            **{f"/api/v1/{name}": {"post": _later(name)} for name in ("jobs", "uploads", "speech")},
            **(sending if uploads else {}),
            **pictures,
            **(operator_paths(_errors, LANGUAGE) if operator else {}),
            "/healthz": {"get": _get("healthz", "Is the process up", {200: "Alive"})},
            "/readyz": {"get": _get("readyz", "Is what it needs in reach", {200: "Ready", 503: "Ready"})},
            "/metrics": {"get": _metrics()},
        },
        "components": {"schemas": schemas, **({"securitySchemes": SECURITY} if operator else {})},
    }


def _schemas(model: type[BaseModel]) -> Json:
    schema = model.model_json_schema(ref_template=REF)
    inner = schema.pop("$defs", {})
    return {model.__name__: schema, **inner}


def _content(schema: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _errors(*statuses: int) -> Json:
    return {
        str(status): {"description": REASONS[status], "content": _content("Error")} for status in statuses
    }


def _post(name: str, summary: str, body: type[BaseModel], answer: str) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [KEY, LANGUAGE],
        "requestBody": {"required": True, "content": _content(body.__name__)},
        "responses": {
            "200": {"description": summary, "content": _content(answer)},
            **_errors(400, 403, 404, 408, 413, 415, 421, 422, 429, 500, 503, 504),
        },
    }


def _later(name: str) -> Json:
    return {
        "operationId": name,
        "summary": "Not installed yet",
        "parameters": [LANGUAGE],
        "responses": _errors(403, 421, 501),
    }


def _get(name: str, summary: str, answers: dict[int, str]) -> Json:
    responses = {
        str(status): {"description": summary, "content": _content(schema)}
        for status, schema in answers.items()
    }
    return {"operationId": name, "summary": summary, "responses": {**responses, **_errors(421)}}


TICKET: Json = {
    "name": "Authorization",
    "in": "header",
    "required": True,
    "description": "Bearer and an admin's ticket, as `yinlu documents page` hands it out",
    "schema": {"type": "string", "maxLength": 199, "pattern": "^Bearer [0-9a-f]+[.][0-9a-f]{40}$"},
}


def _uploads() -> Json:
    return {
        "operationId": "uploads",
        "summary": "Every document that admins sent, and how far it is",
        "parameters": [TICKET, LANGUAGE],
        "responses": {
            "200": {"description": "The uploads", "content": _content("Uploads")},
            **_errors(403, 404, 421, 503),
        },
    }


def _send() -> Json:
    properties: Json = {
        "audience": {**STRING, "description": "Roles, separated by commas; empty: everyone"},
        "file": {"type": "string", "format": "binary", "description": "A document; may be repeated"},
    }
    form: Json = {"schema": {"type": "object", "required": ["file"], "properties": properties}}
    return {
        "operationId": "upload",
        "summary": "Send documents",
        "parameters": [TICKET, LANGUAGE],
        "requestBody": {"required": True, "content": {"multipart/form-data": form}},
        "responses": {
            "202": {"description": "Kept, and read in turn", "content": _content("Uploads")},
            **_errors(400, 403, 404, 408, 413, 415, 421, 503),
        },
    }


def _remove() -> Json:
    source: Json = {"name": "source", "in": "query", "required": True, "schema": STRING}
    return {
        "operationId": "removeUpload",
        "summary": "Take an upload away",
        "parameters": [source, TICKET, LANGUAGE],
        "responses": {
            "200": {"description": "How many", "content": _content("Removed")},
            **_errors(403, 404, 421, 503),
        },
    }


def _metrics() -> Json:
    text = {"text/plain": {"schema": STRING}}
    return {
        "operationId": "metrics",
        "summary": "Counters in Prometheus' text format",
        "responses": {"200": {"description": "Counters", "content": text}, **_errors(421)},
    }
