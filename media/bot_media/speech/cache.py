"""A Synthesizer that remembers what was said lately."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator

from bot_core.ports.media import SpeechChunk, Synthesizer, VoiceInfo

_Key = tuple[str, str, str, str]


class CachedSynthesizer:
    """Keeps up to ``room`` bytes of speech by text, voice, style and role; the longest unused goes first.

    Only what was spoken to its end is kept.
    """

    def __init__(self, synthesizer: Synthesizer, *, room: int = 32_000_000) -> None:
        self._inner, self._room, self._used = synthesizer, room, 0
        self._kept: OrderedDict[_Key, tuple[SpeechChunk, ...]] = OrderedDict()

    async def voices(self) -> list[VoiceInfo]:
        """Return the voices that work now."""
        return await self._inner.voices()

    async def speak(
        self, text: str, voice: str, style: str = "", role: str = ""
    ) -> AsyncIterator[SpeechChunk]:
        """Yield speech sentence by sentence. Raises what the synthesizer raises."""
        key = (text, voice, style, role)
        if key in self._kept:
            self._kept.move_to_end(key)
            for chunk in self._kept[key]:
                yield chunk
            return
        spoken: list[SpeechChunk] = []
        async for chunk in self._inner.speak(text, voice, style, role):
            spoken.append(chunk)
            yield chunk
        self._keep(key, tuple(spoken))

    def _keep(self, key: _Key, chunks: tuple[SpeechChunk, ...]) -> None:
        size = _size(chunks)
        if size > self._room or key in self._kept:
            return
        self._kept[key] = chunks
        self._used += size
        while self._used > self._room:
            _, old = self._kept.popitem(last=False)
            self._used -= _size(old)


def _size(chunks: tuple[SpeechChunk, ...]) -> int:
    return sum(len(chunk.samples) for chunk in chunks)
