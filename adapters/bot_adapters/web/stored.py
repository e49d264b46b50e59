"""Stored files as the page shows them: pictures, speech and documents, by the hash of their content.

A key is 256 bits that nobody can guess and that only a reply told: whoever has it was shown the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import hdrs, web

from bot_core.errors import NotFound
from bot_core.ports.media import Files

KEY = re.compile(r"[0-9a-f]{64}")
# What a browser may show by itself, by how the bytes begin; everything else is offered for saving.
SHOWN: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)


@dataclass(frozen=True, slots=True)
class Stored:
    """Serves ``/files/KEY``."""

    files: Files

    async def serve(self, request: web.Request) -> web.Response:
        """Serve a file; it never changes, so a browser may keep it."""
        key = request.match_info["key"]
        if not KEY.fullmatch(key):
            raise web.HTTPNotFound()
        tag = f'"{key[:32]}"'
        headers = {hdrs.ETAG: tag, hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable"}
        if request.headers.get(hdrs.IF_NONE_MATCH) == tag:
            return web.Response(status=304, headers=headers)
        try:
            data = await self.files.read(key)
        except NotFound:
            raise web.HTTPNotFound() from None
        kind = media_type(data)
        headers[hdrs.CONTENT_TYPE] = kind or "application/octet-stream"
        if kind is None:
            headers[hdrs.CONTENT_DISPOSITION] = "attachment"
        return web.Response(body=data, headers=headers)


def media_type(data: bytes) -> str | None:
    """Return what the bytes are, None for what a browser is not asked to show."""
    if data[:4] == b"RIFF" and data[8:12] in (b"WEBP", b"WAVE"):
        return "image/webp" if data[8:12] == b"WEBP" else "audio/wav"
    return next((kind for start, kind in SHOWN if data.startswith(start)), None)
