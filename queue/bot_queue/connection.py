"""One Redis or Valkey, seen by one process: scripts in one round trip, and news of what changed.

All calls travel on one connection, in the order in which they were made; those made in one turn of the loop
go out in one write, and none waits for the answers to those before it. Every script of this room is safe to repeat
(fenced by tokens that the caller chose), so calls that were cut off are sent again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hiredis import pack_command
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.sentinel import Sentinel
from redis.exceptions import ConnectionError as LinkDown
from redis.exceptions import MovedError, OutOfMemoryError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as LinkSlow

from bot_core.errors import EngineDown, SettingWrong, StorageFull
from bot_queue.news import News

log = logging.getLogger(__name__)

LUA = Path(__file__).parent / "lua"
PARTS = ("jobs", "budget")  # included by others
SCRIPTS = tuple(sorted(path.stem for path in LUA.glob("*.lua") if path.stem not in PARTS))
LARGEST_BUNDLE = 256
CUT = (LinkDown, LinkSlow, OSError, TimeoutError, MovedError)
BUSY = ("LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "TRYAGAIN", "ASK ", "BUSY ")
FULL = ("MISCONF",)
ENGINE = "Redis"
Argument = str | int | float


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script; ``sha`` is how the server knows it."""

    name: str
    source: str
    sha: str


@cache
def script(name: str) -> Script:
    """Read ``lua/NAME.lua``."""
    source = _source(name)
    return Script(name, source, hashlib.sha1(source.encode()).hexdigest())  # noqa: S324 - Redis's own choice


def _source(name: str) -> str:
    """Return a script's text; a line ``--@include OTHER`` is replaced by that file."""
    lines = (LUA / f"{name}.lua").read_text().splitlines()
    return "\n".join(_source(line.split()[1]) if line.startswith("--@include ") else line for line in lines)


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """``timeout`` is how long a bundle may take, ``retries`` how often it is sent again, in seconds and times."""

    prefix: str = "yinlu"
    timeout: float = 5.0
    retries: int = 3
    backoff: float = 0.05


@dataclass(slots=True, eq=False)
class _Call:
    command: tuple[Argument, ...]
    future: asyncio.Future[Any]


