"""Logging: the standard library's, rendered by structlog as JSON or text on stderr, one id through all rooms, no secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor

from bot_core import trace
from bot_safety import Redactor

Format = Literal["auto", "text", "json"]
LOUD = (
    "telegram",
    "discord",
    "aiohttp.access",
    "asyncio",
    "httpx",
    "httpcore",
    "alembic.runtime",
    "jieba",
)  # warnings and worse only


def set_up(level: str, shape: Format, secrets: Iterable[str]) -> None:
    """Send every log record to stderr, redacted; ``shape`` auto is text on a terminal, else JSON. Repeatable."""
    text = shape == "text" or (shape == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redactor(secrets).formatter(formatter(text, sys.stderr.isatty())))
    root = logging.getLogger()
    for old in list(root.handlers):
        if getattr(old, "name", None) == __name__:
            root.removeHandler(old)
    handler.set_name(__name__)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in LOUD:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)


def formatter(text: bool, colours: bool = False) -> logging.Formatter:
    """Return the rendering of records that any library made."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        add_trace,
    ]
    last: list[Processor]
    if text:
        last = [
            structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)
        ]
    else:
        last = [
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


def add_trace(_: object, __: str, event: EventDict) -> EventDict:
    """Add the id of the event being handled, where one is."""
    current = trace.current()
    if current:
        event["trace"] = current
    return event
