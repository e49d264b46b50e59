"""Keeps secrets out of logs: those that are configured, and whatever looks like one."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import quote

HIDDEN = "[hidden]"
SHORTEST = 6  # characters; a shorter secret would blot out ordinary words
DEEPEST = 8  # levels of nested values

_PATTERNS = (
    # (what comes before and stays)(the secret); an empty first group where nothing stays
    r"(://[^\s:/@]*:)[^\s@/]+(?=@)",  # a password in a URL
    r"(?i)(\b(?:bearer|basic|bot)\s+)[A-Za-z0-9._~+/=-]{12,}",  # Authorization headers
    r"(?i)([?&](?:access_token|token|key|api_key|apikey|secret|client_secret|password|sign|signature|sig"
    r"|x-amz-signature|x-amz-credential|x-amz-security-token|code)=)[^\s&#\"']+",
    r"(?i)(\"?\b(?:api[_-]?key|access[_-]?token|client[_-]?secret|session[_-]?key|secret|password|passwd|token)"
    r"\b\"?\s*[=:]\s*[\"']?)[^\s\"',;&}\]]{6,}",
    r"(/api(?:/v\d+)?/webhooks/\d+/)[\w-]{20,}",  # a webhook's URL is its own key
    r"()(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}(?![A-Za-z0-9_-])",  # chat bots: number, colon, letters
    r"()(?<![\w-])(?:mfa\.[\w-]{20,}|[A-Za-z0-9_-]{23,30}\.[A-Za-z0-9_-]{5,8}\.[A-Za-z0-9_-]{25,})(?![\w-])",
    r"()(?<![\w-])sk-[A-Za-z0-9_-]{16,}",  # model endpoints
    r"()(?<![\w-])(?:hf_|gh[opsur]_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|AIza|ntn_)[A-Za-z0-9_-]{16,}",
    r"()(?<![\w-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # JSON web tokens
    r"()(?<![\w-])A[Q-Za-f][A-Za-z0-9_-]{33}(?![\w-])",  # our signed buttons: 26 bytes, the first is 1
    r"()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
)
_LOOKS_SECRET = tuple(re.compile(pattern) for pattern in _PATTERNS)
_SECRET_NAME = re.compile(
    r"(?i)^(?:.*[_-])?(?:token|secret|password|passwd|api_?key|authorization|cookie|session_?key|private_?key)$"
)
# What every log record has; the rest is ``extra``.
_PLAIN_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_EXCEPTIONS = logging.Formatter()


class Redactor:
    """Replaces secrets by ``[hidden]``.

    ``secrets`` are exact values (shorter than six characters they are ignored); more may be added. The surest
    place is ``formatter``: it works on the finished line, exceptions included.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._exact: re.Pattern[str] | None = None
        self.filter = _Filter(self)
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Hide this value too, from now on, also as it looks within JSON and within a URL."""
        if len(secret) < SHORTEST:
            return
        self._forms |= {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), repr(secret)[1:-1]}
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._exact = re.compile("|".join(map(re.escape, longest_first)))

    def text(self, text: str) -> str:
        """Return ``text`` without secrets."""
        if self._exact is not None:
            text = self._exact.sub(HIDDEN, text)
        for pattern in _LOOKS_SECRET:
            text = pattern.sub(rf"\g<1>{HIDDEN}", text)
        return text

    def value(self, value: object, name: str = "", depth: int = 0) -> object:
        """Return a logged value without secrets; what stands under a secret's name is hidden altogether."""
        if name and value and _SECRET_NAME.match(name) and not isinstance(value, bool | int | float):
            return HIDDEN
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth > DEEPEST:
            return self.text(repr(value))
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item, str(key), depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, "", depth + 1) for item in value]
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "replace"))
        shown = repr(value) if not isinstance(value, BaseException) else f"{type(value).__name__}: {value}"
        hidden = self.text(shown)
        return value if hidden == shown else hidden

    def processor(self, _: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Work as a structlog processor: put it after those that render exceptions, before the renderer."""
        for name in list(event):
            if not name.startswith("_") and name != "exc_info":  # structlog's own
                value = event.pop(name)
                event[self.text(name)] = self.value(value, name)
        return event

    def formatter(self, inner: logging.Formatter) -> logging.Formatter:
        """Return a formatter that takes the secrets out of each line that ``inner`` made."""
        return _Formatter(self, inner)

    def record(self, record: logging.LogRecord) -> None:
        """Take the secrets out of a log record: message, arguments, extras, exception text."""
        message = record.getMessage()
        hidden = self.text(message)
        if hidden != message or record.args:
            record.msg, record.args = hidden, None
        for name in vars(record).keys() - _PLAIN_RECORD:
            value = record.__dict__.pop(name)
            record.__dict__[self.text(name)] = self.value(value, name)
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = record.exc_text or _EXCEPTIONS.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.text(record.exc_text)
        if record.stack_info:
            record.stack_info = self.text(record.stack_info)


class _Filter(logging.Filter):
    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, its secrets taken out."""
        self._redactor.record(record)
        return True


class _Formatter(logging.Formatter):
    def __init__(self, redactor: Redactor, inner: logging.Formatter) -> None:
        super().__init__()
        self._redactor, self._inner = redactor, inner

    def format(self, record: logging.LogRecord) -> str:
        """Format with the inner formatter, then hide."""
        return self._redactor.text(self._inner.format(record))
