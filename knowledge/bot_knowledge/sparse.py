"""BM25 as sparse vectors: a passage's vector holds saturated term counts, the question's holds the rarity of its terms.

The inner product of both is BM25 with a fixed mean length, so passages need no change when others come or go.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from bot_core.ports.knowledge import SparseVector
from bot_knowledge.text.terms import PAIR_WEIGHT, term_id, terms

K1 = 1.2
B = 0.35  # passages are cut to similar sizes, so length says little
MEAN_TERMS = 60.0


def passage_vector(text: str, headings: str = "") -> SparseVector:
    """Return a passage's term weights; a term of its headings counts half."""
    counts: dict[str, float] = dict(terms(text))
    for term, count in terms(headings).items():
        counts[term] = counts.get(term, 0.0) + 0.5 * count
    length = sum(counts.values())
    norm = K1 * (1 - B + B * length / MEAN_TERMS)
    return _vector({term: count * (K1 + 1) / (count + norm) for term, count in counts.items()})


def question_vector(text: str, frequency: Mapping[int, int], total: int) -> SparseVector:
    """Return a question's term weights: BM25's idf over ``total`` passages, pairs counting less."""
    weights: dict[str, float] = {}
    for term, count in terms(text).items():
        seen = frequency.get(term_id(term), 0)
        if seen:
            rarity = math.log(1 + (total - seen + 0.5) / (seen + 0.5))
            weights[term] = rarity * min(count, 2) * (PAIR_WEIGHT if term.startswith("=") else 1.0)
    return _vector(weights)


def unseen_weight(text: str, frequency: Mapping[int, int], total: int) -> float:
    """Return the weight that the question's terms would have which stand in no passage."""
    rarity = math.log(1 + (total + 0.5) / 0.5)
    return rarity * sum(
        PAIR_WEIGHT if term.startswith("=") else 1.0
        for term in terms(text)
        if not frequency.get(term_id(term), 0)
    )


def _vector(weights: Mapping[str, float]) -> SparseVector:
    merged: dict[int, float] = {}
    for term, weight in weights.items():
        index = term_id(term)
        merged[index] = merged.get(index, 0.0) + weight
    order = sorted(merged)
    return SparseVector(tuple(order), tuple(merged[index] for index in order))
