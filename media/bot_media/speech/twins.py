"""Twins of Transcriber and Synthesizer for tests. They hear nothing and say nothing."""

from __future__ import annotations

import array
import math
import re
import sys
from collections.abc import AsyncIterator, Mapping

from bot_core.errors import BadInput
from bot_core.identity import Words
from bot_core.ports.media import Heard, SpeechChunk, VoiceInfo

NO_AUDIO = Words("这段录音读不了。", "That recording can't be read.")
UNKNOWN_VOICE = Words("没有这个声音。", "There is no such voice.")
SECONDS_PER_LETTER = 0.05
VOICES = (
    VoiceInfo("low", "Low tone", ("zh", "en")),
    VoiceInfo("high", "High tone", ("zh", "en"), ("bright",)),
)
HERTZ = {"low": 220.0, "high": 440.0}
_SENTENCE = re.compile(r"[^.!?。!?\n]+[.!?。!?]*")


class ScriptedTranscriber:
    """Knows for given bytes what was said; UTF-8 text that begins with ``said:`` says itself; else it is silence."""

    def __init__(self, said: Mapping[bytes, Heard] | None = None) -> None:
        self._said = dict(said or {})

    async def transcribe(self, audio: bytes, media_type: str, language: str | None = None) -> Heard:
        """Return what the script has for these bytes. Raises BadInput for what is no audio."""
        if not audio or not media_type.startswith("audio/"):
            raise BadInput(f"{len(audio)} bytes of {media_type}", NO_AUDIO)
        if audio in self._said:
            return self._said[audio]
        if not audio.startswith(b"said:"):
            return Heard("", language or "", 1.0, speech=False)
        text = audio[5:].decode("utf-8", "replace").strip()
        spoken = language or ("en" if text.isascii() else "zh")
        seconds = len(text) * SECONDS_PER_LETTER
        return Heard(text, spoken, seconds, True, ((text, 0.0, seconds),))


class ToneSynthesizer:
    """Sounds one tone per sentence, as long as the sentence; ``rate`` in Hz."""

    def __init__(self, *, rate: int = 16_000) -> None:
        self._rate = rate

    async def voices(self) -> list[VoiceInfo]:
        """Return a low and a high one."""
        return list(VOICES)

    async def speak(
        self, text: str, voice: str, style: str = "", role: str = ""
    ) -> AsyncIterator[SpeechChunk]:
        """Yield a tone per sentence. Raises BadInput for an unknown voice."""
        if voice not in HERTZ:
            raise BadInput(f"voice {voice[:40]!r}", UNKNOWN_VOICE)
        for match in _SENTENCE.finditer(text):
            sentence = match[0].strip()
            if sentence:
                seconds = len(sentence) * SECONDS_PER_LETTER
                yield SpeechChunk(
                    _tone(HERTZ[voice], seconds, self._rate),
                    self._rate,
                    sentence,
                    (("aa", 0.0), ("sil", seconds)),
                )


def _tone(hertz: float, seconds: float, rate: int) -> bytes:
    """Return mono 16-bit little-endian samples of a sine at a quarter of full scale."""
    turn = 2 * math.pi * hertz / rate
    samples = array.array("h", (round(8191 * math.sin(turn * index)) for index in range(int(seconds * rate))))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()
