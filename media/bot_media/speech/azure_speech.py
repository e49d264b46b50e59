"""The Synthesizer on Azure's speech service: SSML with voice, style and role.

Requests as in Microsoft's "Text to speech REST API" and "Customize voice and sound with SSML".
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from xml.sax.saxutils import escape, quoteattr

import aiohttp
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot_core.errors import BadInput, ModelFailed
from bot_core.ports.media import SpeechChunk, VoiceInfo
from bot_media.audio import AudioReader
from bot_media.speech.endpoint import Endpoint
from bot_media.speech.kokoro import UNKNOWN
from bot_media.speech.reading import read_aloud, sentences
from bot_media.speech.sounded import chunk_of

_FORMAT = "raw-24khz-16bit-mono-pcm"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Listed(BaseModel):
    model_config = ConfigDict(extra="ignore")
    ShortName: str
    LocalName: str = ""
    Locale: str = ""
    SecondaryLocaleList: tuple[str, ...] = ()
    StyleList: tuple[str, ...] = ()
    RolePlayList: tuple[str, ...] = ()


class AzureSynthesizer:
    """Asks for one sentence at a time. ``base`` is https://REGION.tts.speech.microsoft.com or a gateway's address."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        key: str,
        *,
        languages: tuple[str, ...] = ("zh", "en"),
        timeout: float = 30.0,
    ) -> None:
        headers = {"Ocp-Apim-Subscription-Key": key, "User-Agent": "yinlu"}
        self._endpoint = Endpoint(session, base, "speak", "azure", headers, timeout)
        self._languages, self._reader = languages, AudioReader()
        self._listed: list[VoiceInfo] = []

    async def voices(self) -> list[VoiceInfo]:
        """Return the service's voices of our languages; none while it can't be reached."""
        try:
            answer = await self._endpoint.get("/cognitiveservices/voices/list")
            found = TypeAdapter(list[_Listed]).validate_json(answer.body)
        except (ModelFailed, ValidationError):
            return []
        voices = [_voice(item) for item in found]
        self._listed = [voice for voice in voices if set(voice.languages) & set(self._languages)]
        return list(self._listed)

    async def speak(
        self, text: str, voice: str, style: str = "", role: str = ""
    ) -> AsyncIterator[SpeechChunk]:
        """Yield a chunk per sentence. Raises BadInput for a voice, style or role that is not there, ModelFailed."""
        known = {info.id: info for info in self._listed or await self.voices()}
        info = known.get(voice)
        if known and info is None:
            raise BadInput(f"voice {voice[:40]!r}", UNKNOWN)
        if info and ((style and style not in info.styles) or (role and role not in info.roles)):
            raise BadInput(f"style {style[:40]!r}, role {role[:40]!r}", UNKNOWN)
        headers = {"Content-Type": "application/ssml+xml", "X-Microsoft-OutputFormat": _FORMAT}
        for sentence in sentences(text):
            reading = read_aloud(sentence)
            document = ssml(reading.words, voice, reading.language, style, role)
            answer = await self._endpoint.post("/cognitiveservices/v1", document.encode(), headers)
            yield await chunk_of(answer, sentence, self._reader, self._endpoint)


def ssml(text: str, voice: str, language: str, style: str = "", role: str = "") -> str:
    """Return the document for one sentence; text and names are escaped, what XML forbids is left out."""
    said = escape(_NOT_XML.sub("", text))
    if style or role:
        manner = "".join(
            f" {name}={_quoted(value)}" for name, value in (("style", style), ("role", role)) if value
        )
        said = f"<mstts:express-as{manner}>{said}</mstts:express-as>"
    locale = {"zh": "zh-CN", "en": "en-US"}.get(language, language)
    return (
        '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" '
        f'xmlns:mstts="https://www.w3.org/2001/mstts" xml:lang={_quoted(locale)}>'
        f"<voice name={_quoted(voice)}>{said}</voice></speak>"
    )


def _quoted(value: str) -> str:
    return quoteattr(_NOT_XML.sub("", value))


def _voice(listed: _Listed) -> VoiceInfo:
    locales = (listed.Locale, *listed.SecondaryLocaleList)
    languages = tuple(dict.fromkeys(locale.split("-")[0] for locale in locales if locale))
    return VoiceInfo(
        listed.ShortName,
        listed.LocalName or listed.ShortName,
        languages,
        listed.StyleList,
        listed.RolePlayList,
    )
