"""A small web site on the loopback, and a fetcher for which it stands for the public internet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bot_safety import SafeFetcher


@dataclass
class Page:
    """What a path answers with; ``tag`` is its ETag, answered with 304 where the client has it already."""

    body: bytes
    media_type: str = "text/html"
    status: int = 200
    tag: str = ""


@dataclass
class Site:
    """Pages by path; ``asked`` holds (path, status) of every request."""

    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    port: int = 0

    def url(self, path: str) -> str:
        """Return a path's address."""
        return f"http://site.example:{self.port}{path}"

    def put(self, path: str, body: str | bytes, media_type: str = "text/html", **more) -> None:
        """Put a page; ``{site}`` in its text becomes the site's address."""
        data = body if isinstance(body, bytes) else body.replace("{site}", self.url("")).encode()
        self.pages[path] = Page(data, media_type, **more)

    def fetched(self) -> list[str]:
        """Return the paths that were sent whole since the last call, without robots.txt."""
        paths = [path for path, status in self.asked if status == 200 and path != "/robots.txt"]
        self.asked.clear()
        return paths

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request."""
        page = self.pages.get(request.path, Page(b"no such page", "text/plain", 404))
        headers = {"ETag": page.tag} if page.tag else {}
        known = page.tag and request.headers.get("If-None-Match") == page.tag
        status = 304 if known else page.status
        self.asked.append((request.path, status))
        body = b"" if known else page.body
        return web.Response(body=body, status=status, content_type=page.media_type, headers=headers)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Site, SafeFetcher]]:
    """Serve a site, and open a fetcher that may fetch from it."""
    site = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    site.port = listening._server.sockets[0].getsockname()[1]

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host.endswith("site.example") else ["10.0.0.1"]

    fetcher = SafeFetcher.open(
        allowed=lambda address: str(address) == "127.0.0.1", ports={site.port}, resolve=resolve
    )
    try:
        async with fetcher as opened:
            yield site, opened
    finally:
        await runner.cleanup()
