"""Pictures that are none, or that claim what they are not."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def claims(width: int, height: int) -> bytes:
    """Return a PNG of some hundred bytes that claims to be that large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = _chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + body + _chunk(b"IEND", b"")


def corrupt() -> bytes:
    """Return the first half of a PNG."""
    out = io.BytesIO()
    Image.effect_noise((200, 200), 80).save(out, "PNG")
    return out.getvalue()[: len(out.getvalue()) // 2]


def animated(frames: int = 5) -> bytes:
    """Return a GIF that moves."""
    shots = [Image.new("RGB", (64, 48), (40 * number, 90, 200)) for number in range(frames)]
    out = io.BytesIO()
    shots[0].save(out, "GIF", save_all=True, append_images=shots[1:])
    return out.getvalue()


def plain(colour: str = "teal") -> bytes:
    """Return a small good picture."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "PNG")
    return out.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
