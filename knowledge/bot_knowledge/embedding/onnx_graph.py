"""Writes the little of ONNX's file format that one encoder needs (field numbers from onnx.proto3).

The ``onnx`` package is not needed to run a model, only to write one; these lines replace it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_TYPES = {np.dtype(np.float32): 1, np.dtype(np.uint8): 2, np.dtype(np.int64): 7}
FLOAT = 1


def _varint(value: int) -> bytes:
    out = bytearray()
    value &= (1 << 64) - 1
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def _attribute(name: str, value: float | str | Sequence[int]) -> bytes:
    body = _bytes(1, name)
    if isinstance(value, float):
        body += _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    elif isinstance(value, int):
        body += _number(3, value) + _number(20, 2)
    elif isinstance(value, str):
        body += _bytes(4, value) + _number(20, 3)
    else:
        body += b"".join(_number(8, item) for item in value) + _number(20, 7)
    return _bytes(5, body)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    dims = b"".join(
        _bytes(1, _number(1, size) if isinstance(size, int) else _bytes(2, size)) for size in shape
    )
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, dims)))


class Graph:
    """A graph under construction; ``node`` returns the name of the node's output."""

    def __init__(self) -> None:
        self._body: list[bytes] = []
        self._count = 0

    def constant(self, name: str, array: NDArray[np.generic]) -> str:
        """Add an initializer."""
        dims = b"".join(_number(1, size) for size in array.shape)
        raw = np.ascontiguousarray(array).tobytes()
        tensor = dims + _number(2, _TYPES[array.dtype]) + _bytes(8, name) + _bytes(9, raw)
        self._body.append(_bytes(5, tensor))
        return name

    def node(
        self,
        kind: str,
        inputs: Sequence[str],
        attributes: Mapping[str, float | str | Sequence[int]] | None = None,
        domain: str = "",
        outputs: Sequence[str] = (),
    ) -> str:
        """Add a node; ``outputs`` names them where there is more than one."""
        self._count += 1
        names = list(outputs) or [f"n{self._count}"]
        body = b"".join(_bytes(1, name) for name in inputs) + b"".join(_bytes(2, name) for name in names)
        body += _bytes(4, kind)
        body += b"".join(_attribute(key, value) for key, value in (attributes or {}).items())
        if domain:
            body += _bytes(7, domain)
        self._body.append(_bytes(1, body))
        return names[0]

    def model(
        self, inputs: Mapping[str, Sequence[int | str]], outputs: Mapping[str, Sequence[int | str]]
    ) -> bytes:
        """Return the whole model file; ``inputs`` and ``outputs`` map names to shapes, all float32."""
        graph = b"".join(self._body) + _bytes(2, "encoder")
        graph += b"".join(_bytes(11, _value(name, shape)) for name, shape in inputs.items())
        graph += b"".join(_bytes(12, _value(name, shape)) for name, shape in outputs.items())
        opsets = _bytes(8, _bytes(1, "") + _number(2, 20))
        opsets += _bytes(8, _bytes(1, "com.microsoft") + _number(2, 1))
        return _number(1, 9) + _bytes(7, graph) + opsets
