"""Connections to SQLite and PostgreSQL, and what their failures mean.

SQLite: one connection writes, a few read. The pool of one is the lock that lets one writer in at a time in
this process; SQLite's own lock, waited for up to ``BUSY_SECONDS``, keeps other processes apart. Connections
stay open: with a new one each time (a thread, pragmas, the schema) a query took 2.1 ms instead of 0.3 ms, and
a vote 3.6 ms instead of 0.8 ms.

``synchronous=FULL``: a commit is on the disk before it is acknowledged, so that a power cut loses no vote
that was thanked for. NORMAL would do against kill -9; the fsync it saves cost 0.3 ms per commit where it was
measured, and is waited for in the connection's own thread.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import URL, RowMapping, event, literal, make_url, select
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql import Executable

from bot_core.errors import EngineDown, SettingWrong, StorageFull
from bot_ledger.rows import dump_json

BUSY_SECONDS = 10
READERS = 4
SETTING = "YINLU_DATABASE_URL"
TAKES = "sqlite:///path/to/file or postgresql://user:password@host/name"
SPARE_BYTES = 65_536  # SQLite's files grow by up to this much at once
FULL_DISK = "53100"  # PostgreSQL's disk_full


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement brought: all rows, or how many it changed."""

    rows: Sequence[RowMapping]
    changed: int


class Database(Protocol):
    """Statements, one by one or several as a whole."""

    name: str  # sqlite, postgresql

    async def read(self, statement: Executable) -> Result:
        """Run a query."""
        ...

    async def write(self, statement: Executable) -> Result:
        """Run one statement and commit it."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give a connection; commit at the end, or roll back."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


def sqlite_url(folder: Path) -> str:
    """Return the default ledger's URL in a data folder."""
    return f"sqlite:///{folder.absolute() / 'ledger.sqlite3'}"


def read_url(url: str) -> URL:
    """Return the URL with its asynchronous driver. Raises SettingWrong."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingWrong(SETTING, TAKES) from None  # the value may hold a password: not shown
    kind = parsed.drivername.split("+")[0]
    if kind == "sqlite" and parsed.database and ":memory:" not in parsed.database:
        return parsed.set(drivername="sqlite+aiosqlite")
    if kind in ("postgresql", "postgres"):
        query = dict(parsed.query)
        if "sslmode" in query:  # libpq's name, as providers hand it out
            query["ssl"] = query.pop("sslmode")
        return parsed.set(drivername="postgresql+asyncpg", query=query)
    raise SettingWrong(SETTING, TAKES)


def is_sqlite(url: URL) -> bool:
    """Tell the two kinds apart."""
    return url.drivername.startswith("sqlite")


def prepare_sqlite(engine: Engine, *, read_only: bool = False) -> None:
    """Set every new connection up: its own BEGINs, write-ahead log, foreign keys."""

    @event.listens_for(engine, "connect")
    def _connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3 would begin transactions by itself, and too late
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()


class SqliteDatabase:
    """One writing connection, a few reading ones."""

    name = "sqlite"

    def __init__(self, url: URL) -> None:
        self._path = str(url.database)
        options: dict[str, Any] = {"json_serializer": dump_json, "isolation_level": "AUTOCOMMIT"}
        options |= {"pool_reset_on_return": None, "max_overflow": 0, "pool_timeout": 30}
        self._writer = create_async_engine(url, pool_size=1, **options)
        self._readers = create_async_engine(url, pool_size=READERS, **options)
        prepare_sqlite(self._writer.sync_engine)
        prepare_sqlite(self._readers.sync_engine, read_only=True)

    async def read(self, statement: Executable) -> Result:
        """Run a query."""
        return await _execute(self._readers, statement, self._path)

    async def write(self, statement: Executable) -> Result:
        """Run one statement, which is a transaction of its own."""
        return await _execute(self._writer, statement, self._path)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Take the write lock at once: a lock taken late can fail where waiting doesn't help."""
        with translated(self._path):
            async with self._writer.connect() as connection:
                try:
                    await connection.exec_driver_sql("BEGIN IMMEDIATE")
                    yield connection
                    await connection.exec_driver_sql("COMMIT")
                except BaseException:
                    await connection.invalidate()  # closing rolls back, whatever state it is in
                    raise

    async def close(self) -> None:
        """Close all connections; the last one folds the write-ahead log into the file."""
        await self._readers.dispose()
        await self._writer.dispose()


class PostgresDatabase:
    """A pool of connections to a server."""

    name = "postgresql"

    def __init__(self, url: URL) -> None:
        self._where = f"{url.host or 'the socket'}/{url.database}"
        self._engine = create_async_engine(
            url,
            pool_size=5,
            max_overflow=5,
            pool_timeout=30,
            pool_use_lifo=True,  # a transaction gets the connection that has just answered
            json_serializer=dump_json,
            connect_args={"timeout": 10, "command_timeout": 60},
        )
        self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def read(self, statement: Executable) -> Result:
        """Run a query."""
        return await _execute(self._single, statement, self._where)

    async def write(self, statement: Executable) -> Result:
        """Run one statement, which is a transaction of its own."""
        return await _execute(self._single, statement, self._where)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Several statements as a whole, on a connection that lives."""
        await self.read(select(literal(1)))  # sweeps out those that a restarted server has dropped
        with translated(self._where):
            async with self._engine.begin() as connection:
                yield connection

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


async def _execute(engine: AsyncEngine, statement: Executable, where: str) -> Result:
    """Run one statement; once more where the pool gave a connection that had died (all writes may repeat)."""
    with translated(where):
        try:
            return await _once(engine, statement)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return await _once(engine, statement)


async def _once(engine: AsyncEngine, statement: Executable) -> Result:
    async with engine.connect() as connection:
        result = await connection.execute(statement)
        if result.returns_rows:
            return Result(result.mappings().all(), 0)
        return Result((), result.rowcount)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise StorageFull and EngineDown for what the drivers raise; IntegrityError and our own pass."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        if _is_full(error.orig, where):
            raise StorageFull(where) from error
        raise EngineDown("ledger", _brief(error.orig)) from error
    except (OSError, PoolTimeout, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise EngineDown("ledger", _brief(error)) from error
    except sqlite3.Error as error:
        raise (
            StorageFull(where) if _is_full(error, where) else EngineDown("ledger", _brief(error))
        ) from error


def _is_full(error: BaseException | None, where: str) -> bool:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):  # e.g. no room for the log's index
            return shutil.disk_usage(Path(where).parent).free < SPARE_BYTES
        return code == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == FULL_DISK


def _brief(error: BaseException | None) -> str:
    """Name the failure without the statement's values: they are members' words."""
    return f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"
