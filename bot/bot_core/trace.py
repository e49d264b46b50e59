"""One id through all rooms: the event that is being worked on, for every log line and span."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("yinlu_trace", default="")


def current() -> str:
    """Return the id of the event being handled, or an empty string."""
    return _current.get()


@contextmanager
def tracing(trace: str) -> Iterator[None]:
    """Mark everything inside, tasks started there included, as part of ``trace``."""
    mark = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(mark)
