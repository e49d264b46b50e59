"""A mark nobody sees: 12 bytes in a picture's brightness, which survive JPEG at quality 80.

Each 8 x 8 block's cosine transform carries one bit in one of its low frequencies, by quantisation index modulation
(Chen and Wornell, 2001). The bytes with their check sum are repeated over all blocks in an order that follows from the
picture's size, and read by majority.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BYTES = 12
BLOCK = 8
STEP = 26.0  # of the quantiser; more is seen, less is lost
PLACES = ((2, 1), (1, 2))  # which frequencies carry the bit, the same one in both
LEAST_BLOCKS = 10 * (BYTES + 4) * 8
SEED = 0x59494E4C
Numbers = NDArray[np.floating[Any]]


def hidden(picture: Image.Image, payload: bytes) -> Image.Image:
    """Return the picture with ``payload`` (12 bytes) in it; one that is too small (under 290 pixels) stays as it is."""
    if len(payload) != BYTES:
        raise ValueError(f"a payload of {len(payload)} bytes")
    bright, blue, red = picture.convert("YCbCr").split()
    values = np.asarray(bright, np.float64)
    blocks, shape = _blocks(values)
    if len(blocks) < LEAST_BLOCKS:
        return picture.convert("RGB")
    bits = _bits(payload)
    wanted = bits[_order(len(blocks)) % len(bits)]
    spectrum = _transform(blocks)
    for row, column in PLACES:
        offset = np.where(wanted, STEP / 4, -STEP / 4)
        spectrum[:, row, column] = np.round((spectrum[:, row, column] - offset) / STEP) * STEP + offset
    changed = values.copy()
    changed[: shape[0] * BLOCK, : shape[1] * BLOCK] = _joined(_back(spectrum), shape)
    lit = Image.fromarray(np.clip(np.round(changed), 0, 255).astype(np.uint8))
    return Image.merge("YCbCr", (lit, blue, red)).convert("RGB")


def found(picture: Image.Image) -> bytes | None:
    """Return the bytes that a picture carries, None where it carries none that check."""
    values = np.asarray(picture.convert("YCbCr").split()[0], np.float64)
    blocks, _ = _blocks(values)
    if len(blocks) < LEAST_BLOCKS:
        return None
    spectrum = _transform(blocks)
    length = (BYTES + 4) * 8
    votes = np.zeros(length)
    which = _order(len(blocks)) % length
    for row, column in PLACES:
        phase = spectrum[:, row, column] / STEP * 2 * np.pi
        np.add.at(votes, which, np.sin(phase))
    raw = np.packbits(votes > 0).tobytes()
    payload, check = raw[:BYTES], raw[BYTES:]
    return payload if zlib.crc32(payload).to_bytes(4, "big") == check else None


def _bits(payload: bytes) -> NDArray[np.bool_]:
    whole = payload + zlib.crc32(payload).to_bytes(4, "big")
    return np.unpackbits(np.frombuffer(whole, np.uint8)).astype(bool)


def _order(count: int) -> NDArray[np.int64]:
    return np.random.default_rng(SEED).permutation(count)


def _blocks(values: Numbers) -> tuple[Numbers, tuple[int, int]]:
    rows, columns = values.shape[0] // BLOCK, values.shape[1] // BLOCK
    cut = values[: rows * BLOCK, : columns * BLOCK]
    blocks = cut.reshape(rows, BLOCK, columns, BLOCK).transpose(0, 2, 1, 3).reshape(-1, BLOCK, BLOCK)
    return blocks, (rows, columns)


def _joined(blocks: Numbers, shape: tuple[int, int]) -> Numbers:
    rows, columns = shape
    return (
        blocks.reshape(rows, columns, BLOCK, BLOCK)
        .transpose(0, 2, 1, 3)
        .reshape(rows * BLOCK, columns * BLOCK)
    )


def _cosines() -> Numbers:
    n = np.arange(BLOCK)
    matrix = np.cos((2 * n[None, :] + 1) * n[:, None] * np.pi / (2 * BLOCK)) * np.sqrt(2 / BLOCK)
    matrix[0] /= np.sqrt(2)
    whole: Numbers = matrix
    return whole


def _transform(blocks: Numbers) -> Numbers:
    cosines = _cosines()
    spectrum: Numbers = cosines @ blocks @ cosines.T
    return spectrum


def _back(spectrum: Numbers) -> Numbers:
    cosines = _cosines()
    blocks: Numbers = cosines.T @ spectrum @ cosines
    return blocks
