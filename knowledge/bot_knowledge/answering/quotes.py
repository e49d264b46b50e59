"""The sentences that hold the answer, verbatim: each weighed by learned numbers, over the first passages together."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot_core.ports.knowledge import Embedder, Passage
from bot_knowledge.answering.clues import clues
from bot_knowledge.answering.expect import Expected
from bot_knowledge.answering.units import LEAD_IN, LONGEST, is_item, is_row, units
from bot_knowledge.embedding.embedders import E5Embedder
from bot_knowledge.ranking.candidates import Candidate, Search
from bot_knowledge.text.language import simplified
from bot_knowledge.text.sentences import Span, sentences

Floats = NDArray[np.float32]
_STEP = re.compile(r"^\s*\d{1,2}[.)、](?!\d)")
MOST_STEPS = 9
QUOTED = 3  # passages that quotes are taken from
KEPT = 4_000  # sentences whose vectors stay in memory
FRONT = 5.0  # what a sentence of the front door is worth more, where that was asked for
SHORT = 12  # characters: a quote as short as this can't be read without what follows


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote as offsets within a passage.

    ``worth`` compares quotes of one question (a logit); ``odds`` is its share of all that could be quoted, 0 to 1;
    ``clues`` are what speaks for it.
    """

    candidate: Candidate
    start: int
    end: int
    worth: float
    odds: float = 0.0
    clues: Mapping[str, float] = field(default_factory=dict)

    @property
    def passage(self) -> Passage:
        """Return the passage it stands in."""
        return self.candidate.passage

    @property
    def text(self) -> str:
        """Return the words, verbatim."""
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Quoter:
    """Chooses quotes. ``tokens`` tells a sentence's tokens, ``fast`` compares whole sentences with the question."""

    tokens: E5Embedder | None = None
    fast: Embedder | None = None
    _kept: OrderedDict[str, Floats] = field(default_factory=OrderedDict)

    async def choose(
        self, search: Search, ranked: Sequence[Candidate], kind: Expected, weights: Mapping[str, float]
    ) -> list[Quote]:
        """Return all that could be quoted of the first passages, worth most first."""
        found = await self.weighable(search, ranked, kind)
        worths = np.array([_worth(candidate, clue, weights) for candidate, _, clue in found])
        powers = np.exp(worths - worths.max()) if found else worths
        odds = powers / powers.sum() if found else powers
        quotes = []
        for (candidate, (start, end), clue), worth, share in zip(found, worths, odds, strict=True):
            end = _readable_end(candidate.passage.text, start, end)
            quotes.append(Quote(candidate, start, end, float(worth), float(share), clue))
        return sorted(quotes, key=lambda quote: -quote.worth)

    async def weighable(
        self, search: Search, ranked: Sequence[Candidate], kind: Expected
    ) -> list[tuple[Candidate, Span, dict[str, float]]]:
        """Return what could be quoted with its clues, in the order of the passages."""
        found = []
        for place, candidate in enumerate(ranked[:QUOTED]):
            spans = units(candidate.passage.text)
            for span, clue in zip(spans, clues(search, candidate, spans, kind, self.tokens), strict=True):
                clue["place"] = float(place > 0)
                clue["behind"] = ranked[0].score - candidate.score
                found.append((candidate, span, clue))
        await self._compare(search, found)
        return found

    async def _compare(
        self, search: Search, found: Sequence[tuple[Candidate, Span, dict[str, float]]]
    ) -> None:
        """Add ``alike``: the cosine of the fast embeddings of the question and of the sentence alone."""
        if self.fast is None:
            return
        asked = np.asarray(await self.fast.query(search.asked.embedded), dtype=np.float32)
        for candidate, (start, end), clue in found:
            clue["alike"] = float(asked @ await self._vector(candidate.passage.text[start:end]))

    async def _vector(self, text: str) -> Floats:
        assert self.fast is not None
        text = simplified(text[:LONGEST])
        known = self._kept.get(text)
        if known is None:
            known = np.asarray(await self.fast.query(text), dtype=np.float32)
            self._kept[text] = known
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return known


def _worth(candidate: Candidate, clue: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return a sentence's logit; the front door's come first where the question is about the whole community."""
    told = sum(weight * clue.get(name, 0.0) for name, weight in weights.items())
    return told + FRONT * candidate.signals.get("front", 0.0)


def joined(first: Quote, other: Quote) -> Quote | None:
    """Return one quote of two sentences that follow each other in running text; None for items, rows and others.

    Two items of a list or two rows of a table are about different things, however near they stand.
    """
    if first.passage.id != other.passage.id:
        return None
    text = first.passage.text
    start, end = min(first.start, other.start), max(first.end, other.end)
    between = text[min(first.end, other.end) : max(first.start, other.start)]
    if between.strip() or "\n\n" in between or end - start > LONGEST:
        return None
    if any(is_row(quote.text) or is_item(quote.text) for quote in (first, other)):
        return None
    return Quote(first.candidate, start, end, first.worth, first.odds + other.odds, first.clues)


def steps(quote: Quote) -> list[Quote]:
    """Return all numbered steps of the list that a quote stands in, each a quote; the quote alone where there is none."""
    text = quote.passage.text
    items = [(start, end) for start, end in units(text) if _STEP.match(text[start:end])]
    touched = any(start < quote.end and quote.start < end for start, end in items)
    if not touched or not 2 <= len(items) <= MOST_STEPS:
        return [quote]
    return [
        Quote(quote.candidate, start, _two_sentences(text, start, end), quote.worth) for start, end in items
    ]


def _two_sentences(text: str, start: int, end: int) -> int:
    """Return the end of the first two sentences of a step; its number is not one of them."""
    spans = [
        span
        for span in sentences(text[start:end])
        if any(letter.isalpha() for letter in text[start:end][slice(*span)])
    ]
    return start + spans[1][1] if len(spans) > 1 else end


def _readable_end(text: str, start: int, end: int) -> int:
    """Return the end of a quote: a lead-in or a word or two of running text take the sentence that follows along."""
    own = text[start:end]
    if LEAD_IN.search(own) or (len(own) < SHORT and not is_row(own) and not is_item(own)):
        after = next((span for span in units(text) if span[0] >= end), None)
        if after is not None and after[1] - start <= LONGEST:
            return after[1]
    return min(end, start + 2 * LONGEST)
