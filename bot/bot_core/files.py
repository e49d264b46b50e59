"""A reference to stored bytes; the bytes themselves stay behind the Files port."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileRef:
    """A stored file. ``key`` is its content's hash, so equal bytes are stored once."""

    key: str
    media_type: str
    size: int  # bytes
    name: str = ""
