"""Plain text: headings, lists and tables guessed from how the lines stand."""

from __future__ import annotations

import re
from pathlib import PurePath

from bot_knowledge.loaders.dates import find_date
from bot_knowledge.loaders.model import Document, Kind
from bot_knowledge.loaders.outline import Outline

_RULE = re.compile(r"^[=\-~*_#]{3,}$")
_MARKED = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$|^(={2,6})\s*(.+?)\s*\3$")
_NUMBERED = re.compile(
    r"^(?:第[一二三四五六七八九十百\d]+[章节条部分篇]|[一二三四五六七八九十]+[、.．]|[（(][一二三四五六七八九十]+[)）]"
    r"|\d+[.)、]\s?\D|\d+(?:\.\d+)+\s|[IVX]+\.\s|[A-Z]\.\s|【.+】$|\[.+\]$)"
)
_ITEM = re.compile(r"^\s*(?:[-*•·‣+–]\s+|\d{1,3}[.)、](?!\d)\s*|[（(]\d{1,3}[)）]\s*|[a-z][.)]\s+|[①-⑳])")
_ASK = re.compile(r"^(?:Q(?:uestion)?\s*\d*|问(?:题)?\s*\d*|提问)\s*[:：.]\s*(.+)$", re.IGNORECASE)
_TELL = re.compile(r"^(?:A(?:nswer)?\s*\d*|答(?:案|复)?\s*\d*|回答)\s*[:：.]\s*", re.IGNORECASE)
_COLUMNS = re.compile(r"\t+|\s*\|\s*|\s{3,}")
_ENDS = tuple("。！？!?.;；,，、:：…")


def load_plain(text: str, name: str) -> Document:
    """Read plain text; ``name`` is the file's name, for the date and a title where the text has none."""
    reader = _Reader()
    lines = [line.rstrip().expandtabs(1) if "\t" not in line else line.rstrip() for line in text.split("\n")]
    reader.read(lines)
    title = reader.title or PurePath(name).stem
    return Document(title, tuple(reader.blocks), find_date(text, name))


class _Reader(Outline):
    """Goes through the lines paragraph by paragraph."""

    def read(self, lines: list[str]) -> None:
        group: list[str] = []
        first = True
        for index, line in enumerate(lines):
            following = lines[index + 1] if index + 1 < len(lines) else ""
            if not line.strip() or _RULE.match(line.strip()):
                self._group(group)
                group = []
            elif first and self._is_title(line, following):
                self.title = _MARKED.sub(lambda m: m.group(2) or m.group(4), line.strip())
            else:
                level = self._level(line, following, alone=not group)
                if level:
                    self._group(group)
                    group = []
                    self._heading(level, line.strip())
                else:
                    group.append(line)
            first = first and not line.strip()
        self._group(group)
        self.finish()

    def _is_title(self, line: str, following: str) -> bool:
        text = line.strip()
        short = len(text) <= (40 if not text.isascii() else 90)
        return short and not text.endswith(_ENDS) and not _ITEM.match(text) and not _ASK.match(text)

    def _level(self, line: str, following: str, alone: bool) -> int:
        """Return a heading's level, or 0 for a line of text."""
        text = line.strip()
        marked = _MARKED.match(text)
        if marked:
            return len(marked.group(1) or marked.group(3))
        if _RULE.match(following.strip()) and len(following.strip()) >= 3 and len(text) <= 90 and alone:
            return 2
        if _ASK.match(text):
            return 5
        short = len(text) <= (24 if not text.isascii() else 64)
        if not alone or not short or text.endswith(_ENDS):
            return 0
        if text.isascii() and text.isupper() and len(text) > 3:
            return 2
        if (
            _NUMBERED.match(text)
            and following.strip()
            and not _ITEM.match(following.strip()[:4] if text[0].isdigit() else "")
        ):
            return 4 if "." in text[:4].rstrip(". ") else 3
        return 0

    def _heading(self, level: int, line: str) -> None:
        marked = _MARKED.match(line)
        asked = _ASK.match(line)
        text = (marked.group(2) or marked.group(4)) if marked else asked.group(1) if asked else line
        self.heading(level, text)

    def _group(self, lines: list[str]) -> None:
        """Add what stands between two empty lines: a table, a list with its lead-in, or a paragraph."""
        if not lines:
            return
        if len(lines) >= 2 and all(len(_COLUMNS.split(line.strip())) >= 2 for line in lines):
            rows = [" | ".join(cell for cell in _COLUMNS.split(line.strip(" |\t")) if cell) for line in lines]
            rows = [row for row in rows if row.strip("-|: ")]
            self.add(Kind.TABLE, "\n".join(rows), header=_names_columns(rows))
            return
        held: list[str] = []
        listing = False
        for line in lines:
            item = bool(_ITEM.match(line))
            deeper = listing and line.startswith((" ", "\t"))
            if item != listing and not deeper:
                self._lines(listing, held)
                held, listing = [], item
            held.append(line if item or not deeper else line.strip())
        self._lines(listing, held)

    def _lines(self, listing: bool, lines: list[str]) -> None:
        text = "\n".join(lines)
        self.add(Kind.LIST if listing else Kind.TEXT, text if listing else _TELL.sub("", text.strip()))


def _names_columns(rows: list[str]) -> bool:
    """Say whether the first row is a header: it has no digits where the others do."""
    return not re.search(r"\d", rows[0]) and any(re.search(r"\d", row) for row in rows[1:])
