"""Markdown: front matter, headings, paragraphs, lists, tables, code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot_knowledge.loaders.dates import find_date
from bot_knowledge.loaders.model import Document, Kind
from bot_knowledge.loaders.outline import Outline

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^([A-Za-z_\u4e00-\u9fff]+)\s*[::]\s*(.+?)\s*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def load_markdown(text: str, name: str) -> Document:
    """Read Markdown; ``name`` is the file's name, for the date and a title where the text has none."""
    fields: dict[str, str] = {}
    front = _FRONT.match(text)
    if front:
        fields = {key.lower(): value.strip("\"'") for key, value in _FIELD.findall(front.group(1))}
        text = text[front.end() :]
    text = _COMMENT.sub("", text)
    reader = _Reader()
    reader.read(MarkdownIt("commonmark", {"html": True}).enable("table").parse(text))
    reader.finish()
    title = fields.get("title") or fields.get("标题") or reader.title or PurePath(name).stem
    said = next(
        (fields[key] for key in ("updated", "date", "lastmod", "modified", "日期", "更新") if key in fields),
        "",
    )
    return Document(title, tuple(reader.blocks), find_date(text, name, said), fields.get("url", ""))


class _Reader(Outline):
    """Walks the tokens and collects blocks below the headings."""

    def read(self, tokens: Sequence[Token]) -> None:
        at = 0
        while at < len(tokens):
            at = self._one(tokens, at)

    def _one(self, tokens: Sequence[Token], at: int) -> int:
        token = tokens[at]
        if token.nesting == 1:
            end = _close(tokens, at)
            inner = tokens[at + 1 : end]
            if token.type == "heading_open":
                self.heading(int(token.tag[1]), _flat(inner))
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                self.add(Kind.LIST, "\n".join(_items(tokens[at : end + 1])))
            elif token.type == "table_open":
                self.add(Kind.TABLE, "\n".join(_rows(inner)), header=True)
            elif token.type == "paragraph_open":
                self.add(Kind.TEXT, _flat(inner))
            else:
                self.read(inner)
            return end + 1
        if token.type in ("fence", "code_block"):
            self.add(Kind.CODE, token.content.rstrip())
        elif token.type == "html_block":
            self._html(token.content)
        return at + 1

    def _html(self, content: str) -> None:
        from bot_knowledge.loaders.html import html_blocks  # the two formats hold each other

        for block in html_blocks(content):
            self.add(block.kind, block.text, block.header)


def _close(tokens: Sequence[Token], at: int) -> int:
    depth = 0
    for place in range(at, len(tokens)):
        depth += tokens[place].nesting
        if depth == 0:
            return place
    return len(tokens) - 1


def _flat(tokens: Sequence[Token]) -> str:
    parts = [
        _inline(token) for token in tokens if token.type in ("inline", "fence", "code_block", "html_block")
    ]
    return "\n".join(part for part in parts if part)


def _inline(token: Token) -> str:
    """Return inline text without markup; an absolute link keeps its address behind the words."""
    if token.children is None:
        return _TAG.sub("", token.content).strip()
    out: list[str] = []
    links: list[tuple[str, int]] = []
    for child in token.children:
        if child.type in ("text", "code_inline", "image"):
            out.append(child.content)
        elif (
            child.type == "softbreak"
            or child.type == "hardbreak"
            or (child.type == "html_inline" and _BREAK.match(child.content))
        ):
            out.append("\n")
        elif child.type == "link_open":
            links.append((str(child.attrGet("href") or ""), len(out)))
        elif child.type == "link_close" and links:
            address, start = links.pop()
            words = "".join(out[start:])
            if address.startswith(("http://", "https://")) and address not in words and address != words:
                out.append(f" ({address})")
    lines = [" ".join(line.split()) for line in "".join(out).split("\n")]
    return "\n".join(line for line in lines if line)


def _items(tokens: Sequence[Token], depth: int = 0) -> list[str]:
    """Return a list's items, one a line, nested ones indented; ordered lists keep their numbers."""
    ordered = tokens[0].type == "ordered_list_open"
    number = int(tokens[0].attrGet("start") or 1)
    lines: list[str] = []
    at = 1
    while at < len(tokens) - 1:
        end = _close(tokens, at)
        mark = f"{number}. " if ordered else "- "
        lines.extend(_item(tokens[at + 1 : end], mark, depth))
        number += 1
        at = end + 1
    return lines


def _item(tokens: Sequence[Token], mark: str, depth: int) -> list[str]:
    lines: list[str] = []
    own: list[str] = []
    at = 0
    while at < len(tokens):
        end = _close(tokens, at) if tokens[at].nesting == 1 else at
        if tokens[at].type in ("bullet_list_open", "ordered_list_open"):
            lines.extend(_items(tokens[at : end + 1], depth + 1))
        else:
            own.append(_flat(tokens[at : end + 1]))
        at = end + 1
    head = " ".join(" ".join(own).split())
    return [f"{'  ' * depth}{mark}{head}", *lines]


def _rows(tokens: Sequence[Token]) -> list[str]:
    rows: list[str] = []
    cells: list[str] = []
    for token in tokens:
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(_inline(token).replace("\n", " "))
        elif token.type == "tr_close":
            rows.append(" | ".join(cells))
    return rows
