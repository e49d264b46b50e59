"""Answers spoken while they are written: sentence by sentence, to the one connection of a session that listens."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, Protocol, cast

from bot_adapters.web.envelope import frame
from bot_adapters.web.hub import Hub
from bot_adapters.web.voice_ear import Ear, Listens
from bot_core.errors import YinluError
from bot_core.identity import short_id
from bot_core.ports.media import SpeechChunk, VoiceInfo

log = logging.getLogger(__name__)

AHEAD = 12.0  # s of speech that may be on their way before they are heard
PIECE = 0.5  # s in one binary frame
PATIENCE = 180.0  # s between two words of an answer
OPENING = 12  # characters by which the language is known
REMEMBERED = 1000
AnswerId = str


class Speech(Protocol):
    """What speaks."""

    async def voices(self) -> Sequence[VoiceInfo]:
        """Return the voices that work now."""
        ...

    async def voice(self, community: str, person: str, text: str) -> str:
        """Return the id of the voice that reads ``text`` to this person. Raises MissingExtra."""
        ...

    async def choose(self, community: str, person: str, voice: str) -> None:
        """Let a voice read to a person from now on. Raises NotFound."""
        ...

    def follow(self, text: AsyncIterable[str], voice: str) -> AsyncIterator[SpeechChunk]:
        """Yield speech for a text that is still written; closing the iterator stops it. Raises ModelFailed."""
        ...


class Utterance:
    """One answer on its way from words to sound."""

    def __init__(self, event: str, answer: AnswerId, ear: Ear, listener: Listens) -> None:
        self.event, self.answer, self.ear, self.listener = event, answer, ear, listener
        self.fed = ""
        self.sentences = 0
        self.task: asyncio.Task[None] | None = None
        self._known = asyncio.Event()  # enough words to tell their language
        self._pieces: asyncio.Queue[str | None] = asyncio.Queue()

    def feed(self, text: str) -> bool:
        """Take the whole text so far; False where it is not what was fed before, and more."""
        if not text.startswith(self.fed):
            return False
        if len(text) > len(self.fed):
            self._pieces.put_nowait(text[len(self.fed) :])
            self.fed = text
        if len(text) >= OPENING:
            self._known.set()
        return True

    def close(self) -> None:
        """Nothing more is written."""
        self._pieces.put_nowait(None)
        self._known.set()

    async def opening(self) -> str:
        """Wait for the first words."""
        await self._known.wait()
        return self.fed

    async def pieces(self) -> AsyncIterator[str]:
        """Yield what is written, until its end or until nothing comes any more."""
        with suppress(TimeoutError):
            while (piece := await asyncio.wait_for(self._pieces.get(), PATIENCE)) is not None:
                yield piece


class Aloud:
    """Says answers: those to voice messages, and all of them where the member wishes so.

    One utterance per session at a time; a newer one, a stop or a member who speaks ends it at once.
    """

    def __init__(self, speech: Speech, hub: Hub) -> None:
        self.speech = speech
        self._hub = hub
        self._now: dict[str, Utterance] = {}  # by channel
        self._expected: OrderedDict[str, None] = OrderedDict()  # events that came by voice
        self._spoken: OrderedDict[str, None] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Speak while inside."""
        try:
            yield
        finally:
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def expect(self, event: str) -> None:
        """The answer to this event is spoken, for it came by voice."""
        _remember(self._expected, event)

    def spoke(self, event: str) -> bool:
        """Tell whether the answer to an event is being said, or was."""
        return event in self._spoken

    def write(self, channel: str, event: str, text: str) -> None:
        """Take an answer's words so far."""
        utterance = self._of(channel, event)
        if utterance is not None and not utterance.feed(text):
            self._end(channel, "replaced")
            self._begin(channel, event, utterance.answer, text)

    def finish(self, channel: str, event: str, answer: AnswerId, text: str) -> None:
        """Take the whole answer; what was said of another text is said again as it stands now."""
        utterance = self._of(channel, event, answer)
        if utterance is None:
            return
        if not utterance.feed(text):
            self._end(channel, "replaced")
            again = self._begin(channel, event, answer, text)
            utterance = again or utterance
        utterance.close()

    def drop(self, channel: str, event: str) -> None:
        """This event ends without an answer."""
        if (now := self._now.get(channel)) is not None and now.event == event:
            self._end(channel, "stopped")

    def read(self, channel: str, answer: AnswerId, text: str) -> bool:
        """Say an answer that is there already; False where nobody listens."""
        self.stop(channel)
        utterance = self._begin(channel, "", answer, text)
        if utterance is not None:
            utterance.close()
        return utterance is not None

    def stop(self, channel: str) -> None:
        """End what is said in a session, now; nothing of it is sent any more."""
        self._end(channel, "stopped")

    def _of(self, channel: str, event: str, answer: AnswerId = "") -> Utterance | None:
        """Return the utterance of an event; begin one where its answer is to be spoken."""
        now = self._now.get(channel)
        if now is not None and now.event == event:
            return now
        if event in self._spoken:  # it was stopped
            return None
        listener = self._hub.ear(channel)
        if listener is None or listener.ear is None or not (listener.ear.aloud or event in self._expected):
            return None
        self._end(channel, "stopped")
        return self._begin(channel, event, answer or short_id(event), "")

    def _begin(self, channel: str, event: str, answer: AnswerId, text: str) -> Utterance | None:
        listener = self._hub.ear(channel)
        if listener is None or listener.ear is None:
            return None
        utterance = Utterance(event, answer, listener.ear, listener)
        utterance.feed(text)
        self._now[channel] = utterance
        if event:
            _remember(self._spoken, event)
        task = asyncio.create_task(self._say(channel, utterance), name="web-aloud")
        utterance.task = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return utterance

    def _end(self, channel: str, why: str) -> None:
        utterance = self._now.pop(channel, None)
        if utterance is None:
            return
        if utterance.task is not None:
            utterance.task.cancel()
        utterance.listener.hush()
        self._over(utterance, why)

    def _over(self, utterance: Utterance, why: str) -> None:
        data = {"answer": utterance.answer, "sentences": utterance.sentences, "why": why}
        utterance.listener.tell(frame("audio.over", data))

    async def _say(self, channel: str, utterance: Utterance) -> None:
        why = "end"
        try:
            await self._speak(utterance)
        except YinluError as error:
            why = "failed"
            self._spoken.pop(utterance.event, None)  # then a voice message may still work
            log.warning("an answer was not spoken", extra={"error": str(error)})
        if self._now.get(channel) is utterance:
            del self._now[channel]
            self._over(utterance, why)

    async def _speak(self, utterance: Utterance) -> None:
        ear = utterance.ear
        opening = await utterance.opening()
        voice = await self.speech.voice(ear.community, ear.person, opening)
        pace = Pace()
        spoken = self.speech.follow(utterance.pieces(), voice)
        async with aclosing(cast("Any", spoken)) as chunks:
            async for chunk in chunks:
                if not utterance.listener.listening:
                    return
                await self._sentence(utterance, chunk, pace)

    async def _sentence(self, utterance: Utterance, chunk: SpeechChunk, pace: Pace) -> None:
        listener, n = utterance.listener, utterance.sentences
        utterance.sentences += 1
        which = {"answer": utterance.answer, "n": n}
        start = {**which, "rate": chunk.rate, "format": "pcm16", "text": chunk.text}
        shapes = [[seconds, name] for name, seconds in chunk.visemes]
        listener.tell(frame("audio.start", start))
        listener.tell(frame("viseme", {**which, "at": shapes}))
        step = int(chunk.rate * PIECE) * 2
        for number, at in enumerate(range(0, len(chunk.samples), step)):
            piece = chunk.samples[at : at + step]
            listener.sound(number.to_bytes(4, "big") + piece)
            await pace.sent(len(piece) / 2 / chunk.rate)
        listener.tell(frame("audio.end", which))


class Pace:
    """Keeps what was sent at most ``AHEAD`` seconds before what can have been heard."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard_by = 0.0  # the loop's time when all that was sent has been heard

    async def sent(self, seconds: float) -> None:
        """Count what was sent; wait where it is far ahead."""
        now = self._loop.time()
        self._heard_by = max(self._heard_by, now) + seconds
        await asyncio.sleep(max(0.0, self._heard_by - now - AHEAD))


def _remember(events: OrderedDict[str, None], event: str) -> None:
    events[event] = None
    if len(events) > REMEMBERED:
        events.popitem(last=False)
