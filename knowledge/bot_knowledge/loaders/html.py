"""HTML: the page's own text, without its frame and without what readers don't see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Comment
from bs4.element import NavigableString, PageElement, Tag

from bot_knowledge.loaders.dates import find_date
from bot_knowledge.loaders.model import Block, Document, Kind
from bot_knowledge.loaders.outline import Outline


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DROPPED = _set_of(
    "script style noscript template nav footer header aside form button select textarea input iframe svg "
    "canvas object embed head menu dialog "
)
_BLOCKS = _set_of(
    "p div section article main table ul ol dl dt dd pre blockquote figure figcaption details summary address "
    "hr h1 h2 h3 h4 h5 h6 li tr td th tbody thead body html center "
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|font-size\s*:\s*[01](?:px|pt|em|%)?\s*(?:;|$)"
    r"|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{3,}|clip\s*:\s*rect\(0",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"(?<![-\w])color\s*:\s*([^;]+)", re.IGNORECASE)
_GROUND = re.compile(r"background(?:-color)?\s*:\s*([^;]+)", re.IGNORECASE)
_WHITE = re.compile(
    r"^(?:#fff(?:fff)?|white|rgba?\(\s*255\s*,\s*255\s*,\s*255.*|transparent|rgba\(.*,\s*0(?:\.0+)?\s*\))$",
    re.I,
)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_CLASS = re.compile(r"^\s*(?:[a-z]+)?([.#])([\w-]+)\s*$", re.IGNORECASE)
_NUMBERED = re.compile(r"h[1-6]")


def load_html(text: str, name: str) -> Document:
    """Read a page; ``name`` is the file's name, for the date."""
    soup = BeautifulSoup(text, "html.parser")
    said = _meta_date(soup)
    title_tag = soup.title.get_text(" ", strip=True) if soup.title else ""
    url = _canonical(soup)
    reader = _read(soup)
    title = reader.title or re.split(r"\s+[|–—·-]\s+", title_tag)[0] or name.rsplit(".", 1)[0]
    plain = "\n".join(block.text for block in reader.blocks)
    return Document(title, tuple(reader.blocks), find_date(plain, name, said), url)


def html_blocks(text: str) -> list[Block]:
    """Return the blocks of a fragment, as it stands in Markdown."""
    return _read(BeautifulSoup(text, "html.parser")).blocks


def _read(soup: BeautifulSoup) -> _Reader:
    _clean(soup)
    reader = _Reader()
    body = soup.find("main") or soup.find("article") or soup.body or soup
    if isinstance(body, Tag) and body.name in ("main", "article"):
        whole = len(soup.get_text(strip=True))
        if len(body.get_text(strip=True)) < 0.3 * whole:  # a main that is not where the text is
            body = soup.body or soup
    reader.walk(body)
    reader.flush()
    reader.finish()
    return reader


def _meta_date(soup: BeautifulSoup) -> str:
    for key in (
        "article:modified_time",
        "last-modified",
        "dateModified",
        "date",
        "article:published_time",
        "dc.date",
    ):
        tag = soup.find("meta", attrs={"property": key}) or soup.find("meta", attrs={"name": key})
        if isinstance(tag, Tag) and tag.get("content"):
            return str(tag["content"])
    moment = soup.find("time")
    return str(moment.get("datetime") or "") if isinstance(moment, Tag) else ""


def _canonical(soup: BeautifulSoup) -> str:
    tag = soup.find("link", rel="canonical")
    address = str(tag.get("href") or "") if isinstance(tag, Tag) else ""
    return address if address.startswith(("http://", "https://")) else ""


def _clean(soup: BeautifulSoup) -> None:
    hidden = _hidden_names(soup)
    for comment in soup.find_all(string=lambda node: isinstance(node, Comment)):
        comment.extract()
    for tag in soup.find_all(list(_DROPPED)):
        if tag.name == "header" and tag.find(_NUMBERED) and not tag.find("nav"):
            continue  # an article's own heading stands in its header
        tag.decompose()
    for tag in soup.find_all(True):
        if not tag.decomposed and _is_hidden(tag, hidden):
            tag.decompose()


def _hidden_names(soup: BeautifulSoup) -> set[str]:
    """Return classes and ids that the page's own style sheet hides."""
    names: set[str] = set()
    for sheet in soup.find_all("style"):
        for selectors, body in _RULE.findall(sheet.get_text()):
            if _hides(body):
                for selector in selectors.split(","):
                    match = _CLASS.match(selector)
                    if match:
                        names.add(match.group(1) + match.group(2))
    return names


def _hides(style: str) -> bool:
    if _HIDDEN.search(style):
        return True
    colour, ground = _COLOUR.search(style), _GROUND.search(style)
    if not colour:
        return False
    ink = colour.group(1).strip().lower().replace("!important", "").strip()
    paper = ground.group(1).strip().lower() if ground else "white"
    return ink == paper or (bool(_WHITE.match(ink)) and bool(_WHITE.match(paper)))


