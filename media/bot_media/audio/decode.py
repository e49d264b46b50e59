"""Recordings of any container to samples, in a process with bounded memory, processor time and patience."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from bot_core.errors import BadInput, MissingExtra
from bot_core.identity import Words
from bot_media.audio.containers import NO_AUDIO, Container, sniff
from bot_media.audio.pcm import Pcm

_log = logging.getLogger(__name__)
_WORKER = Path(__file__).with_name("worker.py")
RATE = 16_000  # Hz, what comes out
VOICE = Words("语音", "Voice")
CUT = Words("这段录音不完整或已损坏，读不了。", "That recording is cut off or damaged, so I can't read it.")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one recording may take: ``seconds`` of audio, ``size`` in bytes, ``memory`` in bytes, ``wall`` and ``cpu`` in s."""

    seconds: float = 600.0
    size: int = 25_000_000
    memory: int = 160_000_000
    wall: float = 20.0
    cpu: int = 10


class AudioReader:
    """Decodes ``at_once`` recordings at a time; others wait their turn."""

    def __init__(self, bounds: Bounds | None = None, *, at_once: int = 1) -> None:
        self._bounds = bounds or Bounds()
        self._turns = asyncio.Semaphore(at_once)

    async def read(self, audio: bytes, media_type: str) -> Pcm:
        """Return the recording as mono samples at 16 kHz.

        Raises BadInput for what is no audio, damaged, too big or too long, MissingExtra.
        """
        bounds = self._bounds
        if len(audio) > bounds.size:
            raise BadInput(f"audio of {len(audio)} bytes", too_big(bounds.size))
        container = sniff(audio, media_type)
        async with self._turns:
            answer, samples = await self._run(audio, container)
        if "refused" in answer:
            raise refusal(self._bounds, str(answer["refused"]))
        return Pcm(samples, RATE)

    async def _run(self, audio: bytes, container: Container) -> tuple[dict[str, object], bytes]:
        process = await started()
        try:
            async with asyncio.timeout(self._bounds.wall):
                out, _ = await process.communicate(order(self._bounds, container) + audio)
        except TimeoutError:
            _log.warning("decoder took too long", extra={"bytes": len(audio), "container": container.format})
            return {"refused": "slow"}, b""
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        line, _, samples = out.partition(b"\n")
        if process.returncode or not line:
            _log.warning("decoder died", extra={"code": process.returncode, "container": container.format})
            return {"refused": "unreadable"}, b""
        return json.loads(line), samples


async def started() -> asyncio.subprocess.Process:
    """Start a decoder; it waits for its order."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        str(_WORKER),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(),
    )


def order(bounds: Bounds, container: Container, *, stream: bool = False) -> bytes:
    """Return what a decoder is told first."""
    told = {
        "format": container.format,
        "rate": container.rate,
        "channels": container.channels,
        "seconds": bounds.seconds,
        "memory": bounds.memory,
        "cpu": bounds.cpu,
        "stream": stream,
    }
    return json.dumps(told).encode() + b"\n"


def refusal(bounds: Bounds, why: str) -> BadInput | MissingExtra:
    """Return the error for a decoder's word."""
    if why == "missing":
        return MissingExtra("voice", VOICE)
    if why == "too long":
        return BadInput("audio too long", too_long(bounds.seconds))
    if why in ("no audio", "codec"):
        return BadInput(f"audio: {why}", NO_AUDIO)
    return BadInput(f"audio: {why}", CUT)


def _environment() -> dict[str, str]:
    """Return what the decoder needs of our environment: where its libraries are, and no secret."""
    return {
        name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ
    }


def too_long(seconds: float) -> Words:
    """Say how long a recording may be."""
    if seconds < 120:
        return Words(
            f"录音太长了，最长 {seconds:.0f} 秒。",
            f"That recording is too long: {seconds:.0f} seconds at most.",
        )
    minutes = seconds / 60
    return Words(
        f"录音太长了，最长 {minutes:.0f} 分钟。",
        f"That recording is too long: {minutes:.0f} minutes at most.",
    )


def too_big(size: int) -> Words:
    """Say how big a recording may be."""
    return Words(
        f"录音文件太大了，最大 {size // 1_000_000} MB。",
        f"That recording is too big: {size // 1_000_000} MB at most.",
    )
