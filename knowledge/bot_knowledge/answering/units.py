"""What may be quoted of a passage: sentences, items of lists, rows of tables."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot_knowledge.text.sentences import Span, sentences

LEAD_IN = re.compile(r"[:：]\s*$")
QUESTION = re.compile(r"[?？]\W*$")
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)、](?!\d)|[①-⑳]|[（(]\d+[)）])")
LONGEST = 420  # characters of a quote


def units(text: str) -> list[Span]:
    """Return what may be quoted: sentences; a list's item or a table's row is one, however many sentences it has."""
    found: list[Span] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if line.strip():
            if is_row(line) or (is_item(line) and len(line) <= LONGEST):
                left = start + len(line) - len(line.lstrip())
                found.append((left, start + len(line.rstrip())))
            else:
                found.extend((start + left, start + right) for left, right in sentences(line))
        start = end + 1
    return found or [(0, len(text))]


def is_item(text: str) -> bool:
    """Say whether a line is a list's item."""
    return _ITEM.match(text) is not None


def is_row(text: str) -> bool:
    """Say whether a line is a table's row."""
    return " | " in text


def is_header(text: str, spans: Sequence[Span], index: int) -> bool:
    """Say whether a span is a table's first row, with others below it."""
    rows = [number for number, (start, end) in enumerate(spans) if is_row(text[start:end])]
    return len(rows) > 1 and rows[0] == index
