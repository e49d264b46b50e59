"""Fetching from the public internet only.

A name is resolved here, every address it has is checked, and the socket is made for a checked address: there is
no second look-up that could answer otherwise (DNS rebinding), and no connection that the check did not see.
"""

from __future__ import annotations

import asyncio
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot_core.errors import BadInput
from bot_core.identity import Words
from bot_core.ports.safety import Fetched
from bot_safety.addresses import AddressPolicy, literal, private_name, public

PORTS = frozenset({80, 443, 8080, 8443})
MOST_REDIRECTS = 5
LONGEST_URL = 4000
CHUNK = 65_536  # bytes
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HEADERS = {
    "User-Agent": "Yinlu (community companion; fetches what members and admins name)",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
}

FORBIDDEN = Words(
    "这个地址不在公共互联网上，我不能访问。",
    "That address is not on the public internet, so I won't open it.",
)
MALFORMED = Words("这不是一个有效的网址。", "That is not a valid web address.")
SCHEME = Words("我只能打开 http 和 https 网址。", "I only open http and https addresses.")
PORT = Words("这个网址的端口不在允许之列。", "The port in that address is not one I may use.")
UNREACHABLE = Words("这个网址打不开。", "That address can't be reached.")
SLOW = Words("这个网址太久没有回应。", "That address took too long to answer.")
LARGE = Words("那里的内容太大了。", "What is there is too large.")
TURNS = Words("这个网址转来转去，没有尽头。", "That address redirects without end.")
GARBLED = Words("那里的内容读不了。", "What is there can't be read.")

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def system(host: str, port: int) -> list[str]:
    """Return a name's addresses as this machine resolves it. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Forbidden(OSError):
    """An address that the policy refuses; an OSError, so that aiohttp lets it through as one."""


class _CheckedResolver(AbstractResolver):
    """Refuses a name as soon as one of its addresses is refused."""

    def __init__(self, resolve: Resolve, allowed: AddressPolicy) -> None:
        self._resolve, self._allowed = resolve, allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the checked addresses."""
        found = await self._resolve(host, port)
        addresses = [ip_address(address) for address in found]
        if not addresses:
            raise OSError(f"{host} has no address")
        if not all(map(self._allowed, addresses)):
            raise _Forbidden(f"{host} is at {', '.join(found)[:100]}")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


