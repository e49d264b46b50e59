"""One file's bytes to its documents. Runs in the decoding process."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import PurePath

from bot_knowledge.formats.archives import read_zip
from bot_knowledge.formats.bounds import DecoderOptions
from bot_knowledge.formats.sniff import Format, sniff
from bot_knowledge.loaders import load
from bot_knowledge.loaders.model import Document, Unreadable


def read_all(data: bytes, name: str, options: DecoderOptions, depth: int = 0) -> list[tuple[str, Document]]:
    """Return (name within the file, document); the name is empty where the file is one document. Raises Unreadable."""
    if not data.strip():
        raise Unreadable("the file is empty")
    kind = sniff(data, name)
    if kind is Format.ZIP:
        inner = partial(_inner, options=options)
        return list(read_zip(data, name, options, depth, inner))
    if kind is Format.JSON:
        from bot_knowledge.formats.chats import read_chat

        return read_chat(data, name, options)
    document = _one(kind, data, name, options)
    if not document.blocks:
        raise Unreadable("no text found in the file")
    if sum(len(block.text) for block in document.blocks) > options.text:
        raise Unreadable(f"more than {options.text // 1_000_000} million characters")
    if not document.title:
        document = replace(document, title=PurePath(name).stem)
    return [("", document)]


def _inner(data: bytes, name: str, depth: int, *, options: DecoderOptions) -> list[tuple[str, Document]]:
    return read_all(data, name, options, depth)


def _one(kind: Format, data: bytes, name: str, options: DecoderOptions) -> Document:
    match kind:
        case Format.PDF:
            from bot_knowledge.formats.pdf import read_pdf
            from bot_knowledge.formats.pictures import can_read, words_of

            return read_pdf(data, name, options, words_of if can_read() else None)
        case Format.DOCX:
            from bot_knowledge.formats.office import read_docx

            return read_docx(data, name, options)
        case Format.PPTX:
            from bot_knowledge.formats.office import read_pptx

            return read_pptx(data, name, options)
        case Format.XLSX:
            from bot_knowledge.formats.office import read_xlsx

            return read_xlsx(data, name, options)
        case Format.CSV:
            from bot_knowledge.formats.office import read_csv

            return read_csv(data, name, options)
        case Format.EPUB:
            from bot_knowledge.formats.books import read_epub

            return read_epub(data, name, options)
        case Format.PICTURE:
            from bot_knowledge.formats.pictures import read_picture

            return read_picture(data, name, options)
        case _:
            return load(data, name)
