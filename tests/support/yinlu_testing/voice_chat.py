"""Voice in a chat house: recordings with known words, the handlers that hear and speak, what a sent file says of itself."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import av
from yinlu_testing.audio import tone
from yinlu_testing.web import clean

from bot_app.compose_voice import FileNarrator
from bot_core.clock import SystemClock
from bot_core.dispatch import Handler, chain_of
from bot_core.ports.knowledge import Answerer
from bot_core.ports.ledger import Ledger
from bot_core.ports.media import Files, Heard, Synthesizer, Transcriber
from bot_handlers.ask import AskHandler
from bot_handlers.voice.hearing import HearHandler
from bot_handlers.voice.speaking import SpeakHandler
from bot_media import ScriptedTranscriber, ToneSynthesizer
from bot_media.audio import to_opus


def recording(hertz: float, seconds: float = 1.0) -> bytes:
    """Return an OGG/Opus file; another pitch is another recording."""
    return to_opus(tone(seconds, hertz)).data


ASKED = recording(300.0)
SILENCE = recording(50.0)
SAID: Mapping[bytes, Heard] = {
    ASKED: Heard("When does the ferry leave?", "en", 1.0),
    SILENCE: Heard("", "en", 1.0, speech=False),
}


@dataclass
class VoiceInChat:
    """Builds the handlers around a house's own parts; ``transcriber`` and ``synthesizer`` may be the real ones."""

    transcriber: Transcriber = field(default_factory=lambda: ScriptedTranscriber(SAID))
    synthesizer: Synthesizer = field(default_factory=ToneSynthesizer)
    label: str = ""

    def handlers(self, answerer: Answerer, ledger: Ledger, files: Files) -> tuple[Handler, ...]:
        """Return who hears and who speaks, in their order."""
        speak = SpeakHandler(FileNarrator(self.synthesizer, files, self.label), ledger)
        inner = chain_of((), (AskHandler(answerer, ledger, SystemClock(), clean),))
        return HearHandler(self.transcriber, files, speak, inner), speak


def aigc_record(audio: bytes) -> dict[str, Any]:
    """Return the AIGC record that an audio file carries, read by libav."""
    with av.open(io.BytesIO(audio)) as box:
        tags = {**box.metadata, **box.streams.audio[0].metadata}
    return dict(json.loads(next(value for name, value in tags.items() if name.upper() == "AIGC")))
