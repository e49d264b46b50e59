"""Who is connected to which session in this process, and frames in their order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from bot_adapters.web.voice_ear import Listens
from bot_core.errors import YinluError
from bot_core.ports.work import FrameLog


class Listener(Listens, Protocol):
    """One connection, as the hub sees it. No call may block."""

    def offer(self, seq: int, stored: str) -> None:
        """Take a live frame; a listener that can't keep up closes itself."""
        ...

    def error(self, error: YinluError, answers: str = "") -> None:
        """Take a sentence that is not kept."""
        ...


class Channel:
    """One session's connections here; ``lock`` keeps numbering, storing and showing in one order."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.listeners: set[Listener] = set()
        self.users = 0


class Hub:
    """Numbers frames through the log and shows them to every connection of their session."""

    def __init__(self, frames: FrameLog) -> None:
        self.frames = frames
        self.published = 0
        self._channels: dict[str, Channel] = {}

    @asynccontextmanager
    async def locked(self, name: str) -> AsyncIterator[Channel]:
        """Hold a session: nothing is published to it meanwhile by anybody else."""
        channel = self._channels.setdefault(name, Channel())
        channel.users += 1
        try:
            async with channel.lock:
                yield channel
        finally:
            channel.users -= 1
            self._tidy(name, channel)

    async def publish(self, name: str, *stored: str) -> None:
        """Store frames and show them. Raises EngineDown or StorageFull where they could not be stored."""
        async with self.locked(name) as channel:
            await self.append(name, channel, *stored)

    async def append(self, name: str, channel: Channel, *stored: str) -> None:
        """Store and show frames of a session that is held."""
        for text in stored:
            seq = await self.frames.append(name, text)
            self.published += 1
            for listener in tuple(channel.listeners):
                listener.offer(seq, text)

    def complain(self, name: str, error: YinluError, answers: str) -> None:
        """Tell a session's connections of something that could not be kept; who is away does not learn of it."""
        channel = self._channels.get(name)
        for listener in tuple(channel.listeners) if channel else ():
            listener.error(error, answers)

    def leave(self, name: str, listener: Listener) -> None:
        """Forget a connection."""
        channel = self._channels.get(name)
        if channel is not None:
            channel.listeners.discard(listener)
            self._tidy(name, channel)

    def ear(self, name: str) -> Listens | None:
        """Return the connection of a session that spoke or listened last; None where nobody can hear."""
        channel = self._channels.get(name)
        ears = [(found.ear.used, found) for found in (channel.listeners if channel else ()) if found.ear]
        return max(ears, key=lambda pair: pair[0])[1] if ears else None

    def present(self, name: str) -> bool:
        """Tell whether a session has a connection here that sees what is published."""
        channel = self._channels.get(name)
        return any(listener.listening for listener in (channel.listeners if channel else ()))

    @property
    def sessions(self) -> int:
        """Return how many sessions have connections or work here."""
        return len(self._channels)

    def _tidy(self, name: str, channel: Channel) -> None:
        if not channel.users and not channel.listeners and self._channels.get(name) is channel:
            del self._channels[name]
