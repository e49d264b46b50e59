"""Fetching as a good guest: robots.txt is obeyed, one request at a time per host, with a pause between two."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bot_core.errors import BadInput, MissingExtra
from bot_core.identity import Words
from bot_core.ports.safety import Clock, Fetched, Fetcher
from bot_knowledge.loaders import Unreadable

AGENT = "Yinlu"  # what robots.txt calls us; the fetcher's User-Agent begins with it
LONGEST_PAUSE = 10.0  # seconds: a Crawl-delay beyond is not waited for
ROBOTS_BYTES = 512 * 1024  # RFC 9309 asks for at least 500 KiB
GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class WebBounds:
    """How much is taken from the web in one go. ``pause`` is in seconds, between two requests to one host."""

    pages: int = 500
    page_bytes: int = 10_000_000
    list_bytes: int = 50_000_000  # of a sitemap or feed, unpacked
    depth: int = 3  # sitemaps within sitemaps
    seconds: float = 20.0  # for one page
    pause: float = 0.5


class Gone(Unreadable):
    """A page that its server says is not there any more."""


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    last: float = float("-inf")
    rules: Any = None  # Protego's; None: not asked yet
    refused: str = ""  # why nothing of this host may be read


class Polite:
    """Fetches pages for one visit. Raises Unreadable with the reason, Gone where a page is not there any more."""

    def __init__(self, fetcher: Fetcher, clock: Clock, bounds: WebBounds) -> None:
        self._fetcher, self._clock, self._bounds = fetcher, clock, bounds
        self._hosts: dict[str, _Host] = {}

    async def get(self, url: str, known: Mapping[str, str] | None = None, limit: int = 0) -> Fetched:
        """Fetch a page of at most ``limit`` bytes (else the bounds'); status is 200 or, for what is known, 304."""
        host = self._hosts.setdefault(origin_of(url), _Host())
        async with host.lock:
            if host.rules is None and not host.refused:
                await self._ask_robots(host, url)
            if host.refused:
                raise Unreadable(host.refused)
            if not host.rules.can_fetch(url, AGENT):
                raise Unreadable("robots.txt forbids it")
            fetched = await self._fetch(host, url, known, limit or self._bounds.page_bytes)
        if fetched.status in GONE:
            raise Gone(f"not there any more (status {fetched.status})")
        if fetched.status not in (200, 304):
            raise Unreadable(f"the server answered with status {fetched.status}")
        return fetched

    async def _ask_robots(self, host: _Host, url: str) -> None:
        """Read robots.txt: none means that all is allowed, a broken server that nothing is (RFC 9309, 2.3.1)."""
        try:
            from protego import Protego
        except ImportError:
            raise MissingExtra("web", Words("读取网页", "Reading web pages")) from None
        parts = urlsplit(url)
        address = urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", ""))
        try:
            answer = await self._fetch(host, address, None, ROBOTS_BYTES)
        except Unreadable as error:
            host.refused = f"robots.txt can't be read: {error}"
            return
        if answer.status >= 500:
            host.refused = f"robots.txt can't be read: status {answer.status}"
            return
        text = answer.body.decode("utf-8", "replace") if answer.status == 200 else ""
        host.rules = Protego.parse(text)

    async def _fetch(self, host: _Host, url: str, known: Mapping[str, str] | None, limit: int) -> Fetched:
        wait = host.last + self._pause(host) - self._clock.monotonic()
        if wait > 0:
            await self._clock.sleep(wait)
        try:
            return await self._fetcher.fetch(url, limit=limit, seconds=self._bounds.seconds, known=known)
        except BadInput as error:
            raise Unreadable(str(error), error.words) from error
        finally:
            host.last = self._clock.monotonic()

    def _pause(self, host: _Host) -> float:
        asked = host.rules.crawl_delay(AGENT) if host.rules is not None else None
        return min(max(self._bounds.pause, float(asked or 0.0)), LONGEST_PAUSE)


def origin_of(url: str) -> str:
    """Return scheme and host of an address. Raises Unreadable for what is none."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise Unreadable(f"not a web address: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise Unreadable("not a web address")
    return f"{parts.scheme}://{parts.netloc.lower()}"
