"""Who is connected to which session in this process, and frames in their order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol, runtime_checkable

from bot_adapters.web.voice_ear import Listens
from bot_core.errors import Broken, NotFound, YinluError
from bot_core.ports.work import FrameLog

LOOK = 15.0  # seconds after which a session is looked at even without news


class Listener(Listens, Protocol):
    """One connection, as the hub sees it. No call may block."""

    def offer(self, seq: int, stored: str) -> None:
        """Take a live frame; a listener that can't keep up closes itself."""
        ...

    def error(self, error: YinluError, answers: str = "") -> None:
        """Take a sentence that is not kept."""
        ...


@runtime_checkable
class Shared(Protocol):
    """A frame log that other processes write to as well."""

    def listen(self, session: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Give an event that is set when another process stored a frame of this session."""
        ...


class Channel:
    """One session's connections here; ``lock`` keeps numbering, storing and showing in one order.

    ``last`` is the number of the frame that its listeners saw last.
    """

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.listeners: set[Listener] = set()
        self.users = 0
        self.last = 0
        self.follower: asyncio.Task[None] | None = None

    def show(self, seq: int, stored: str) -> None:
        """Offer a frame to everybody here."""
        self.last = seq
        for listener in tuple(self.listeners):
            listener.offer(seq, stored)


class Hub:
    """Numbers frames through the log and shows them to every connection of their session, in order and without gaps.

    Where several processes share the log, an answer may be made in another one than the member is connected to.
    """

    def __init__(self, frames: FrameLog) -> None:
        self.frames = frames
        self.published = 0
        self._channels: dict[str, Channel] = {}
        self._shared = frames if isinstance(frames, Shared) else None
        self._ending: set[asyncio.Task[None]] = set()

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
            if channel.listeners and seq > channel.last + 1:  # what another process stored comes first
                await self._catch_up(name, channel)
            if seq > channel.last:
                channel.show(seq, text)

    async def join(self, name: str, channel: Channel, listener: Listener, last: int) -> None:
        """Add a connection that has seen, or is about to be shown, everything up to ``last``; the session is held."""
        if channel.listeners:
            await self._catch_up(name, channel)
        channel.last = max(channel.last, last)
        channel.listeners.add(listener)
        if self._shared is not None and channel.follower is None:
            channel.follower = asyncio.create_task(
                self._follow(name, channel, self._shared), name="web-frames"
            )

    async def _follow(self, name: str, channel: Channel, shared: Shared) -> None:
        """Show what other processes store, until cancelled."""
        async with shared.listen(name) as news:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), LOOK)
                news.clear()
                try:
                    async with channel.lock:
                        await self._catch_up(name, channel)
                except Broken:  # looked at again when the line stands, or with the next frame
                    continue

    async def _catch_up(self, name: str, channel: Channel) -> None:
        try:
            missed = await self.frames.after(name, channel.last)
        except NotFound:  # too many for the log: who is behind comes back and asks
            return
        for seq, stored in missed:
            channel.show(seq, stored)

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
            if channel.follower is not None:
                channel.follower.cancel()
                self._ending.add(channel.follower)
                channel.follower.add_done_callback(self._ending.discard)
