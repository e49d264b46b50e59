"""The part of /openapi.json that tells of pictures: sending them, and the gallery."""

from __future__ import annotations

from collections.abc import Callable

from bot_adapters.web.envelope import Json
from bot_adapters.web.gallery_api import CHOICES, LONGEST

STRING: Json = {"type": "string"}
Errors = Callable[..., Json]  # the responses that tell of these statuses
COUNT: Json = {"type": "integer", "minimum": 0}
FLAG: Json = {"type": "boolean"}


def _object(**properties: object) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(name: str) -> Json:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


SCHEMAS: Json = {
    "Attachment": _object(
        token={**STRING, "description": "Names the picture in a message; good for its owner"},
        name=STRING,
        url=STRING,
        size={**COUNT, "description": "Bytes of what is kept"},
    ),
    "Shown": _object(
        job={**STRING, "pattern": "^[0-9a-f]{24}$"},
        prompt={**STRING, "description": "The plainest spelling, with its parameters"},
        words=STRING,
        action=STRING,
        kind={"enum": ["grid", "single"]},
        shape={"enum": ["wide", "tall", "square"]},
        seed=COUNT,
        width={**COUNT, "description": "Pixels of one picture"},
        height=COUNT,
        by={**STRING, "description": "Who asked for it; empty for one's own"},
        mine=FLAG,
        favourite=FLAG,
        time={**STRING, "format": "date-time"},
        cover=STRING,
        pictures={"type": "array", "items": _object(url=STRING, name=STRING, token=STRING)},
    ),
    "Gallery": _object(items=_list("Shown"), total=COUNT, page=COUNT, pages=COUNT, shared=FLAG),
    "Favourite": _object(favourite=FLAG),
    "Deleted": _object(deleted={"const": True}),
}
SESSION: Json = {
    "name": "Authorization",
    "in": "header",
    "required": True,
    "description": "Bearer, a visitor and its session, as the WebSocket's hello told them, with a dot between",
    "schema": {**STRING, "maxLength": 128, "pattern": "^Bearer v_[A-Za-z0-9_-]{22}[.]s_[A-Za-z0-9_-]{1,62}$"},
}
JOB: Json = {
    "name": "job",
    "in": "path",
    "required": True,
    "schema": {**STRING, "pattern": "^[0-9a-f]{24}$"},
}


def picture_paths(errors: Errors, language: Json, *, attachments: bool, gallery: bool) -> dict[str, Json]:
    """Return the paths that are installed."""
    paths: dict[str, Json] = {}
    if attachments:
        paths["/api/v1/attachments"] = {"post": _send(errors, language)}
    if gallery:
        paths["/api/v1/gallery"] = {"get": _page(errors, language)}
        told = (JOB, SESSION, language)
        kept = _one("favourite", "Make it a favourite, or no longer", "Favourite", told, errors)
        gone = _one("deletePictures", "Delete one's own", "Deleted", told, errors)
        paths["/api/v1/gallery/{job}/favourite"] = {"post": kept}
        paths["/api/v1/gallery/{job}"] = {"delete": gone}
    return paths


def _send(errors: Errors, language: Json) -> Json:
    properties: Json = {"file": {**STRING, "format": "binary", "description": "PNG, JPEG, WebP or GIF"}}
    form: Json = {"schema": {"type": "object", "required": ["file"], "properties": properties}}
    return {
        "operationId": "attach",
        "summary": "Send a picture to put into the next message",
        "parameters": [SESSION, language],
        "requestBody": {"required": True, "content": {"multipart/form-data": form}},
        "responses": {
            "201": _answer("Kept, without its metadata", "Attachment"),
            **errors(400, 403, 404, 408, 413, 415, 421, 422, 429, 503),
        },
    }


def _page(errors: Errors, language: Json) -> Json:
    chosen = [
        {"name": name, "in": "query", "required": False, "schema": {"enum": list(choices)}}
        for name, choices in CHOICES.items()
    ]
    words: Json = {"name": "words", "in": "query", "schema": {**STRING, "maxLength": LONGEST}}
    page: Json = {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9999}}
    return {
        "operationId": "gallery",
        "summary": "Pictures that were made, newest first",
        "parameters": [*chosen, words, page, SESSION, language],
        "responses": {"200": _answer("A page", "Gallery"), **errors(400, 403, 404, 421, 503)},
    }


def _one(name: str, summary: str, answer: str, told: tuple[Json, ...], errors: Errors) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": list(told),
        "responses": {"200": _answer(summary, answer), **errors(403, 404, 421, 503)},
    }


def _answer(description: str, schema: str) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}
