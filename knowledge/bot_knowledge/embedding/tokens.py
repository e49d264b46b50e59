"""Token vectors as they are kept, and late interaction over them (MaxSim: Khattab and Zaharia, 2020, ColBERT).

A token vector is centred on the mean of its language, turned to its main directions, cut to ``WIDTH`` numbers, made unit length
and kept as int8. Centring matters: raw e5 token vectors all point one way.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
WIDTH = 128
PREFIX = 3  # <s>, "passage"/"query", ":"
FORM = 1


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """A text's tokens: ``ids`` (tokens,), ``vectors`` (tokens, WIDTH) of unit length; frame and prefix left out."""

    ids: NDArray[np.int32]
    vectors: Floats


@dataclass(frozen=True, slots=True)
class _Turn:
    mean: Floats
    matrix: Floats  # (384, WIDTH)


@lru_cache(maxsize=1)
def _turn() -> _Turn:
    with files("bot_knowledge").joinpath("weights", "tokens.npz").open("rb") as file, np.load(file) as data:
        return _Turn(data["mean"].astype(np.float32), data["matrix"].astype(np.float32))


def turned(ids: list[int], vectors: Floats) -> TokenVectors:
    """Return a text's tokens as they are compared; ``vectors`` (tokens, 384) as the model gives them, frame included."""
    turn = _turn()
    inner = (vectors[PREFIX:-1] - turn.mean) @ turn.matrix
    lengths = np.linalg.norm(inner, axis=1, keepdims=True)
    return TokenVectors(np.asarray(ids[PREFIX:-1], dtype=np.int32), inner / np.maximum(lengths, 1e-6))


def packed(ids: list[int], vectors: Floats) -> bytes:
    """Return tokens as bytes: a head, the ids, and int8 vectors."""
    tokens = turned(ids, vectors)
    small = np.clip(np.rint(tokens.vectors * 256.0), -127, 127).astype(np.int8)
    return b"".join(
        (struct.pack("<BH", FORM, len(tokens.ids)), tokens.ids.astype("<i4").tobytes(), small.tobytes())
    )


def unpacked(data: bytes) -> TokenVectors:
    """Return tokens from bytes."""
    _, count = struct.unpack_from("<BH", data)
    head = struct.calcsize("<BH")
    ids = np.frombuffer(data, "<i4", count, head)
    small = np.frombuffer(data, np.int8, count * WIDTH, head + 4 * count).reshape(count, WIDTH)
    vectors = small.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return TokenVectors(ids, vectors / np.maximum(lengths, 1e-6))


def best_matches(question: TokenVectors, passage: TokenVectors) -> Floats:
    """Return for each of the question's tokens its best cosine in the passage, (question tokens,)."""
    if not len(passage.ids) or not len(question.ids):
        return np.zeros(len(question.ids), dtype=np.float32)
    return np.asarray((question.vectors @ passage.vectors.T).max(axis=1), dtype=np.float32)
