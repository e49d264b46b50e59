"""From the small Markdown of replies to text with marked stretches. What is no markup of ours stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot_adapters.telegram.rich import LITERAL, Rich, Span

PLAIN = re.compile(r"[^*_`~\[\]<>#|\\&!\n]*")  # nothing in it means anything
LISTED = re.compile(r"\s*(?:[-+]|\d{1,9}[.)])\s")
INLINE = {"strong": "bold", "em": "italic", "s": "strikethrough"}
BULLETS = ("• ", "◦ ", "▪ ")
MARKER = re.compile(r"\[(\d{1,3})\]")


class MarkdownReader:
    """Reads Markdown; one serves any number of texts."""

    def __init__(self) -> None:
        self._parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

    def read(self, markdown: str) -> Rich:
        """Return the text; never raises for any text."""
        if PLAIN.fullmatch(markdown) and not LISTED.match(markdown) and not markdown.startswith("    "):
            return Rich(markdown.strip())
        writer = _Writer()
        writer.blocks(self._parser.parse(markdown))
        return writer.rich()


class _Writer:
    """Walks the tokens and writes text and spans."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._length = 0
        self._spans: list[Span] = []
        self._lists: list[int | None] = []  # the next number of each open list, None for bullets
        self._quoted = 0

    def rich(self) -> Rich:
        """Return what was written."""
        return Rich("".join(self._out), settled(self._spans))

    def blocks(self, tokens: Sequence[Token]) -> None:
        """Write a run of blocks."""
        at = 0
        while at < len(tokens):
            at = self._block(tokens, at)

    def _block(self, tokens: Sequence[Token], at: int) -> int:
        token = tokens[at]
        kind = token.type
        if kind in ("fence", "code_block"):
            self._gap()
            self._literal("pre", token.content.rstrip("\n") or " ", token.info.split(" ")[0][:32])
        elif kind == "hr":
            self._gap()
            self._write("———")
        elif kind == "heading_open":
            self._gap()
            self._marked("bold", lambda: self._inline(tokens[at + 1]))
            return at + 3
        elif kind == "table_open":
            return self._table(tokens, at)
        elif kind == "blockquote_open":
            return self._quote(tokens, at)
        elif kind == "paragraph_open":
            if not self._fresh():
                self._gap(tight=token.hidden)
            self._inline(tokens[at + 1])
            return at + 3
        else:
            self._listing(token)
        return at + 1

    def _listing(self, token: Token) -> None:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            self._gap(tight=bool(self._lists))
            start = int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None
            self._lists.append(start)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif token.type == "list_item_open":
            self._item()

    def _item(self) -> None:
        depth, number = len(self._lists) - 1, self._lists[-1]
        self._gap(tight=True)
        mark = BULLETS[min(depth, 2)] if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1
        self._write("  " * depth + mark)
        self._item_at = self._length

    _item_at = -1

    def _fresh(self) -> bool:
        """Tell whether a list's mark was just written: its words follow on the same line."""
        return self._item_at == self._length

    def _quote(self, tokens: Sequence[Token], at: int) -> int:
        end = _close(tokens, at)
        self._gap()
        self._quoted += 1
        outermost = self._quoted == 1  # quotes can't be nested
        self._marked("blockquote" if outermost else "", lambda: self.blocks(tokens[at + 1 : end]))
        self._quoted -= 1
        return end + 1

    def _table(self, tokens: Sequence[Token], at: int) -> int:
        """Write a table row by row: a phone is narrow, so each cell follows its column's name."""
        end = _close(tokens, at)
        names: list[str] = []
        column = 0
        for index in range(at + 1, end):
            token = tokens[index]
            if token.type == "tr_open":
                column = 0
            elif token.type == "th_open":
                names.append(tokens[index + 1].content)
            elif token.type == "td_open":
                self._cell(tokens[index + 1], names[column] if column < len(names) else "", column == 0)
                column += 1
        return end + 1

    def _cell(self, inline: Token, name: str, first: bool) -> None:
        self._gap(tight=not first)
        if first:
            self._write("▪ ")
        if name:
            self._marked("bold" if first else "italic", lambda: self._write(name))
            self._write(": " if name.isascii() else "：")
        self._inline(inline)

    def _inline(self, token: Token) -> None:
        self._children(token.children or [])

    def _children(self, tokens: Sequence[Token]) -> None:
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.nesting == 1:
                end = _close(tokens, at)
                self._styled(token, tokens[at + 1 : end])
                at = end + 1
                continue
            self._leaf(token)
            at += 1

    def _styled(self, token: Token, inside: Sequence[Token]) -> None:
        name = token.type.removesuffix("_open")
        if name == "link":
            self._link(str(token.attrGet("href") or ""), lambda: self._children(inside))
        elif name in INLINE:
            self._marked(INLINE[name], lambda: self._children(inside))
        else:
            self._children(inside)

    def _leaf(self, token: Token) -> None:
        if token.type == "code_inline":
            self._literal("code", token.content)
        elif token.type in ("softbreak", "hardbreak"):
            self._write("\n")
        elif token.type == "image":
            self._link(str(token.attrGet("src") or ""), lambda: self._write(token.content or "🖼"))
        else:
            self._write(token.content)

    def _link(self, url: str, words: Callable[[], None]) -> None:
        self._marked("text_link" if is_web(url) else "", words, url)

    def _literal(self, kind: str, text: str, detail: str = "") -> None:
        self._marked(kind, lambda: self._write(text), detail)

    def _marked(self, kind: str, inside: Callable[[], None], detail: str = "") -> None:
        start = self._length
        inside()
        if kind and self._length > start:
            self._spans.append(Span(kind, start, self._length, detail))

    def _gap(self, tight: bool = False) -> None:
        """End the line, and leave an empty one unless ``tight``."""
        if not self._length:
            return
        tail = "".join(self._out[-2:])[-2:]
        wanted = 1 if tight else 2
        have = len(tail) - len(tail.rstrip("\n"))
        self._write("\n" * max(0, wanted - have))

    def _write(self, text: str) -> None:
        if text:
            self._out.append(text)
            self._length += len(text)


