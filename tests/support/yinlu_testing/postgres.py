"""A PostgreSQL server for the tests: Debian's, on a Unix socket in a folder of its own, gone afterwards."""

from __future__ import annotations

import ctypes
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path

import pytest

BINARIES = "/usr/lib/postgresql/*/bin/postgres"
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",
    "max_connections=60",
)


@dataclass
class PostgresServer:
    """A running server; every test takes a database of its own."""

    folder: Path
    programs: Path
    user: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str) -> str:
        """Return what YINLU_DATABASE_URL would hold."""
        return f"postgresql://{self.user}@/{database}?host={self.folder}"

    def create(self) -> str:
        """Make an empty database; return its URL."""
        name = f"yinlu{next(self.numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement as the server's owner; return what it printed."""
        command = [
            self.programs / "psql",
            "-h",
            self.folder,
            "-U",
            self.user,
            "-d",
            database,
            "-Atqc",
            statement,
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
        return done.stdout.strip()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server for the whole run. Where it can't be had the test is skipped, but fails under CI."""
    found = sorted(glob(BINARIES))
    if not found:
        missing = "PostgreSQL is not installed: apt-get install postgresql"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with _server(Path(found[-1]).parent) as server:
        yield server


@contextmanager
def _server(programs: Path) -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="yinlu-pg-", dir="/tmp"))
    user = _user()
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"
    run = {"user": user, "cwd": folder, "stdout": subprocess.DEVNULL}
    make = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "yinlu",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
        "--no-locale",
    ]
    subprocess.run(make, check=True, **run)
    options = [part for option in FAST for part in ("-c", option)]
    start = [programs / "postgres", "-D", data, "-k", folder, *options]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(start, preexec_fn=_die_with_parent, stderr=log, **run)
    try:
        _wait(process, programs, folder)
        yield PostgresServer(folder, programs, "yinlu")
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(10)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> str | None:
    """Return whom to run as: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _wait(process: subprocess.Popen[bytes], programs: Path, folder: Path) -> None:
    ready = [programs / "pg_isready", "-q", "-h", folder]
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        if subprocess.run(ready, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise AssertionError(f"PostgreSQL did not start:\n{(folder / 'log').read_text()[-2000:]}")
