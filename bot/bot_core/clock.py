"""The system's clock, and one that tests move."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The Clock port on the system's time."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class ManualClock:
    """The Clock port's twin: time stands still until ``advance``."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._seconds = 0.0
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds advanced since the start."""
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Move time forward and wake sleepers."""
        self._now += timedelta(seconds=seconds)
        self._seconds += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def sleep(self, seconds: float) -> None:
        """Wait until time was advanced by ``seconds``."""
        until = self._seconds + seconds
        while self._seconds < until:
            await self._moved.wait()
