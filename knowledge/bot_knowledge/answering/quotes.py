"""The sentences of a passage that hold the answer: at most two, verbatim; table rows with their header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot_core.ports.knowledge import Passage
from bot_knowledge.answering.expect import Expected, fits
from bot_knowledge.chunking import searchable
from bot_knowledge.embedding.embedders import E5Embedder
from bot_knowledge.ranking.candidates import Candidate, Search
from bot_knowledge.text.sentences import Span, sentences
from bot_knowledge.text.terms import content_words, term_id, terms

_LEAD_IN = re.compile(r"[:：]\s*$")
_QUESTION = re.compile(r"[?？]\W*$")
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)、]|[①-⑳]|[（(]\d+[)）])")
Floats = NDArray[np.float64]
_STEP = re.compile(r"^\s*\d{1,2}[.)、]")
MOST_STEPS = 9
LONGEST = 420  # characters of a quote
HEADER = 0.4  # what a row of column names is worth less than the rows below it
ASKS = 0.2  # what a sentence that is itself a question is worth less
ECHO = 0.5  # what a sentence that only repeats the question is worth less
CLOSE = 0.2  # worth within which the neighbouring sentence is quoted too


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote as offsets within a passage; ``worth`` compares quotes of one question."""

    candidate: Candidate
    start: int
    end: int
    worth: float

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
    """Chooses quotes. ``embedder`` says which tokens a sentence has, where late interaction has their vectors."""

    embedder: E5Embedder | None = None

    def best(self, search: Search, candidate: Candidate, kind: Expected) -> Quote:
        """Return the sentence of a passage that holds the answer, with the next one where it belongs to it."""
        text = candidate.passage.text
        spans = units(text)
        worths = self._worths(search, candidate, spans, kind)
        best = int(np.argmax(worths))
        start, end = _with_neighbour(text, spans, worths, best)
        return Quote(candidate, start, end, float(worths[best]))

    def _worths(self, search: Search, candidate: Candidate, spans: Sequence[Span], kind: Expected) -> Floats:
        text = candidate.passage.text
        words = _overlaps(search, [text[start:end] for start, end in spans])
        late = self._late(search, candidate, spans)
        bonus = np.array([0.12 if fits(text[start:end], kind) else 0.0 for start, end in spans])
        penalty = np.array([0.08 if _LEAD_IN.search(text[start:end]) else 0.0 for start, end in spans])
        first = np.array([0.02 if index == 0 else 0.0 for index in range(len(spans))])
        header = np.array([HEADER * _is_header(text, spans, index) for index in range(len(spans))])
        asks = np.array([ASKS * bool(_QUESTION.search(text[start:end])) for start, end in spans])
        echo = np.array([ECHO * _echoes(search, text[start:end]) for start, end in spans])
        return np.asarray(
            late + 0.2 * words + bonus - penalty + first - header - asks - echo, dtype=np.float64
        )

    def _late(self, search: Search, candidate: Candidate, spans: Sequence[Span]) -> Floats:
        """Return late interaction of the question with each sentence alone; zeros where there are no tokens."""
        zeros = np.zeros(len(spans))
        tokens, question, weights = candidate.tokens, search.question, search.weights
        if self.embedder is None or tokens is None or question is None or weights is None:
            return zeros
        whole = searchable(candidate.passage)
        offset = len(whole) - len(candidate.passage.text)
        count = self.embedder.count
        likeness = question.vectors @ tokens.vectors.T
        for index, (start, end) in enumerate(spans):
            left = count(whole[: offset + start])
            right = max(left + 1, count(whole[: offset + end]))
            part = likeness[:, left:right]
            if part.shape[1]:
                zeros[index] = float(part.max(axis=1) @ weights)
        return zeros


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


def units(text: str) -> list[Span]:
    """Return what may be quoted: sentences; a list's item or a table's row is one, however many sentences it has."""
    found: list[Span] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if line.strip():
            if " | " in line or (_ITEM.match(line) and len(line) <= LONGEST):
                left = start + len(line) - len(line.lstrip())
                found.append((left, start + len(line.rstrip())))
            else:
                found.extend((start + left, start + right) for left, right in sentences(line))
        start = end + 1
    return found or [(0, len(text))]


def _overlaps(search: Search, texts: Sequence[str]) -> Floats:
    """Return the share of the question's rare terms that each sentence holds."""
    rarity = _rarity(search)
    whole = sum(rarity.values())
    if not whole:
        return np.zeros(len(texts))
    held = [{term_id(term) for term in terms(text)} for text in texts]
    return np.array([sum(rarity[index] for index in own if index in rarity) / whole for own in held])


def _echoes(search: Search, text: str) -> bool:
    """Say whether a sentence has no content word that the question lacks, or is the question itself."""
    own = set(content_words(text))
    repeated = bool(_QUESTION.search(text)) and search.asked.words <= own
    return repeated or (bool(own) and own <= search.asked.words)


def _rarity(search: Search) -> Mapping[int, float]:
    frequency, total = search.snapshot.frequency, search.snapshot.total
    found = {}
    for term in terms(search.asked.text):
        seen = frequency.get(term_id(term), 0)
        if seen:
            found[term_id(term)] = float(np.log(1 + (total - seen + 0.5) / (seen + 0.5)))
    return found


def _with_neighbour(
    text: str,
    spans: Sequence[Span],
    worths: Floats,
    best: int,
) -> Span:
    """Widen the best sentence by the neighbour that says almost as much, or that it can't be read without."""
    start, end = spans[best]
    after = best + 1 if best + 1 < len(spans) else None
    before = best - 1 if best > 0 else None
    if after is not None and (_LEAD_IN.search(text[start:end]) or end - start < 12):
        return start, _within(spans[after][1], start)
    choices = [index for index in (after, before) if index is not None and not _is_header(text, spans, index)]
    if not choices or " | " in text[start:end]:
        return start, _within(end, start)
    near = max(choices, key=lambda index: worths[index] + (0.03 if index > best else 0.0))
    if worths[best] - worths[near] < CLOSE:
        left, right = min(start, spans[near][0]), max(end, spans[near][1])
        if right - left <= LONGEST:
            return left, right
    return start, _within(end, start)


def _is_header(text: str, spans: Sequence[Span], index: int) -> bool:
    """Say whether a span is a table's first row, with others below it."""
    rows = [number for number, (start, end) in enumerate(spans) if " | " in text[start:end]]
    return len(rows) > 1 and rows[0] == index


def _within(end: int, start: int) -> int:
    return min(end, start + 2 * LONGEST)