def _close(tokens: Sequence[Token], at: int) -> int:
    """Return the index of the token that closes the one at ``at``."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index
    return len(tokens) - 1


def is_web(url: str) -> bool:
    """Tell whether Telegram takes an address as a link."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and len(url) <= 2048
    except ValueError:
        return False


def linked(rich: Rich, urls: dict[int, str]) -> Rich:
    """Return the text with its [n] marks leading to the sources they stand for."""
    marks = [
        Span("text_link", match.start(), match.end(), urls[int(match[1])])
        for match in MARKER.finditer(rich.text)
        if int(match[1]) in urls and not any(_hinders(span, *match.span()) for span in rich.spans)
    ]
    return Rich(rich.text, _ordered((*rich.spans, *marks))) if marks else rich


def _hinders(span: Span, start: int, end: int) -> bool:
    """Tell whether a link at ``start..end`` would stand within something literal, in a link, or across an edge."""
    if span.end <= start or span.start >= end:
        return False
    return span.kind in (*LITERAL, "text_link") or not (span.start <= start and span.end >= end)


def settled(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return spans as Telegram takes them: a link holds no code, and no style reaches over code."""
    links = [span for span in spans if span.kind == "text_link"]
    literal = [
        span for span in spans if span.kind in LITERAL and not any(_within(span, link) for link in links)
    ]
    kept = [span for span in spans if span.kind not in (*LITERAL, *INLINE.values())]
    styles = [span for span in spans if span.kind in INLINE.values()]
    for code in literal:
        styles = [piece for style in styles for piece in _around(style, code)]
    return _ordered((*kept, *literal, *styles))


def _around(style: Span, code: Span) -> list[Span]:
    if code.end <= style.start or code.start >= style.end:
        return [style]
    pieces = replace(style, end=code.start), replace(style, start=code.end)
    return [piece for piece in pieces if piece.start < piece.end]


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _ordered(spans: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(sorted(spans, key=lambda s: (s.start, -s.end)))
