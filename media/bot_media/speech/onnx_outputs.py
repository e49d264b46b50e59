"""Let an ONNX model tell a value from inside its graph, without the onnx package.

A model is one protocol buffer, and two serialized messages one after another are their merge (protobuf's
encoding guide, "Last One Wins" and repeated fields): bytes that hold only ``graph.output`` add an output.
Field numbers are those of onnx.proto: ModelProto.graph 7, GraphProto.output 12, ValueInfoProto.name 1 and
type 2, TypeProto.tensor_type 1, TypeProto.Tensor.elem_type 1 (FLOAT is 1).
"""

from __future__ import annotations


def with_output(model: bytes, name: str) -> bytes:
    """Return the model with the float tensor ``name`` of its graph among its outputs."""
    kind = _field(2, _field(1, b"\x08\x01"))
    return model + _field(7, _field(12, _field(1, name.encode()) + kind))


def _field(number: int, value: bytes) -> bytes:
    """Return a length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
