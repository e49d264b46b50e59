"""What a sitemap or a feed names."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from bot_core.errors import MissingExtra
from bot_core.identity import Words
from bot_core.ports.safety import Fetched
from bot_knowledge.loaders import Unreadable

FEEDS = frozenset({"rss", "feed", "RDF"})
MAPS = frozenset({"urlset", "sitemapindex"})
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Named:
    """A page that a list names; ``html`` is its text where the list brings it, ``stamp`` changes when the page does."""

    url: str
    stamp: str = ""
    title: str = ""
    date: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A sitemap's or feed's pages, and further sitemaps; ``whole``: what it names no more is gone."""

    pages: tuple[Named, ...]
    maps: tuple[str, ...] = ()
    whole: bool = True


def read_list(fetched: Fetched, most: int) -> Listed | None:
    """Return what a sitemap or feed names, None for anything else; ``most`` bytes when unpacked. Raises Unreadable."""
    body = _unpacked(fetched.body, most)
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:300].lower()
    if not start.startswith((b"<?xml", b"<rss", b"<feed", b"<urlset", b"<sitemapindex", b"<rdf")):
        return None
    if b"<!entity" in body.lower():
        raise Unreadable("an XML file that defines entities of its own")
    root = _root(body)
    name = _local(root) if root is not None else ""
    if name in FEEDS or (root is None and b"<rss" in start):
        return _feed(body, fetched)
    return _sitemap(root, name, fetched.url) if name in MAPS else None


def _root(body: bytes) -> Any:  # noqa: ANN401 - lxml's element
    """Return the root, without fetching or expanding anything; None where it is no XML."""
    try:
        from lxml import etree  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtra("web", Words("读取站点地图和订阅源", "Reading sitemaps and feeds")) from None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None


def _local(element: Any) -> str:  # noqa: ANN401 - lxml's element
    """Return an element's name without its namespace; empty for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _sitemap(root: Any, name: str, base: str) -> Listed:  # noqa: ANN401 - lxml's element
    host = urlsplit(base).netloc.lower()
    found: list[Named] = []
    for entry in root:
        children = {_local(child): (child.text or "").strip() for child in entry}
        url = address(children.get("loc", ""), base)
        if url and urlsplit(url).netloc.lower() == host:  # a sitemap speaks for its own host alone
            found.append(Named(url, children.get("lastmod", "")))
    unique = tuple({named.url: named for named in found}.values())
    if name == "sitemapindex":
        return Listed((), tuple(named.url for named in unique))
    return Listed(unique)


def _feed(body: bytes, fetched: Fetched) -> Listed:
    try:
        import feedparser  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtra("web", Words("读取订阅源", "Reading feeds")) from None
    parsed = feedparser.parse(io.BytesIO(body), response_headers={"content-location": fetched.url})
    if parsed.bozo and not parsed.entries:
        raise Unreadable("a feed that can't be read")
    pages = [named for entry in parsed.entries if (named := _entry(entry, fetched.url)) is not None]
    return Listed(tuple({named.url: named for named in pages}.values()), whole=False)


def _entry(entry: Any, base: str) -> Named | None:  # noqa: ANN401 - feedparser's dictionary
    url = address(entry.get("link", ""), base)
    if not url:
        return None
    texts = [content.get("value", "") for content in entry.get("content", [])] or [entry.get("summary", "")]
    held = dict(entry)  # feedparser's own get gives one date for another, with a warning
    moment = held.get("updated_parsed") or held.get("published_parsed")
    date = datetime(*moment[:6]).date().isoformat() if moment else ""
    stamp = f"{held.get('id', '')} {held.get('updated') or held.get('published', '')}".strip()
    return Named(url, stamp, str(entry.get("title", "")), date, max(texts, key=len))


def address(text: str, base: str) -> str:
    """Return the absolute web address, without its fragment; empty where there is none."""
    try:
        url = urldefrag(urljoin(base, text.strip())).url if text.strip() else ""
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _unpacked(body: bytes, most: int) -> bytes:
    if not body.startswith(GZIP):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
            plain = packed.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable("a packed file that is broken") from error
    if len(plain) > most:
        raise Unreadable(f"larger than {most // 1_000_000} MB when unpacked")
    return plain
