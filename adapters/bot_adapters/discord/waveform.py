"""The picture of a voice message: its loudness over time, read from the container alone.

Opus codes loud and busy moments with larger packets, so the sizes of an Ogg file's packets (RFC 3533, segment
tables) draw the wave without decoding a sample.
"""

from __future__ import annotations

import base64

POINTS = 256  # the most that Discord takes
HEAD = 27  # bytes of a page's header before its segment table
HEADERS = 2  # packets: OpusHead and OpusTags


def waveform(ogg: bytes) -> str:
    """Return up to 256 points of one byte each, in base64; flat for what is no Ogg file."""
    sizes = _packets(ogg)[HEADERS:]
    if not sizes:
        return base64.b64encode(bytes(64)).decode()
    points = [_mean(sizes, n, min(POINTS, len(sizes))) for n in range(min(POINTS, len(sizes)))]
    low, high = min(points), max(points)
    scale = 255 / (high - low) if high > low else 0.0
    return base64.b64encode(bytes(int((point - low) * scale) for point in points)).decode()


def _mean(sizes: list[int], n: int, points: int) -> float:
    part = sizes[n * len(sizes) // points : (n + 1) * len(sizes) // points]
    return sum(part) / len(part)


def _packets(ogg: bytes) -> list[int]:
    """Return the sizes of the packets, in order."""
    sizes: list[int] = []
    start, size = 0, 0
    while ogg[start : start + 4] == b"OggS" and start + HEAD <= len(ogg):
        count = ogg[start + HEAD - 1]
        table = ogg[start + HEAD : start + HEAD + count]
        for lacing in table:
            size += lacing
            if lacing < 255:
                sizes.append(size)
                size = 0
        start += HEAD + count + sum(table)
    return sizes
