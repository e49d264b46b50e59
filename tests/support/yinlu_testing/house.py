"""A whole `yinlu run` as its own process, and a client that speaks docs/protocol.md to it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil

YINLU = [sys.executable, "-m", "bot_app"]
RUN = ("run", "--port", "{port}")
KEEP = ("knowledge", "--listen", "127.0.0.1:{port}")


def environment(**more: str) -> dict[str, str]:
    """Return the environment for a child: ours without YINLU_* settings, plus ``more``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YINLU_")}
    return {
        **kept,
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        "YINLU_LOCALE": "en",
        "YINLU_WORKERS": "0",
        **more,
    }


def yinlu(
    *words: str, cwd: Path | None = None, timeout: float = 110, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*YINLU, *words], cwd=cwd, env=environment(**more), capture_output=True, text=True, timeout=timeout
    )


class RunningHouse:
    """`yinlu run` on a data folder, or another command that stands until it is told to end."""

    def __init__(self, data: Path, log: Path, command: Sequence[str] = RUN, **more: str) -> None:
        self.data, self.log, self.command, self.more = data, log, command, more
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self, seconds: float = 60, port: str = "0") -> RunningHouse:
        """Start it, `run` on a free port unless told, and wait until it is ready."""
        with self.log.open("ab") as log:
            begin = self.log.stat().st_size
            self.process = subprocess.Popen(
                [*YINLU, *(one.format(port=port) for one in self.command), "--data", str(self.data)],
                env=environment(**self.more),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            said = self.log.read_bytes()[begin:].decode(errors="replace")
            found = re.search(r"http://127\.0\.0\.1:\d+", said)
            if found:
                self.url = found[0]
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"no address within {seconds} s:\n{self.log.read_text()[-3000:]}")

    @property
    def pid(self) -> int:
        """Return its process id."""
        assert self.process is not None
        return self.process.pid

    def kill(self) -> None:
        """Kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 15) -> float:
        """Send SIGTERM; return the seconds until it was gone."""
        assert self.process is not None
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(seconds)
        return time.monotonic() - start

    def valkey(self) -> psutil.Process | None:
        """Return its Valkey, if one runs on the data folder."""
        for process in psutil.process_iter(["name", "pid"]):
            if "valkey" in (process.info["name"] or "") and process.is_running():
                try:
                    if str(self.data) in process.cwd():
                        return process
                except (psutil.AccessDenied, psutil.ZombieProcess, psutil.NoSuchProcess):
                    continue
        return None

    def __enter__(self) -> RunningHouse:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        orphan = self.valkey()
        if orphan is not None:
            orphan.kill()


class Client:
    """One connection to /ws; keeps session and last frame number so that it can come back."""

    def __init__(self) -> None:
        self.session: str | None = None
        self.visitor: str | None = None
        self.seq = 0
        self.frames: list[dict[str, Any]] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._ids = 0

    @asynccontextmanager
    async def connected(self, url: str, locale: str = "en") -> AsyncIterator[Client]:
        """Connect and say hello (again)."""
        data: dict[str, Any] = {"locale": locale, "client": "test/1"}
        if self.session:
            data |= {"session": self.session, "visitor": self.visitor, "after": self.seq}
        async with aiohttp.ClientSession() as http, http.ws_connect(f"{url}/ws") as socket:
            self._socket = socket
            await self.send("hello", data)
            hello = await self.until("hello")
            self.session, self.visitor = hello["session"], hello["data"]["visitor"]
            yield self

    async def send(self, kind: str, data: dict[str, Any], id: str | None = None) -> str:
        """Send a message; return its id."""
        assert self._socket is not None
        self._ids += 1
        id = id or f"c{self._ids}-{time.monotonic_ns() % 10**6}"
        await self._socket.send_json({"v": 1, "id": id, "type": kind, "data": data})
        return id

    async def receive(self, seconds: float = 20) -> dict[str, Any]:
        """Return the next frame."""
        assert self._socket is not None
        async with asyncio.timeout(seconds):
            message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(f"closed: {message.type} {message.data}")
        frame = json.loads(message.data)
        if "seq" in frame:
            assert frame["seq"] == self.seq + 1, f"frame {frame['seq']} after {self.seq}"
            self.seq = frame["seq"]
        self.frames.append(frame)
        return frame

    async def until(self, kind: str, of: str | None = None, seconds: float = 20) -> dict[str, Any]:
        """Return the next frame of ``kind`` (that answers ``of``); an error frame raises."""
        while True:
            frame = await self.receive(seconds)
            if frame["type"] == kind and of in (None, frame.get("id")):
                return frame
            if frame["type"] == "error" and kind != "error":
                raise AssertionError(frame)

    async def ask(self, text: str, seconds: float = 30) -> dict[str, Any]:
        """Ask and return the `done` frame's data."""
        id = await self.send("ask", {"text": text})
        done = await self.until("done", id, seconds)
        return dict(done["data"])


def button(data: dict[str, Any], action: str) -> str:
    """Return the token of a `done` frame's button."""
    return next(b["token"] for row in data["buttons"] for b in row if b["action"] == action)
