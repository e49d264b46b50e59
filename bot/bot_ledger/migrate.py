"""Brings a ledger's tables up to date: off the event loop, and once when two processes start together."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from sqlalchemy import URL, Connection, NullPool, create_engine, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot_core.errors import StartRefused
from bot_core.identity import Words
from bot_ledger.engines import is_sqlite, prepare_sqlite, read_url, translated

log = logging.getLogger(__name__)

HEAD = "0002"  # the newest revision; a test compares it with the folder, so that a start needs no Alembic
ADVISORY_KEY = 0x59696E6C75  # "Yinlu": PostgreSQL's lock while tables change
FOLDER = Path(__file__).parent / "migrations"
TOO_NEW = Words(
    "数据库是由更新版本的引路写的。请升级程序，或换一个数据库。",
    "The database was written by a newer Yinlu. Upgrade the program, or use another database.",
)


async def upgrade(url: str) -> None:
    """Create or update the tables at ``url``; does nothing where they are up to date.

    Raises SettingWrong, EngineDown, StorageFull, and StartRefused where a newer Yinlu wrote them.
    """
    await asyncio.to_thread(_upgrade, read_url(url))


def _upgrade(url: URL) -> None:
    if is_sqlite(url):
        path = Path(str(url.database))
        with translated(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.touch(mode=0o600)  # members' words; SQLite gives its log the same rights
            _upgrade_sqlite(url)
        return
    with translated(f"{url.host or 'the socket'}/{url.database}"):
        asyncio.run(_upgrade_postgres(url))  # a loop of this thread's own: asyncpg knows no other way


def _upgrade_sqlite(url: URL) -> None:
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    prepare_sqlite(engine)
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
        connection.exec_driver_sql("BEGIN EXCLUSIVE")  # whoever comes second waits here, then finds it done
        _migrate(connection)
        connection.exec_driver_sql("COMMIT")


async def _upgrade_postgres(url: URL) -> None:
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"timeout": 10})
    async with engine.begin() as connection:
        if await connection.run_sync(_revision) == HEAD:
            return
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_KEY})
        await connection.run_sync(_migrate)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: Connection) -> None:
    """Run what is missing, in the caller's transaction."""
    from alembic import command  # imported where it is needed: it costs a third of a second
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    current = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise StartRefused(f"unknown ledger revision {current}", TOO_NEW)
    command.upgrade(config, "head")
    log.info("ledger brought up to date", extra={"before": current or "empty", "now": HEAD})
