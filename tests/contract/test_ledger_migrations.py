"""The ledger's tables: made and updated by migrations alone, once, on both databases."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from yinlu_testing.ledger import record

from bot_core.errors import EngineDown, SettingWrong, StartRefused
from bot_ledger import SqlLedger, migrate, sqlite_url, upgrade
from bot_ledger.engines import read_url
from bot_ledger.tables import metadata

STARTS = """
import asyncio, sys
from bot_ledger import upgrade
sys.stdin.readline()
asyncio.run(upgrade(sys.argv[1]))
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    return request.getfixturevalue("postgres").create()


async def test_the_migrated_tables_are_those_of_the_program(url):
    """From nothing to the newest revision gives exactly the tables, columns and indexes that queries use."""
    await upgrade(url)
    engine = create_async_engine(read_url(url))
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda plain: compare_metadata(
                MigrationContext.configure(plain, opts={"compare_type": True}), metadata
            )
        )
    await engine.dispose()
    assert differences == []


async def test_an_upgrade_of_what_is_up_to_date_changes_nothing(url):
    """Every start upgrades; what was kept stays."""
    async with SqlLedger.open(url) as ledger:
        await ledger.record_answer(record())
    async with SqlLedger.open(url) as ledger:
        assert len(await ledger.answers(None)) == 1


def test_many_processes_may_start_at_once(url):
    """Of several processes that meet an empty database one makes the tables, the others wait and go on."""
    command = [sys.executable, "-c", STARTS, url]
    starting = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    ended = []
    for process in starting:  # all are up and waiting for this line
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in starting:
        _, errors = process.communicate(timeout=60)
        ended.append((process.returncode, errors.decode()[-500:]))
    assert ended == [(0, "")] * 3


async def test_a_newer_database_is_refused(url):
    """A ledger that a newer program wrote is left alone, and the start says so in a sentence."""
    await upgrade(url)
    engine = create_async_engine(read_url(url))
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await engine.dispose()
    with pytest.raises(StartRefused) as refused:
        await upgrade(url)
    assert "newer" in refused.value.words.en


async def test_upgrading_leaves_the_loop_free(tmp_path):
    """While the upgrade waits for another process's lock the event loop goes on."""
    other = sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("BEGIN IMMEDIATE")
    upgrading = asyncio.create_task(upgrade(sqlite_url(tmp_path)))
    for _ in range(20):
        before = asyncio.get_running_loop().time()
        await asyncio.sleep(0.01)
        assert asyncio.get_running_loop().time() - before < 1
    assert not upgrading.done()
    other.execute("ROLLBACK")
    other.close()
    await upgrading


def test_the_newest_revision_is_the_one_the_program_looks_for():
    """migrate.HEAD names the newest file in the folder, so that a start can do without Alembic."""
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD


@pytest.mark.parametrize(
    "wrong", ["", "nonsense", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "postgresql:/x"]
)
async def test_a_url_that_is_none_is_refused_by_its_setting(wrong):
    """The error names the setting and what it takes, and never repeats the password."""
    with pytest.raises(SettingWrong) as refused:
        await upgrade(wrong)
    assert refused.value.name == "YINLU_DATABASE_URL"
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "unreachable",
    [
        "postgresql://u:secret@127.0.0.1:9/d",
        "postgresql://u@/d?host=/nowhere",
        "sqlite:////proc/no/ledger.sqlite3",
    ],
)
async def test_a_database_that_is_not_there_is_an_engine_down(unreachable):
    """Nothing listens, or the folder can't be made: one error for all, without the password."""
    with pytest.raises(EngineDown) as down:
        await upgrade(unreachable)
    assert "secret" not in str(down.value)


def test_names_that_providers_use_are_read():
    """postgres:// and sslmode= as libpq has them work with the driver we use."""
    url = read_url("postgres://u:p@db.example/yinlu?sslmode=require")
    assert url.drivername == "postgresql+asyncpg"
    assert dict(url.query) == {"ssl": "require"}


def test_the_migrations_travel_in_the_package():
    """Every step stands in the package's own folder, from where the wheel takes it."""
    steps = sorted(path.name.split("_")[0] for path in (Path(migrate.FOLDER) / "versions").glob("0*.py"))
    assert steps[0] == "0001"
    assert steps[-1] == migrate.HEAD
