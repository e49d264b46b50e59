"""From the small Markdown of replies to what Discord shows: no tables, three headings, no rules, no pictures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

NARROW = 56  # columns that a phone shows of a code block without scrolling

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)")
_RULE = re.compile(r"^ {0,3}([-*_])(?: *\1){2,} *$")
_HEADING = re.compile(r"^ {0,3}(#{4,6})\s+(.*?)\s*#*$")
_DELIMITER = re.compile(r"^ {0,3}\|?\s*:?-{1,}:?\s*(\|\s*:?-{1,}:?\s*)*\|?\s*$")
_IMAGE = re.compile(r"!\[([^\[\]\n]*)\]\(")
_NESTED = re.compile(r"\]\((https?://[^\s()]*(?:\([^\s()]*\)[^\s()]*)+)\)")
_BAR = re.compile(r"(?<!\\)\|\|")
_CODE = re.compile(r"(`+[^`\n]+`+)")
_TAMED_MARKS = re.compile(r"^( {0,3})(>>>|-#)")
_INLINE = re.compile(r"(\*\*|__|~~|`+)")
_TABLE_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*\)")
_CELL = re.compile(r"(?<!\\)\|")


def to_discord(markdown: str) -> str:
    """Return ``markdown`` as Discord's own; a fence that was left open is closed."""
    return "\n".join(_lines(markdown.replace("\r\n", "\n").split("\n"))).strip("\n")


def _lines(lines: list[str]) -> Iterator[str]:
    fence = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        opened = _FENCE.match(line)
        if fence:
            closes = opened is not None and opened[1].startswith(fence) and not opened[2]
            yield "```" if closes else line.replace("```", "'''")
            fence = "" if closes else fence
        elif opened is not None:
            fence = opened[1]
            yield f"```{opened[2]}"
        elif "|" in line and at < len(lines) and "|" in lines[at] and _DELIMITER.match(lines[at]):
            rows, at = _rows(lines, at - 1)
            yield from _table(rows)
        else:
            yield _line(line)
    if fence:
        yield "```"


def _line(line: str) -> str:
    if _RULE.match(line):
        return "───"
    heading = _HEADING.match(line)
    if heading is not None:
        line = f"**{heading[2].replace('**', '')}**"
    line = _TAMED_MARKS.sub(r"\1\\\2", line)
    parts = _CODE.split(line)
    parts[::2] = [_words(part) for part in parts[::2]]
    return "".join(parts)


def _words(text: str) -> str:
    text = _NESTED.sub(lambda link: f"]({link[1].replace('(', '%28').replace(')', '%29')})", text)
    return _BAR.sub(r"\\|\\|", _IMAGE.sub(r"[\1](", text))


# --- tables ------------------------------------------------------------------------------------------------
def _rows(lines: list[str], at: int) -> tuple[list[list[str]], int]:
    """Return a table's rows, the header first, and where it ends."""
    header = _cells(lines[at])
    rows, at = [header], at + 2
    while at < len(lines) and "|" in lines[at] and lines[at].strip():
        cells = _cells(lines[at])
        rows.append((cells + [""] * len(header))[: len(header)])
        at += 1
    return rows, at


def _cells(line: str) -> list[str]:
    line = line.strip().removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return [cell.replace("\\|", "|").strip() for cell in _CELL.split(line)]


def _table(rows: list[list[str]]) -> Iterator[str]:
    """Yield a code block of aligned columns, or one paragraph a row where that is too wide for a phone."""
    plain = [[_plain(cell) for cell in row] for row in rows]
    widths = [max(columns(row[n]) for row in plain) for n in range(len(plain[0]))]
    if sum(widths) + 2 * (len(widths) - 1) > NARROW:
        yield from _records(rows)
        return
    yield "```"
    for n, row in enumerate(plain):
        yield "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        if n == 0:
            yield "  ".join("─" * width for width in widths)
    yield "```"


def _records(rows: list[list[str]]) -> Iterator[str]:
    header = rows[0]
    for row in rows[1:]:
        yield f"- **{_INLINE.sub('', row[0])}**"
        yield from (
            f"  {name}: {_line(cell)}" for name, cell in zip(header[1:], row[1:], strict=True) if cell
        )


def _plain(cell: str) -> str:
    return _INLINE.sub("", _TABLE_LINK.sub(r"\1", cell)).replace("```", "'''")


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - columns(cell))


def columns(text: str) -> int:
    """Return how many columns a text takes in a fixed-width font."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
