"""Ports of the safety room: moderation and safe fetching; and the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Decision(StrEnum):
    """What moderation says."""

    ALLOW = "allow"
    MASK = "mask"  # ``Verdict.text`` holds the masked form
    REVIEW = "review"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A moderator's word on one text or picture."""

    decision: Decision
    category: str = ""
    text: str = ""


class Moderator(Protocol):
    """Judges texts and pictures on the way in and out."""

    async def text(self, community: str, text: str, *, outgoing: bool = False) -> Verdict:
        """Judge a text. An unreachable service fails closed where the setting says so."""
        ...

    async def picture(self, community: str, data: bytes, *, outgoing: bool = False) -> Verdict:
        """Judge a picture."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a safe fetch brought; ``url`` is where redirects ended."""

    url: str
    status: int
    media_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Fetcher(Protocol):
    """Fetches from the public internet only: no private address, under any name, after any redirect."""

    async def fetch(
        self,
        url: str,
        *,
        limit: int = 10_000_000,
        seconds: float = 20.0,
        known: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Fetch at most ``limit`` bytes within ``seconds``. Raises BadInput for what must not or can't be fetched.

        ``known`` are a former answer's ``etag`` and ``last-modified``: status 304 says that nothing changed.
        """
        ...


class Clock(Protocol):
    """Time, so that tests can own it."""

    def now(self) -> datetime:
        """Return the current time, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
