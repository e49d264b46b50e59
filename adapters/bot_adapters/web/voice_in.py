"""A voice message from a client: it arrives in pieces, is bounded, and becomes one stored file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bot_adapters.web.options import WebOptions
from bot_adapters.web.sentences import fill
from bot_adapters.web.voice_words import CUT, EMPTY, FORMAT, IDLE, NOT_THE_FORMAT, RATE, TOO_LARGE, TOO_LONG
from bot_core.errors import BadInput

LEAST_RATE, MOST_RATE = 8_000, 48_000  # Hz
FRAMES_PER_SECOND = 60  # a client sends fewer; what sends more is no recorder
GRACE = 3.0  # s that the last piece may take on its way
HEAD = 4  # bytes of a binary frame's number


def _webm(head: bytes) -> bool:
    return head.startswith(b"\x1a\x45\xdf\xa3")


def _ogg(head: bytes) -> bool:
    return head.startswith(b"OggS")


def _mp4(head: bytes) -> bool:
    return head[4:8] == b"ftyp"


def _aac(head: bytes) -> bool:
    return _mp4(head) or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0)


def _mp3(head: bytes) -> bool:
    return head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)


def _wav(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WAVE"


def _any(head: bytes) -> bool:
    return True


FORMATS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "webm/opus": ("audio/webm", _webm),
    "ogg/opus": ("audio/ogg", _ogg),
    "mp4/aac": ("audio/mp4", _mp4),
    "aac": ("audio/aac", _aac),
    "mp3": ("audio/mpeg", _mp3),
    "wav": ("audio/wav", _wav),
    "pcm16": ("audio/pcm", _any),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a client says it sends; ``rate`` in Hz counts for ``pcm16``, which is mono and little-endian."""

    format: str
    rate: int = 16_000

    @property
    def media_type(self) -> str:
        """Return the type the file is stored under."""
        kind = FORMATS[self.format][0]
        return f"{kind};rate={self.rate};channels=1" if self.format == "pcm16" else kind


def shape_of(data: object, rate: object) -> Shape:
    """Read an ``audio.start``; raises BadInput for what we don't take."""
    if not isinstance(data, str) or data not in FORMATS:
        raise BadInput("format", fill(FORMAT, formats=", ".join(FORMATS)))
    if data != "pcm16":
        return Shape(data)
    if not isinstance(rate, int) or isinstance(rate, bool) or not LEAST_RATE <= rate <= MOST_RATE:
        raise BadInput("rate", fill(RATE, least=LEAST_RATE, most=MOST_RATE))
    return Shape(data, rate)


class Recording:
    """One voice message on its way. ``quiet`` is called with a BadInput when nothing comes for too long."""

    def __init__(
        self, request: str, shape: Shape, options: WebOptions, quiet: Callable[[BadInput], None]
    ) -> None:
        self.request, self.shape = request, shape
        self._options, self._quiet = options, quiet
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._pieces: list[bytes] = []
        self._size = 0
        self._timer = self._loop.call_later(options.audio_idle, self._expire)

    @property
    def seconds(self) -> float | None:
        """Return how long raw samples are; a container's length is known when it is decoded."""
        return self._size / 2 / self.shape.rate if self.shape.format == "pcm16" else None

    @property
    def size(self) -> int:
        """Return how many bytes have come."""
        return self._size

    def take(self, frame: bytes) -> None:
        """Add a binary frame. Raises BadInput for a gap, another format, or too much."""
        if len(frame) < HEAD or int.from_bytes(frame[:HEAD], "big") != len(self._pieces):
            raise BadInput("a piece is missing", CUT)
        self._pieces.append(frame[HEAD:])
        self._size += len(frame) - HEAD
        if len(self._pieces) == 1 and self._size and not FORMATS[self.shape.format][1](frame[HEAD:]):
            raise BadInput("another format", fill(NOT_THE_FORMAT, format=self.shape.format))
        self._bounded()
        self._timer.cancel()
        self._timer = self._loop.call_later(self._options.audio_idle, self._expire)

    def whole(self) -> bytes:
        """Return the recording. Raises BadInput for an empty one."""
        self.drop()
        if not self._size:
            raise BadInput("no audio", EMPTY)
        return self.so_far()

    def so_far(self) -> bytes:
        """Return what has come."""
        return b"".join(self._pieces)

    def drop(self) -> None:
        """Expect nothing more."""
        self._timer.cancel()

    def _bounded(self) -> None:
        longest = self._options.audio_seconds
        spent = self._loop.time() - self._began
        too_many = len(self._pieces) > FRAMES_PER_SECOND * (longest + GRACE)
        if spent > longest + GRACE or (self.seconds or 0) > longest + GRACE or too_many:
            raise BadInput(f"{spent:.0f} s, {len(self._pieces)} pieces", fill(TOO_LONG, n=longest))
        if self._size > self._options.audio_bytes:
            raise BadInput(f"{self._size} bytes", fill(TOO_LARGE, n=self._options.audio_bytes // 1_000_000))

    def _expire(self) -> None:
        seconds = round(self._options.audio_idle)
        self._quiet(BadInput("no sound comes", fill(IDLE, n=seconds)))
