"""What decoding may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DecoderOptions:
    """Bounds of one file; times in seconds, sizes in bytes. ``mask``: personal names in chat exports become letters."""

    seconds: float = 60.0
    memory: int = 1_600_000_000  # of the decoding process; reading pictures takes most of it
    text: int = 20_000_000  # characters of one file's documents
    pages: int = 3000  # of a PDF or a presentation
    scans: int = 60  # pages that are read as pictures
    rows: int = 50_000  # of a spreadsheet
    members: int = 2000  # files in an archive
    unpacked: int = 400_000_000
    ratio: int = 200  # unpacked to packed, of an archive
    pixels: int = 60_000_000
    mask: bool = True
