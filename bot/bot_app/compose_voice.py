"""Voice put together: who hears, who speaks, and the handlers around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession

from bot_app.heard_recordings import HeardRecordings
from bot_app.own_voices import OwnVoices
from bot_app.settings import Model, Settings
from bot_core.dispatch import Handler
from bot_core.identity import short_id
from bot_core.ports.media import Files, Synthesizer, Transcriber, VoiceInfo
from bot_handlers.community import PeoplesLedger
from bot_handlers.voice.hearing import HearHandler
from bot_handlers.voice.speaking import Narrated, SpeakHandler
from bot_media.audio import aigc_tag
from bot_media.speech.follow import voice_message
from bot_media.speech.on_demand import (
    HEARING,
    SPEAKING,
    SynthesizerOnDemand,
    TranscriberOnDemand,
    installed,
)

PRODUCER = "Yinlu"
DEMANDING = frozenset({"douyin"})  # platforms on which speech must say aloud that it is generated
Clones = Callable[[], Awaitable[bool]]


def demanded(label: str) -> str:
    """Return the audible label for a platform that demands one: the setting's, else the rhythm."""
    return label or "rhythm"


@dataclass(frozen=True, slots=True)
class FileNarrator:
    """Says a text as one OGG/Opus file, stored, that carries the record of generated content."""

    synthesizer: Synthesizer
    files: Files
    label: str

    async def voices(self) -> Sequence[VoiceInfo]:
        """Return the voices that work now."""
        return await self.synthesizer.voices()

    async def narrate(self, text: str, voice: str, *, labelled: bool = False) -> Narrated:
        """Return the text spoken; ``labelled``: audibly marked as generated, whatever the setting."""
        tags = aigc_tag(PRODUCER, short_id(voice, text))
        label = demanded(self.label) if labelled else self.label
        made = await voice_message(self.synthesizer, text, voice, label=label, tags=tags)
        stored = await self.files.put(made.file.data, made.file.media_type, "voice.ogg")
        return Narrated(stored, made.file.seconds)


@dataclass(frozen=True, slots=True)
class VoiceParts:
    """What the house takes of voice; ``speaks`` and ``hears`` tell what is there."""

    transcriber: Transcriber
    synthesizer: Synthesizer
    speak: SpeakHandler
    speaks: bool
    hears: bool
    files: Files
    forgets: HeardRecordings | None = None
    own: OwnVoices | None = None

    def hear(self, inner: Handler) -> HearHandler:
        """Return the handler of voice messages, whose words ``inner`` answers."""
        heard = self.forgets.heard if self.forgets is not None else None
        return HearHandler(self.transcriber, self.files, self.speak, inner, heard=heard)


@asynccontextmanager
async def open_voice(settings: Settings, ledger: PeoplesLedger, files: Files) -> AsyncIterator[VoiceParts]:
    """Open voice: models load when somebody speaks, and go after a while of silence."""
    async with AsyncExitStack() as stack:
        hears = await open_transcriber(stack, settings)
        speaks, clones = await _synthesizer(stack, settings)
        narrator = FileNarrator(speaks, files, settings.audio_label)
        models = settings.models
        forgets = HeardRecordings(files, settings.data / "heard")
        if not settings.keep_recordings:
            await stack.enter_async_context(forgets.open())
        own: OwnVoices | None = None
        if clones is not None and settings.voice_samples:
            folder = Path(settings.voice_samples)
            own = await stack.enter_async_context(OwnVoices(folder, files, ledger, hears, clones).open())
        yield VoiceParts(
            transcriber=hears,
            synthesizer=speaks,
            speak=SpeakHandler(narrator, ledger, DEMANDING),
            speaks=models.speak is not None or (settings.voice and installed(SPEAKING)),
            hears=models.transcribe is not None or (settings.voice and installed(HEARING)),
            files=files,
            forgets=None if settings.keep_recordings else forgets,
            own=own,
        )


async def open_transcriber(stack: AsyncExitStack, settings: Settings) -> Transcriber:
    """Open who hears, as the settings say; a model of our own is loaded when somebody speaks."""
    chosen = settings.models.transcribe
    if chosen is not None:
        from bot_media.speech.openai_hearing import OpenAITranscriber

        session = await stack.enter_async_context(ClientSession())
        return OpenAITranscriber(session, str(chosen.url), _key(chosen), model=chosen.model or "whisper-1")
    folder, hearing = settings.data / "models", settings.hearing
    return await stack.enter_async_context(TranscriberOnDemand(lambda: _whisper(folder, hearing)))


def _whisper(folder: Path, hearing: str) -> AbstractAsyncContextManager[Transcriber]:
    from bot_media.speech.whisper import opened_whisper

    return opened_whisper(folder, model=hearing)


async def _synthesizer(stack: AsyncExitStack, settings: Settings) -> tuple[Synthesizer, Clones | None]:
    """Return who speaks, and what tells whether it clones voices, where it may."""
    from bot_media.speech.cache import CachedSynthesizer

    chosen = settings.models.speak
    if chosen is not None:
        from bot_media.speech.openai_speech import OpenAISynthesizer

        session = await stack.enter_async_context(ClientSession())
        remote = OpenAISynthesizer(session, str(chosen.url), _key(chosen), model=chosen.model or "tts-1")
        return CachedSynthesizer(remote), remote.clones
    from bot_media.speech.kokoro import VOICES, opened_kokoro

    folder = settings.data / "models"
    known = VOICES if settings.voice and installed(SPEAKING) else ()
    local = await stack.enter_async_context(SynthesizerOnDemand(lambda: opened_kokoro(folder), known))
    return CachedSynthesizer(local), None


def _key(model: Model) -> str:
    return model.key.get_secret_value() if model.key else ""
