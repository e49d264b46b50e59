"""A whole `yinlu run` with its workers for flows of the studio: what to wait for, what to kill, whose pictures are whose."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
from yinlu_testing.house import RunningHouse, yinlu

from bot_media.labels import aigc_of

JOB = re.compile(r"(?:job|编号) ([0-9a-f]{8})")
PERCENT = re.compile(r"(?:drawing|绘制中) (\d+)%")


class StudioRun:
    """`yinlu run` on a platform's loopback; ``more`` are its settings."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.data = folder / "data"
        self.more = {"YINLU_EMBEDDING": "hash", "YINLU_WORKERS": "1", **more}
        self.house = RunningHouse(self.data, folder / "log", **self.more)

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        await asyncio.to_thread(self.house.start)

    async def kill(self) -> None:
        """Kill -9; its workers and its Valkey die with it."""
        await asyncio.to_thread(self.house.kill)

    async def stop(self) -> None:
        """End it in order."""
        await asyncio.to_thread(self.house.stop)

    async def code(self) -> str:
        """Return a one-time code that binds a place."""
        words = ("admin", "code", "sample", "--json", "--data", str(self.data))
        made = await asyncio.to_thread(yinlu, *words, **self.more)
        return str(json.loads(made.stdout)["code"])

    async def running(self) -> list[dict[str, Any]]:
        """Return the jobs that workers have in hand."""
        words = ("queue", "list", "running", "--json", "--data", str(self.data))
        shown = await asyncio.to_thread(yinlu, *words, **self.more)
        return list(json.loads(shown.stdout)["jobs"])

    def workers(self) -> Iterator[psutil.Process]:
        """Give the house's worker processes."""
        for child in psutil.Process(self.house.pid).children(recursive=True):
            words = child.cmdline()
            if "worker" in words and "-S" not in words:
                yield child

    def kill_workers(self) -> int:
        """Kill -9 all of them; return how many there were."""
        found = list(self.workers())
        for worker in found:
            worker.kill()
        return len(found)


def job_of(text: str) -> str:
    """Return the first eight digits of the job that a message's text names."""
    found = JOB.search(text)
    assert found is not None, f"no job in {text!r}"
    return found[1]


def carries(picture: bytes, job: str) -> bool:
    """Tell whether a picture's own record names the job that its message names."""
    record = aigc_of(picture)
    return record is not None and json.dumps(record).find(job) >= 0


def says_something_new(texts: list[str]) -> bool:
    """Tell whether no text repeats the one before it and no percentage falls."""
    percents = [int(found[1]) for text in texts if (found := PERCENT.search(text))]
    return all(a != b for a, b in pairwise(texts)) and percents == sorted(percents)


def most_within(times: list[float], seconds: float) -> int:
    """Return the most of ``times`` that lie in any span of ``seconds``."""
    times = sorted(times)
    return max((sum(start <= at < start + seconds for at in times) for start in times), default=0)


async def come_true(true: Callable[[], Any | Awaitable[Any]], seconds: float = 60.0) -> Any:
    """Wait for something to come to pass; return it."""
    end = time.monotonic() + seconds
    while True:
        found = true()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        assert time.monotonic() < end, "it did not come to pass in time"
        await asyncio.sleep(0.05)
