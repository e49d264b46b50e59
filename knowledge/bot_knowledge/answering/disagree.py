"""Two sources that say different numbers about the same thing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot_knowledge.answering.quotes import Quote
from bot_knowledge.text.terms import content_words

_NUMBER = re.compile(r"(\d+(?:[.,]\d+)*)\s*(%|[\u4e00-\u9fff]|[A-Za-z]+)")
_DATES = re.compile(r"\d{4}[-年/.]\d{1,2}(?:[-月/.]\d{1,2}日?)?")
CLOSE = 0.15  # worth within which both answer the question
SHARED = 0.5  # share of words that two statements of one thing have in common


def disagreement(quotes: Sequence[Quote]) -> Quote | None:
    """Return a quote of another document that gives another number for what the first quote states, or None."""
    first = quotes[0]
    for other in quotes[1:]:
        if other.passage.document == first.passage.document or other.worth < first.worth - CLOSE:
            continue
        if first.passage.language == other.passage.language and _contradict(first.text, other.text):
            return other
    return None


def _contradict(left: str, right: str) -> bool:
    """Say whether two statements share their words and a unit, but not the number before it."""
    if " | " in left or " | " in right:
        return False  # rows of tables are about different things
    numbers = [_by_unit(_DATES.sub(" ", text)) for text in (left, right)]
    units = set(numbers[0]) & set(numbers[1])
    if not any(numbers[0][unit].isdisjoint(numbers[1][unit]) for unit in units):
        return False
    words = [{word for word in content_words(text) if not word[0].isdigit()} for text in (left, right)]
    shared = len(words[0] & words[1]) / max(min(len(words[0]), len(words[1])), 1)
    return shared >= SHARED


def _by_unit(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for number, unit in _NUMBER.findall(text):
        found.setdefault(unit.lower().rstrip("s"), set()).add(number.replace(",", ""))
    return found
