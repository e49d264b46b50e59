"""Decodes one recording: a process of its own, started by path, so that no decoder runs inside the house.

Reads one line of JSON and the audio from standard input; writes one line of JSON and the samples
(mono, 16-bit little-endian, 16 kHz) to standard output. Nothing of Yinlu is imported here.
"""

from __future__ import annotations

# ruff: noqa: ANN401 - libav is an optional package, so its types are not named
import io
import json
import resource
import sys
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
    try:
        answer, samples = _decode(audio, order)
    except Refused as refusal:
        answer, samples = {"refused": str(refusal)}, b""
    except MemoryError:
        answer, samples = {"refused": "memory"}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + samples)


def _confine(memory: int, cpu: int) -> None:
    """Bound address space (bytes above what the libraries take) and processor time (s); no files, no processes."""
    with open("/proc/self/statm") as file:  # noqa: PTH123 - a process this small need not import pathlib
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + memory, mapped + memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _decode(audio: bytes, order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    options = {"protocol_whitelist": "none"}
    if order["format"] == "s16le":
        options |= {"sample_rate": str(order["rate"]), "ch_layout": f"{order['channels']}c"}
    try:
        with av.open(
            io.BytesIO(audio), format=order["format"], options=options, metadata_errors="ignore"
        ) as box:
            return _samples(box, float(order["seconds"]))
    except (av.error.FFmpegError, UnicodeError, ValueError, OverflowError):
        raise Refused("unreadable") from None


def _samples(box: Any, limit: float) -> tuple[dict[str, Any], bytes]:
    stream = _stream(box, limit)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    out, room, broken = bytearray(), int(limit * RATE) * 2, 0
    for packet in box.demux(stream):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            broken += 1
            if broken > 50 and not out:
                break
            continue
        for frame in frames:
            _check(frame.sample_rate, frame.layout.nb_channels)
            _take(out, resampler.resample(frame), room)
    if out:
        _take(out, resampler.resample(None), room)
    if not out:
        raise Refused("unreadable")
    return {"codec": stream.codec_context.name, "broken": broken}, bytes(out)


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


def _take(out: bytearray, frames: list[Any], room: int) -> None:
    for frame in frames:
        out += bytes(frame.planes[0])[: frame.samples * 2]
        if len(out) > room:
            raise Refused("too long")


if __name__ == "__main__":
    try:
        import av
    except ImportError:
        sys.stdout.write(json.dumps({"refused": "missing"}) + "\n")
        sys.exit(0)
    av.logging.set_level(av.logging.PANIC)
    main()
