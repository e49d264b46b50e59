"""What goes wrong at an endpoint, told without its words: they may hold keys or what members said."""

from __future__ import annotations

import asyncio
import random

from bot_core.errors import ModelFailed

AGAIN = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds
# What a client raises: its own errors are added by who uses it. A reply of an odd shape gives the last four.
ODD = (OSError, TimeoutError, ValueError, TypeError, LookupError, AttributeError)


def detail(error: Exception) -> str:
    """Return the kind of an error and its HTTP status, nothing of its text."""
    status = status_of(error)
    return f"{type(error).__name__}{f' (HTTP {status})' if status else ''}"


def status_of(error: Exception) -> int:
    """Return the HTTP status that an error carries, 0 where it has none."""
    status = getattr(error, "status_code", 0) or getattr(error, "status", 0)
    return status if isinstance(status, int) else 0


def worth_another_try(error: Exception) -> bool:
    """Say whether the same request may go well a moment later: busy, broken or not reached."""
    status = status_of(error)
    if status:
        return status in AGAIN
    return isinstance(error, OSError) or "Connect" in type(error).__name__


def pause_before(error: Exception, attempt: int) -> float:
    """Return how many seconds to wait before the next try: what the endpoint asks for, else ever longer."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    asked = str(headers.get("retry-after-ms") or "")
    if asked.isdigit():
        return int(asked) / 1000
    asked = str(headers.get("retry-after") or headers.get("Retry-After") or "")
    try:
        return max(0.0, float(asked))
    except ValueError:  # none, or a date
        whole: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
        return whole * random.uniform(0.75, 1.0)  # noqa: S311 - spread, not secrecy


async def wait_or_give_up(
    role: str, model: str, error: Exception, attempt: int, retries: int, left: float
) -> None:
    """Wait before another try; raises ModelFailed where none is worth it, allowed or in time."""
    pause = pause_before(error, attempt)
    if attempt >= retries or not worth_another_try(error) or pause >= left:
        raise ModelFailed(role, model, detail(error)) from None
    await asyncio.sleep(pause)
