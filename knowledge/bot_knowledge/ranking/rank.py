"""Fusion of the signals, near-equal passages dropped, the first few spread over documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from bot_knowledge.ranking.candidates import Candidate, Search
from bot_knowledge.text.language import squeezed

FIRST = 5
PER_DOCUMENT = 3  # among the first five


def rank(search: Search, weights: Mapping[str, float]) -> list[Candidate]:
    """Score the candidates and return them best first, without near-equal ones."""
    _spread_late(search.candidates)
    for candidate in search.candidates:
        candidate.score = sum(weight * feature(candidate, name) for name, weight in weights.items())
    ordered = sorted(search.candidates, key=lambda c: (-c.score, c.passage.source, c.passage.position))
    return _spread(_distinct(ordered))


def feature(candidate: Candidate, name: str) -> float:
    """Return a feature by name: a signal, or one made of several."""
    signals = candidate.signals
    match name:
        case "words":  # a weak lexical match says little
            return min(signals["bm25"] / 8.0, 1.5)
        case "cross_coverage":  # words can't be shared across languages
            return 0.0 if signals["same"] else signals["coverage"]
        case _:
            return signals.get(name, 0.0)


def _spread_late(candidates: Sequence[Candidate]) -> None:
    """Standardise late interaction per language over those it looked at; the others lie at the lower end."""
    by_language: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if "late" in candidate.signals:
            by_language.setdefault(candidate.passage.language, []).append(candidate)
    everything = [candidate.signals["late"] for group in by_language.values() for candidate in group]
    if not everything:
        return
    spread = max(float(np.std(everything)), 0.02)
    for group in by_language.values():
        own = [candidate.signals["late"] for candidate in group]
        weight = len(own) / (len(own) + 8.0)
        middle = weight * float(np.mean(own)) + (1 - weight) * float(np.mean(everything))
        for candidate in group:
            candidate.signals["z_late"] = (candidate.signals["late"] - middle) / spread
    for candidate in candidates:
        candidate.signals.setdefault("z_late", -1.5)


def _distinct(ordered: Sequence[Candidate]) -> list[Candidate]:
    """Drop passages whose text stands already above."""
    seen: list[tuple[str, frozenset[str]]] = []
    kept: list[Candidate] = []
    for candidate in ordered:
        text = squeezed(candidate.passage.text)
        pairs = frozenset(text[at : at + 4] for at in range(0, max(len(text) - 3, 1)))
        if any(text == other or _alike(pairs, shape) for other, shape in seen[:30]):
            continue
        seen.append((text, pairs))
        kept.append(candidate)
    return kept


def _alike(left: frozenset[str], right: frozenset[str]) -> bool:
    return len(left & right) > 0.9 * max(len(left | right), 1)


def _spread(ordered: Sequence[Candidate]) -> list[Candidate]:
    """Let no document take more than ``PER_DOCUMENT`` of the first places."""
    counts: Counter[str] = Counter()
    first: list[Candidate] = []
    later: list[Candidate] = []
    for candidate in ordered:
        document = candidate.passage.document
        if len(first) < FIRST and counts[document] < PER_DOCUMENT:
            counts[document] += 1
            first.append(candidate)
        else:
            later.append(candidate)
    return first + later
