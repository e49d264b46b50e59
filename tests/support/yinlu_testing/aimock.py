"""A language model that says what a test tells it to: npm's @copilotkit/aimock, on the loopback."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

PROGRAM = Path(__file__).parents[2] / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
KEY = "sk-test-1234567890abcdef"


@dataclass(frozen=True, slots=True)
class Aimock:
    """A running aimock; ``url`` is what an OpenAI client is given."""

    address: str

    @property
    def url(self) -> str:
        """Return the address up to and with /v1."""
        return f"{self.address}/v1"

    def says(self, about: str, content: str, **more: Any) -> None:
        """Answer what holds ``about`` with ``content``; ``more`` are the fixture's own fields."""
        response = {"content": content, **more.pop("response", {})}
        self.answers({"userMessage": about}, response, **more)

    def fails(self, about: str, status: int, *, index: int | None = None, **more: Any) -> None:
        """Answer what holds ``about`` with an error, every time or the ``index``-th time alone."""
        match: dict[str, Any] = {"userMessage": about}
        if index is not None:
            match["sequenceIndex"] = index
        error = {"message": f"no: {KEY} {about}", "type": "server_error"}
        self.answers(match, {"error": error, "status": status}, **more)

    def answers(self, match: Mapping[str, Any], response: Mapping[str, Any], **more: Any) -> None:
        """Add a fixture, as aimock's documentation has them."""
        self._post("fixtures", {"fixtures": [{"match": match, "response": response, **more}]})

    def forget(self) -> None:
        """Forget all fixtures and requests."""
        self._post("reset", {})

    def asked(self) -> list[dict[str, Any]]:
        """Return the bodies of the requests so far."""
        request = Request(f"{self.address}/__aimock/journal", headers={"Authorization": f"Bearer {KEY}"})
        with urlopen(request, timeout=5) as reply:
            entries = json.load(reply)
        entries = entries if isinstance(entries, list) else entries["entries"]
        return [entry["body"] for entry in entries if "chat/completions" in entry["path"]]

    def _post(self, what: str, body: object) -> None:
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        data = json.dumps(body).encode()
        with urlopen(Request(f"{self.address}/__aimock/{what}", data, headers), timeout=5) as reply:
            assert reply.status < 300


@contextmanager
def running_aimock() -> Iterator[Aimock]:
    """Start aimock on a free port, with a fixture for nothing but its own name."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="aimock-") as folder:
        fixture = {"match": {"userMessage": "aimock?"}, "response": {"content": "aimock."}}
        (Path(folder) / "none.json").write_text(json.dumps({"fixtures": [fixture]}))
        command = ["node", str(PROGRAM), "-p", str(port), "-f", folder, "-c", "12", "--log-level", "silent"]
        environment = {**os.environ, "AIMOCK_API_KEYS": KEY}
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        try:
            _wait(port, process)
            yield Aimock(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(10)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, "aimock did not start: is tests/setup run?"
        with socket.socket() as line:
            line.settimeout(1)
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("aimock does not answer")


class Scripted:
    """The ChatModel port's twin: says what it is told, piece by piece; keeps what it was asked."""

    def __init__(
        self, *replies: str, name: str = "scripted", error: Exception | None = None, after: int = 0
    ) -> None:
        self.replies, self.name, self.error, self.after = list(replies), name, error, after
        self.asked: list[list[Any]] = []

    async def stream(self, turns: Any, options: Any = None) -> Any:
        """Yield the next reply in pieces of five characters; the last reply is said again and again."""
        from bot_core.ports.knowledge import ChatChunk

        self.asked.append(list(turns))
        reply = self.replies[min(len(self.asked), len(self.replies)) - 1] if self.replies else ""
        for start in range(0, len(reply), 5):
            if self.error is not None and start >= self.after:
                raise self.error
            await asyncio.sleep(0)
            yield ChatChunk(reply[start : start + 5])
        if self.error is not None:
            raise self.error
        yield ChatChunk("", 100, len(reply), done=True)
