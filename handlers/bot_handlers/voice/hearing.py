"""Voice messages: heard, then answered like words, in words and aloud."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot_core.conversation import Conversation
from bot_core.dispatch import Handled, Handler
from bot_core.errors import BadInput, MissingExtra, ModelFailed, NotFound
from bot_core.events import Incoming, Said, Spoke
from bot_core.identity import Words
from bot_core.ports.media import Files, Transcriber
from bot_core.replies import Reply, say
from bot_handlers.voice import words
from bot_handlers.voice.speaking import SpeakHandler

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HearHandler:
    """Takes voice messages. ``inner`` answers their words as it answers typed ones, moderation included."""

    transcriber: Transcriber
    files: Files
    speaks: SpeakHandler
    inner: Handler
    longest: float = 120.0  # seconds
    heard: Callable[[str], Awaitable[None]] | None = (
        None  # is told the file's key when it is needed no longer
    )

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Hear, show what was heard, answer, and say the answer; None for everything else."""
        content = incoming.content
        if not isinstance(content, Spoke):
            return None
        if content.seconds is not None and content.seconds > self.longest:
            n = round(self.longest)
            said = Words(words.TOO_LONG.zh.format(n=n), words.TOO_LONG.en.format(n=n))
            raise BadInput(f"{content.seconds:.0f} s of speech", said)
        handled = await self._answered(content, incoming, conversation)
        if self.heard is not None:
            await self.heard(content.audio.key)
        return handled

    async def _answered(self, spoke: Spoke, incoming: Incoming, conversation: Conversation) -> Handled:
        await conversation.stage("reading")
        text = await self._heard(spoke)
        if not text:
            await conversation.send(say(words.NO_SPEECH.of(incoming.locale)))
            return Handled("voice")
        shown = say(words.HEARD.of(incoming.locale).format(text=text))
        await conversation.send(replace(shown, heard=text))
        handled = await self.inner(replace(incoming, content=Said(text)), conversation)
        await self._answer_aloud(incoming, conversation)
        return handled or Handled("voice")

    async def _heard(self, spoke: Spoke) -> str:
        try:
            audio = await self.files.read(spoke.audio.key)
        except NotFound:
            raise NotFound("a voice message", words.GONE) from None
        heard = await self.transcriber.transcribe(audio, spoke.audio.media_type)
        return heard.text.strip() if heard.speech else ""

    async def _answer_aloud(self, incoming: Incoming, conversation: Conversation) -> None:
        """Say what was answered; the words are there already, so a voice that fails costs nothing but itself."""
        answers: list[Reply] = [reply for reply in conversation.sent if reply.answer is not None]
        if not answers or conversation.spoken_live:
            return
        try:
            await conversation.send(await self.speaks.spoken(answers[-1].text, incoming, conversation))
        except (MissingExtra, ModelFailed, BadInput) as error:
            log.warning("the answer was not spoken", extra={"error": str(error)})