def _is_hidden(tag: Tag, names: set[str]) -> bool:
    if tag.has_attr("hidden") or str(tag.get("aria-hidden", "")).lower() == "true":
        return True
    if tag.get("role") in ("navigation", "banner", "contentinfo", "search", "menu"):
        return True
    classes = str((tag.get("class") and " ".join(tag.get_attribute_list("class"))) or "").split()
    marks = {"." + name for name in classes} | {f"#{tag.get('id')}"}
    return bool(marks & names) or _hides(str(tag.get("style") or ""))


class _Reader(Outline):
    """Walks the tree and collects blocks below the headings."""

    def __init__(self) -> None:
        super().__init__()
        self._line: list[str] = []

    def walk(self, node: Tag) -> None:
        for child in list(node.children):
            if not isinstance(child, Tag):
                if isinstance(child, NavigableString):
                    self._line.append(str(child))
            elif child.name in _BLOCKS:
                self.flush()
                self._block(child)
            elif child.name == "br":
                self._line.append("\x00")
            elif child.find(list(_BLOCKS)):
                self.walk(child)
            else:
                self._line.append(_words(child))

    def flush(self) -> None:
        """Close the paragraph in hand."""
        text = _tidy("".join(self._line))
        self._line = []
        self.add(Kind.TEXT, text)

    def _block(self, tag: Tag) -> None:
        if _NUMBERED.fullmatch(tag.name):
            self.heading(int(tag.name[1]), _tidy(_words(tag)).replace("\n", " "))
        elif tag.name in ("ul", "ol"):
            self.add(Kind.LIST, "\n".join(_items(tag)))
        elif tag.name == "table" and not tag.find("table"):
            self._table(tag)
        elif tag.name == "pre":
            self.add(Kind.CODE, tag.get_text().strip("\n"))
        elif tag.name == "dl":
            self._definitions(tag)
        elif tag.name in ("summary", "dt"):
            self.heading(6, _tidy(_words(tag)))
        else:
            depth = self.depth
            self.walk(tag)
            self.flush()
            if tag.name == "details":
                self.leave(depth)

    def _definitions(self, tag: Tag) -> None:
        lines: list[str] = []
        for child in tag.find_all(["dt", "dd"]):
            words = _tidy(_words(child)).replace("\n", " ")
            if child.name == "dt":
                lines.append(words)
            elif lines:
                lines[-1] += (": " if lines[-1].isascii() else "：") + words
        self.add(Kind.LIST, "\n".join(lines))

    def _table(self, tag: Tag) -> None:
        rows, header = [], False
        caption = tag.find("caption")
        if isinstance(caption, Tag):
            self.add(Kind.TEXT, _tidy(_words(caption)))
        for index, row in enumerate(tag.find_all("tr")):
            cells = row.find_all(["td", "th"])
            header = header or (index == 0 and all(cell.name == "th" for cell in cells))
            rows.append(" | ".join(_tidy(_words(cell)).replace("\n", " ") for cell in cells))
        header = header or bool(tag.find("thead"))
        self.add(Kind.TABLE, "\n".join(row for row in rows if row.strip(" |")), header)


def _words(node: Tag) -> str:
    """Return a node's words; an absolute link keeps its address behind them, <br> becomes a line's end."""
    return "".join(_pieces(node))


def _pieces(node: Tag) -> Iterator[str]:
    for child in node.children:
        yield from _piece(child)
    if node.name == "a":
        address = str(node.get("href") or "")
        if address.startswith(("http://", "https://")) and address not in node.get_text():
            yield f" ({address})"


def _piece(child: PageElement) -> Iterator[str]:
    if isinstance(child, Tag):
        if child.name == "br":
            yield "\x00"
        elif child.name in _BLOCKS:
            yield "\x00"
            yield from _pieces(child)
            yield "\x00"
        else:
            yield from _pieces(child)
    elif isinstance(child, NavigableString):
        yield str(child)


def _tidy(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\x00")]
    return "\n".join(line for line in lines if line)


def _items(tag: Tag, depth: int = 0) -> list[str]:
    ordered = tag.name == "ol"
    lines: list[str] = []
    start = str(tag.get("start") or "1")
    number = int(start) if start.isdigit() else 1
    for item in tag.find_all("li", recursive=False):
        nested = [child for child in item.find_all(["ul", "ol"]) if child.find_parent("li") is item]
        inner = [line for child in nested for line in _items(child, depth + 1)]
        for child in nested:
            child.extract()
        mark = f"{number}. " if ordered else "- "
        lines.append(f"{'  ' * depth}{mark}{_tidy(_words(item)).replace(chr(10), ' ')}")
        lines.extend(inner)
        number += 1
    return lines
