"""Sentences out of a stream: each is given as soon as it is known to be whole, with its citations."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot_knowledge.text.sentences import sentences

_MARK = r"[\[【](?:\s*\d{1,2}\s*[,，、;\s]?)+[\]】]"
MARKS = re.compile(rf"\s*{_MARK}")
_LEADING = re.compile(rf"(?:\s*{_MARK})+[。.]?")
_MAY_BE_MARK = re.compile(rf"(?:\s*{_MARK})*\s*(?:[\[【][\d,，、;\s]*)?[。.]?$")
_CLOSE = re.compile(
    rf"[.!?。！？](?:{_MARK})+(?=\s|$|[㐀-鿿])"
)  # "done.[3] The next": no space before the citation
_BULLET = re.compile(r"\s*(?:[-*•+]|\d{1,2}[.)、])\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence of the reply: ``before`` is what stands between it and the one before (line ends, a bullet)."""

    before: str
    text: str

    @property
    def cited(self) -> tuple[int, ...]:
        """Return the numbers in its citations."""
        marks = MARKS.findall(self.text)
        return tuple(dict.fromkeys(int(number) for mark in marks for number in re.findall(r"\d+", mark)))

    @property
    def claim(self) -> str:
        """Return the sentence without its citations."""
        text = MARKS.sub("", self.text).strip()
        if text.startswith("|"):  # a table's row
            text = "; ".join(cell.strip() for cell in text.strip("|").split("|") if cell.strip(" -:"))
        return re.sub(r"\s+([。.!?！？])$", r"\1", text)


class Sentences:
    """Takes a reply's pieces and gives its sentences."""

    def __init__(self) -> None:
        self._line = ""  # the line that is being written
        self._before = ""
        self._fresh = True  # nothing of the line was given yet

    def feed(self, text: str) -> list[Piece]:
        """Add words; return the sentences that are whole now."""
        found: list[Piece] = []
        *lines, rest = (self._line + text).split("\n")
        for line in lines:
            self._line = line
            found += self._take(whole=True)
            self._before += "\n"
            self._line, self._fresh = "", True
        self._line = rest
        return found + self._take(whole=False)

    def finish(self) -> list[Piece]:
        """Return what is left when the reply is over."""
        return self._take(whole=True)

    def _take(self, *, whole: bool) -> list[Piece]:
        found: list[Piece] = []
        if self._fresh and (bullet := _BULLET.match(self._line)):
            self._before += bullet.group()
            self._line = self._line[bullet.end() :]
            self._fresh = False
        is_row = self._line.lstrip().startswith("|")
        while not is_row and (end := _first_end(self._line, whole)):
            self._give(found, self._line[:end])
            self._line = self._line[end:]
        if whole and self._line.strip():
            self._give(found, self._line)
            self._line = ""
        return found

    def _give(self, found: list[Piece], text: str) -> None:
        if text.strip():
            space = " " if not self._before and text[:1].isspace() else ""
            found.append(Piece(self._before or space, text.strip()))
            self._before, self._fresh = "", False


def _first_end(line: str, whole: bool) -> int:
    """Return where the first sentence of a line ends with its citations, 0 where that is not known yet."""
    spans = sentences(line)
    close = _CLOSE.search(line)
    if close and (len(spans) < 2 or close.start() < spans[0][1] - 1):
        return close.end() if whole or line[close.end() :].strip(" [【0123456789,，、;；") else 0
    if len(spans) < 2:
        return 0
    start = spans[1][0]
    leading = _LEADING.match(line, spans[0][1])
    if leading:  # "... sentence. [1] The next"
        start = leading.end()
        if not line[start:].strip():
            return start if whole else 0
    if not whole and _MAY_BE_MARK.match(line, spans[0][1]):
        return 0
    return start
