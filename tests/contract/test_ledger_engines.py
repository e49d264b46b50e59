"""What happens to the ledger when processes are killed, disks fill up and connections break."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from yinlu_testing.ledger import record, vote

from bot_core.errors import EngineDown, StorageFull
from bot_ledger import SqlLedger, sqlite_url
from bot_ledger.engines import BUSY_SECONDS, SqliteDatabase, read_url

WRITES = """
import asyncio, sys
from pathlib import Path
from bot_ledger import SqlLedger
from yinlu_testing.ledger import record, vote

async def main(url, name, count):
    async with SqlLedger.open(url) as ledger:
        for number in range(count):
            await ledger.record_answer(record(f"{name}{number}", person=name))
            await ledger.vote(vote(f"{name}{number}", person=name))
            print(number, flush=True)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def _writer(url, name, count):
    path = os.pathsep.join(sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", WRITES, url, name, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )


async def test_two_processes_write_one_file(tmp_path):
    """Writers of several processes wait for each other; every row is there."""
    url = sqlite_url(tmp_path)
    writers = [_writer(url, name, 150) for name in ("one", "two")]
    for writer in writers:
        _, errors = await asyncio.to_thread(writer.communicate, timeout=60)
        assert (writer.returncode, errors.decode()) == (0, "")
    async with SqlLedger.open(url) as ledger:
        assert len(await ledger.answers(None)) == 300
        assert len(await ledger.votes(None)) == 300


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.2])
async def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path, delay):
    """kill -9 in the middle of writing: the file reads, and all that was acknowledged is in it."""
    url = sqlite_url(tmp_path)
    writer = _writer(url, "one", 100_000)
    await asyncio.to_thread(writer.stdout.readline)
    await asyncio.sleep(delay)
    writer.send_signal(signal.SIGKILL)
    said, _ = await asyncio.to_thread(writer.communicate, timeout=20)
    acknowledged = int(said.decode().rstrip("\n").rsplit("\n", 1)[-1] or 0)
    async with SqlLedger.open(url) as ledger:
        kept = await ledger.votes(None, limit=1_000_000)
        await ledger.record_answer(record("afterwards"))
    assert len(kept) >= acknowledged + 1
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@contextmanager
def _small_disk(folder, size):
    """Mount a tmpfs of ``size`` bytes; only root may."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True
    )
    if done.returncode != 0:
        pytest.skip("mounting a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


async def test_a_full_disk_is_told_and_passes(tmp_path):
    """StorageFull while there is no room; reading goes on; with room again, writing goes on."""
    with _small_disk(tmp_path / "small", 1_000_000) as folder:
        async with SqlLedger.open(sqlite_url(folder)) as ledger:
            await ledger.record_answer(record("first"))
            ballast = folder / "ballast"
            ballast.write_bytes(bytes(shutil.disk_usage(folder).free - 40_960))
            with pytest.raises(StorageFull) as full:
                for number in range(1000):
                    await ledger.record_answer(record(f"a{number}"))
            assert "ledger.sqlite3" in full.value.path
            with pytest.raises(StorageFull):
                await ledger.link("account", "person" * 30_000)
            kept = len(await ledger.answers(None))
            assert kept >= 1
            ballast.unlink()
            await ledger.record_answer(record("room again"))
            await ledger.link("account", "person")
            assert len(await ledger.answers(None)) == kept + 1


async def test_a_full_disk_at_the_start_is_told(tmp_path):
    """No room for the tables: StorageFull, and nothing half made remains once there is room."""
    with _small_disk(tmp_path / "small", 200_000) as folder:
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(folder).free - 20_480))
        with pytest.raises(StorageFull):
            async with SqlLedger.open(sqlite_url(folder)):
                pass
        ballast.unlink()
        async with SqlLedger.open(sqlite_url(folder)) as ledger:
            assert await ledger.answers(None) == []


async def test_a_database_at_its_bound_is_full(tmp_path):
    """SQLite's own full answer, without a small disk."""
    url = sqlite_url(tmp_path)
    async with SqlLedger.open(url) as ledger:
        async with ledger._database.transaction() as connection:
            await connection.exec_driver_sql("PRAGMA max_page_count=45")
        with pytest.raises(StorageFull):
            for number in range(200):
                await ledger.record_answer(record(f"a{number}"))


