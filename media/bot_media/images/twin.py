"""A twin of ImageModel for tests. It draws nothing: a PNG of one flat colour, which follows from the seed."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import zlib
from collections.abc import Awaitable, Callable, Sequence

from bot_core.ports.media import ImageRequest
from bot_core.ports.work import Progress

Tell = Callable[[int, Progress], Awaitable[bool]]


class FlatImages:
    """Answers each request with a flat PNG of its size after ``steps`` steps of ``seconds`` each.

    Colour follows from seed and prompt alone, so equal requests give equal bytes, in any batch.
    """

    def __init__(self, *, seconds: float = 0.0, steps: int = 4) -> None:
        self._seconds, self._steps = seconds, steps

    @property
    def name(self) -> str:
        """Return what the screen calls it."""
        return "flat colours (test twin)"

    async def make(self, requests: Sequence[ImageRequest], tell: Tell) -> list[bytes]:
        """Return one PNG per request; one whose ``tell`` answered False is told of no more, and comes empty."""
        running = set(range(len(requests)))
        for step in range(1, self._steps + 1):
            await asyncio.sleep(self._seconds)
            for index in sorted(running):
                if not await tell(index, Progress("drawing", step / self._steps)):
                    running.discard(index)
        return [flat_png(request) if index in running else b"" for index, request in enumerate(requests)]


def flat_png(request: ImageRequest) -> bytes:
    """Return a PNG (RGB, 8 bits) of ``width`` x ``height`` in the request's colour."""
    seed = f"{request.seed}\x1f{request.prompt}".encode()
    red, green, blue = hashlib.blake2b(seed, digest_size=3).digest()
    row = b"\0" + bytes((red, green, blue)) * request.width
    header = struct.pack(">IIBBBBB", request.width, request.height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(row * request.height, 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
