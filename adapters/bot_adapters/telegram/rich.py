"""Text with marked stretches: what Telegram takes instead of markup, so that nothing in a text can break it.

Stretches are counted in code points here and in UTF-16 units on the wire.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot_adapters.telegram.wire import Json

LITERAL = ("pre", "code")  # nothing else may stand within these
BREAKS = ("\n\n", "\n")
STOPS = "。！？；…"


@dataclass(frozen=True, slots=True)
class Span:
    """A marked stretch: ``kind`` is Telegram's name of it, ``detail`` a link's address, a language or a user id."""

    kind: str
    start: int
    end: int
    detail: str = ""

    def entity(self, start: int, length: int) -> Json:
        """Return it as it goes over the wire."""
        made: Json = {"type": self.kind, "offset": start, "length": length}
        if self.kind == "text_link":
            made["url"] = self.detail
        elif self.kind == "text_mention":
            made["user"] = {"id": int(self.detail), "is_bot": False, "first_name": "-"}
        elif self.kind == "pre" and self.detail:
            made["language"] = self.detail
        return made


@dataclass(frozen=True, slots=True)
class Rich:
    """A text and its stretches, outer ones first."""

    text: str
    spans: tuple[Span, ...] = ()

    def __add__(self, other: Rich) -> Rich:
        """Return both, one after the other."""
        shift = len(self.text)
        moved = (replace(span, start=span.start + shift, end=span.end + shift) for span in other.spans)
        return Rich(self.text + other.text, (*self.spans, *moved))

    def cut(self, start: int, end: int) -> Rich:
        """Return a part, without white space at its ends; stretches are cut with it."""
        while start < end and self.text[start].isspace() and not self._pre(start):
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        spans = (
            replace(span, start=max(span.start, start) - start, end=min(span.end, end) - start)
            for span in self.spans
            if span.start < end and span.end > start
        )
        return Rich(self.text[start:end], tuple(spans))

    def _pre(self, at: int) -> bool:
        return any(span.kind == "pre" and span.start <= at < span.end for span in self.spans)

    def entities(self) -> list[Json]:
        """Return the stretches in UTF-16 units; those that hold only white space are left out."""
        offset = _utf16_offsets(self.text)
        return [
            span.entity(offset[span.start], offset[span.end] - offset[span.start])
            for span in self.spans
            if self.text[span.start : span.end].strip()
        ]


def bold(text: str) -> Rich:
    """Return a bold text."""
    return Rich(text, (Span("bold", 0, len(text)),))


def _utf16_offsets(text: str) -> Sequence[int]:
    if text.isascii():
        return range(len(text) + 1)
    offsets, at = [0], 0
    for letter in text:
        at += 2 if ord(letter) > 0xFFFF else 1
        offsets.append(at)
    return offsets


def utf16_length(text: str) -> int:
    """Return how long Telegram takes a text to be."""
    return len(text) if text.isascii() else len(text) + sum(ord(letter) > 0xFFFF for letter in text)


def split(rich: Rich, limit: int) -> list[Rich]:
    """Cut a text into parts of at most ``limit`` UTF-16 units: between paragraphs, lines, sentences, words."""
    if utf16_length(rich.text) <= limit:
        whole = rich.cut(0, len(rich.text))
        return [whole] if whole.text else []
    return [part for part in _parts(rich, limit) if part.text]


def _parts(rich: Rich, limit: int) -> Iterator[Rich]:
    start, text = 0, rich.text
    offset = _utf16_offsets(text)
    while start < len(text):
        end = start
        while end < len(text) and offset[end + 1] - offset[start] <= limit:
            end += 1
        if end < len(text):
            end = _good_end(rich, start, end)
        yield rich.cut(start, end)
        start = end


def _good_end(rich: Rich, start: int, end: int) -> int:
    """Return where to cut in ``start..end``, not before a third of it."""
    text, least = rich.text, start + max(1, (end - start) // 3)
    fences = [span for span in rich.spans if span.kind == "pre"]
    for mark in BREAKS:
        at = end
        while (at := text.rfind(mark, least, at)) > 0:
            if mark == "\n" or not any(span.start < at < span.end for span in fences):
                return at + len(mark)
    sentence = max((_after(text, at) for at in range(least, end) if _ends_sentence(text, at)), default=0)
    if least < sentence <= end:
        return sentence
    space = text.rfind(" ", least, end)
    return space + 1 if space > 0 else _whole_letter(text, least, end)


def _after(text: str, at: int) -> int:
    return at + 2 if text[at + 1 : at + 2] == " " else at + 1


def _ends_sentence(text: str, at: int) -> bool:
    return text[at] in STOPS or (text[at] in ".!?" and text[at + 1 : at + 2].isspace())


def _whole_letter(text: str, least: int, end: int) -> int:
    """Return a place before ``end`` that does not cut a joined emoji or a letter from its marks."""
    for at in range(end, max(least, end - 16), -1):
        joined = text[at : at + 1] in ("\u200d", "\ufe0f") or text[at - 1] == "\u200d"
        if not joined and not "\u0300" <= text[at : at + 1] <= "\u036f":
            return at
    return end
