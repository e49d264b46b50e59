"""What can go wrong with a call, in the house's terms.

::

    Broken                     tried again by whoever called
    └── EngineDown("Discord")  unreachable, 5xx, a token that is not good
    LimitReached
    └── Slowed                 a 429 that is too long to sleep through; carries retry_after
    Refused                    trying again can't help
    ├── Closed                 the bot was removed, lacks a permission, or the member takes no messages
    ├── Missing                the message, channel or member is not there
    ├── TokenGone              the interaction can't be answered any more; there are other ways
    ├── Acknowledged           the interaction was acknowledged before
    └── Malformed              Discord does not take the payload; a mistake of ours
"""

from __future__ import annotations

import asyncio

import aiohttp
import discord

from bot_core.errors import EngineDown, LimitReached, Refused, YinluError

PLATFORM = "Discord"
CLOSED = {50001, 50007, 50013, 50278, 20009, 160002, 340002}
MISSING = {10003, 10004, 10007, 10008, 10011, 10013}
TOKEN_GONE = {10015, 10062, 50027}
ACKNOWLEDGED = 40060
TRANSPORT = (OSError, aiohttp.ClientError, asyncio.TimeoutError, discord.DiscordServerError)
CALL_ERRORS = (
    *TRANSPORT,
    discord.HTTPException,
    discord.RateLimited,
    RuntimeError,
)  # the last: a closed session


class Slowed(LimitReached):
    """Discord asks us to wait."""


class Closed(Refused):
    """We may not write there."""


class Missing(Refused):
    """It is not there."""


class TokenGone(Refused):
    """The interaction is too old, or another process used it up."""


class Acknowledged(Refused):
    """The interaction was acknowledged before."""


class Malformed(Refused):
    """Discord refused the payload; ``too_large`` where it was its size."""

    def __init__(self, detail: str, too_large: bool = False) -> None:
        self.too_large = too_large
        super().__init__(detail)


def meaning(what: str, error: BaseException) -> YinluError:
    """Return what a library's error means to us."""
    if isinstance(error, discord.RateLimited):
        return Slowed(error.retry_after, f"{what}: retry after {error.retry_after:g} s")
    if not isinstance(error, discord.HTTPException) or error.status >= 500:
        return EngineDown(PLATFORM, f"{what}: {type(error).__name__}")
    detail = f"{what}: {error.status} {error.code} {error.text[:200]}"
    if error.status == 429:
        return Slowed(_seconds(error), detail)
    if error.status == 401 and error.code not in TOKEN_GONE:
        return EngineDown(PLATFORM, f"{what}: the token is refused")
    return _by_code(error.status, error.code, detail)


def _by_code(status: int, code: int, detail: str) -> YinluError:
    if code == ACKNOWLEDGED:
        return Acknowledged(detail)
    if code in TOKEN_GONE:
        return TokenGone(detail)
    if status == 403 or code in CLOSED:
        return Closed(detail)
    if status == 404 or code in MISSING:
        return Missing(detail)
    return Malformed(detail, too_large=status == 413 or code == 40005)


def _seconds(error: discord.HTTPException) -> float:
    """Return the wait that a 429 asks for; a minute where it does not say."""
    try:
        return float(error.response.headers.get("Retry-After", ""))
    except ValueError:
        return 60.0
