"""/ws: connections counted, greeted, served."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from bot_adapters.web.connection import GOING_AWAY, POLICY, TRY_LATER, Connection
from bot_adapters.web.guard import Guard
from bot_adapters.web.locales import accepted
from bot_adapters.web.options import WebOptions
from bot_adapters.web.requests import Requests
from bot_adapters.web.sentences import CROWDED, HELLO_FIRST, WRONG_ORIGIN
from bot_core.errors import BadInput, NotAllowed, Refused, YinluError

log = logging.getLogger(__name__)


class Sockets:
    """Serves the WebSocket. ``message`` and ``closed`` count: types as they come, codes as they close."""

    def __init__(
        self,
        requests: Requests,
        guard: Guard,
        options: WebOptions,
        message: Callable[[str], None],
        closed: Callable[[int], None],
    ) -> None:
        self._requests, self._guard, self._options = requests, guard, options
        self._known = frozenset(requests.types)
        self._message, self._closed = message, closed
        self._open: set[Connection] = set()
        self._addresses: Counter[str] = Counter()
        self._closing = False
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._open)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection from handshake to close."""
        connection = Connection(request, self._options, accepted(request.headers))
        address = self._guard.address(request)
        try:
            async with connection.open(request) as socket:
                if self._admit(connection, request, address):
                    await self._converse(connection)
            return socket
        finally:
            self._dismiss(connection, address)

    async def close(self, seconds: float) -> None:
        """Close every connection as going away; wait up to ``seconds`` until they are gone."""
        self._closing = True
        for connection in self._open:
            connection.finish(GOING_AWAY)
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            log.info("connections are cut", extra={"connections": len(self._open)})

    def _admit(self, connection: Connection, request: web.Request, address: str) -> bool:
        if not self._guard.origin_known(request):
            connection.error(NotAllowed("origin", WRONG_ORIGIN))
            connection.finish(POLICY)
            return False
        full = len(self._open) >= self._options.connections
        if full or self._closing or (address and self._addresses[address] >= self._options.per_address):
            connection.error(Refused("crowded", CROWDED))
            connection.finish(TRY_LATER)
            return False
        self._open.add(connection)
        self._empty.clear()
        self._addresses[address] += 1
        return True

    def _dismiss(self, connection: Connection, address: str) -> None:
        if connection.code not in (None, 1000):
            self._closed(connection.code)
        self._requests.face.hub.leave(connection.channel, connection)
        if connection in self._open:
            self._open.discard(connection)
            if not self._open:
                self._empty.set()
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    async def _converse(self, connection: Connection) -> None:
        if not await self._greeted(connection):
            return
        while (envelope := await connection.read()) is not None:
            self._message(envelope.type if envelope.type in self._known else "other")
            await self._requests.handle(connection, envelope)

    async def _greeted(self, connection: Connection) -> bool:
        """Wait for hello; False where it did not come or could not be answered."""
        try:
            async with asyncio.timeout(self._options.hello_seconds):
                while (envelope := await connection.read()) is not None:
                    if envelope.type == "hello":
                        self._message("hello")
                        await self._requests.greeter.greet(connection, envelope)
                        return True
                    connection.error(BadInput("hello first", HELLO_FIRST), envelope.id)
        except TimeoutError:
            connection.error(BadInput("hello first", HELLO_FIRST))
            connection.finish(POLICY)
        except YinluError as error:
            log.warning("hello failed", extra={"error": str(error)})
            connection.error(error)
            connection.finish(TRY_LATER)
        return False
