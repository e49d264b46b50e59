"""Two sources that say different numbers, weekdays or times about the same thing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot_knowledge.answering.quotes import Quote
from bot_knowledge.text.terms import content_words

_NUMBER = re.compile(r"(\d+(?:[.,]\d+)*)\s*(%|[\u4e00-\u9fff]|[A-Za-z]+)")
_DATES = re.compile(r"\d{4}[-年/.]\d{1,2}(?:[-月/.]\d{1,2}日?)?")
_CLOCK = re.compile(r"\b\d{1,2}[:：]\d{2}\b")
_WEEKDAY = re.compile(
    r"\b((?:mon|tue|wed|thu|fri|sat|sun)[a-z]*day)s?\b|(?:周|星期|礼拜)([一二三四五六日天])", re.IGNORECASE
)
_CHANGED = re.compile(
    r"\b(?:raised|lowered|reduced|increased|changed|cut|extended|shortened|formerly|previously|instead of)\b"
    r"|改为|改成|提高到|降到|降为|降至|增加到|减少到|延长到|缩短|由.{1,12}改|原(?:来|先|为)",
    re.IGNORECASE,
)
CLOSE = 3.0  # worth within which both may answer the question
SHARED = 0.5  # share of words that two statements of one thing have in common
SHARED_CHANGED = 0.3  # the same, where one tells that the other's figure was changed


def disagreement(quotes: Sequence[Quote]) -> Quote | None:
    """Return a quote of another document that gives another figure for what the first quote states, or None."""
    first = quotes[0]
    for other in quotes[1:]:
        if other.passage.document == first.passage.document or other.worth < first.worth - CLOSE:
            continue
        if first.passage.language == other.passage.language and _contradict(first.text, other.text):
            return other
    return None


def _contradict(left: str, right: str) -> bool:
    """Say whether two statements share their words and a unit, but not the figure of it.

    Fewer common words will do where the one says that the very figure of the other was changed.
    """
    if " | " in left or " | " in right:
        return False  # rows of tables are about different things
    figures = [_figures(text) for text in (left, right)]
    pairs = [(figures[0][unit], figures[1][unit]) for unit in set(figures[0]) & set(figures[1])]
    words = [{word for word in content_words(text) if not word[0].isdigit()} for text in (left, right)]
    shared = len(words[0] & words[1]) / max(min(len(words[0]), len(words[1])), 1)
    if any(own.isdisjoint(others) for own, others in pairs):
        return shared >= SHARED
    return shared >= SHARED_CHANGED and any(_changed(own, others, left, right) for own, others in pairs)


def _changed(own: set[str], others: set[str], left: str, right: str) -> bool:
    """Say whether the statement with more figures of a unit tells that the other's was changed."""
    told = (own < others and _CHANGED.search(right)) or (others < own and _CHANGED.search(left))
    return bool(told)


def _figures(text: str) -> dict[str, set[str]]:
    """Return numbers by their unit, times of day and weekdays."""
    found = _by_unit(_CLOCK.sub(" ", _DATES.sub(" ", text)))
    if clocks := set(_CLOCK.findall(text.replace("：", ":"))):
        found["clock"] = clocks
    if days := {(english or chinese).lower() for english, chinese in _WEEKDAY.findall(text)}:
        found["weekday"] = days
    return found


def _by_unit(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for number, unit in _NUMBER.findall(text):
        found.setdefault(unit.lower().rstrip("s"), set()).add(number.replace(",", ""))
    return found
