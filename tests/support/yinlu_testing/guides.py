"""Somebody who does what a guide says: its blocks as they are written, in a folder of their own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from yinlu_testing.house import environment

ROOT = Path(__file__).resolve().parents[3]
HEADING = re.compile(r"^#{1,6} +(.+?) *$")
FENCE = re.compile(r"^```(\w*)$")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page that is set as code; ``heading`` is the nearest above it."""

    page: str
    heading: str
    language: str
    text: str


def page(name: str) -> Path:
    """Return a page by its name: ``telegram``, ``README``."""
    return ROOT / f"{name}.md" if name == "README" else ROOT / "docs" / f"{name}.md"


def blocks(name: str) -> list[Block]:
    """Return a page's blocks in order, fenced ones and those that four spaces make."""
    found: list[Block] = []
    heading, language, held = "", "", list[str]()
    fenced = False

    def end() -> None:
        if "".join(held).strip():
            found.append(Block(name, heading, language, "\n".join(held).strip("\n") + "\n"))
        held.clear()

    for line in page(name).read_text().splitlines():
        fence = FENCE.match(line)
        if fence:
            end()
            fenced, language = not fenced, fence[1]
        elif fenced or line.startswith("    "):
            held.append(line if fenced else line[4:])
        elif line.strip() or not held:
            end()
            language = ""
            heading = found_in[1] if (found_in := HEADING.match(line)) else heading
        else:
            held.append("")
    end()
    return found


def block(name: str, holding: str) -> Block:
    """Return the one block of a page that holds these words."""
    (one,) = [each for each in blocks(name) if holding in each.text]
    return one


class Reader:
    """A shell in ``folder`` with `yinlu` on its path, and `.venv/bin/yinlu` as `make run` leaves it."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        for name in ("bin", ".venv/bin"):
            (folder / name).mkdir(parents=True)
            program = folder / name / "yinlu"
            program.write_text(f'#!/bin/sh\nexec {sys.executable} -m bot_app "$@"\n')
            program.chmod(0o755)
        self.more = {"YINLU_PORT": "0", "YINLU_EMBEDDING": "fast", **more}

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        sources = os.pathsep.join(one for one in sys.path if one)
        return {**environment(**{**self.more, **more}), "PATH": path, "PYTHONPATH": sources}

    def does(self, text: str, timeout: float = 110, **more: str) -> str:
        """Run lines as they are, stopping at the first that fails; return what they printed."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self.folder,
            env=self._environment(more),
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert done.returncode == 0, f"{text}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def starts(self, text: str, seconds: float = 90, **more: str) -> Iterator[str]:
        """Run lines of which the last one stands; give its address, and end it afterwards."""
        log = self.folder / "standing.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-euc", text],
                cwd=self.folder,
                env=self._environment(more),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield _address(process, log, seconds)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    @asynccontextmanager
    async def stands(self, text: str, **more: str) -> AsyncIterator[str]:
        """The same beside a platform that this loop serves."""
        started = self.starts(text, **more)
        address = await asyncio.to_thread(started.__enter__)
        try:
            yield address
        finally:
            await asyncio.to_thread(started.__exit__, None, None, None)


def _address(process: subprocess.Popen[bytes], log: Path, seconds: float) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text(errors="replace")):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"it does not stand:\n{log.read_text(errors='replace')[-3000:]}")
