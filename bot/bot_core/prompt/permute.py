"""Permutations: ``{red, blue} bird`` is two prompts. Sets multiply and nest; a backslash escapes.

Every character of a variant remembers where it stood, so that an error in the third variant names the place in
what the member typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from bot_core.identity import Words
from bot_core.prompt.wrong import PromptWrong

OPEN, CLOSE, COMMAS = "{｛", "}｝", ",，"
ESCAPABLE = "\\" + OPEN + CLOSE + COMMAS
DEEPEST = 8
NOT_CLOSED = Words("花括号没有收尾，请补上 }。", "this brace is never closed; add a }.")
NOT_OPEN = Words(
    "花括号没有开头；要写出花括号本身，请用 \\}。", "no brace is open here; write \\} for the sign itself."
)
TOO_DEEP = Words(f"花括号最多嵌套 {DEEPEST} 层。", f"braces nest at most {DEEPEST} deep.")
EMPTY_SET = Words(
    "花括号里是空的，请写上用逗号分开的选项。", "this set is empty; write choices separated by commas."
)


@dataclass(frozen=True, slots=True)
class Typed:
    """Characters with where each of them stood, counted from 1."""

    text: str
    places: tuple[int, ...]

    def cut(self, start: int, end: int | None = None) -> Typed:
        """Return a piece."""
        return Typed(self.text[start:end], self.places[start:end])

    def stripped(self) -> Typed:
        """Return it without white space at both ends."""
        start = len(self.text) - len(self.text.lstrip())
        return self.cut(start, max(start, len(self.text.rstrip())))

    def place(self, index: int) -> int:
        """Return where the character at ``index`` stood; beyond the end, the place after the last."""
        if index < len(self.places):
            return self.places[index]
        return self.places[-1] + 1 if self.places else 1


Piece = Typed | list["list[Piece]"]  # words, or the choices of a set


def joined(pieces: list[Typed]) -> Typed:
    """Return the pieces as one."""
    return Typed(
        "".join(piece.text for piece in pieces),
        tuple(place for piece in pieces for place in piece.places),
    )


def outline(text: str) -> list[Piece]:
    """Return the text as words and sets. Raises PromptWrong for braces that don't match."""
    pieces, end = _sequence(text, 0, 0)
    if end < len(text):
        raise PromptWrong(end + 1, text[end], NOT_OPEN)
    return pieces


def size(pieces: list[Piece]) -> int:
    """Return how many variants there are, without making them."""
    total = 1
    for piece in pieces:
        if not isinstance(piece, Typed):
            total *= sum(size(choice) for choice in piece)
    return total


def variants(pieces: list[Piece]) -> list[Typed]:
    """Return every variant, the first set turning slowest."""
    options = [
        [piece]
        if isinstance(piece, Typed)
        else [made.stripped() for choice in piece for made in variants(choice)]
        for piece in pieces
    ]
    return [joined(list(chosen)) for chosen in product(*options)]


def _sequence(text: str, at: int, depth: int) -> tuple[list[Piece], int]:
    """Read words and sets from ``at`` to the end, or to what ends a choice."""
    pieces: list[Piece] = []
    letters: list[Typed] = []
    while at < len(text):
        letter = text[at]
        if letter == "\\" and text[at + 1 : at + 2] and text[at + 1] in ESCAPABLE:
            letters.append(Typed(text[at + 1], (at + 2,)))
            at += 2
        elif letter in OPEN:
            pieces.append(joined(letters))
            letters = []
            chosen, at = _set(text, at, depth + 1)
            pieces.append(chosen)
        elif letter in CLOSE or (depth and letter in COMMAS):
            break
        else:
            letters.append(Typed(letter, (at + 1,)))
            at += 1
    pieces.append(joined(letters))
    return pieces, at


def _set(text: str, start: int, depth: int) -> tuple[list[list[Piece]], int]:
    if depth > DEEPEST:
        raise PromptWrong(start + 1, text[start : start + 10], TOO_DEEP)
    choices: list[list[Piece]] = []
    at = start + 1
    while True:
        choice, at = _sequence(text, at, depth)
        choices.append(choice)
        if at >= len(text):
            raise PromptWrong(start + 1, text[start : start + 20], NOT_CLOSED)
        at += 1
        if text[at - 1] in CLOSE:
            break
    if size([choices]) == 1 and not variants([choices])[0].text:
        raise PromptWrong(start + 1, text[start:at], EMPTY_SET)
    return choices, at