class Store:
    """Scripts and commands on one server; all keys under one hash tag, ``{prefix}:...``."""

    def __init__(self, pool: ConnectionPool, options: StoreOptions | None = None) -> None:
        self.options = options or StoreOptions()
        self.root = "{" + self.options.prefix + "}:"
        self.news = News(pool, self.root)
        self._pool = pool
        self._connection: Any = None
        self._queue: deque[_Call] = deque()  # to be written
        self._flying: deque[_Call] = deque()  # written, not yet answered, in order
        self._writer: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._cuts = 0  # in a row

    async def run(self, name: str, *arguments: Argument) -> Any:  # noqa: ANN401 - whatever the script returns
        """Run ``lua/NAME.lua`` with the root of all keys as KEYS[1]. Raises EngineDown, StorageFull."""
        code = script(name)
        try:
            return await self.call("EVALSHA", code.sha, 1, self.root, *arguments)
        except ResponseError as error:
            if not str(error).startswith(("NOSCRIPT", "No matching script")):
                raise
        return await self.call("EVAL", code.source, 1, self.root, *arguments)

    async def call(self, *command: Argument) -> Any:  # noqa: ANN401 - whatever the server answers
        """Send one command. Raises EngineDown where the server can't be reached, StorageFull where it can't write."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append(_Call(command, future))
        self._write_on()
        return await future

    async def close(self) -> None:
        """Let what is under way finish, then hang up."""
        await self.news.close()
        while self._writer is not None or self._reader is not None:
            await asyncio.gather(*(task for task in (self._writer, self._reader) if task))
        if self._connection is not None:
            await self._connection.disconnect()
        await self._pool.disconnect()

    def _write_on(self) -> None:
        if self._writer is None and self._queue:
            self._writer = asyncio.create_task(self._write_all(), name="redis-writer")

    async def _write_all(self) -> None:
        try:
            while self._queue:
                if self._cuts:
                    pause = self.options.backoff * 4 ** (self._cuts - 1)
                    await asyncio.sleep(pause * (0.5 + secrets.randbelow(100) / 100))
                connection = None
                try:
                    async with asyncio.timeout(self.options.timeout):
                        connection = await self._connect()
                        await self._write(connection)
                except CUT as error:
                    await self._cut(connection, error)
        finally:
            self._writer = None

    async def _connect(self) -> Any:  # noqa: ANN401 - the class depends on the URL
        if self._connection is None:
            connection: Any = self._pool.make_connection()  # type: ignore[no-untyped-call]
            await connection.connect()
            self._connection = connection
        return self._connection

    async def _write(self, connection: Any) -> None:  # noqa: ANN401
        bundle = [self._queue.popleft() for _ in range(min(LARGEST_BUNDLE, len(self._queue)))]
        self._flying.extend(bundle)
        if self._reader is None:
            self._reader = asyncio.create_task(self._read_all(connection), name="redis-reader")
        packed = b"".join(pack_command(tuple(c.command)) for c in bundle)  # type: ignore[arg-type]
        await connection.send_packed_command(packed, check_health=False)

    async def _read_all(self, connection: Any) -> None:  # noqa: ANN401
        try:
            while self._flying and connection is self._connection:
                async with asyncio.timeout(self.options.timeout):
                    for _ in range(len(self._flying)):
                        await self._read(connection)
                self._cuts = 0
        except CUT as error:
            await self._cut(connection, error)
        finally:
            self._reader = None
            self._write_on()

    async def _read(self, connection: Any) -> None:  # noqa: ANN401
        try:
            answer = await connection.read_response(disconnect_on_error=False)
        except MovedError:
            raise  # a cut: everything goes again, to the node that has our keys
        except ResponseError as error:
            answer = _meaning(error)
        future = self._flying.popleft().future
        if future.done():
            return
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    async def _cut(self, connection: Any, error: Exception) -> None:  # noqa: ANN401
        """The line broke: what was not answered is written again on a new one, or given up."""
        if connection is not self._connection:
            return  # the other direction noticed first
        self._connection = None
        if isinstance(error, MovedError):
            self._pool.connection_kwargs.update(
                port=error.port, **({"host": error.host} if error.host else {})
            )
        if self._reader is not None and self._reader is not asyncio.current_task():
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        again, self._flying = self._flying, deque()
        self._queue.extendleft(reversed(again))
        self._cuts += 1
        if self._cuts > self.options.retries:
            self._cuts = 0
            given_up, self._queue = self._queue, deque()
            for call in given_up:
                if not call.future.done():
                    call.future.set_exception(EngineDown(ENGINE, f"{type(error).__name__}: {error}"))
        if connection is not None:
            await connection.disconnect(nowait=True)


def _meaning(error: ResponseError) -> Exception:
    text = str(error)
    if text.startswith(FULL) or isinstance(error, OutOfMemoryError):
        return StorageFull("Redis")
    if text.startswith(BUSY) or isinstance(error, ReadOnlyError):
        return EngineDown(ENGINE, text)
    return error


def make_pool(url: str) -> ConnectionPool:
    """Return a pool for ``redis://``, ``rediss://``, ``unix://``, a socket's path, or ``sentinel://:secret@h:p,h:p/name``.

    The secret is Redis' own; the Sentinels' is ``?sentinel_password=...``.
    """
    settings: dict[str, Any] = {"decode_responses": True, "socket_timeout": None, "protocol": 2}
    if url.startswith("/"):
        url = f"unix://{url}"
    if not url.startswith("sentinel://"):
        try:
            return ConnectionPool.from_url(url, **settings)
        except ValueError as error:
            raise SettingWrong(
                "YINLU_REDIS_URL", "redis://, rediss://, unix:// or sentinel:// URL", url
            ) from error
    parts = urlsplit(url)
    login, _, named = parts.netloc.rpartition("@")
    hosts = [(host, int(port or 26379)) for host, _, port in (h.partition(":") for h in named.split(","))]
    user, _, secret = login.partition(":")
    if login:
        settings |= {"username": unquote(user) or None, "password": unquote(secret)}
    name = parts.path.strip("/") or "mymaster"
    asking: dict[str, Any] = {  # seconds; then the next Sentinel is asked
        "socket_timeout": 2.0,
        "socket_connect_timeout": 2.0,
    }
    if watchword := parse_qs(parts.query).get("sentinel_password"):
        asking["password"] = watchword[0]
    sentinel = Sentinel(hosts, sentinel_kwargs=asking, **settings)  # type: ignore[no-untyped-call]
    pool = sentinel.master_for(name).connection_pool
    assert isinstance(pool, ConnectionPool)
    return pool


@asynccontextmanager
async def open_store(url: str, options: StoreOptions | None = None) -> AsyncIterator[Store]:
    """Open a store on a URL or a Unix socket's path; raises EngineDown where nobody answers."""
    store = Store(make_pool(url), options)
    try:
        await asyncio.gather(*(store.call("SCRIPT", "LOAD", script(name).source) for name in SCRIPTS))
        yield store
    finally:
        await store.close()


async def server_version(client: Redis) -> tuple[int, ...]:
    """Return the server's version; Valkey tells the Redis version that it is compatible with."""
    try:
        info = await client.info("server")
    except RedisError as error:
        raise EngineDown(ENGINE, str(error)) from error
    return tuple(int(part) for part in str(info["redis_version"]).split("."))
