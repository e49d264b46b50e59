"""A fetched page as a document: its main text, without menus, banners, comments and what readers don't see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

from bot_core.ports.safety import Fetched
from bot_knowledge.loaders import Document, Unreadable, load
from bot_knowledge.loaders import html as html_loader
from bot_knowledge.loaders.decode import decode

ENDINGS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "application/pdf": ".pdf",
    "application/epub+zip": ".epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
MAIN_SHARE = 0.6  # of a page's text stands in its <main>, where that is marked well
LEAST_TEXT = 260  # characters: trafilatura gives less than 250 without its structure
LEAST_SHARE = 0.2  # of a page's text, below which the main text was not found


def document_of(fetched: Fetched) -> Document:
    """Read a fetched page or file. Raises Unreadable."""
    name = name_of(fetched)
    document = _page(fetched, name) if name.endswith(".html") else load(fetched.body, name)
    return replace(document, url=fetched.url)


def name_of(fetched: Fetched) -> str:
    """Return a file name whose ending says what the server says it sent."""
    name = PurePosixPath(unquote(urlsplit(fetched.url).path)).name or "index"
    ending = ENDINGS.get(fetched.media_type)
    if ending is None or (ending == ".txt" and PurePosixPath(name).suffix.lower() in (".md", ".markdown")):
        return name  # many servers send Markdown as plain text, and other files as bytes
    return PurePosixPath(name).stem + ending


def fragment(html: str, title: str, date: str, url: str) -> Document:
    """Return a piece of HTML that a feed brought as a document. Raises Unreadable."""
    document = load(f"<html><body>{html}</body></html>".encode(), "entry.html")
    return replace(document, title=title or document.title, date=date or document.date, url=url)


def _page(fetched: Fetched, name: str) -> Document:
    whole = load(fetched.body, name)
    text = decode(fetched.body)
    soup = BeautifulSoup(text, "html.parser")
    main = soup.find("main") or soup.find("article")
    length = len(soup.get_text(strip=True)) or 1
    if main is not None and len(main.get_text(strip=True)) >= MAIN_SHARE * length:
        return whole
    return _main_text(text, whole, fetched.url) or whole


def _main_text(text: str, whole: Document, url: str) -> Document | None:
    """Return the main text as trafilatura finds it, None where it finds too little or is not installed."""
    try:
        from trafilatura import extract, extract_metadata
    except ImportError:
        return None
    soup = BeautifulSoup(text, "html.parser")
    html_loader._clean(soup)  # hidden text must go while its style still says so
    found = extract(
        str(soup),
        output_format="markdown",
        include_links=True,
        include_formatting=True,
        include_comments=False,
        favor_recall=True,
    )
    least = max(LEAST_TEXT, LEAST_SHARE * sum(len(block.text) for block in whole.blocks))
    if not found or len(found) < least:
        return None
    try:
        document = load(found.encode(), "page.md")
    except Unreadable:
        return None
    about = extract_metadata(text, default_url=url)
    title = (about.title if about is not None else "") or whole.title
    date = (about.date if about is not None else "") or whole.date
    return replace(document, title=title, date=date)
