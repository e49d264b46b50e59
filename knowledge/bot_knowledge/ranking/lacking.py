"""What the question asks about that the quote lacks: the signs of a near-miss, the same topic and another fact.

No sign knows how long the question is: shares, means and extremes only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot_knowledge.answering.clues import rarities
from bot_knowledge.answering.quotes import Quote
from bot_knowledge.ranking.candidates import Candidate, Search
from bot_knowledge.ranking.words import by_word, extremes
from bot_knowledge.text.language import folded
from bot_knowledge.text.terms import term_id, terms

FROM_CLUES = (
    "late",
    "even",
    "low",
    "least",
    "telling",
    "alike",
    "words",
    "in_path",
    "unfit",
    "figure",
    "new",
    "row",
    "word_min",
    "word_low",
    "word_mean",
    "word_rarest",
)


def lacking(search: Search, ranked: Sequence[Candidate], quotes: Sequence[Quote]) -> dict[str, float]:
    """Return the signs by name."""
    if not quotes:
        return {}
    quote = quotes[0]
    found = {f"q_{name}": quote.clues.get(name, 0.0) for name in FROM_CLUES}
    found["q_odds"] = quote.odds
    elsewhere = [other.worth for other in quotes if other.passage.id != quote.passage.id]
    found["q_lead"] = min(quote.worth - max(elsewhere), 6.0) if elsewhere else 0.0
    found["q_best_alike"] = max(other.clues.get("alike", 0.0) for other in quotes)
    found["q_best_least"] = max(other.clues.get("least", 0.0) for other in quotes)
    found |= _terms_lost(search, quote)
    found |= _tokens_lost(search, quote.candidate)
    found |= _words_lost(search, ranked, quote.candidate)
    found["q_exact"] = _exact(search, quote)
    found["q_same"] = float(quote.passage.language == search.asked.language)
    first = ranked[:5]
    found["together"] = sum(c.passage.document == quote.passage.document for c in first) / len(first)
    return found


def _terms_lost(search: Search, quote: Quote) -> dict[str, float]:
    """Return by how much the question's rare terms are missing, in the quote and in its whole passage."""
    rarity = rarities(search)
    if not rarity or quote.passage.language != search.asked.language:
        return {"lost": 0.0, "lost_most": 0.0, "lost_quote": 0.0, "lost_quote_most": 0.0}
    path = " ".join((quote.passage.title, *quote.passage.heading))
    whole, most = sum(rarity.values()), max(rarity.values())
    found = {}
    for name, text in (("lost", quote.passage.text), ("lost_quote", quote.text)):
        held = {term_id(term) for term in terms(f"{path} {text}")}
        gone = [weight for index, weight in rarity.items() if index not in held]
        found[name] = sum(gone) / whole
        found[f"{name}_most"] = max(gone, default=0.0) / most
    return found


def _tokens_lost(search: Search, candidate: Candidate) -> dict[str, float]:
    """Return how well the passage matches the question's telling tokens: the worst, the lower quartile, the mean."""
    matches, weights = candidate.matches, search.weights
    if matches is None or weights is None or not len(matches):
        return {"told_least": 0.0, "told_low": 0.0, "told_mean": 0.0}
    told = matches[weights >= np.median(weights)]
    return {
        "told_least": float(told.min()),
        "told_low": float(np.quantile(told, 0.25)),
        "told_mean": float(told.mean()),
    }


def _words_lost(search: Search, ranked: Sequence[Candidate], own: Candidate) -> dict[str, float]:
    """Return how well the question's words are matched: in the quote's passage, in the first five, in all that was found."""
    everything = [by_word(c.matches, search.words) for c in ranked if c.matches is not None]
    if own.matches is None or not everything or not search.words:
        return {}
    here = by_word(own.matches, search.words)
    table = np.stack(everything)
    most = table.max(axis=0)
    rarity = np.array([word.rarity for word in search.words])
    return {
        **extremes("passage_word", here, search.words),
        **extremes("first_word", table[:5].max(axis=0), search.words),
        **extremes("any_word", most, search.words),
        "word_gap_max": float((most - here).max()),
        "word_gap_mean": float((most - here) @ rarity),
        "word_spread": float(table[:10].std(axis=0) @ rarity),
    }


def _exact(search: Search, quote: Quote) -> float:
    """Return the share of the question's names and numbers that neither quote nor headings hold; 0 where it has none."""
    if not search.asked.exact:
        return 0.0
    text = folded(" ".join((quote.passage.title, *quote.passage.heading, quote.text)))
    return sum(part not in text for part in search.asked.exact) / len(search.asked.exact)
