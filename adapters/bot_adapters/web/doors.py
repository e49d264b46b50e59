"""The listening sockets: how many connections, and how long one may take to ask for something."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestHandler

from bot_adapters.web.options import WebOptions
from bot_core.errors import StartRefused
from bot_core.identity import Words


class Turned(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it before it costs anything."""
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


class Doors:
    """Makes protocols for new connections; one whose request's head does not come in time is closed."""

    def __init__(self, options: WebOptions) -> None:
        self._options = options
        self._silent: set[object] = set()
        self.listening: list[asyncio.Server] = []

    @property
    def port(self) -> int:
        """Return the TCP port, 0 where there is none."""
        for server in self.listening:
            for opened in server.sockets:
                if opened.family in (socket.AF_INET, socket.AF_INET6):
                    return int(opened.getsockname()[1])
        return 0

    @web.middleware
    async def heard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note that a connection has asked for something; an aiohttp middleware."""
        self._silent.discard(request.protocol)
        return await handler(request)

    @asynccontextmanager
    async def open(self, server: web.Server) -> AsyncIterator[None]:
        """Listen while inside. Raises StartRefused where the address can't be had."""
        try:
            await self._listen(self._protocols(server))
            yield
        finally:
            await self.close()

    def _protocols(self, server: web.Server) -> Callable[[], asyncio.Protocol]:
        def protocol() -> asyncio.Protocol:
            if len(server.connections) >= self._options.sockets:
                return Turned()
            made = server()
            self._silent.add(made)
            asyncio.get_running_loop().call_later(self._options.read_seconds, self._expire, made)
            return made

        return protocol

    async def _listen(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        loop, options = asyncio.get_running_loop(), self._options
        where = f"{options.host}:{options.port}"
        try:
            if options.port is not None:
                self.listening.append(await loop.create_server(protocol, options.host, options.port))
            if options.unix is not None:
                where = str(options.unix)
                self.listening.append(await loop.create_unix_server(protocol, where))
                options.unix.chmod(0o600)
        except OSError as error:
            raise _refused(where, error) from error

    async def close(self) -> None:
        """Stop listening; connections that are open stay."""
        for server in self.listening:
            server.close()
        self.listening.clear()
        if self._options.unix is not None:
            self._options.unix.unlink(missing_ok=True)

    def _expire(self, made: RequestHandler) -> None:
        if made in self._silent:
            self._silent.discard(made)
            made.force_close()


def _refused(where: str, error: OSError) -> StartRefused:
    reason = error.strerror or str(error)
    return StartRefused(
        f"can't listen on {where}: {reason}",
        Words(
            f"无法监听 {where}:{reason}。请换一个端口(YINLU_PORT)。",
            f"Can't listen on {where}: {reason}. Choose another port (YINLU_PORT).",
        ),
    )
