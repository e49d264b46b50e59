"""Loaders: a file to a document of blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath

from bot_knowledge.loaders.decode import decode
from bot_knowledge.loaders.html import load_html
from bot_knowledge.loaders.markdown import load_markdown
from bot_knowledge.loaders.model import Block, Document, Kind, Unreadable
from bot_knowledge.loaders.plain import load_plain

__all__ = ["LOADERS", "Block", "Document", "Kind", "Unreadable", "load"]

Loader = Callable[[str, str], Document]

LOADERS: Mapping[str, Loader] = {
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".mdx": load_markdown,
    ".txt": load_plain,
    ".text": load_plain,
    ".rst": load_plain,
    ".html": load_html,
    ".htm": load_html,
    ".xhtml": load_html,
}


def load(data: bytes, name: str) -> Document:
    """Read a file's bytes; ``name`` decides the format. Raises Unreadable with the reason."""
    suffix = PurePath(name).suffix.lower()
    loader = LOADERS.get(suffix)
    if loader is None:
        raise Unreadable(f"files of type {suffix or '(none)'} are not read")
    text = decode(data)
    if not text.strip():
        raise Unreadable("the file is empty")
    document = loader(text, PurePath(name).name)
    if not document.blocks:
        raise Unreadable("no text found in the file")
    return document
