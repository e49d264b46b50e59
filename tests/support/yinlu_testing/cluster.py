"""The processes of the chart, plain: gateways with data folders of their own, workers, shared servers and files."""

from __future__ import annotations

import asyncio
import itertools
import random
import signal
import subprocess
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
from yinlu_testing.house import KEEP, YINLU, Client, RunningHouse, environment

KEYS = "1:" + "5a" * 32
TOKEN = "between-the-parts-of-a-test"


class Cluster:
    """Gateways and workers that share servers; every part comes and goes by itself.

    Each gateway reads the documents, or one process keeps them for all (``keep``, before the first gateway).
    """

    def __init__(self, folder: Path, redis: str, database: str, documents: Path) -> None:
        self.folder = folder
        self.files = folder / "files"
        self.files.mkdir()
        self.settings = {
            "YINLU_REDIS_URL": redis,
            "YINLU_DATABASE_URL": database,
            "YINLU_SIGNING_KEYS": KEYS,
            "YINLU_EMBEDDING": "hash",
            "YINLU_WATCH": f"{documents}=default",
            "YINLU_COMMUNITY": "default",
            "YINLU_WORDS_PER_MINUTE": "100000",
        }
        self.gateways: dict[str, RunningHouse] = {}
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.keeper: RunningHouse | None = None
        self._numbers = itertools.count(1)

    def data(self, name: str) -> Path:
        """Return a part's own data folder, in which files/ is the shared one."""
        data = self.folder / name
        data.mkdir(mode=0o700, exist_ok=True)
        if not (data / "files").exists():
            (data / "files").symlink_to(self.files)
        return data

    def gateway(self, name: str) -> RunningHouse:
        """Start a gateway, new or again."""
        if name not in self.gateways:
            self.gateways[name] = RunningHouse(self.data(name), self.folder / f"{name}.log", **self.settings)
        return self.gateways[name].start()

    def keep(self) -> RunningHouse:
        """Start the process that keeps the documents, new or again; gateways begun from then on ask it."""
        if self.keeper is None:
            watch = self.settings.pop("YINLU_WATCH")
            self.settings["YINLU_KNOWLEDGE_TOKEN"] = TOKEN
            own = {**self.settings, "YINLU_WATCH": watch}
            self.keeper = RunningHouse(self.data("knowledge"), self.folder / "knowledge.log", KEEP, **own)
            self.keeper.start()
            self.settings["YINLU_KNOWLEDGE_URL"] = self.keeper.url
            return self.keeper
        return self.keeper.start(port=self.keeper.url.rpartition(":")[2])

    def hire(self) -> str:
        """Start a worker; return its name."""
        name = f"worker{next(self._numbers)}"
        log = (self.folder / f"{name}.log").open("ab")
        command = [*YINLU, "worker", "--data", str(self.data(name))]
        self.workers[name] = subprocess.Popen(
            command, env=environment(**self.settings), stdout=log, stderr=subprocess.STDOUT
        )
        log.close()
        return name

    def dismiss(self, name: str, seconds: float = 15) -> float:
        """Send a worker SIGTERM; return the seconds until it was gone."""
        start = time.monotonic()
        self.workers[name].send_signal(signal.SIGTERM)
        self.workers.pop(name).wait(seconds)
        return time.monotonic() - start

    @property
    def urls(self) -> list[str]:
        """Return the gateways that run."""
        return [g.url for g in self.gateways.values() if g.process is not None and g.process.poll() is None]

    def close(self) -> None:
        """Kill whatever is left."""
        for gateway in (*self.gateways.values(), *filter(None, [self.keeper])):
            if gateway.process is not None and gateway.process.poll() is None:
                gateway.kill()
        for worker in self.workers.values():
            worker.kill()
            worker.wait()


class Member:
    """Asks one question after the other, by whichever gateway takes it, and goes on elsewhere when that one ends."""

    def __init__(self, cluster: Cluster, number: int) -> None:
        self.cluster, self.client = cluster, Client()
        self.random = random.Random(number)
        self.name, self.asked, self.moved = f"m{number}", 0, 0
        self.waits: list[float] = []

    async def ask_until(self, stop: asyncio.Event, text: str) -> None:
        """Ask until ``stop``; every question that was begun gets its answer."""
        pending = ""
        while not stop.is_set() or pending:
            try:
                async with AsyncExitStack() as stack:
                    url = self.random.choice(self.cluster.urls)
                    await stack.enter_async_context(self.client.connected(url))
                    while not stop.is_set() or pending:
                        if not pending:
                            self.asked += 1
                            pending, begun = f"{self.name}-{self.asked}", time.monotonic()
                        if not self._answered(pending):
                            await self.client.send("ask", {"text": text}, pending)  # again: handled once
                            while not self._answered(pending):
                                await self.client.receive(30)
                        self.waits.append(time.monotonic() - begun)
                        pending = ""
                        await asyncio.sleep(0.05)
            except (OSError, aiohttp.ClientError, ConnectionError, IndexError):
                self.moved += 1
                await asyncio.sleep(0.1)

    def _answered(self, id: str) -> bool:
        return any(frame["type"] == "done" and frame.get("id") == id for frame in self.client.frames)

    def answers(self) -> Counter[str]:
        """Return how often each question was answered."""
        return Counter(str(frame["id"]) for frame in self.client.frames if frame["type"] == "done")
