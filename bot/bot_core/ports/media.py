"""Ports of the media room: pictures, speech, files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot_core.files import FileRef
from bot_core.identity import Locale, Words
from bot_core.ports.work import Progress


class Files(Protocol):
    """Stored bytes, by the hash of their content."""

    async def put(self, data: bytes, media_type: str, name: str = "") -> FileRef:
        """Store and return the reference. Raises StorageFull."""
        ...

    async def read(self, key: str) -> bytes:
        """Return the bytes. Raises NotFound."""
        ...

    async def delete(self, key: str) -> None:
        """Remove the bytes; a missing key is no error."""
        ...


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One picture to make: ``width`` and ``height`` in pixels; ``options`` are the maker's own."""

    prompt: str
    width: int
    height: int
    seed: int
    operation: str = "create"
    inputs: tuple[FileRef, ...] = ()
    negative: str = ""
    options: Mapping[str, object] = field(default_factory=dict)


class ImageModel(Protocol):
    """Makes pictures, a batch of compatible requests at a time."""

    @property
    def name(self) -> str:
        """Return what the screen calls it."""
        ...

    async def make(
        self, requests: Sequence[ImageRequest], tell: Callable[[int, Progress], Awaitable[bool]]
    ) -> list[bytes]:
        """Return one PNG per request; ``tell(index, progress)`` answers False when that one should stop.

        Raises ModelFailed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Described:
    """What a picture tells: ``prompts`` to draw its like, what was ``seen``, and ``how`` it was looked at.

    ``job`` is the job (24 hex digits) that the picture's own record names, where it was made here.
    """

    prompts: tuple[str, ...]
    seen: Words
    how: Words
    job: str = ""


class PictureReader(Protocol):
    """Looks at a picture and says how one like it is asked for."""

    async def describe(self, data: bytes, locale: Locale) -> Described:
        """Return four prompts. Raises BadInput for what is no picture."""
        ...


class PromptReader(Protocol):
    """Tells which words of a prompt the maker uses."""

    async def spans(self, text: str) -> list[tuple[str, bool]] | None:
        """Return the words in their order, each with whether it is used; None where the maker can't tell."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """A transcription; ``words`` are (text, start, end) with times in seconds."""

    text: str
    language: str
    seconds: float
    speech: bool = True  # False: silence, music or noise
    words: tuple[tuple[str, float, float], ...] = ()


class Transcriber(Protocol):
    """Speech to text."""

    async def transcribe(self, audio: bytes, media_type: str, language: str | None = None) -> Heard:
        """Return what was said. Raises BadInput for what is no audio, ModelFailed."""
        ...


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A synthesizer's speaker."""

    id: str
    name: str
    languages: tuple[str, ...]
    styles: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """Mono 16-bit little-endian samples, with the mouth shapes (name, seconds from this chunk's start)."""

    samples: bytes
    rate: int  # Hz
    text: str
    visemes: tuple[tuple[str, float], ...] = ()


class Synthesizer(Protocol):
    """Text to speech."""

    async def voices(self) -> list[VoiceInfo]:
        """Return the voices that work now."""
        ...

    def speak(self, text: str, voice: str, style: str = "", role: str = "") -> AsyncIterator[SpeechChunk]:
        """Yield speech sentence by sentence. Raises BadInput for an unknown voice, ModelFailed."""
        ...
