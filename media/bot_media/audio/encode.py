"""Samples to files: OGG/Opus for voice messages, MP3, M4A, WAV."""

from __future__ import annotations

# ruff: noqa: ANN401 - libav is an optional package, so its types are not named
import io
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from bot_core.errors import BadInput, MissingExtra
from bot_media.audio.containers import EMPTY
from bot_media.audio.decode import VOICE
from bot_media.audio.pcm import Pcm

_STEP = 48_000  # samples handed to the encoder at a time


@dataclass(frozen=True, slots=True)
class AudioFile:
    """An encoded recording of ``seconds``."""

    data: bytes
    media_type: str
    seconds: float


def to_opus(pcm: Pcm, tags: Mapping[str, str] | None = None, *, bitrate: int = 32_000) -> AudioFile:
    """Return OGG/Opus, mono at 48 kHz, what Telegram and Discord take as a voice message. Raises BadInput, MissingExtra."""
    data = _encode(pcm, "ogg", "libopus", 48_000, bitrate, tags)
    return AudioFile(data, "audio/ogg", pcm.seconds)


def to_mp3(pcm: Pcm, tags: Mapping[str, str] | None = None, *, bitrate: int = 64_000) -> AudioFile:
    """Return MP3, mono at 24 kHz. Raises BadInput, MissingExtra."""
    return AudioFile(_encode(pcm, "mp3", "libmp3lame", 24_000, bitrate, tags), "audio/mpeg", pcm.seconds)


def to_m4a(pcm: Pcm, tags: Mapping[str, str] | None = None, *, bitrate: int = 48_000) -> AudioFile:
    """Return AAC in MP4, mono at 24 kHz. Raises BadInput, MissingExtra."""
    options = {"movflags": "use_metadata_tags"}
    data = _encode(pcm, "mp4", "aac", 24_000, bitrate, tags, options)
    return AudioFile(data, "audio/mp4", pcm.seconds)


def to_wav(pcm: Pcm) -> AudioFile:
    """Return WAV at the samples' own rate; it carries no tag."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(pcm.rate)
        file.writeframes(pcm.samples)
    return AudioFile(out.getvalue(), "audio/wav", pcm.seconds)


def _encode(
    pcm: Pcm,
    container: str,
    codec: str,
    rate: int,
    bitrate: int,
    tags: Mapping[str, str] | None,
    options: Mapping[str, str] | None = None,
) -> bytes:
    av = _libav()
    if not pcm.samples:
        raise BadInput("no samples to encode", EMPTY)
    out = io.BytesIO()
    with av.open(out, "w", format=container, options=dict(options or {})) as box:
        box.metadata.update(dict(tags or {}))
        stream = box.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = bitrate
        if container == "ogg":  # its tags belong to the stream
            stream.metadata.update(dict(tags or {}))
        resampler = av.AudioResampler(
            format=stream.codec_context.format.name, layout="mono", rate=rate, frame_size=_frame(stream)
        )
        for frame in [*_frames(av, pcm), None]:
            for ready in resampler.resample(frame):
                box.mux(stream.encode(ready))
        box.mux(stream.encode(None))
    return out.getvalue()


def _frame(stream: Any) -> int | None:
    """Return how many samples the encoder takes at a time (20 ms where it does not say)."""
    stream.codec_context.open(strict=False)
    return int(stream.codec_context.frame_size) or None


def _frames(av: Any, pcm: Pcm) -> list[Any]:
    samples = np.frombuffer(pcm.samples, dtype="<i2")
    frames = []
    for start in range(0, len(samples), _STEP):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + _STEP], format="s16", layout="mono")
        frame.sample_rate, frame.pts = pcm.rate, start
        frame.time_base = Fraction(1, pcm.rate)
        frames.append(frame)
    return frames


def _libav() -> Any:
    try:
        import av
    except ImportError:
        raise MissingExtra("voice", VOICE) from None
    return av
