"""Text from models and documents, made safe to show: no pings, no HTML, no link that was not in the documents."""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from bot_safety.markup import without_tags

GONE = "…"  # where an address stood
BREAK = "\u200b"  # between @ and the name: reads the same, calls nobody
DEEPEST = 10  # rounds; texts that mean no harm need one

# Hidden letters and those that turn the direction of writing; zero-width joiners stay for emoji and scripts.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_MENTION = re.compile(r"<+@[!&]?\s*(\w*)>?")
_AT = re.compile(r"@(?=everyone|here)|(?<![\w.+-])@(?=\w)", re.IGNORECASE)

_CJK = r"\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7af"
# An address ends at one of these, Chinese letters and punctuation included: they follow without a space.
_STOP = rf"\s<>\"'`\[\]\x00\x01\u2026\u3000-\u303f\uff00-\uffef{_CJK}"
_REST = rf"(?:[{_CJK}][\w.-]*)?[^{_STOP}]*"  # unless the host itself is written in them
_SITES = (
    "com|net|org|io|co|me|gg|xyz|info|biz|top|site|online|club|shop|link|click|live|app|dev|ai|cn|hk|tw|ru|tk|ml"
    "|cc|ly"
)
_URL = re.compile(
    rf"(?<![a-z0-9+.-])[a-z0-9+.-]++:(?://|\\\\){_REST}"
    rf"|(?<!\w)(?:javascript:|vbscript:|mailto:|blob:|data:[a-z]+/|file:/|tg:(?=[a-z]+\?)){_REST}"
    rf"|(?<![\w@./-])(?:www\.[^{_STOP}]+|(?:[a-z0-9-]{{1,63}}\.){{1,8}}(?:{_SITES})(?![\w-])(?:[/:?#][^{_STOP}]*)?)",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"(?P<image>!?)\[(?P<text>[^\[\]]*)\]\(\s{0,9}<?(?P<url>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?"
    r"(?:\s{1,9}(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?\s{0,9}\)"
)
_DEFINITION = re.compile(r"^[ >\t]*\[[^\]\n]+\]:.*$", re.MULTILINE)
_FRAGMENT = re.compile(r"[\w.~%-]*")  # the one part of an address that may differ from the allowed one
_TRAILING = ".,;:!?*_~|'\"\\"

_CONTROLS = re.compile(r"[<>\[\]@:/\\&]")

Key = tuple[str, str, str]  # host with port, path, query


def tame(markdown: str, allowed_urls: Collection[str] = ()) -> str:
    """Return the text with pings broken, HTML taken out and every link gone that is not in ``allowed_urls``.

    A link's words stay; an address alone becomes ``…``; an image becomes a link. What stays is a web address
    whose host, path and query are those of an allowed one. Doing it twice changes nothing.
    """
    known = {key for url in allowed_urls if (key := _key(url)) is not None}
    text = markdown
    for _ in range(DEEPEST):  # what is taken out may leave pieces that fit together
        tamed = _tamed(text, known)
        if tamed == text:
            return text
        text = tamed
    return _CONTROLS.sub(" ", text)  # nobody writes this by accident


def _tamed(text: str, known: set[Key]) -> str:
    keep = _Keeper(known)
    text = _HIDDEN.sub("", _ENTITY.sub(lambda match: html.unescape(match[0]), text))
    text = _MENTION.sub(r"@\1", without_tags(text))
    text = _LINK.sub(keep.link, _DEFINITION.sub("", text)).replace("](", "] (")
    return keep.restored(_AT.sub(f"@{BREAK}", keep.addresses(text)))


def urls_in(text: str) -> set[str]:
    """Return the web addresses in a text, bare hosts included: what a passage allows its answer to show."""
    found = {match["url"] for match in _LINK.finditer(text)}
    start = 0
    while match := _URL.search(text, start):
        url = _trimmed(match[0])
        found.add(url)
        start = match.start() + max(1, len(url))
    return {url for url in found if _key(url) is not None}


class _Keeper:
    """Sets allowed addresses aside while the rest of the text is worked on."""

    def __init__(self, known: set[Key]) -> None:
        self._known = known
        self._kept: list[str] = []

    def link(self, match: re.Match[str]) -> str:
        """Return a link's words, with the link itself where it is allowed."""
        key = _key(match["url"])
        if key is None or key not in self._known or "://" not in match["url"]:
            return match["text"]
        words = match["text"] or ("" if not match["image"] else key[0])
        return f"[{words}" + self._keep(f"]({match['url']})")

    def addresses(self, text: str) -> str:
        """Return the text with allowed addresses set aside and the others gone."""
        done: list[str] = []
        start = 0
        while match := _URL.search(text, start):
            url = _trimmed(match[0])
            done += (text[start : match.start()], self._keep(url) if _key(url) in self._known else GONE)
            start = match.start() + max(1, len(url))
        return "".join((*done, text[start:]))

    def restored(self, text: str) -> str:
        """Put back what was set aside."""
        return re.sub("\x00(\\d+)\x01", lambda match: self._kept[int(match[1])], text)

    def _keep(self, piece: str) -> str:
        self._kept.append(piece)
        return f"\x00{len(self._kept) - 1}\x01"


def _trimmed(url: str) -> str:
    """Take off the sentence around an address: from a bracket it did not open, and punctuation at its end."""
    depth = 0
    for index, letter in enumerate(url):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            url = url[:index]
            break
    return url.rstrip(_TRAILING)


def _key(url: str) -> Key | None:
    """Return what two spellings of one address have in common; None for what is no plain web address."""
    if "://" not in url:
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    plain = parts.scheme.lower() in ("http", "https") and parts.hostname and "." in parts.hostname
    if not plain or "@" in parts.netloc or "\\" in url or not _FRAGMENT.fullmatch(parts.fragment):
        return None
    host = str(parts.hostname).lower() + (f":{port}" if port else "")
    return host, parts.path or "/", parts.query
