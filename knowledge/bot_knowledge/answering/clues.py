"""What speaks for a sentence as the answer to a question: cheap clues, weighed by numbers that were learned."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bot_knowledge.answering.expect import Expected, fits
from bot_knowledge.answering.units import LEAD_IN, QUESTION, is_header, is_item, is_row
from bot_knowledge.chunking import searchable
from bot_knowledge.embedding.embedders import E5Embedder
from bot_knowledge.ranking.candidates import Candidate, Search
from bot_knowledge.ranking.words import by_word, extremes
from bot_knowledge.text.sentences import Span
from bot_knowledge.text.terms import content_words, term_id, terms

Floats = NDArray[np.float64]
NOTHING_LATE = {"late": 0.0, "even": 0.0, "low": 0.0, "least": 0.0, "telling": 0.0}
_DIGIT = re.compile(r"\d")


def clues(
    search: Search,
    candidate: Candidate,
    spans: Sequence[Span],
    kind: Expected,
    embedder: E5Embedder | None = None,
) -> list[dict[str, float]]:
    """Return the clues of each sentence of a passage, most of them from 0 to 1.

    ``embedder`` says which tokens a sentence has, where late interaction has their vectors.
    """
    text = candidate.passage.text
    texts = [text[start:end] for start, end in spans]
    rarity = rarities(search)
    path = {term_id(term) for term in terms(" ".join((candidate.passage.title, *candidate.passage.heading)))}
    held = [{term_id(term) for term in terms(part)} for part in texts]
    late = _late(search, candidate, spans, embedder)
    best = max((own["late"] for own in late), default=0.0)
    rows = []
    for index, part in enumerate(texts):
        above = held[index - 1] if index else set()
        words = _share(rarity, held[index])
        rows.append(
            {
                **late[index],
                "late_best": late[index]["late"] - best,
                "words": words,
                "in_path": _share(rarity, held[index] | path) - words,
                "in_above": _share(rarity, held[index] | above) - words,
                **_look(search, part, kind),
                "first": float(index == 0),
                "header": float(is_header(text, spans, index)),
            }
        )
    return rows


def _look(search: Search, part: str, kind: Expected) -> dict[str, float]:
    """Return what shows without the models: the kind of sentence, and whether it has the kind of thing asked for."""
    own = set(content_words(part))
    new = len(own - search.asked.words)
    row, item = is_row(part), is_item(part)
    suits = fits(part, kind)
    return {
        "fits": float(suits and kind is not Expected.ANY),
        "unfit": float(not suits),
        "figure": float(kind in (Expected.NUMBER, Expected.TIME) and bool(_DIGIT.search(part))),
        "lead_in": float(bool(LEAD_IN.search(part))),
        "asks": float(bool(QUESTION.search(part))),
        "echo": float(_echoes(search, part)),
        "row": float(row),
        "item": float(item),
        "listed": float(item and kind in (Expected.STEPS, Expected.LIST)),
        "new": min(new, 8) / 8.0,
        "long": math.log(1 + len(part)) / 5.0,
    }


def _late(
    search: Search, candidate: Candidate, spans: Sequence[Span], embedder: E5Embedder | None
) -> list[dict[str, float]]:
    """Return late interaction of the question with each sentence alone; zeros where there are no tokens."""
    tokens, question, weights = candidate.tokens, search.question, search.weights
    rows = [dict(NOTHING_LATE) for _ in spans]
    if embedder is None or tokens is None or question is None or weights is None:
        return rows
    whole = searchable(candidate.passage)
    offset = len(whole) - len(candidate.passage.text)
    likeness = question.vectors @ tokens.vectors.T
    before = embedder.count(whole[:offset])  # tokens of the path of headings
    path = likeness[:, :before].max(axis=1) if before else np.full(len(weights), -1.0)
    for row, (start, end) in zip(rows, spans, strict=True):
        left = embedder.count(whole[: offset + start])
        right = max(left + 1, embedder.count(whole[: offset + end]))
        part = likeness[:, left:right]
        if part.size:
            matches = part.max(axis=1)
            row["late"] = float(matches @ weights)
            row["even"] = float(matches.mean())
            row["low"] = float(np.sort(matches)[: max(1, len(matches) // 3)].mean())
            told = matches[weights >= np.median(weights)]  # the tokens that tell candidates apart
            row["least"], row["telling"] = float(told.min()), float(told.mean())
        if part.size and search.words:
            titled = np.maximum(matches, path)
            row |= extremes("word", by_word(titled.astype(np.float32), search.words), search.words)
    return rows


def rarities(search: Search) -> Mapping[int, float]:
    """Return by term of the question how much it tells: its BM25 weight; terms that stand nowhere are left out."""
    frequency, total = search.snapshot.frequency, search.snapshot.total
    found = {}
    for term in terms(search.asked.text):
        seen = frequency.get(term_id(term), 0)
        if seen:
            found[term_id(term)] = float(np.log(1 + (total - seen + 0.5) / (seen + 0.5)))
    return found


def _share(rarity: Mapping[int, float], held: set[int]) -> float:
    whole = sum(rarity.values())
    return sum(rarity[index] for index in held if index in rarity) / whole if whole else 0.0


def _echoes(search: Search, text: str) -> bool:
    """Say whether a sentence has no content word that the question lacks, or is the question itself."""
    own = set(content_words(text))
    repeated = bool(QUESTION.search(text)) and search.asked.words <= own
    return repeated or (bool(own) and own <= search.asked.words)
