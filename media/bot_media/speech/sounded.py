"""Speech that a service sent, as a chunk: samples out of what it sent, mouth shapes from the loudness."""

from __future__ import annotations

import io
import wave

import numpy as np

from bot_core.errors import BadInput
from bot_core.ports.media import SpeechChunk
from bot_media.audio import AudioReader, Pcm
from bot_media.speech.endpoint import Answer, Endpoint

RAW_RATE = 24_000  # Hz, of raw samples
_STEP = 0.05  # s between mouth shapes


async def chunk_of(answer: Answer, text: str, reader: AudioReader, endpoint: Endpoint) -> SpeechChunk:
    """Return the chunk. Raises ModelFailed for what is no sound."""
    try:
        pcm = await _samples(answer, reader)
    except (BadInput, wave.Error, EOFError):
        raise endpoint.failed("the answer is no audio") from None
    if not pcm.samples:
        raise endpoint.failed("the answer is silent")
    return SpeechChunk(pcm.samples, pcm.rate, text, by_loudness(pcm))


async def _samples(answer: Answer, reader: AudioReader) -> Pcm:
    """Return WAV and raw samples at their own rate, other containers through the decoder."""
    body = answer.body
    if body[:4] == b"RIFF":
        with wave.open(io.BytesIO(body)) as file:
            if file.getsampwidth() == 2 and file.getnchannels() == 1:
                return Pcm(file.readframes(min(file.getnframes(), len(body))), file.getframerate())
    if answer.media_type in ("audio/pcm", "audio/l16", "audio/raw", "application/octet-stream"):
        return Pcm(body[: len(body) // 2 * 2], RAW_RATE)
    return await reader.read(body, answer.media_type)


def by_loudness(pcm: Pcm) -> tuple[tuple[str, float], ...]:
    """Return mouth shapes (closed, half open, open) that follow the loudness, one each 50 ms at most."""
    samples, step = pcm.floats(), int(_STEP * pcm.rate)
    levels = [float(np.sqrt(np.mean(samples[at : at + step] ** 2))) for at in range(0, len(samples), step)]
    top = max(levels, default=0.0) or 1.0
    found: list[tuple[str, float]] = []
    for index, level in enumerate(levels):
        name = "sil" if level < 0.08 * top else "E" if level < 0.45 * top else "aa"
        if not found or found[-1][0] != name:
            found.append((name, round(index * _STEP, 3)))
    if found and found[-1][0] != "sil":
        found.append(("sil", round(pcm.seconds, 3)))
    return tuple(found)
