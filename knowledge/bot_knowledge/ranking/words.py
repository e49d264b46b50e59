"""The question's words among its tokens: how well each is matched, so that a near-miss shows by the word that nothing matches."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot_knowledge.text.terms import content_words, surface_words, term_id

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the question: its tokens from ``left`` to ``right``, and how much it tells (the words' sum is 1)."""

    left: int
    right: int
    rarity: float


def question_words(
    text: str, size: int, count: Callable[[str], int], frequency: Mapping[int, int], total: int
) -> tuple[Word, ...]:
    """Return the words that carry meaning; ``size``: the question's tokens, ``count``: how many a text has."""
    found: list[tuple[int, int, float]] = []
    for word in surface_words(text):
        start = text.find(word)
        left = count(text[:start])
        if start >= 0 and left < size:
            right = min(size, max(left + 1, count(text[: start + len(word)])))
            found.append((left, right, _rarity(word, frequency, total)))
    found = found or [(0, size, 1.0)]
    whole = sum(rarity for *_, rarity in found)
    return tuple(Word(left, right, rarity / whole) for left, right, rarity in found)


def _rarity(word: str, frequency: Mapping[int, int], total: int) -> float:
    """Return a word's BM25 weight; one that stands nowhere tells most."""
    seen = max((frequency.get(term_id(term), 0) for term in content_words(word)), default=0)
    return math.log(1 + (max(total - seen, 0) + 0.5) / (seen + 0.5))


def by_word(matches: Floats, words: Sequence[Word]) -> Floats:
    """Return from the best cosine of each token the mean of each word, (words,)."""
    return np.array([matches[word.left : word.right].mean() for word in words], dtype=np.float32)


def extremes(name: str, values: Floats, words: Sequence[Word]) -> dict[str, float]:
    """Return the worst matched word, the two worst, the mean by rarity, and the rarest word's match."""
    rarity = np.array([word.rarity for word in words])
    return {
        f"{name}_min": float(values.min()),
        f"{name}_low": float(np.sort(values)[:2].mean()),
        f"{name}_mean": float(values @ rarity),
        f"{name}_rarest": float(values[int(rarity.argmax())]),
    }
