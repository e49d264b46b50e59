"""Errors as HTTP responses."""

from __future__ import annotations

from aiohttp import web

from bot_adapters.web import sentences
from bot_adapters.web.envelope import dump
from bot_core import errors
from bot_core.errors import LimitReached, YinluError
from bot_core.identity import Locale, Words

STATUS = {
    "LimitReached": 429,
    "TooFast": 429,
    "JobRefused": 429,
    "Busy": 503,
    "NotAllowed": 403,
    "LoginNeeded": 401,
    "TooLarge": 413,
    "ForgedButton": 403,
    "Moderated": 422,
    "UnknownCommunity": 404,
    "NotFound": 404,
    "MissingExtra": 501,
    "NotYet": 501,
    "TooLate": 504,
}
BY_STATUS = {
    400: sentences.BAD_REQUEST,
    404: sentences.NOT_FOUND,
    405: sentences.NOT_ALLOWED,
    408: sentences.TOO_SLOW_BODY,
    413: sentences.TOO_BIG,
    415: sentences.NEEDS_JSON,
    403: sentences.WRONG_ORIGIN,
    421: sentences.WRONG_HOST,
}


def status_of(name: str) -> int:
    """Return the HTTP status for an error's class name."""
    if name in STATUS:
        return STATUS[name]
    kind = getattr(errors, name, None) or getattr(sentences, name, None)
    if not isinstance(kind, type) or not issubclass(kind, YinluError):
        return 500
    if issubclass(kind, errors.Refused):
        return 400
    return 503 if issubclass(kind, errors.Broken) else 500


def problem(status: int, code: str, words: Words, locale: Locale, wait: float | None = None) -> web.Response:
    """Return an error's response: its code, its sentence, when to try again."""
    body = dump({"error": {"code": code, "text": words.of(locale)}})
    headers = {"Retry-After": str(max(1, round(wait)))} if wait is not None else {}
    return web.Response(
        status=status,
        text=body,
        content_type="application/json",
        headers={**headers, "Cache-Control": "no-store"},
    )


def problem_of(error: YinluError, locale: Locale) -> web.Response:
    """Return the response that tells of one of our errors."""
    name = type(error).__name__
    status = status_of(name)
    wait = error.retry_after if isinstance(error, LimitReached) else 5.0 if status == 503 else None
    return problem(status, name, error.words, locale, wait)


def problem_of_status(status: int, locale: Locale, limit: int) -> web.Response:
    """Return the response that tells of an HTTP error of the server's own."""
    words = BY_STATUS.get(status, errors.YinluError.words if status >= 500 else sentences.BAD_REQUEST)
    response = problem(status, f"Http{status}", sentences.fill(words, n=limit), locale)
    if status in (408, 413):  # the rest of the body is not waited for
        response.force_close()
    return response
