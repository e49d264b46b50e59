"""The gate: asserted, shown as related, or refused; and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot_core.answers import Outcome, Reason
from bot_knowledge.answering.expect import Expected, fits
from bot_knowledge.answering.quotes import Quote
from bot_knowledge.ranking.candidates import Candidate, Search
from bot_knowledge.ranking.lacking import lacking
from bot_knowledge.text.terms import term_id, terms

SMALL = 12.0  # passages; an index of so many is half as small as can be
FEW, MANY = 30.0, 240.0  # passages up to which the weights for few count alone, and from which they don't
# Log odds that the quotes of a yes-or-no question must have beyond others: a sentence on the topic seldom says yes or no to it.
# On the handbook's questions this takes 12 of 19 near-misses away, and 6 of 21 answers.
CARE = 0.35
# In a small index little is rare or unusual, so these weigh otherwise there.
OTHERWISE_WHEN_SMALL = (
    "unseen_own",
    "best_cos_fast",
    "best_cos_better",
    "best_late",
    "best_coverage",
    "q_best_alike",
    "any_word_rarest",
    "any_word_mean",
    "told_least",
    "unknown_names",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``near``: how sure it is that the documents treat the topic; ``sure``: that the quotes answer; both 0 to 1."""

    outcome: Outcome
    reason: Reason
    near: float
    sure: float


@dataclass(frozen=True, slots=True)
class GateWeights:
    """Two logistic functions over the features of ``features``, and where to cut them.

    ``few`` are the ones for an index of few passages; between few and many the two are mixed.
    """

    near: Mapping[str, float]
    sure: Mapping[str, float]
    near_at: float = 0.5
    sure_at: float = 0.5
    few: GateWeights | None = None


def features(
    search: Search, ranked: Sequence[Candidate], quotes: Sequence[Quote], kind: Expected
) -> dict[str, float]:
    """Return what the gate looks at. No feature knows how long the question is."""
    top = ranked[0]
    get = top.signals.get
    first = list(ranked[:5])
    rest = [candidate.score for candidate in ranked[5:15]]
    found = {
        "bias": 1.0,
        "z_fast": get("z_fast", 0.0),
        "z_better": get("z_better", 0.0),
        "cos_fast": get("cos_fast", 0.0),
        "cos_better": get("cos_better", 0.0),
        "late": get("late", 0.0),
        "best_late": max((c.signals.get("late", 0.0) for c in first), default=0.0),
        "best_cos_fast": max((c.signals.get("cos_fast", 0.0) for c in first), default=0.0),
        "best_cos_better": max((c.signals.get("cos_better", 0.0) for c in first), default=0.0),
        "coverage": get("coverage", 0.0),
        "best_coverage": max((c.signals.get("coverage", 0.0) for c in first), default=0.0),
        "words": min(get("bm25", 0.0) / 8.0, 2.0),
        "exact": get("exact", 0.5),
        "heading": get("heading", 0.0),
        "same": get("same", 1.0),
        "margin": top.score - (sum(rest) / len(rest) if rest else 0.0),
        "gap": top.score - ranked[1].score if len(ranked) > 1 else 1.0,
        "unseen": _unseen(search),
        "missing": _missing(search, first),
        "weakest": _weakest(search, top),
        "quote": quotes[0].worth if quotes else 0.0,
        "fits": float(bool(quotes) and fits(quotes[0].text, kind)),
    }
    lack = _lack(search, ranked)
    found["lack_mean"], found["lack_max"] = lack
    found |= lacking(search, ranked, quotes)
    found["share"] = _share(ranked)
    found["second_quote"] = max((quote.worth for quote in quotes[1:]), default=0.0)
    found["unknown_names"] = _unknown_names(search)
    found["cross"] = 1.0 - found["same"]
    own = search.snapshot.shares.get(search.asked.language, 0.0)
    found["unseen_own"] = found["unseen"] * own  # in a foreign language every word is unseen
    found["unknown_language"] = 1.0 - min(own * 2, 1.0)
    found["late_cross"] = found["late"] * found["cross"]
    found["coverage_same"] = found["coverage"] * found["same"]
    found["passages"] = float(search.snapshot.total)
    small = 1.0 / (1.0 + search.snapshot.total / SMALL)
    found["small"] = small
    found |= {f"small_{name}": small * found.get(name, 0.0) for name in OTHERWISE_WHEN_SMALL}
    return found


