"""The Synthesizer on an OpenAI-compatible service: POST /audio/speech."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence

import aiohttp
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot_core.errors import BadInput, ModelFailed
from bot_core.ports.media import SpeechChunk, VoiceInfo
from bot_media.audio import AudioReader
from bot_media.speech.endpoint import Endpoint, lacks
from bot_media.speech.kokoro import UNKNOWN
from bot_media.speech.reading import read_aloud, sentences
from bot_media.speech.sounded import chunk_of

OPENAI_VOICES = tuple(
    VoiceInfo(name, name.capitalize(), ("zh", "en"))
    for name in ("alloy", "ash", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer")
)


class _Listed(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: str
    name: str = ""
    languages: tuple[str, ...] = ("zh", "en")
    styles: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


class _List(BaseModel):
    model_config = ConfigDict(extra="ignore")
    voices: list[_Listed | str]
    cloning: bool = False


class OpenAISynthesizer:
    """Asks for one sentence at a time. ``base`` ends in /v1; ``known`` are its voices where it lists none itself.

    A style becomes the request's ``instructions`` where the service's model takes them.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        key: str = "",
        *,
        model: str = "tts-1",
        known: Sequence[VoiceInfo] = OPENAI_VOICES,
        timeout: float = 30.0,
        response_format: str = "pcm",
        reader: AudioReader | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._endpoint = Endpoint(session, base, "speak", model, headers, timeout)
        self._known, self._format = tuple(known), response_format
        self._reader = reader or AudioReader()

    async def voices(self) -> list[VoiceInfo]:
        """Return what the service lists (GET /audio/voices), what is known where it lists none, nothing when it is down."""
        try:
            answer = await self._endpoint.get("/audio/voices")
            listed = TypeAdapter(_List).validate_json(answer.body).voices
        except ModelFailed as error:
            return list(self._known) if lacks(error) else []
        except ValidationError:
            return list(self._known)
        return [_voice(_Listed(id=item) if isinstance(item, str) else item) for item in listed]

    async def clones(self) -> bool:
        """Tell whether the service says now that it makes voices of samples."""
        try:
            answer = await self._endpoint.get("/audio/voices")
            return TypeAdapter(_List).validate_json(answer.body).cloning
        except (ModelFailed, ValidationError):
            return False

    async def speak(
        self, text: str, voice: str, style: str = "", role: str = ""
    ) -> AsyncIterator[SpeechChunk]:
        """Yield a chunk per sentence. Raises BadInput for an unknown voice, ModelFailed."""
        if voice not in {known.id for known in await self.voices() or self._known}:
            raise BadInput(f"voice {voice[:40]!r}", UNKNOWN)
        for sentence in sentences(text):
            order = {
                "model": self._endpoint.model,
                "input": read_aloud(sentence).words,
                "voice": voice,
                "response_format": self._format,
                **({"instructions": f"Speak in a {style} manner."} if style else {}),
            }
            headers = {"Content-Type": "application/json"}
            answer = await self._endpoint.post("/audio/speech", json.dumps(order), headers)
            yield await chunk_of(answer, sentence, self._reader, self._endpoint)


def _voice(listed: _Listed) -> VoiceInfo:
    return VoiceInfo(listed.id, listed.name or listed.id, listed.languages, listed.styles, listed.roles)
