"""Decoding in a process of its own: what crashes, hangs or swells there harms nobody here."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Any

from bot_knowledge.formats.bounds import DecoderOptions
from bot_knowledge.formats.sniff import Format, sniff
from bot_knowledge.loaders import load
from bot_knowledge.loaders.model import Block, Document, Kind, Unreadable

log = logging.getLogger(__name__)

PLAIN_UP_TO = 2_000_000  # bytes of text that are read in place
LONGEST_ANSWER = 400_000_000
REUSED = 200  # files, then the process is replaced
MARKUP = frozenset({".html", ".htm", ".xhtml"})
TOO_SLOW = "takes too long to read"
DIED = "could not be decoded: it broke the reader"

__all__ = ["Decoder", "DecoderOptions", "opened_decoder"]


class Decoder:
    """Gives files to one warm child after the other; made by :func:`opened_decoder`."""

    def __init__(self, options: DecoderOptions) -> None:
        self.options = options
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._used = 0

    async def documents(self, data: bytes, name: str) -> list[tuple[str, Document]]:
        """Return (name within the file, document). Raises Unreadable with the reason."""
        if not data.strip():
            raise Unreadable("the file is empty")
        markup = PurePath(name).suffix.lower() in MARKUP  # whose nesting a parser may drown in
        if sniff(data, name) is Format.PLAIN and len(data) <= PLAIN_UP_TO and not markup:
            return [("", await asyncio.to_thread(load, data, name))]
        async with self._turn:
            try:
                async with asyncio.timeout(self.options.seconds):
                    answer = await self._ask(data, name)
            except TimeoutError:
                await self._end()
                raise Unreadable(TOO_SLOW) from None
            except (OSError, EOFError, asyncio.IncompleteReadError, ValueError) as error:
                log.warning(
                    "knowledge.decoder_died",
                    extra={"error": type(error).__name__, "ending": Path(name).suffix},
                )
                await self._end()
                raise Unreadable(DIED) from None
            except asyncio.CancelledError:
                await self._end()
                raise
        if "reason" in answer:
            raise Unreadable(str(answer["reason"]))
        return [(str(below), _document(raw)) for below, raw in answer["documents"]]

    async def close(self) -> None:
        """End the child."""
        async with self._turn:
            await self._end()

    async def _ask(self, data: bytes, name: str) -> dict[str, Any]:
        child = await self._started()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps({"name": name, "size": len(data)}).encode() + b"\n" + data)
        await child.stdin.drain()
        line = await child.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        self._used += 1
        if self._used >= REUSED:
            await self._end()
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def _started(self) -> asyncio.subprocess.Process:
        if self._child is None or self._child.returncode is not None:
            self._used = 0
            kept = {
                name: os.environ[name]
                for name in ("PATH", "LANG", "HOME", "VIRTUAL_ENV", "PYTHONPATH")
                if name in os.environ
            }
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot_knowledge.formats.child",
                json.dumps(asdict(self.options)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                limit=LONGEST_ANSWER,
            )
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
        child._transport.close()  # type: ignore[attr-defined]  # else its pipes outlive it until the collector comes


@asynccontextmanager
async def opened_decoder(options: DecoderOptions | None = None) -> AsyncIterator[Decoder]:
    """Decode while inside; the child starts with the first file that needs it."""
    decoder = Decoder(options or DecoderOptions())
    try:
        yield decoder
    finally:
        await decoder.close()


def _document(raw: dict[str, Any]) -> Document:
    blocks = tuple(
        Block(Kind(block["kind"]), block["text"], tuple(block["heading"]), block["header"], block["anchor"])
        for block in raw["blocks"]
    )
    return Document(raw["title"], blocks, raw["date"], raw["url"], raw["author"])
