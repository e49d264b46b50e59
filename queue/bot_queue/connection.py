"""One Redis or Valkey, seen by one process: scripts in one round trip, and news of what changed.

Calls that are made while another is under way travel together on one connection, so a busy process pays
for one write and one read per bundle instead of per call. Every script of this room is safe to repeat
(fenced by tokens that the caller chose), so a bundle that was cut off is sent again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hiredis import pack_command
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.sentinel import Sentinel
from redis.exceptions import ConnectionError as LinkDown
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as LinkSlow

from bot_core.errors import EngineDown, SettingWrong, StorageFull, YinluError
from bot_queue.news import News

log = logging.getLogger(__name__)

LUA = Path(__file__).parent / "lua"
LARGEST_BUNDLE = 256
CUT = (LinkDown, LinkSlow, OSError, TimeoutError)
BUSY = ("LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY ")
FULL = ("MISCONF", "OOM")
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


class Store:
    """Scripts and commands on one server; all keys under one hash tag, ``{prefix}:...``."""

    def __init__(self, pool: ConnectionPool, options: StoreOptions | None = None) -> None:
        self.options = options or StoreOptions()
        self.root = "{" + self.options.prefix + "}:"
        self.news = News(pool, self.root)
        self._pool = pool
        self._connection: Any = None
        self._queue: list[tuple[tuple[Argument, ...], asyncio.Future[Any]]] = []
        self._sender: asyncio.Task[None] | None = None

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
        self._queue.append((command, future))
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all(), name="redis-sender")
        return await future

    async def close(self) -> None:
        """Let what is under way finish, then hang up."""
        await self.news.close()
        if self._sender is not None:
            await self._sender
        if self._connection is not None:
            await self._connection.disconnect()
        await self._pool.disconnect()

    async def _send_all(self) -> None:
        try:
            while self._queue:
                bundle = self._queue[:LARGEST_BUNDLE]
                del self._queue[:LARGEST_BUNDLE]
                await self._send(bundle)
        finally:
            self._sender = None
            for _, future in self._queue:  # only after a cancelled loop
                future.cancel()

    async def _send(self, bundle: Sequence[tuple[tuple[Argument, ...], asyncio.Future[Any]]]) -> None:
        commands = [command for command, _ in bundle]
        answers: Sequence[Any]
        try:
            answers = await self._exchange(commands)
        except YinluError as error:
            answers = [type(error)(ENGINE, str(error)) if isinstance(error, EngineDown) else error] * len(
                bundle
            )
        for (_, future), answer in zip(bundle, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    async def _exchange(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        """Return an answer or an error for each command, trying again when the line is cut."""
        for attempt in range(self.options.retries + 1):
            try:
                async with asyncio.timeout(self.options.timeout):
                    return await self._once(commands)
            except CUT as error:
                reason = f"{type(error).__name__}: {error}"
                await self._hang_up()
            if attempt < self.options.retries:
                await asyncio.sleep(self.options.backoff * 4**attempt * (0.5 + secrets.randbelow(100) / 100))
        raise EngineDown(ENGINE, reason)

    async def _once(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        connection = self._connection
        if connection is None:
            connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
            await connection.connect()
            self._connection = connection
        packed = b"".join(pack_command(tuple(c)) for c in commands)  # type: ignore[arg-type]
        await connection.send_packed_command(packed, check_health=False)
        answers = []
        for _ in commands:
            try:
                answers.append(await connection.read_response(disconnect_on_error=False))
            except ResponseError as error:
                answers.append(_meaning(error))
        return answers

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


def _meaning(error: ResponseError) -> Exception:
    text = str(error)
    if text.startswith(FULL):
        return StorageFull("Redis")
    if text.startswith(BUSY) or type(error).__name__ in (
        "BusyLoadingError",
        "ReadOnlyError",
        "MasterDownError",
    ):
        return EngineDown(ENGINE, text)
    return error


def make_pool(url: str) -> ConnectionPool:
    """Return a pool for ``redis://``, ``rediss://``, ``unix://``, a bare socket path, or ``sentinel://h:p,h:p/name``."""
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
    hosts = [
        (host, int(port or 26379)) for host, _, port in (h.partition(":") for h in parts.netloc.split(","))
    ]
    name = parts.path.strip("/") or "mymaster"
    sentinel = Sentinel(hosts, **settings)  # type: ignore[no-untyped-call]
    pool = sentinel.master_for(name).connection_pool
    assert isinstance(pool, ConnectionPool)
    return pool


@asynccontextmanager
async def open_store(url: str, options: StoreOptions | None = None) -> AsyncIterator[Store]:
    """Open a store on a URL or a Unix socket's path; raises EngineDown where nobody answers."""
    store = Store(make_pool(url), options)
    try:
        await store.call("PING")
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
