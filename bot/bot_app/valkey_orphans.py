"""A Valkey that outlived its owner: found by what it is and where it works, ended before its log is opened again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from bot_core.errors import StartRefused
from bot_core.identity import Words

log = logging.getLogger(__name__)

PROGRAM = "valkey-server"
LAUNCHER = "dies_with_parent.py"


def orphans(folder: Path) -> list[psutil.Process]:
    """Return the processes that are a Valkey, or one about to be, working in ``folder`` (an absolute, real path).

    A process id written down somewhere is no proof: ids are reused, and copied data folders carry them along.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and _is_valkey(process):
                found.append(process)
        except psutil.Error:  # it ended, or is another user's
            continue
    return found


def stop_orphans(folder: Path, seconds: float) -> int:
    """End every orphan of ``folder`` and wait for its exit; return how many. Raises StartRefused for one that stays.

    Only for the owner of the data folder: then whatever runs there is nobody's.
    """
    found = orphans(folder)
    for process in found:
        log.warning("a Valkey without an owner is stopped", extra={"pid": process.pid})
        _signal(process.terminate)
    left = _left(found, seconds)
    for process in left:
        _signal(process.kill)
    left = _left(left, seconds)
    if left:
        pid = left[0].pid
        raise StartRefused(
            f"process {pid} has {folder} open and can't be stopped",
            Words(
                f"进程 {pid} 占用着 {folder},而且停不下来。",
                f"Process {pid} holds {folder} and can't be stopped.",
            ),
        )
    return len(found)


def alive(process: psutil.Process) -> bool:
    """Tell whether a process runs; one that only waits to be reaped (in a container, perhaps for ever) does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _left(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    until = time.monotonic() + seconds
    while (left := [process for process in processes if alive(process)]) and time.monotonic() < until:
        time.sleep(0.02)
    return left


def _is_valkey(process: psutil.Process) -> bool:
    if process.name() == PROGRAM:
        return True
    return any(Path(word).name == LAUNCHER for word in process.cmdline()[:6])


def _signal(send: Callable[[], None]) -> None:
    try:
        send()
    except psutil.NoSuchProcess:
        return
