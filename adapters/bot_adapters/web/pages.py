"""The page's files: small, cached by content, compressed once."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from aiohttp import hdrs, web

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
PACKED = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".webmanifest", ".txt"}
NAME = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")
LEAST = 500  # bytes below which compressing costs more than it saves
LARGEST = 4_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """A file in memory; ``stamp`` tells when it was read."""

    stamp: tuple[int, int]
    media_type: str
    body: bytes
    packed: bytes | None
    tag: str


class Pages:
    """Serves one folder. A file that changes on disk is read again; nothing outside is reachable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._pages: dict[str, Page] = {}

    async def index(self, request: web.Request) -> web.Response:
        """Serve the page itself."""
        return await self._serve(request, "index.html")

    async def file(self, request: web.Request) -> web.Response:
        """Serve a file of the page."""
        return await self._serve(request, request.match_info["name"])

    async def _serve(self, request: web.Request, name: str) -> web.Response:
        page = await asyncio.to_thread(self._page, name) if NAME.fullmatch(name) else None
        if page is None:
            raise web.HTTPNotFound()
        packed = page.packed if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower() else None
        tag = f'"{page.tag}{"-gz" if packed else ""}"'
        headers = {
            hdrs.ETAG: tag,
            hdrs.CACHE_CONTROL: "no-cache",  # kept, and asked about each time: an update shows at once
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
        }
        wanted = {
            part.strip().removeprefix("W/") for part in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")
        }
        if tag in wanted or "*" in wanted:
            return web.Response(status=304, headers=headers)
        headers[hdrs.CONTENT_TYPE] = page.media_type
        if packed is not None:
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=packed or page.body, headers=headers)

    def _page(self, name: str) -> Page | None:
        path = self._folder / name
        media_type = TYPES.get(path.suffix)
        try:
            real = path.resolve(strict=True)
            status = real.stat()
            if media_type is None or not real.is_relative_to(self._folder) or status.st_size > LARGEST:
                return None
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._pages.get(name)
            if known is None or known.stamp != stamp:
                known = self._pages[name] = _read(real, stamp, media_type)
        except OSError:
            return None
        return known


def _read(path: Path, stamp: tuple[int, int], media_type: str) -> Page:
    body = path.read_bytes()
    packed = gzip.compress(body, mtime=0) if path.suffix in PACKED and len(body) >= LEAST else None
    return Page(stamp, media_type, body, packed, hashlib.blake2b(body, digest_size=12).hexdigest())
