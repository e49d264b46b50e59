"""What was sent to a session, numbered without gaps. On Redis streams, and in memory."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot_core.errors import NotFound
from bot_queue.connection import Store


@dataclass(frozen=True, slots=True)
class FrameOptions:
    """``most`` frames of each session are kept, for ``seconds`` after its last one."""

    most: int = 2000
    seconds: float = 3600.0
    most_sessions: int = 10_000  # in memory alone; Redis drops idle sessions by time


def _gone(session: str, seq: int) -> NotFound:
    return NotFound(f"no frames after {seq} of session {session}")


class RedisFrameLog:
    """The FrameLog port on a Redis stream per session: entry ``0-n`` is frame ``n``."""

    def __init__(self, store: Store, options: FrameOptions | None = None) -> None:
        self._store, self._options = store, options or FrameOptions()
        self._heard: Counter[str] = Counter()

    async def append(self, session: str, frame: str) -> int:
        """Store a frame; return its number. Other processes that listen to the session are told."""
        milliseconds, mine = int(self._options.seconds * 1000), int(session in self._heard)
        number = await self._store.run(
            "frames_append", session, frame, self._options.most, milliseconds, mine
        )
        return int(number)

    @asynccontextmanager
    async def listen(self, session: str) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set when another process stored a frame of this session."""
        async with self._store.news.listen(f"f:{session}") as event:
            self._heard[session] += 1
            try:
                yield event
            finally:
                self._heard[session] -= 1
                self._heard += Counter()  # drops what is at zero

    async def after(self, session: str, seq: int) -> list[tuple[int, str]]:
        """Return what came after ``seq``; see the port."""
        last, frames = await self._store.run("frames_after", session, max(0, seq))
        found = [(int(number.partition("-")[2]), fields[1]) for number, fields in frames]
        first = found[0][0] if found else int(last) + 1
        if int(last) == 0 or seq > int(last) or first > max(0, seq) + 1:
            raise _gone(session, seq)
        return found

    async def last(self, session: str) -> int:
        """Return the highest number given."""
        return int((await self._store.run("frames_after", session, 2**53))[0])


@dataclass(slots=True)
class _Session:
    frames: deque[str]
    last: int = 0
    until: float = field(default=0.0)


class MemoryFrameLog:
    """The FrameLog port's twin."""

    def __init__(
        self, options: FrameOptions | None = None, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._options, self._seconds = options or FrameOptions(), seconds
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    async def append(self, session: str, frame: str) -> int:
        """Store a frame; return its number."""
        self._forget()
        kept = self._sessions.get(session)
        if kept is None:
            kept = self._sessions[session] = _Session(deque(maxlen=self._options.most))
        kept.frames.append(frame)
        kept.last += 1
        kept.until = self._seconds() + self._options.seconds
        self._sessions.move_to_end(session)
        return kept.last

    async def after(self, session: str, seq: int) -> list[tuple[int, str]]:
        """Return what came after ``seq``; see the port."""
        self._forget()
        kept = self._sessions.get(session)
        seq = max(0, seq)
        if kept is None or seq > kept.last or kept.last - len(kept.frames) > seq:
            raise _gone(session, seq)
        first = kept.last - len(kept.frames) + 1
        return [(number, frame) for number, frame in enumerate(kept.frames, first) if number > seq]

    async def last(self, session: str) -> int:
        """Return the highest number given."""
        self._forget()
        kept = self._sessions.get(session)
        return kept.last if kept else 0

    def _forget(self) -> None:
        now = self._seconds()
        while self._sessions:
            session, kept = next(iter(self._sessions.items()))
            if kept.until > now and len(self._sessions) <= self._options.most_sessions:
                return
            del self._sessions[session]