async def test_a_lock_that_is_never_given_back_is_an_engine_down(tmp_path, monkeypatch):
    """Another process that holds the write lock for too long: EngineDown, not a wait for ever."""
    monkeypatch.setattr("bot_ledger.engines.BUSY_SECONDS", 0.2)
    url = sqlite_url(tmp_path)
    async with SqlLedger.open(url) as ledger:
        other = sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(EngineDown):
            await ledger.record_answer(record())
        assert await ledger.answers(None) == []
        other.execute("ROLLBACK")
        other.close()
        await ledger.record_answer(record())
    assert BUSY_SECONDS >= 5


async def test_a_cancelled_write_leaves_a_ledger_that_works(tmp_path):
    """A task that is stopped in the middle of a transaction blocks nobody."""
    async with SqlLedger.open(sqlite_url(tmp_path)) as ledger:
        for number in range(20):
            linking = asyncio.create_task(ledger.link(f"account{number}", "person"))
            await asyncio.sleep(number / 4000)
            linking.cancel()
            await asyncio.gather(linking, return_exceptions=True)
        start = time.monotonic()
        await ledger.link("account", "person")
        assert time.monotonic() - start < 2
        assert await ledger.person_of("account") == "person"


async def test_a_failed_transaction_leaves_nothing(tmp_path):
    """Several statements count as a whole."""
    async with SqlLedger.open(sqlite_url(tmp_path)):
        database = SqliteDatabase(read_url(sqlite_url(tmp_path)))
        with pytest.raises(EngineDown):
            async with database.transaction() as connection:
                await connection.execute(text("INSERT INTO settings VALUES ('c', 'n', 'v')"))
                await connection.execute(text("INSERT INTO nowhere VALUES (1)"))
        assert (await database.read(text("SELECT * FROM settings"))).rows == []
        await database.close()


async def test_the_file_is_for_us_alone(tmp_path):
    """No other user of the machine reads members' words, the write-ahead log included."""
    async with SqlLedger.open(sqlite_url(tmp_path)) as ledger:
        await ledger.record_answer(record())
        files = sorted(tmp_path.glob("ledger.sqlite3*"))
        assert len(files) == 3
        assert all(path.stat().st_mode & 0o077 == 0 for path in files)


async def test_readers_can_not_write(tmp_path):
    """The reading connections are read-only: a write through them would pass the lock by."""
    async with SqlLedger.open(sqlite_url(tmp_path)) as ledger:
        with pytest.raises(EngineDown):
            await ledger._database.read(text("DELETE FROM answers"))


@pytest.mark.postgres
async def test_a_server_that_drops_its_connections_costs_nothing(postgres):
    """After a restart or a failover the pool's dead connections are replaced without an error."""
    url = postgres.create()
    async with SqlLedger.open(url) as ledger:
        await asyncio.gather(*(ledger.record_answer(record(f"a{number}")) for number in range(20)))
        for _ in range(3):
            postgres.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE datname = '{read_url(url).database}'"
            )
            await ledger.link("account", "person")
            assert len(await ledger.answers(None)) == 20
            await ledger.vote(vote("a1"))


@pytest.mark.postgres
async def test_a_server_that_refuses_is_an_engine_down(postgres):
    """A database that was dropped, or closed to us, is told as such."""
    url = postgres.create()
    async with SqlLedger.open(url) as ledger:
        name = read_url(url).database
        postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")
        with pytest.raises(EngineDown):
            await ledger.answers(None)
        with pytest.raises(EngineDown):
            await ledger.link("a", "b")
