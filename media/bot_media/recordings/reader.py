"""Hours of any container to samples in a file: decoded in a bounded process that hands out what it has at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from pathlib import Path
from typing import BinaryIO

from bot_core.errors import BadInput
from bot_media.audio.containers import EMPTY, sniff
from bot_media.audio.decode import RATE, Bounds, order, refusal, started, too_big

log = logging.getLogger(__name__)
WRITTEN_AT_ONCE = 1_000_000  # bytes
LONG = Bounds(seconds=3 * 3600.0, size=200_000_000, memory=400_000_000, wall=600.0, cpu=400)


class LongReader:
    """Decodes one recording at a time."""

    def __init__(self, bounds: Bounds = LONG) -> None:
        self.bounds = bounds
        self._turn = asyncio.Lock()

    async def read(self, audio: bytes, media_type: str, path: Path) -> float:
        """Write the recording to ``path`` as mono samples (16-bit, 16 kHz); return its seconds.

        Raises BadInput for what is no audio, damaged, too big or too long, MissingExtra.
        """
        if len(audio) > self.bounds.size:
            raise BadInput(f"audio of {len(audio)} bytes", too_big(self.bounds.size))
        if not audio:
            raise BadInput("empty audio", EMPTY)
        head = order(self.bounds, sniff(audio, media_type), stream=True)
        async with self._turn:
            file = await asyncio.to_thread(path.open, "wb")
            with file:
                answer, size = await self._decoded(head, audio, file)
        if "refused" in answer:
            raise refusal(self.bounds, str(answer["refused"]))
        return size / 2 / RATE

    async def _decoded(self, head: bytes, audio: bytes, file: BinaryIO) -> tuple[dict[str, object], int]:
        process = await started()
        assert process.stdin is not None and process.stdout is not None
        feeder = asyncio.create_task(_feed(process.stdin, head, audio), name="recording-feeder")
        try:
            async with asyncio.timeout(self.bounds.wall):
                return await _blocks(process.stdout, file)
        except (TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            log.warning("a long recording was not decoded", extra={"why": type(error).__name__})
            return {"refused": "slow" if isinstance(error, TimeoutError) else "unreadable"}, 0
        finally:
            feeder.cancel()
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await asyncio.gather(feeder, process.wait(), return_exceptions=True)


async def _feed(to: asyncio.StreamWriter, head: bytes, audio: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        to.write(head)
        for start in range(0, len(audio), WRITTEN_AT_ONCE):
            to.write(audio[start : start + WRITTEN_AT_ONCE])
            await to.drain()
        to.close()


async def _blocks(source: asyncio.StreamReader, file: BinaryIO) -> tuple[dict[str, object], int]:
    """Write what comes; return the decoder's last word and how many bytes there were."""
    size, waiting = 0, bytearray()
    while length := int.from_bytes(await source.readexactly(4), "little"):
        waiting += await source.readexactly(length)
        if len(waiting) >= WRITTEN_AT_ONCE:
            size += await asyncio.to_thread(file.write, bytes(waiting))
            waiting.clear()
    size += await asyncio.to_thread(file.write, bytes(waiting))
    answer = json.loads(await source.readline())
    return (answer if isinstance(answer, dict) else {"refused": "unreadable"}), size
