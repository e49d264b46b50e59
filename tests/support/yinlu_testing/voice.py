"""A web house that hears and speaks, on twins; a tab that sends recordings and collects what is said to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from yinlu_testing.web import SIGNER, Tab, WebHouse

from bot_adapters.web import WebFace
from bot_app.live_speech import LiveSpeech
from bot_core.dispatch import chain_of
from bot_core.errors import ModelFailed
from bot_core.ports.media import SpeechChunk, Synthesizer, Transcriber, VoiceInfo
from bot_handlers.ask import AskHandler
from bot_handlers.feedback import FeedbackHandler
from bot_handlers.voice.hearing import HearHandler
from bot_handlers.voice.speaking import Narrated, SpeakHandler
from bot_media import MemoryFiles, ScriptedTranscriber, ToneSynthesizer


class Slow:
    """A synthesizer that takes a while for each sentence, and remembers whether it was left in time."""

    def __init__(self, inner: Synthesizer, seconds: float = 0.0) -> None:
        self.inner, self.seconds, self.broken = inner, seconds, False
        self.said: list[tuple[str, str]] = []

    async def voices(self) -> list[VoiceInfo]:
        """Return the voices."""
        return await self.inner.voices()

    async def speak(
        self, text: str, voice: str, style: str = "", role: str = ""
    ) -> AsyncIterator[SpeechChunk]:
        """Speak after a while."""
        if self.broken:
            raise ModelFailed("speak", "test", "broken")
        await asyncio.sleep(self.seconds)
        self.said.append((text, voice))
        async for chunk in self.inner.speak(text, voice, style, role):
            yield chunk


@dataclass
class Narrates:
    """A narrator whose voice messages are the words themselves."""

    files: MemoryFiles
    synthesizer: Synthesizer
    said: list[str] = field(default_factory=list)

    async def voices(self) -> list[VoiceInfo]:
        """Return the voices."""
        return await self.synthesizer.voices()

    async def narrate(self, text: str, voice: str, *, labelled: bool = False) -> Narrated:
        """Remember."""
        self.said.append(text)
        return Narrated(await self.files.put(text.encode(), "audio/ogg"), 1.0)


class VoiceHouse(WebHouse):
    """A web house with a voice. Raw samples of ``said:...`` are heard as what they say."""

    def __init__(self, *, partial: bool = False, **options: Any) -> None:
        super().__init__(voice=True, **options)
        self.files = MemoryFiles()
        self.transcriber: Transcriber = ScriptedTranscriber()
        self.synthesizer = Slow(ToneSynthesizer())
        self.narrator = Narrates(self.files, self.synthesizer)
        self.partial = partial

    def make_face(self) -> WebFace:
        """Return a face that speaks."""
        self.speaks = SpeakHandler(self.narrator, self.ledger)
        return WebFace(self.frames, SIGNER, speaks=True, speech=LiveSpeech(self.synthesizer, self.speaks))

    def handlers(self, ask: AskHandler) -> list[Any]:
        """Return the handlers with those of voice."""
        hear = HearHandler(self.transcriber, self.files, self.speaks, chain_of((), (ask,)))
        return [hear, self.speaks, ask, FeedbackHandler(self.ledger)]

    def more(self) -> dict[str, Any]:
        """Return files, and where it is wished what hears while somebody speaks."""
        return {"files": self.files, "hears": self.transcriber if self.partial else None}


class VoiceTab(Tab):
    """A tab with a microphone; ``heard`` collects the sentences with their sound."""

    def __init__(self, house: WebHouse, locale: str = "en") -> None:
        super().__init__(house, locale)
        self.sounds: list[bytes] = []

    async def next(self, seconds: float = 5) -> dict[str, Any]:
        """Return the next frame; sound is a frame of the type ``sound``."""
        async with asyncio.timeout(seconds):
            message = await self.socket.receive()
        if message.type is aiohttp.WSMsgType.BINARY:
            frame: dict[str, Any] = {"type": "sound", "data": message.data}
        elif message.type is aiohttp.WSMsgType.TEXT:
            frame = json.loads(message.data)
            if "seq" in frame:
                assert frame["seq"] == self.seq + 1
                self.seq = frame["seq"]
        else:
            raise ConnectionError(self.socket.close_code)
        self.got.append(frame)
        return frame

    async def starts(self, id: str | None = None, format: str = "webm/opus", **data: Any) -> str:
        """Begin a recording; return its request."""
        return await self.send("audio.start", {"format": format, **data}, id)

    async def piece(self, number: int, data: bytes) -> None:
        """Send a piece of it."""
        await self.socket.send_bytes(number.to_bytes(4, "big") + data)

    async def speaks(self, audio: bytes, id: str | None = None, format: str = "pcm16", **data: Any) -> str:
        """Send a whole recording in pieces of 100 bytes."""
        sent = await self.starts(id, format, **data)
        for number, at in enumerate(range(0, max(1, len(audio)), 100)):
            await self.piece(number, audio[at : at + 100])
        await self.send("audio.end", {})
        return sent

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the data of all frames of a kind that came."""
        return [frame["data"] for frame in self.got if frame["type"] == kind]

    async def until_over(self) -> dict[str, Any]:
        """Wait until what is said has ended."""
        return dict((await self.until("audio.over"))["data"])
