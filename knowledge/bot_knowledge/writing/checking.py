"""Is a sentence said by a passage? Its numbers, names and denials must stand there, its words or its meaning too.

A sentence of the model is held against windows of the passages: a sentence, a list's item or a table's row, or two sentences
that follow each other. What is found is at the same time the quote that the member is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot_core.ports.knowledge import Embedder, Passage
from bot_knowledge.answering.units import LONGEST, units
from bot_knowledge.text.language import folded, language_of
from bot_knowledge.text.sentences import Span, sentences
from bot_knowledge.text.terms import STOP_EN, content_words, surface_words, terms
from bot_knowledge.writing.facts import clauses, denied, names, standing, stated
from bot_knowledge.writing.framing import planted

Floats = NDArray[np.float32]
ENOUGH = 0.6  # share of a sentence's words that stand in the window: it says the same without being asked for its meaning
SOME = 0.34  # the same, where the meaning is close
CLOSE = 0.55  # cosine of sentence and window, one language
CLOSE_CROSS = 0.48  # the same across languages, where hardly a word is shared
ALIKE = 0.8  # so close that even the words may all be others
# Whom a sentence may be about though the passage calls them otherwise ("you", "a newcomer").
_ANYBODY = frozenset(
    re.findall(
        r"\S+",
        "member peopl everyon everybodi anyon anybodi user newcom person one yes there current usual general also first then"
        " addit pleas 成员 社员 大家 新人 用户 人 每个人 所有人 任何人 任何 每人 新成员 目前 通常 当前 一般 此外 另外 首先",
    )
)


@dataclass(frozen=True, slots=True)
class Support:
    """A window of a passage that says what a sentence says; ``number`` is the passage's, from 1."""

    number: int
    passage: Passage
    start: int
    end: int
    score: float


@dataclass(slots=True)
class _Window:
    """A piece of a passage with what is compared; ``parts`` are indices of the vectors of its units."""

    number: int
    passage: Passage
    span: Span
    parts: tuple[int, ...]
    terms: frozenset[str]
    numbers: frozenset[str]
    text: str  # folded, with the headings above it
    clauses: tuple[tuple[frozenset[str], bool], ...]  # terms of each, and whether it denies


@dataclass(frozen=True, slots=True)
class _Claim:
    """A sentence with what is compared."""

    text: str
    terms: frozenset[str]
    numbers: frozenset[str]
    names: dict[bool, set[str]]  # by "in the passage's language"
    denies: bool
    language: str
    subject: str  # the first word that means something, as a term; '' where that can be anybody


@dataclass(slots=True)
class Checker:
    """Holds sentences against the passages that a model was given; ``prepare`` first."""

    passages: Sequence[Passage]
    embedder: Embedder
    question: str = ""
    _windows: list[_Window] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)
    _vectors: Floats | None = None
    _asked: frozenset[str] = frozenset()

    async def prepare(self) -> None:
        """Take the passages apart and embed their sentences: while the model thinks, so it costs no time."""
        self._asked = frozenset(terms(self.question))
        for number, passage in enumerate(self.passages, 1):
            self._windows.extend(self._cut(number, passage))
        if self._texts:
            vectors = await self.embedder.passages(self._texts)
            self._vectors = np.asarray(vectors, dtype=np.float32)

    async def support(self, sentence: str, cited: Sequence[int]) -> tuple[Support, ...]:
        """Return the windows (one, or two together) that say what the sentence says; empty where none does.

        The passages it cites are looked at first, then the others: a wrong number is put right, not believed.
        """
        claim = _read(sentence)
        if not claim.terms and not claim.numbers:
            return ()
        asked = np.asarray(await self.embedder.query(sentence[:600]), dtype=np.float32)
        scored = [(self._score(claim, window, asked), window) for window in self._windows]
        ordered = sorted(scored, key=lambda pair: (pair[1].number not in cited, -pair[0]))
        for score, window in ordered:
            if score > 0 and _holds(claim, window, self._asked):
                return (_support(window, score),)
        return self._together(claim, [pair for pair in ordered if pair[1].number in cited] or ordered)

    def _together(self, claim: _Claim, ordered: Sequence[tuple[float, _Window]]) -> tuple[Support, ...]:
        """Return two windows that say it together: each some of it, both all of its numbers and names."""
        near = [(score, window) for score, window in ordered if _share(claim, window) > 0.3][:6]
        for at, (left_score, left) in enumerate(near):
            for right_score, right in near[at + 1 :]:
                if (
                    left.span[0] < right.span[1]
                    and right.span[0] < left.span[1]
                    and left.number == right.number
                ):
                    continue
                both = _joined(left, right)
                if (
                    _share(claim, both) >= ENOUGH
                    and _holds(claim, both, self._asked)
                    and not _idle(claim, left, right)
                ):
                    return (_support(left, left_score), _support(right, right_score))
        return ()

    def _score(self, claim: _Claim, window: _Window, asked: Floats) -> float:
        """Return how well a window says a sentence, 0 where it does not."""
        share = _share(claim, window)
        likeness = self._likeness(window, asked)
        same = window.passage.language == claim.language
        if share >= ENOUGH or likeness >= ALIKE:
            return share + likeness
        if same and share >= SOME and likeness >= CLOSE:
            return share + likeness
        if not same and likeness >= CLOSE_CROSS:
            return share + likeness
        return 0.0

    def _likeness(self, window: _Window, asked: Floats) -> float:
        if self._vectors is None:
            return 0.0
        whole = self._vectors[list(window.parts)].sum(axis=0)
        return float(whole @ asked / max(float(np.linalg.norm(whole)), 1e-6))

    def _cut(self, number: int, passage: Passage) -> Iterator[_Window]:
        """Yield a passage's windows; sentences planted for a model are none."""
        barred = planted(passage.text)
        spans = [
            span
            for unit in units(passage.text)
            for span in _parts(passage.text, unit)
            if not any(start < span[1] and span[0] < end for start, end in barred)
        ]
        context = " ".join((passage.title, *passage.heading, passage.date))
        header = _header(passage.text)
        singles = []
        for start, end in spans:
            text = passage.text[start:end]
            around = f"{context} {header}" if " | " in text else context
            self._texts.append(text[:600])
            singles.append(_window(number, passage, (start, end), (len(self._texts) - 1,), around))
        yield from singles
        for left, right in pairwise(singles):
            start, end = left.span[0], right.span[1]
            joined = passage.text[start:end]
            if " | " not in joined and end - start <= LONGEST and len(sentences(joined)) <= 2:
                yield replace(_joined(left, right), span=(start, end))


