"""Models that are loaded when somebody speaks, and let go after a while of silence."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Generic, Self, TypeVar

from bot_core.ports.media import Heard, SpeechChunk, Synthesizer, Transcriber, VoiceInfo
from bot_media.speech.weights import KOKORO_PARTS, WHISPER_PARTS

T = TypeVar("T")
SPEAKING = (*(package for package, _ in KOKORO_PARTS), "misaki", "pypinyin", "ordered_set")
HEARING = (*(package for package, _ in WHISPER_PARTS), "faster_whisper", "av")


def installed(packages: Sequence[str]) -> bool:
    """Tell whether all packages are there; none is imported."""
    return all(importlib.util.find_spec(package) is not None for package in packages)


class OnDemand(Generic[T]):
    """Opens something when it is first used and closes it ``idle`` seconds after it was last used."""

    def __init__(self, opener: Callable[[], AbstractAsyncContextManager[T]], *, idle: float = 900.0) -> None:
        self._opener, self._idle = opener, idle
        self._stack = AsyncExitStack()
        self._open: T | None = None
        self._users = 0
        self._turn = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._forget_timer()
        await self._close(even_used=True)
        if self._closing:
            await self._closing

    @asynccontextmanager
    async def used(self) -> AsyncIterator[T]:
        """Yield it, opened. Raises what opening raises."""
        self._users += 1
        self._forget_timer()
        try:
            yield await self._opened()
        finally:
            self._users -= 1
            if not self._users and self._open is not None:
                self._timer = asyncio.get_running_loop().call_later(self._idle, self._expire)

    async def _opened(self) -> T:
        async with self._turn:
            if self._open is None:
                self._open = await self._stack.enter_async_context(self._opener())
            return self._open

    def _expire(self) -> None:
        self._closing = asyncio.create_task(self._close())

    async def _close(self, *, even_used: bool = False) -> None:
        async with self._turn:
            if self._users and not even_used:
                return
            self._open = None
            await self._stack.aclose()

    def _forget_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


class TranscriberOnDemand(OnDemand[Transcriber]):
    """A Transcriber that is loaded when somebody speaks."""

    async def transcribe(self, audio: bytes, media_type: str, language: str | None = None) -> Heard:
        """Return what was said. Raises what opening and the transcriber raise."""
        async with self.used() as hears:
            return await hears.transcribe(audio, media_type, language)


class SynthesizerOnDemand(OnDemand[Synthesizer]):
    """A Synthesizer that is loaded when something is to be said; its ``listed`` voices are known before."""

    def __init__(
        self,
        opener: Callable[[], AbstractAsyncContextManager[Synthesizer]],
        listed: Sequence[VoiceInfo] = (),
        *,
        idle: float = 900.0,
    ) -> None:
        super().__init__(opener, idle=idle)
        self._listed = list(listed)

    async def voices(self) -> list[VoiceInfo]:
        """Return the voices, without loading anything."""
        return list(self._listed)

    async def speak(
        self, text: str, voice: str, style: str = "", role: str = ""
    ) -> AsyncIterator[SpeechChunk]:
        """Yield speech sentence by sentence. Raises what opening and the synthesizer raise."""
        async with self.used() as speaks:
            async for chunk in speaks.speak(text, voice, style, role):
                yield chunk
