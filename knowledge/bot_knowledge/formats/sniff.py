"""What a file is, by how it begins; its ending only decides between formats of text."""

from __future__ import annotations

import io
import zipfile
from enum import StrEnum
from pathlib import PurePath

from bot_knowledge.loaders import LOADERS
from bot_knowledge.loaders.model import Unreadable

PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Format(StrEnum):
    """A format that is read."""

    PLAIN = "plain"  # Markdown, text, HTML
    PDF = "pdf"
    DOCX = "docx"
    PPTX = "pptx"
    XLSX = "xlsx"
    CSV = "csv"
    EPUB = "epub"
    PICTURE = "picture"
    ZIP = "zip"
    JSON = "json"  # exports of chats


def sniff(data: bytes, name: str) -> Format:
    """Return a file's format. Raises Unreadable for what is not read, with the reason."""
    suffix = PurePath(name).suffix.lower()
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return Format.PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data)
    if data.startswith(PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return Format.PICTURE
    if data.startswith(OLD_OFFICE):
        if suffix in (".docx", ".xlsx", ".pptx"):
            raise Unreadable("protected by a password")
        raise Unreadable("an old Office file: save it as .docx, .xlsx or .pptx")
    if suffix in (".csv", ".tsv"):
        return Format.CSV
    if suffix == ".json":
        return Format.JSON
    if suffix in LOADERS:
        return Format.PLAIN
    if suffix in (".pdf", ".docx", ".xlsx", ".pptx", ".epub", ".zip"):
        raise Unreadable(f"damaged, or not what its ending {suffix} says")
    raise Unreadable(f"files of type {suffix or '(none)'} are not read")


def _zipped(data: bytes) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Unreadable("damaged: the archive can't be opened") from None
    found = set(names)
    for part, kind in (
        ("word/document.xml", Format.DOCX),
        ("ppt/presentation.xml", Format.PPTX),
        ("xl/workbook.xml", Format.XLSX),
    ):
        if part in found:
            return kind
    return Format.EPUB if "META-INF/container.xml" in found else Format.ZIP