def _parts(text: str, unit: Span) -> list[Span]:
    """Return a unit, or its sentences where it has more than a quote may have."""
    start, end = unit
    inner = sentences(text[start:end])
    worded = [span for span in inner if any(char.isalpha() for char in text[start:end][slice(*span)])]
    if len(worded) <= 2 or " | " in text[start:end]:
        return [unit]
    return [(start + left, start + right) for left, right in inner]


def _window(number: int, passage: Passage, span: Span, parts: tuple[int, ...], context: str) -> _Window:
    text = passage.text[slice(*span)]
    whole = f"{context} {text}"
    return _Window(
        number,
        passage,
        span,
        parts,
        frozenset(terms(whole)),
        frozenset(standing(whole)),
        folded(whole),
        tuple((frozenset(terms(part)), denied(part)) for part in clauses(text)),
    )


def _joined(left: _Window, right: _Window) -> _Window:
    return replace(
        left,
        parts=(*left.parts, *right.parts),
        terms=left.terms | right.terms,
        numbers=left.numbers | right.numbers,
        text=f"{left.text} {right.text}",
        clauses=left.clauses + right.clauses,
    )


def _read(sentence: str) -> _Claim:
    return _Claim(
        sentence,
        frozenset(term for term in terms(sentence) if not re.fullmatch(r"[\d.,:/-]+", term)),
        frozenset(stated(sentence)),
        {same: names(sentence, same_language=same) for same in (True, False)},
        denied(sentence),
        language_of(sentence),
        _subject(sentence),
    )


def _subject(sentence: str) -> str:
    """Return the term of the first word that carries meaning: what the sentence is about, as a rule."""
    for word in surface_words(sentence)[:3]:
        found = content_words(word)
        if word.lower() in STOP_EN or not found:
            continue
        term = min(found)
        return "" if term in _ANYBODY or term[0].isdigit() else term
    return ""


def _share(claim: _Claim, window: _Window) -> float:
    """Return the share of a sentence's terms that stand in a window; words count twice as much as character pairs."""
    weights = {term: 0.5 if term.startswith("=") else 1.0 for term in claim.terms}
    whole = sum(weights.values())
    held = sum(weight for term, weight in weights.items() if term in window.terms)
    return held / whole if whole else 0.0


def _holds(claim: _Claim, window: _Window, asked: frozenset[str]) -> bool:
    """Say whether a window has a sentence's numbers and names, denies what it denies, and is about the same.

    ``asked`` are the question's terms: a sentence may take up what was asked about.
    """
    same = window.passage.language == claim.language
    own = [denies for held, denies in window.clauses if not same or held & claim.terms]
    return (
        claim.numbers <= window.numbers
        and all(name in window.text for name in claim.names[same])
        and claim.denies == (any(own) if own else any(denies for _, denies in window.clauses))
        and (not same or not claim.subject or claim.subject in window.terms or claim.subject in asked)
    )


def _idle(claim: _Claim, left: _Window, right: _Window) -> bool:
    """Say whether one of two windows adds nothing."""
    own = [claim.terms & left.terms, claim.terms & right.terms]
    return own[0] <= own[1] or own[1] <= own[0]


def _support(window: _Window, score: float) -> Support:
    return Support(window.number, window.passage, *window.span, score)


def _header(text: str) -> str:
    rows = [line for line in text.split("\n") if " | " in line]
    return rows[0] if len(rows) > 1 else ""