class SafeFetcher:
    """The Fetcher port; made by ``open``."""

    def __init__(
        self, session: aiohttp.ClientSession, allowed: AddressPolicy, ports: Collection[int]
    ) -> None:
        self._session, self._allowed, self._ports = session, allowed, frozenset(ports)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        allowed: AddressPolicy = public,
        ports: Collection[int] = PORTS,
        resolve: Resolve = system,
    ) -> AsyncIterator[SafeFetcher]:
        """Open without proxies, cookies, kept connections or a cache of names."""

        def checked_socket(info: tuple[Any, ...]) -> socket.socket:
            family, kind, proto, _, address = info
            if not allowed(ip_address(address[0])):
                raise _Forbidden(f"refused {address[0]}")
            return socket.socket(family=family, type=kind, proto=proto)

        connector = aiohttp.TCPConnector(
            resolver=_CheckedResolver(resolve, allowed),
            socket_factory=checked_socket,
            use_dns_cache=False,
            force_close=True,
            limit=20,
            limit_per_host=4,
        )
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers=HEADERS,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as session:
            yield cls(session, allowed, ports)

    async def fetch(
        self,
        url: str,
        *,
        limit: int = 10_000_000,
        seconds: float = 20.0,
        known: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Fetch at most ``limit`` bytes, unpacked, within ``seconds``, following at most five redirects.

        Statuses of 400 and more are returned like others. Raises BadInput with its reason's sentence.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(url, limit, _conditions(known or {}))
        except TimeoutError:
            raise BadInput(f"no answer within {seconds} s", SLOW) from None
        except aiohttp.ClientError as error:
            if _forbidden(error):
                raise BadInput(f"forbidden: {error}", FORBIDDEN) from error
            raise BadInput(f"{type(error).__name__}: {str(error)[:200]}", UNREACHABLE) from error
        except (OSError, ValueError) as error:
            words = FORBIDDEN if _forbidden(error) else UNREACHABLE
            raise BadInput(f"{type(error).__name__}: {str(error)[:200]}", words) from error

    async def _follow(self, start: str, limit: int, headers: Mapping[str, str]) -> Fetched:
        url = self._checked(start)
        for _ in range(MOST_REDIRECTS + 1):
            async with self._session.get(url, allow_redirects=False, headers=headers) as response:
                target = response.headers.get("Location", "")
                if response.status not in REDIRECTS or not target:
                    body = await _read(response, limit)
                    return _fetched(url, response, body)
            url = self._checked(target, url)
        raise BadInput(f"more than {MOST_REDIRECTS} redirects", TURNS)

    def _checked(self, text: str, base: URL | None = None) -> URL:
        """Return the URL as it will be asked for, or raise BadInput."""
        if len(text) > LONGEST_URL or any(ord(letter) <= 32 or ord(letter) == 127 for letter in text.strip()):
            raise BadInput("a URL that is too long or holds spaces", MALFORMED)
        try:
            url = URL(text.strip())
            url = base.join(url) if base is not None else url
            host, port = url.host, url.port
        except ValueError as error:
            raise BadInput(f"no URL: {error}", MALFORMED) from None
        if url.scheme not in ("http", "https"):
            raise BadInput(f"scheme {url.scheme[:20]!r}", SCHEME)
        if not host or url.user is not None or url.password is not None or "\\" in text:
            raise BadInput("a URL without a host, or with a name and password", MALFORMED)
        if port not in self._ports:
            raise BadInput(f"port {port}", PORT)
        self._check_host(host)
        return url

    def _check_host(self, host: str) -> None:
        try:
            address = literal(host)
        except ValueError:
            raise BadInput(f"{host[:60]!r} is no address", MALFORMED) from None
        if address is None and private_name(host):
            raise BadInput(f"private name {host[:60]!r}", FORBIDDEN)
        if address is not None and not self._allowed(address):
            raise BadInput(f"address {address}", FORBIDDEN)


class MemoryFetcher:
    """The twin: known pages by URL; anything else can't be reached."""

    def __init__(self, pages: Mapping[str, Fetched] | None = None) -> None:
        self._pages = dict(pages or {})

    async def fetch(
        self,
        url: str,
        *,
        limit: int = 10_000_000,
        seconds: float = 20.0,
        known: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Return the page. Raises BadInput where there is none, or it is larger than ``limit``."""
        page = self._pages.get(url)
        if page is None:
            raise BadInput("no such page", UNREACHABLE)
        if len(page.body) > limit:
            raise BadInput(f"{len(page.body)} bytes of {limit}", LARGE)
        return page


def _conditions(known: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that ask for a page only if it changed (RFC 9110, 13.1)."""
    asked = {"If-None-Match": known.get("etag", ""), "If-Modified-Since": known.get("last-modified", "")}
    return {name: value for name, value in asked.items() if value and value.isprintable()}


def _forbidden(error: BaseException | None) -> bool:
    """Look for our refusal among the causes; aiohttp wraps it."""
    while error is not None:
        if isinstance(error, _Forbidden) or isinstance(getattr(error, "os_error", None), _Forbidden):
            return True
        error = error.__cause__ or error.__context__
    return False


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read and unpack, never holding more than ``limit`` and one chunk."""
    if (response.content_length or 0) > limit:
        raise BadInput(f"{response.content_length} bytes of {limit}", LARGE)
    unpack = _unpacker(response.headers.get("Content-Encoding", ""))
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        while chunk:
            piece, chunk = unpack(chunk)
            body += piece
            if len(body) > limit:
                raise BadInput(f"more than {limit} bytes", LARGE)
    return bytes(body)


Unpack = Callable[[bytes], tuple[bytes, bytes]]


def _unpacker(encoding: str) -> Unpack:
    """Return what turns packed bytes into (plain bytes, packed bytes still to do), a chunk of plain at most."""
    names = [name.strip().lower() for name in encoding.split(",") if name.strip().lower() != "identity"]
    if not any(names):
        return lambda data: (data, b"")
    if names not in (["gzip"], ["x-gzip"], ["deflate"]):
        raise BadInput(f"encoding {encoding[:40]!r}", GARBLED)
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32) if "gzip" in names[0] else _Deflate()

    def unpack(data: bytes) -> tuple[bytes, bytes]:
        try:
            return inflater.decompress(data, CHUNK), inflater.unconsumed_tail
        except zlib.error as error:
            raise BadInput(f"broken {names[0]}: {error}", GARBLED) from None

    return unpack


class _Deflate:
    """HTTP's deflate, with the zlib header (RFC 9110, 8.4.1.2) or, as some servers send it, without."""

    def __init__(self) -> None:
        self._inflater: Any = None

    def decompress(self, data: bytes, most: int) -> bytes:
        """Unpack at most ``most`` bytes; the rest is ``unconsumed_tail``."""
        if self._inflater is None:
            wrapped = data[0] & 0x0F == 8 and data[0] >> 4 <= 7
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        return bytes(self._inflater.decompress(data, most))

    @property
    def unconsumed_tail(self) -> bytes:
        """Return what is still to be unpacked."""
        return bytes(self._inflater.unconsumed_tail)


def _fetched(url: URL, response: aiohttp.ClientResponse, body: bytes) -> Fetched:
    media_type = response.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Fetched(str(url), response.status, media_type or "application/octet-stream", body, headers)
