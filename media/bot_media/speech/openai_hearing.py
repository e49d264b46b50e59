"""The Transcriber on an OpenAI-compatible service: POST /audio/transcriptions, verbose_json."""

from __future__ import annotations

from typing import Any

import aiohttp
import opencc
from pydantic import BaseModel, ConfigDict, ValidationError

from bot_core.ports.media import Heard
from bot_media.audio import AudioReader, to_wav
from bot_media.speech.doubts import Judged, made_up
from bot_media.speech.endpoint import Endpoint
from bot_media.speech.reading.marks import is_chinese

_NAMES = {
    "chinese": "zh",
    "mandarin": "zh",
    "english": "en",
    "cantonese": "yue",
    "japanese": "ja",
    "korean": "ko",
}


class _Word(BaseModel):
    model_config = ConfigDict(extra="ignore")
    word: str
    start: float
    end: float


class _Segment(BaseModel):
    model_config = ConfigDict(extra="ignore")
    text: str
    no_speech_prob: float = 0.0
    avg_logprob: float = 0.0
    compression_ratio: float = 1.0


class _Transcript(BaseModel):
    model_config = ConfigDict(extra="ignore")
    text: str
    language: str = ""
    segments: list[_Segment] = []
    words: list[_Word] = []


class OpenAITranscriber:
    """Sends recordings, read and bounded here first, as 16 kHz WAV. ``base`` ends in /v1."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        key: str = "",
        *,
        model: str = "whisper-1",
        timeout: float = 60.0,
        reader: AudioReader | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._endpoint = Endpoint(session, base, "transcribe", model, headers, timeout)
        self._reader = reader or AudioReader()
        self._simplified = opencc.OpenCC("t2s")

    async def transcribe(self, audio: bytes, media_type: str, language: str | None = None) -> Heard:
        """Return what was said. Raises BadInput for what is no audio, ModelFailed."""
        pcm = await self._reader.read(audio, media_type)
        form = aiohttp.FormData()
        form.add_field("file", to_wav(pcm).data, filename="voice.wav", content_type="audio/wav")
        fields = {"model": self._endpoint.model, "response_format": "verbose_json"}
        for name, value in {**fields, **({"language": language} if language else {})}.items():
            form.add_field(name, value)
        for grain in ("word", "segment"):
            form.add_field("timestamp_granularities[]", grain)
        answer = await self._endpoint.post("/audio/transcriptions", form)
        try:
            return self._heard(_Transcript.model_validate(answer.json()), language, pcm.seconds)
        except (ValueError, ValidationError):
            raise self._endpoint.failed("the answer is no transcript") from None

    def _heard(self, said: _Transcript, language: str | None, seconds: float) -> Heard:
        kept = [part.text for part in said.segments if not made_up(_judged(part))]
        text = "".join(kept).strip() if said.segments else said.text.strip()
        tongue = _NAMES.get(said.language.lower(), said.language.lower()[:3]) or language or ""
        tongue = tongue or ("zh" if is_chinese(text) else "en")
        convert: Any = self._simplified.convert if tongue == "zh" else str
        words = tuple((str(convert(word.word)), word.start, word.end) for word in said.words) if text else ()
        return Heard(str(convert(text)), tongue, seconds, bool(text), words)


def _judged(part: _Segment) -> Judged:
    return Judged(part.text, part.no_speech_prob, part.avg_logprob, part.compression_ratio)
