"""Decodes one recording: a process of its own, started by path, so that no decoder runs inside the house.

Reads one line of JSON and the audio from standard input; writes one line of JSON and the samples
(mono, 16-bit little-endian, 16 kHz) to standard output. Asked to ``stream``, it writes samples as they are decoded, so
that hours take no more memory than minutes: blocks of a length (4 bytes, little-endian) and as many bytes, a block
of none, the line of JSON. Nothing of Yinlu is imported here.
"""

from __future__ import annotations

# ruff: noqa: ANN401 - libav is an optional package, so its types are not named
import io
import json
import resource
import sys
from collections.abc import Callable
from typing import Any

RATE = 16_000
CODECS = ("opus", "vorbis", "aac", "mp3", "flac", "pcm_", "alac")
MAX_SOURCE_RATE, MAX_CHANNELS = 192_000, 8


class Refused(Exception):
    """Why a recording is not decoded: one word for the parent."""


def main() -> None:
    """Answer one request."""
    order = json.loads(sys.stdin.buffer.readline())
    audio = sys.stdin.buffer.read()
    _confine(int(order["memory"]), int(order["cpu"]))
    whole = bytearray()
    try:
        answer = _decode(audio, order, _block if order.get("stream") else whole.extend)
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": "memory"}
    line = json.dumps(answer).encode() + b"\n"
    sys.stdout.buffer.write(bytes(4) + line if order.get("stream") else line + whole)


def _block(samples: bytes) -> None:
    """Hand out samples at once."""
    if samples:
        sys.stdout.buffer.write(len(samples).to_bytes(4, "little") + samples)


def _confine(memory: int, cpu: int) -> None:
    """Bound address space (bytes above what the libraries take) and processor time (s); no files, no processes."""
    with open("/proc/self/statm") as file:  # noqa: PTH123 - a process this small need not import pathlib
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + memory, mapped + memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _decode(audio: bytes, order: dict[str, Any], give: Callable[[bytes], object]) -> dict[str, Any]:
    options = {"protocol_whitelist": "none"}
    if order["format"] == "s16le":
        options |= {"sample_rate": str(order["rate"]), "ch_layout": f"{order['channels']}c"}
    try:
        with av.open(
            io.BytesIO(audio), format=order["format"], options=options, metadata_errors="ignore"
        ) as box:
            return _samples(box, float(order["seconds"]), give)
    except (av.error.FFmpegError, UnicodeError, ValueError, OverflowError):
        raise Refused("unreadable") from None


def _samples(box: Any, limit: float, give: Callable[[bytes], object]) -> dict[str, Any]:
    stream = _stream(box, limit)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    room, broken = Room(int(limit * RATE) * 2, give), 0
    for packet in box.demux(stream):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            broken += 1
            if broken > 50 and not room.taken:
                break
            continue
        for frame in frames:
            _check(frame.sample_rate, frame.layout.nb_channels)
            room.take(resampler.resample(frame))
    if room.taken:
        room.take(resampler.resample(None))
    if not room.taken:
        raise Refused("unreadable")
    return {"codec": stream.codec_context.name, "broken": broken}


def _stream(box: Any, limit: float) -> Any:
    """Return the first audio stream, if what it declares is within bounds."""
    if not box.streams.audio:
        raise Refused("no audio")
    stream = box.streams.audio[0]
    context = stream.codec_context
    if context is None or not context.name.startswith(CODECS):
        raise Refused("codec")
    _check(context.sample_rate or RATE, context.channels or 1)
    if box.duration is not None and box.duration / av.time_base > limit + 1:
        raise Refused("too long")
    context.thread_count = 1
    return stream


def _check(rate: int, channels: int) -> None:
    if not 4_000 <= rate <= MAX_SOURCE_RATE or not 1 <= channels <= MAX_CHANNELS:
        raise Refused("codec")


class Room:
    """Hands samples on, ``most`` bytes at most."""

    def __init__(self, most: int, give: Callable[[bytes], object]) -> None:
        self.taken, self._most, self._give = 0, most, give

    def take(self, frames: list[Any]) -> None:
        """Hand on what these frames hold. Raises Refused."""
        for frame in frames:
            samples = bytes(frame.planes[0])[: frame.samples * 2]
            self.taken += len(samples)
            if self.taken > self._most:
                raise Refused("too long")
            self._give(samples)


if __name__ == "__main__":
    try:
        import av
    except ImportError:
        sys.stdout.write(json.dumps({"refused": "missing"}) + "\n")
        sys.exit(0)
    av.logging.set_level(av.logging.PANIC)
    main()