def judge(found: Mapping[str, float], weights: GateWeights, kind: Expected = Expected.ANY) -> Verdict:
    """Decide between the three outcomes; ``kind`` is what was asked for."""
    few, share = weights.few or weights, _fewness(found.get("passages", MANY))
    near = _mixed(logistic(found, weights.near), logistic(found, few.near), share)
    sure = _mixed(logistic(found, weights.sure), logistic(found, few.sure), share)
    if near < _mixed(weights.near_at, few.near_at, share):
        return Verdict(Outcome.UNKNOWN, Reason.NOTHING_NEAR, near, sure)
    care = CARE if kind is Expected.YES_NO else 0.0
    if sure < _mixed(weights.sure_at, few.sure_at, share, care):
        return Verdict(Outcome.RELATED, Reason.NEAR_BUT_NOT_THIS, near, sure)
    return Verdict(Outcome.ANSWERED, Reason.NONE, near, sure)


def _fewness(passages: float) -> float:
    """Return how much the weights for few passages count, 0 to 1."""
    spread = math.log(MANY / max(passages, 1.0)) / math.log(MANY / FEW)
    return max(0.0, min(1.0, spread))


def _mixed(many: float, few: float, share: float, more: float = 0.0) -> float:
    """Mix two probabilities by their log odds, and add to them."""
    if share <= 0.0 and not more:
        return many
    odds = (1 - share) * math.log(many / (1 - many)) + share * math.log(few / (1 - few)) + more
    return 1.0 / (1.0 + math.exp(-odds))


def logistic(found: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return a probability."""
    total = sum(weight * found.get(name, 0.0) for name, weight in weights.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


def _unseen(search: Search) -> float:
    """Return the share of the question's words that stand nowhere in the community's documents."""
    words = [term for term in terms(search.asked.text) if not term.startswith("=")]
    if not words:
        return 0.0
    return sum(term_id(word) not in search.snapshot.frequency for word in words) / len(words)


def _unknown_names(search: Search) -> float:
    """Return 1 where the question names something that stands nowhere in the community's documents, else 0.

    Numbers are left out: a question may well bring its own.
    """
    for part in search.asked.exact:
        if not part[:1].isdigit():
            words = [term for term in terms(part) if not term.startswith("=")]
            if words and not any(term_id(word) in search.snapshot.frequency for word in words):
                return 1.0
    return 0.0


def _missing(search: Search, first: Sequence[Candidate]) -> float:
    """Return the share of the question's names and numbers that none of the first passages holds."""
    if not search.asked.exact:
        return 0.0
    return 1.0 - max(candidate.signals.get("exact", 0.5) for candidate in first)


def _lack(search: Search, ranked: Sequence[Candidate]) -> tuple[float, float]:
    """Return how much better the question's tokens are matched elsewhere than in the first passage: mean and most.

    A near-miss names a thing that the documents know, but not in the passage that is nearest.
    """
    top = ranked[0]
    others = [candidate.matches for candidate in ranked[1:40] if candidate.matches is not None]
    if top.matches is None or not others or not len(top.matches):
        return 0.0, 0.0
    best = np.stack(others).max(axis=0)
    gaps = np.maximum(best - top.matches, 0.0)
    return float(gaps.mean()), float(gaps.max())


def _share(ranked: Sequence[Candidate]) -> float:
    """Return the first passage's share of a softmax over the scores."""
    scores = np.array([candidate.score for candidate in ranked[:20]])
    powers = np.exp(scores - scores.max())
    return float(powers[0] / powers.sum())


def _weakest(search: Search, top: Candidate) -> float:
    """Return how well the question's least matched third of tokens is matched: a near-miss lacks one thing."""
    if top.matches is None or search.weights is None or not len(top.matches):
        return 0.0
    ordered = sorted(float(match) for match in top.matches)
    low = ordered[: max(1, len(ordered) // 3)]
    return sum(low) / len(low)
