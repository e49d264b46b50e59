"""Speech that follows a text while it is written, and ends at once when somebody speaks up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

from bot_core.errors import BadInput, YinluError
from bot_core.identity import Words
from bot_core.ports.media import SpeechChunk, Synthesizer
from bot_media.audio import AudioFile, Pcm, rhythm, to_opus, waveform
from bot_media.audio.labels import SPOKEN
from bot_media.speech.reading import SentenceStream
from bot_media.speech.reading.marks import is_chinese

AHEAD = 2  # chunks made before they are asked for
NOTHING = Words("这里没有可以念的内容。", "There is nothing here to read aloud.")


class SpokenAnswer:
    """One answer's speech: text goes in as it is written, chunks come out sentence by sentence.

    Made by :func:`speaking`. After :meth:`stop` no chunk comes out, not even one that was already made.
    """

    def __init__(self, synthesizer: Synthesizer, voice: str, style: str = "", role: str = "") -> None:
        self._synthesizer, self._voice, self._style, self._role = synthesizer, voice, style, role
        self._text = SentenceStream()
        self._sentences: asyncio.Queue[str | None] = asyncio.Queue()
        self._chunks: asyncio.Queue[SpeechChunk | YinluError | None] = asyncio.Queue(AHEAD)
        self._maker: asyncio.Task[None] | None = None
        self._over = asyncio.Event()

    @property
    def stopped(self) -> bool:
        """Tell whether the answer was ended before its time."""
        return self._over.is_set()

    def push(self, text: str) -> None:
        """Add what was written since; after the end or a stop it is dropped."""
        if not self.stopped:
            for sentence in self._text.push(text):
                self._sentences.put_nowait(sentence)

    def finish(self) -> None:
        """Say that nothing follows."""
        for sentence in self._text.finish():
            self._sentences.put_nowait(sentence)
        self._sentences.put_nowait(None)

    def stop(self) -> None:
        """End the speech now: what is being made is abandoned, what was made is dropped."""
        self._over.set()
        if self._maker:
            self._maker.cancel()

    async def chunks(self) -> AsyncIterator[SpeechChunk]:
        """Yield speech until the text's end or a stop. Raises what the synthesizer raises."""
        while not self.stopped:
            chunk = await self._next()
            if chunk is None or self.stopped:
                return
            if isinstance(chunk, YinluError):
                raise chunk
            yield chunk

    async def _next(self) -> SpeechChunk | YinluError | None:
        """Return the next chunk, or None as soon as the answer is stopped."""
        got = asyncio.ensure_future(self._chunks.get())
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait((got, over), return_when=asyncio.FIRST_COMPLETED)
            return got.result() if got.done() and not self.stopped else None
        finally:
            got.cancel()
            over.cancel()

    async def make(self) -> None:
        """Turn sentences into chunks, a few ahead of who listens."""
        try:
            while (sentence := await self._sentences.get()) is not None:
                spoken = self._synthesizer.speak(sentence, self._voice, self._style, self._role)
                async with aclosing(cast("Any", spoken)) as chunks:
                    async for chunk in chunks:
                        await self._chunks.put(chunk)
            await self._chunks.put(None)
        except YinluError as error:
            await self._chunks.put(error)

    def begin(self) -> asyncio.Task[None]:
        """Start to make speech; return the task, which :meth:`stop` ends."""
        self._maker = asyncio.create_task(self.make())
        self._maker.add_done_callback(lambda task: self._over.set() if _broke(task) else None)
        return self._maker


@asynccontextmanager
async def speaking(
    synthesizer: Synthesizer, voice: str, style: str = "", role: str = ""
) -> AsyncIterator[SpokenAnswer]:
    """Yield an answer's speech; leaving the block stops it."""
    answer = SpokenAnswer(synthesizer, voice, style, role)
    maker = answer.begin()
    try:
        yield answer
    finally:
        answer.stop()
        await asyncio.wait((maker,))
    if error := _broke(maker):
        raise error


async def followed(
    synthesizer: Synthesizer,
    text: AsyncIterable[str],
    voice: str,
    style: str = "",
    role: str = "",
    *,
    label: str = "",
) -> AsyncIterator[SpeechChunk]:
    """Yield speech for a text that is still written; ``label`` is the audible one: "spoken", "rhythm" or "".

    Raises what the text and the synthesizer raise.
    """
    if label:
        plain = followed(synthesizer, _told(text) if label == "spoken" else text, voice, style, role)
        async with aclosing(cast("Any", plain)) as chunks:
            first = label == "rhythm"
            async for chunk in chunks:
                yield _after_rhythm(chunk) if first else chunk
                first = False
        return
    async with speaking(synthesizer, voice, style, role) as answer:
        feeder = asyncio.create_task(_feed(answer, text))
        feeder.add_done_callback(lambda task: answer.stop() if _broke(task) else None)
        try:
            async for chunk in answer.chunks():
                yield chunk
        finally:
            feeder.cancel()
            await asyncio.wait((feeder,))
        if error := _broke(feeder):
            raise error


async def _told(text: AsyncIterable[str]) -> AsyncIterator[str]:
    """Yield the label in the text's language, as a sentence of its own, then the text."""
    first = True
    async for piece in text:
        if first and piece.strip():
            yield f"{SPOKEN['zh' if is_chinese(piece) else 'en']}\n"
            first = False
        yield piece


def _after_rhythm(chunk: SpeechChunk) -> SpeechChunk:
    """Return a chunk with the audible label before it; the mouth is still meanwhile."""
    mark = rhythm(chunk.rate)
    shapes = tuple((name, round(at + mark.seconds, 3)) for name, at in chunk.visemes)
    visemes = (("sil", 0.0), *shapes) if shapes else ()
    return replace(chunk, samples=mark.samples + chunk.samples, visemes=visemes)


def _broke(task: asyncio.Task[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


async def _feed(answer: SpokenAnswer, text: AsyncIterable[str]) -> None:
    async for piece in text:
        answer.push(piece)
    answer.finish()


@dataclass(frozen=True, slots=True)
class VoiceMessage:
    """A whole answer as one file, with what a platform shows beside it (``waveform``: base64, 256 bytes at most)."""

    file: AudioFile
    waveform: str
    text: str


async def voice_message(
    synthesizer: Synthesizer,
    text: str,
    voice: str,
    *,
    style: str = "",
    role: str = "",
    tags: Mapping[str, str] | None = None,
    label: str = "",
) -> VoiceMessage:
    """Return the text spoken, as OGG/Opus for a native voice message.

    ``tags`` go into the file (see aigc_tag); ``label`` makes the audible label: "spoken", "rhythm" or "".
    Raises BadInput for a text with nothing to say, and what the synthesizer raises.
    """
    if label == "spoken":
        text = f"{SPOKEN['zh' if is_chinese(text) else 'en']}\n{text}"
    parts: list[SpeechChunk] = []
    async with speaking(synthesizer, voice, style, role) as answer:
        answer.push(text)
        answer.finish()
        parts = [chunk async for chunk in answer.chunks()]
    if not parts:
        raise BadInput("nothing to say aloud", NOTHING)
    return await asyncio.to_thread(_message, parts, tags, label)


def _message(parts: list[SpeechChunk], tags: Mapping[str, str] | None, label: str) -> VoiceMessage:
    spoken = [Pcm(chunk.samples, chunk.rate) for chunk in parts]
    if label == "rhythm":
        spoken.insert(0, rhythm(spoken[0].rate))
    whole = Pcm.joined(spoken)
    return VoiceMessage(to_opus(whole, tags), waveform(whole), " ".join(chunk.text for chunk in parts))
