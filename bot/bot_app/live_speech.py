"""Speech that follows an answer, in the voice its member chose: what the page speaks with."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass

from bot_core.ports.media import SpeechChunk, Synthesizer, VoiceInfo
from bot_handlers.voice.cloning import OWN
from bot_handlers.voice.speaking import SpeakHandler
from bot_media.speech.follow import followed


@dataclass(frozen=True, slots=True)
class LiveSpeech:
    """Joins the house's synthesizer and the members' choices; a ``Speech`` of the web adapter."""

    synthesizer: Synthesizer
    choices: SpeakHandler
    label: str = ""  # the audible one: spoken, rhythm or none

    async def voices(self) -> Sequence[VoiceInfo]:
        """Return the voices that work now and are everybody's."""
        return [voice for voice in await self.synthesizer.voices() if not voice.id.startswith(OWN)]

    async def voice(self, community: str, person: str, text: str) -> str:
        """Return the id of the voice that reads ``text`` to this person. Raises MissingExtra."""
        return (await self.choices.voice_for(community, person, text)).id

    async def choose(self, community: str, person: str, voice: str) -> None:
        """Let a voice read to a person from now on. Raises NotFound."""
        await self.choices.choose(community, person, voice)

    def follow(self, text: AsyncIterable[str], voice: str) -> AsyncIterator[SpeechChunk]:
        """Yield speech while the text is written. Raises what the synthesizer raises."""
        return followed(self.synthesizer, text, voice, label=self.label)
