"""Recordings for tests: tones, music, noise, files that harm; how far two sentences are apart."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Sequence

import numpy as np

from bot_media.audio import Pcm, to_m4a, to_mp3, to_opus, to_wav
from bot_media.speech.reading import read_aloud

ENCODERS = {"ogg": to_opus, "mp3": to_mp3, "m4a": to_m4a, "wav": to_wav}


def tone(seconds: float, hertz: float = 440.0, rate: int = 24_000) -> Pcm:
    """Return a sine at 0.3 of full scale."""
    time = np.arange(int(seconds * rate)) / rate
    return Pcm.from_floats((0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32), rate)


def loudest_hertz(pcm: Pcm) -> float:
    """Return the frequency with the most energy."""
    samples = pcm.floats()
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * pcm.rate / len(samples))


def melody(seconds: float, rate: int = 16_000) -> Pcm:
    """Return plucked strings with a bass: music without a voice."""
    out = np.zeros(int(seconds * rate))
    length = rate // 2
    time = np.arange(length) / rate
    for index in range(int(seconds * 2)):
        note = (262, 330, 392, 523, 392, 330)[index % 6]
        pluck = sum(np.sin(2 * np.pi * note * part * time) / part for part in (0.5, 1, 2, 3, 4))
        out[index * length : (index + 1) * length] += np.exp(-3 * time) * pluck
    return Pcm.from_floats((0.2 * out).astype(np.float32), rate)


def noise(seconds: float, rate: int = 16_000) -> Pcm:
    """Return white noise."""
    samples = np.random.default_rng(1).standard_normal(int(seconds * rate))
    return Pcm.from_floats((0.1 * samples).astype(np.float32), rate)


def written_by_libav(pcm: Pcm, container: str, codec: str, rate: int) -> bytes:
    """Return a file of a container that the product reads and never writes (webm, flac, ADTS)."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=container) as box:
        stream = box.add_stream(codec, rate=rate, layout="mono")
        stream.codec_context.open(strict=False)
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(stream.codec_context.format.name, "mono", rate, size)
        samples = np.frombuffer(pcm.samples, "<i2")[None, :]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = pcm.rate
        for part in (frame, None):
            for ready in resampler.resample(part):
                box.mux(stream.encode(ready))
        box.mux(stream.encode(None))
    return out.getvalue()


def endless_flac(hours: float) -> bytes:
    """Return silence that is a few hundred kilobytes and plays for hours: one frame, repeated."""
    short = written_by_libav(Pcm(bytes(2 * 8000 * 60), 8000), "flac", "flac", 8000)
    first = short.index(b"\xff\xf8")
    return short[:first] + short[first:] * int(hours * 60)


def endless_mp3(hours: float) -> bytes:
    """Return an MP3 whose frames repeat for hours and whose header tells no length."""
    second = written_by_libav(Pcm(bytes(2 * 16000), 16000), "mp3", "libmp3lame", 16000)
    frames = second[second.index(b"\xff\xf3") :]
    return frames * int(hours * 3600)


def lying_wav(declared: int) -> bytes:
    """Return a WAV that declares ``declared`` bytes of samples and 255 channels at 4 GHz."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 255, 4_000_000_000, 1, 510, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", declared, b"WAVE")
        + form
        + struct.pack("<4sI", b"data", declared)
        + bytes(4000)
    )


def plain(text: str) -> str:
    """Return a sentence's letters as they are spoken: numbers in words, no punctuation, small letters."""
    return re.sub(r"[\W_]+", "", read_aloud(text).words.lower())


def plain_words(text: str) -> list[str]:
    """Return a sentence's words as they are spoken."""
    return re.findall(r"[a-z']+", read_aloud(text).words.lower())


def apart(expected: Sequence[object], found: Sequence[object]) -> float:
    """Return the edit distance as a share of what was expected: CER for letters, WER for words."""
    row = list(range(len(found) + 1))
    for index, letter in enumerate(expected, 1):
        before, row[0] = row[0], index
        for at, other in enumerate(found, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (letter != other))
    return row[-1] / max(1, len(expected))
