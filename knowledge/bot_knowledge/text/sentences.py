"""Sentences of Chinese and English text, as spans, so that a quote stays verbatim."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

_END = re.compile(
    r"""
    \n+                                        # a line's end always ends a sentence
    | [。！？!?…]+["'”’」』）)\]】*]*              # Chinese ends, ! and ? of both
    | ；(?=.{12})                              # a long Chinese enumeration
    | \.{1,3}["'”’)\]*]*(?=\s|$|[㐀-鿿])          # a full stop before space
    """,
    re.VERBOSE,
)
_SHORT = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|mr|mrs|ms|dr|prof|st|no|nr|fig|eq|sec|ch|vol|pp?|ca|approx|inc|ltd|co|jr|sr|dept|est"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[a-z])|^\s*\d{1,3}|\b[ap]\.m)\.$",
    re.IGNORECASE,
)


def sentences(text: str) -> list[Span]:
    """Return spans of sentences without their outer space; together they cover all that is not space."""
    spans: list[Span] = []
    start = 0
    for end in _ends(text):
        _add(spans, text, start, end)
        start = end
    _add(spans, text, start, len(text))
    return spans


def _ends(text: str) -> Iterator[int]:
    start = 0
    for match in _END.finditer(text):
        mark = match.group()
        if mark.startswith("."):
            before = text[max(start, match.start() - 12) : match.start() + 1]
            after = text[match.end() : match.end() + 2].strip()
            is_short = _SHORT.search(before) is not None and mark == "."
            if is_short and not (after[:1].isupper() and re.search(r"\b[ap]\.m\.$", before)):
                continue
            if after[:1].islower():
                continue
        elif mark[0] in "!?！？" and text[match.end() : match.end() + 1].islower():
            continue
        start = match.end()
        yield match.end()


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    inner = piece.strip()
    if inner:
        left = start + len(piece) - len(piece.lstrip())
        spans.append((left, left + len(inner)))
