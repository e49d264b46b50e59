"""Notes: short-lived facts that all processes of an adapter share. On Redis, and in memory."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot_queue.connection import Store

LONGEST = 16 * 1024  # bytes


class RedisNotes:
    """The Notes port on Redis: keys that expire by themselves."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Keep, replacing. Raises ValueError for a value beyond 16 KB."""
        await self._store.call(
            "SET", f"{self._store.root}note:{key}", _checked(value), "PX", _milliseconds(seconds)
        )

    async def add(self, key: str, value: str, seconds: float) -> bool:
        """Keep unless it is there; tell whether it was kept."""
        kept = await self._store.call(
            "SET", f"{self._store.root}note:{key}", _checked(value), "NX", "PX", _milliseconds(seconds)
        )
        return kept is not None

    async def get(self, key: str) -> str | None:
        """Return what is kept, or None."""
        value = await self._store.call("GET", f"{self._store.root}note:{key}")
        return value.decode() if isinstance(value, bytes) else value

    async def drop(self, key: str) -> None:
        """Forget."""
        await self._store.call("DEL", f"{self._store.root}note:{key}")


class MemoryNotes:
    """The Notes port's twin."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._kept: dict[str, tuple[float, str]] = {}

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Keep, replacing. Raises ValueError for a value beyond 16 KB."""
        self._kept[key] = (self._seconds() + _milliseconds(seconds) / 1000, _checked(value))

    async def add(self, key: str, value: str, seconds: float) -> bool:
        """Keep unless it is there; tell whether it was kept."""
        if await self.get(key) is not None:
            return False
        await self.put(key, value, seconds)
        return True

    async def get(self, key: str) -> str | None:
        """Return what is kept, or None."""
        until, value = self._kept.get(key, (0.0, ""))
        if until > self._seconds():
            return value
        self._kept.pop(key, None)
        return None

    async def drop(self, key: str) -> None:
        """Forget."""
        self._kept.pop(key, None)


def _checked(value: str) -> str:
    if len(value.encode()) > LONGEST:
        raise ValueError(f"a note of {len(value)} characters")
    return value


def _milliseconds(seconds: float) -> int:
    if seconds <= 0:
        raise ValueError(f"a note for {seconds} s")
    return max(1, int(seconds * 1000))
