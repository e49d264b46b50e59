"""Samples without a container."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WAVEFORM_POINTS = 256


@dataclass(frozen=True, slots=True)
class Pcm:
    """Mono 16-bit little-endian samples at ``rate`` Hz."""

    samples: bytes
    rate: int

    @property
    def seconds(self) -> float:
        """Return how long it plays."""
        return len(self.samples) / 2 / self.rate

    def floats(self) -> NDArray[np.float32]:
        """Return the samples in -1..1, shape (samples,)."""
        return np.frombuffer(self.samples, dtype="<i2").astype(np.float32) / 32768.0

    @classmethod
    def from_floats(cls, samples: NDArray[np.float32], rate: int) -> Pcm:
        """Return samples of shape (n,) in -1..1 as 16 bits; what is louder is cut to full scale."""
        return cls((np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes(), rate)

    @classmethod
    def joined(cls, parts: Iterable[Pcm], pause: float = 0.0) -> Pcm:
        """Return the parts, all of one rate, one after another with ``pause`` seconds of silence between."""
        whole = [part for part in parts if part.samples]
        if not whole:
            return cls(b"", 16_000)
        gap = bytes(2 * int(pause * whole[0].rate))
        return cls(gap.join(part.samples for part in whole), whole[0].rate)


def waveform(pcm: Pcm, points: int = WAVEFORM_POINTS) -> str:
    """Return base64 of up to ``points`` bytes, the loudness over time in 0..255.

    Discord draws this beside a voice message (message attachment ``waveform``: at most 256 points, and
    no more than one per tenth of a second is worth sending).
    """
    samples = np.abs(pcm.floats())
    count = int(min(points, max(1, pcm.seconds * 10)))
    if not len(samples):
        return base64.b64encode(bytes(count)).decode()
    edges = np.linspace(0, len(samples), count + 1).astype(int)
    loud = np.array([samples[a:b].max(initial=0.0) for a, b in itertools.pairwise(edges)])
    top = float(loud.max())
    scaled = loud / top * 255 if top > 0 else loud
    return base64.b64encode(scaled.astype(np.uint8).tobytes()).decode()
