"""E-books: the chapters in reading order."""

from __future__ import annotations

import io
import posixpath
import zipfile
from urllib.parse import unquote

from bot_knowledge.formats.bounds import DecoderOptions
from bot_knowledge.loaders.decode import decode
from bot_knowledge.loaders.html import load_html
from bot_knowledge.loaders.model import Block, Document, Unreadable


def read_epub(data: bytes, name: str, options: DecoderOptions) -> Document:
    """Read an EPUB: each chapter's title stands above its blocks. Raises Unreadable."""
    from bs4 import BeautifulSoup

    def soup(raw: bytes) -> BeautifulSoup:
        return BeautifulSoup(raw, "lxml-xml")

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > options.unpacked:
                raise Unreadable("the e-book unpacks to too much")
            rootfile = soup(archive.read("META-INF/container.xml")).find("rootfile")
            place = str(rootfile["full-path"]) if rootfile is not None else ""
            package = soup(archive.read(place))
            items = {
                str(item["id"]): str(item["href"])
                for item in package.find_all("item")
                if item.has_attr("href")
            }
            blocks: list[Block] = []
            for entry in package.find_all("itemref"):
                href = items.get(str(entry.get("idref")))
                if href is None:
                    continue
                inner = posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(href)))
                chapter = load_html(decode(archive.read(inner)), inner)
                over = (chapter.title,) if chapter.title else ()
                blocks += [Block(b.kind, b.text, (*over, *b.heading), b.header) for b in chapter.blocks]
    except (KeyError, ValueError, zipfile.BadZipFile, OSError, RuntimeError, TypeError) as error:
        raise Unreadable(f"damaged: {type(error).__name__}") from None

    def said(tag: str) -> str:
        found = package.find(tag)
        return found.get_text(" ", strip=True) if found is not None else ""

    if not blocks:
        raise Unreadable("no text found in the file")
    return Document(said("title"), tuple(blocks), said("date")[:10], author=said("creator"))
