"""Who owns a data folder: the one process that holds the lock on ``owner.lock`` in it.

The lock is the kernel's (flock): it ends with the process, however that ends. The file's content, the process id,
is for people and for the refusal of a second owner. Children that are forked without exec would hold the
lock too; whoever starts processes here execs (asyncio.create_subprocess_exec, multiprocessing's "spawn").
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from bot_app.folders import unusable
from bot_core.errors import OwnerRunning

LOCK = "owner.lock"
PATIENCE = 0.5  # seconds for a lock's new holder to write who it is
Kind = Literal["run", "command"]


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that owns ``data``: for good (`yinlu run`), or for as long as a command takes."""

    data: Path
    pid: int
    kind: Kind = "run"


@contextmanager
def own(data: Path, kind: Kind = "run") -> Iterator[Owner]:
    """Own a data folder, made if need be (0700), for as long as the context lasts.

    Raises OwnerRunning where another process does, StartRefused where the folder can't be used.
    """
    descriptor = _opened(data)
    try:
        _lock(descriptor, data)
        owner = Owner(data, os.getpid(), kind)
        _write(descriptor, f"{owner.pid} {kind}", data)
        try:
            yield owner
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(data: Path) -> Owner | None:
    """Return who wrote itself into the lock file, if that process lives; it may be about to end."""
    try:
        pid, kind = (data / LOCK).read_text().split()
        if psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE:
            return None
    except (OSError, ValueError, psutil.Error):  # no file, nobody in it, or nobody there any more
        return None
    return Owner(data, int(pid), "command" if kind == "command" else "run")


def _opened(data: Path) -> int:
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(data / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unusable(data, error) from error


def _lock(descriptor: int, data: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OwnerRunning(_holder(data), str(data)) from None
    except OSError as error:
        raise unusable(data, error) from error


def _holder(data: Path) -> int:
    until = time.monotonic() + PATIENCE
    while (found := holder(data)) is None and time.monotonic() < until:
        time.sleep(0.02)
    return found.pid if found else 0


def _write(descriptor: int, text: str, data: Path) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
    except OSError as error:
        raise unusable(data, error) from error
