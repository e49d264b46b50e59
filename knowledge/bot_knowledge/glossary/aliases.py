"""Terms that mean the same, as documents say it themselves: abbreviations in brackets, and the entries of a glossary.

Abbreviations are paired with their long form as A. S. Schwartz and M. A. Hearst do it ("A simple algorithm for
identifying abbreviation definitions in biomedical text", 2003): right to left, each letter of the short form must stand
in the long one, the first at the beginning of a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot_core.ports.knowledge import Passage
from bot_knowledge.text.language import CJK

Terms = tuple[str, ...]
LONGEST = 40  # characters of a term
MOST = 8  # terms of one group
PER_DOCUMENT = 500  # groups
_GLOSSARY = re.compile(
    r"glossar|terminolog|\bterms?\b|\bjargon\b|abbreviation|acronym|vocabular|lingo"
    r"|术语|词汇|名词|黑话|词典|缩写|行话|词表",
    re.IGNORECASE,
)
_BRACKET = re.compile(r"[(（]([^()（）\n]{2,12})[)）]")
_WORDS = re.compile(r"[^\W_]+(?:[-'’.&][^\W_]+)*")
_SHORT_FOR = re.compile(
    rf"([{CJK}]{{2,12}})[(（](?:以下)?(?:简称|又称|又叫|也叫|俗称|别名)(?:为|是)?[:： ]?[“\"「『]?"
    rf"([{CJK}A-Za-z0-9]{{2,12}})[”\"」』]?[)）]"
)
_PARTS = re.compile(
    r"\s*[,，、;；/()（）|]\s*|\s+(?:or|aka|a\.k\.a\.|also|i\.e\.)\s+|(?:又称|又叫|也叫|简称|俗称|别名|或)[:：]?"
)
_HEAD = re.compile(r"^\s*(?:[-*•]\s+)?(.{2,60}?)\s*(?:[:：]|\s[–—-]\s|——)\s*\S")
_TERM_COLUMN = re.compile(
    r"^(?:term|word|name|abbr\w*|acronym|alias\w*|aka|also\b.*|synonyms?|short|long|full\b.*|english|chinese|translation"
    r"|词|词条|词语|术语|名称|名词|英文|中文|缩写|简称|全称|别名|又称|同义词|译名|黑话)$",
    re.IGNORECASE,
)


def aliases(title: str, passages: Sequence[Passage]) -> list[Terms]:
    """Return groups of terms that mean the same, each of two at least; ``passages`` are one document's, in order."""
    found: dict[Terms, None] = {}
    table = _Table()
    for passage in passages:
        groups = [*_abbreviations(passage.text), *_short_forms(passage.text)]
        if _GLOSSARY.search(" ".join((title, *passage.heading))):
            groups += _entries(passage.text, table)
        for group in groups:
            if len(group) > 1:
                found.setdefault(group)
    return list(found)[:PER_DOCUMENT]


def terms_of(text: str) -> Terms:
    """Return the terms that a glossary's head names: ``Lamp oil, oil (灯油)`` names three."""
    found: dict[str, str] = {}
    for part in _PARTS.split(text):
        term = part.strip(" \t*_`\"'“”「」『』《》.:：") if part else ""
        if usable(term):
            found.setdefault(term.casefold(), term)
    return tuple(found.values())[:MOST]


def usable(term: str) -> bool:
    """Say whether something can be a term: long enough to be found in a question without standing in every other one."""
    return 2 <= len(term) <= LONGEST and term.isprintable() and any(letter.isalpha() for letter in term)


def long_form(short: str, before: str) -> str:
    """Return the words of ``before``, up to its end, that ``short`` abbreviates; empty where it does not."""
    words = list(_WORDS.finditer(before))[-min(len(short) + 5, 2 * len(short)) :]
    if not words:
        return ""
    first = words[0].start()
    at = len(before) - 1
    for index in range(len(short) - 1, -1, -1):
        letter = short[index].lower()
        if not letter.isalnum():
            continue
        while at >= first and (
            before[at].lower() != letter or (index == 0 and at > 0 and before[at - 1].isalnum())
        ):
            at -= 1
        if at < first:
            return ""
        at -= 1
    return before[at + 1 :].strip()


def _abbreviations(text: str) -> Iterator[Terms]:
    for match in _BRACKET.finditer(text):
        short = match.group(1).strip()
        if not (short.isascii() and short[0].isalnum() and any(letter.isupper() for letter in short)):
            continue
        if len(short.split()) > 2 or len(short) > 10:
            continue
        before = text[max(0, match.start() - 120) : match.start()].rstrip()
        line = before.rpartition("\n")[2]
        found = long_form(short, line)
        if len(found) > len(short) and len(found) <= LONGEST and short.casefold() not in found.casefold():
            yield (short, found)


def _short_forms(text: str) -> Iterator[Terms]:
    for match in _SHORT_FOR.finditer(text):
        if match.group(1) != match.group(2):
            yield (match.group(2), match.group(1))


@dataclass(slots=True)
class _Table:
    """The columns of the table that is being read which hold terms; a table may go on in the next passage."""

    columns: tuple[int, ...] = ()
    width: int = 0


def _entries(text: str, table: _Table) -> Iterator[Terms]:
    """Return the groups of a glossary's text: rows of a table, terms above their definitions, and heads of lines."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if " | " in line:
            yield from _row(line, table)
        elif following.startswith(": "):
            yield terms_of(line)
        elif not line.startswith(": ") and (head := _HEAD.match(line)):
            yield terms_of(head.group(1))


def _row(line: str, table: _Table) -> Iterator[Terms]:
    cells = [cell.strip() for cell in line.split(" | ")]
    named = tuple(number for number, cell in enumerate(cells) if _TERM_COLUMN.match(cell))
    if named and named[0] == 0:  # the head of a table: its first column is what it is about
        table.columns, table.width = named, len(cells)
    elif table.columns and len(cells) == table.width:
        joined: dict[str, str] = {}
        for number in table.columns:
            joined |= {term.casefold(): term for term in terms_of(cells[number])}
        yield tuple(joined.values())[:MOST]
