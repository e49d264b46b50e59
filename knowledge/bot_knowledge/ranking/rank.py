"""Fusion of the signals, near-equal passages dropped, the first few spread over documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from bot_knowledge.answering.expect import expected, fits
from bot_knowledge.ranking.candidates import Candidate, Search, rough
from bot_knowledge.ranking.front import prefer_front
from bot_knowledge.text.language import squeezed

FIRST = 5
PER_DOCUMENT = 3  # among the first five


def rank(search: Search, weights: Mapping[str, float]) -> list[Candidate]:
    """Score the candidates and return them best first, without near-equal ones."""
    prepare(search)
    for candidate in search.candidates:
        candidate.score = sum(weight * feature(candidate, name) for name, weight in weights.items())
    prefer_front(search.asked, search.candidates)
    ordered = sorted(search.candidates, key=lambda c: (-c.score, c.passage.source, c.passage.position))
    return _spread(_distinct(ordered))


def prepare(search: Search) -> None:
    """Add the signals that need all candidates: late interaction made comparable, and what the document says."""
    _standardise(search.candidates, "late")
    _standardise(search.candidates, "sharp")
    _from_documents(search.candidates)
    kind = expected(search.asked.text)
    for candidate in search.candidates:
        candidate.signals["fits"] = float(fits(candidate.passage.text, kind))


def feature(candidate: Candidate, name: str) -> float:
    """Return a feature by name: a signal, or one made of several."""
    signals = candidate.signals
    match name:
        case "words":  # a weak lexical match says little, and a strong one is told by late interaction
            return min(signals["bm25"] / 8.0, 1.5)
        case "lexical":  # the same without a bound, where there is no late interaction: in a large index many pass any bound
            return signals["bm25"] / 8.0
        case "late_cross":  # across languages late interaction means something else
            return 0.0 if signals["same"] else signals.get("z_late", 0.0)
        case "fast_cross":
            return 0.0 if signals["same"] else signals.get("z_fast", 0.0)
        case _:
            return signals.get(name, 0.0)


def _standardise(candidates: Sequence[Candidate], name: str) -> None:
    """Add ``z_<name>``: the signal per language over those that have it; the others lie at the lower end."""
    by_language: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if name in candidate.signals:
            by_language.setdefault(candidate.passage.language, []).append(candidate)
    everything = [candidate.signals[name] for group in by_language.values() for candidate in group]
    if not everything:
        return
    spread = max(float(np.std(everything)), 0.02)
    for group in by_language.values():
        own = [candidate.signals[name] for candidate in group]
        weight = len(own) / (len(own) + 8.0)
        middle = weight * float(np.mean(own)) + (1 - weight) * float(np.mean(everything))
        for candidate in group:
            candidate.signals[f"z_{name}"] = (candidate.signals[name] - middle) / spread
    for candidate in candidates:
        candidate.signals.setdefault(f"z_{name}", -1.5)


def _from_documents(candidates: Sequence[Candidate]) -> None:
    """Add ``document``: how good the best other passage of the same document looks at first sight."""
    best: dict[str, list[tuple[float, str]]] = {}
    for candidate in candidates:
        best.setdefault(candidate.passage.document, []).append((rough(candidate), candidate.passage.id))
    for group in best.values():
        group.sort(reverse=True)
    for candidate in candidates:
        others = [score for score, key in best[candidate.passage.document][:2] if key != candidate.passage.id]
        candidate.signals["document"] = max(0.0, others[0]) if others else 0.0


def _distinct(ordered: Sequence[Candidate]) -> list[Candidate]:
    """Drop passages whose text stands already above."""
    seen: list[tuple[str, frozenset[str]]] = []
    kept: list[Candidate] = []
    for candidate in ordered:
        text = squeezed(candidate.passage.text)
        pairs = frozenset(text[at : at + 4] for at in range(max(len(text) - 3, 1)))
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
