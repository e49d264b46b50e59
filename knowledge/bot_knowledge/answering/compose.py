"""The words of an answer: quotes joined readably, with their numbers, dates and what has to be said about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot_core.answers import Citation, Outcome, Reason
from bot_core.identity import Locale
from bot_knowledge.answering.disagree import disagreement
from bot_knowledge.answering.expect import Expected
from bot_knowledge.answering.quotes import Quote, joined, steps
from bot_knowledge.answering.wording import (
    DATED,
    DISAGREE,
    MONTHS,
    NEAREST,
    OLD,
    RELATED,
    UNKNOWN,
    YEARS,
)
from bot_knowledge.options import KnowledgeOptions
from bot_knowledge.ranking.candidates import Candidate
from bot_knowledge.ranking.gate import Verdict

LOOKED = 8  # quotes among which a disagreement is looked for
FURTHER = 0.3  # odds of a further quote against the first
_MARKUP = re.compile(r"([\\`*_\[\]<>])")
_LIST = re.compile(r"^\s*(?:[-*•]|\d+[.)、](?!\d))\s*")


@dataclass(frozen=True, slots=True)
class Composed:
    """What is said and what it rests on."""

    text: str
    citations: tuple[Citation, ...]
    outcome: Outcome
    reason: Reason


class Composer:
    """Puts answers together."""

    def __init__(self, options: KnowledgeOptions) -> None:
        self._options = options

    def compose(
        self,
        locale: Locale,
        verdict: Verdict,
        quotes: Sequence[Quote],
        ranked: Sequence[Candidate],
        kind: Expected,
        question: str = "",
    ) -> Composed:
        """Return the answer for a verdict; ``question`` is the form that was searched."""
        if verdict.outcome is Outcome.UNKNOWN:
            return Composed(_unknown(locale, ranked), (), verdict.outcome, verdict.reason)
        if verdict.outcome is Outcome.RELATED:
            chosen = by_passage(quotes)
            lines = [RELATED.of(locale), *self._lines(chosen, locale)]
            return Composed("\n\n".join(lines), _citations(chosen), verdict.outcome, verdict.reason)
        return self._answered(locale, quotes, kind, question)

    def _answered(self, locale: Locale, quotes: Sequence[Quote], kind: Expected, question: str) -> Composed:
        against = disagreement(quotes[:LOOKED], question, kind)
        if against is not None:
            chosen = sorted([quotes[0], against], key=lambda quote: quote.passage.date, reverse=True)
            lines = [DISAGREE.of(locale), *self._lines(chosen, locale, dated=True)]
            return Composed("\n\n".join(lines), _citations(chosen), Outcome.ANSWERED, Reason.DISAGREE)
        chosen = steps(quotes[0]) if kind is Expected.STEPS else [quotes[0]]
        if len(chosen) == 1:
            chosen = _with_further(chosen[0], quotes[1:])
        lines = self._lines(chosen, locale)
        if len(chosen) > 2:  # the steps of one list
            lines = ["\n".join(f"{place}. {line}" for place, line in enumerate(lines, 1))]
        age = self._age(quotes[0].passage.date, locale)
        if age:
            lines.append(OLD.of(locale).format(date=quotes[0].passage.date, age=age))
        reason = Reason.OLD if age else Reason.NONE
        return Composed("\n\n".join(lines), _citations(chosen), Outcome.ANSWERED, reason)

    def _lines(self, quotes: Sequence[Quote], locale: Locale, dated: bool = False) -> list[str]:
        lines = []
        for number, quote in enumerate(quotes, 1):
            when = quote.passage.date
            note = DATED.of(locale).format(date=when) if dated and when else ""
            lines.append(f"{_readable(quote)} [{number}]{note}")
        return lines

    def _age(self, when: str, locale: Locale) -> str:
        """Return how old a document is in words, or '' where that need not be said."""
        if not when:
            return ""
        days = (self._options.clock.now().date() - date.fromisoformat(when)).days
        if days < self._options.old_after_days:
            return ""
        if days < 700:
            return MONTHS.of(locale).format(months=round(days / 30.4))
        return YEARS.of(locale).format(years=round(days / 365.25))


def _readable(quote: Quote) -> str:
    """Return a quote as Markdown: table rows with the names of their columns, lists as lists."""
    text = quote.text
    lines = text.split("\n")
    if all(" | " in line for line in lines):
        return "\n".join(_row(quote.passage.text, line) for line in lines)
    if len(lines) == 1:
        return _plain(_LIST.sub("", text))
    return "\n".join(
        f"- {_plain(_LIST.sub('', line))}" if _LIST.match(line) else _plain(line) for line in lines
    )


def _row(passage: str, row: str) -> str:
    """Return a table's row as "column: cell" where the passage's first row names the columns."""
    rows = [line for line in passage.split("\n") if " | " in line]
    names, cells = rows[0].split(" | "), row.split(" | ")
    if rows[0] == row or len(names) != len(cells) or any(name.strip().isdigit() for name in names):
        return _plain(row)
    pairs = [
        f"{_plain(name)}: {_plain(cell)}" for name, cell in zip(names, cells, strict=True) if cell.strip()
    ]
    return "; ".join(pairs)


def _plain(text: str) -> str:
    """Return text that Markdown shows as it stands."""
    return _MARKUP.sub(r"\\\1", text.strip())


def by_passage(quotes: Sequence[Quote]) -> list[Quote]:
    """Return the best quote of each passage, in their order."""
    best: dict[str, Quote] = {}
    for quote in quotes:
        best.setdefault(quote.passage.id, quote)
    return list(best.values())


def _with_further(first: Quote, others: Sequence[Quote]) -> list[Quote]:
    """Return the first quote with the next one where that may answer as well: widened by it, or both."""
    for other in others[:2]:
        if other.odds < FURTHER * first.odds:
            break
        one = joined(first, other)
        if one is not None:
            return [one]
        if _adds(other, [first]):
            return [first, other]
    return [first]


def _adds(quote: Quote, chosen: Sequence[Quote]) -> bool:
    """Say whether a quote tells something that the chosen ones don't."""
    own = set(quote.text)
    return all(
        quote.passage.language == other.passage.language
        and quote.text not in other.text
        and other.text not in quote.text
        and len(own & set(other.text)) < 0.9 * len(own | set(other.text))
        for other in chosen
    )


def _citations(quotes: Sequence[Quote]) -> tuple[Citation, ...]:
    return tuple(_citation(number, quote) for number, quote in enumerate(quotes, 1))


def _citation(number: int, quote: Quote) -> Citation:
    passage = quote.passage
    return Citation(
        n=number,
        source=passage.source,
        title=passage.title,
        heading=passage.heading,
        quote=quote.text,
        passage=passage.text,
        passage_id=passage.id,
        version=passage.version,
        url=passage.url,
        date=passage.date,
        start=quote.start,
        end=quote.end,
    )


def _short(source: str) -> str:
    """Return the last parts of a path, enough to know the file by."""
    return source if "://" in source else "/".join(source.split("/")[-2:])


def _unknown(locale: Locale, ranked: Sequence[Candidate]) -> str:
    names = list(dict.fromkeys(f"{c.passage.title} ({_short(c.passage.source)})" for c in ranked[:8]))[:3]
    lines = "\n".join(f"- {_plain(name)}" for name in names)
    return f"{UNKNOWN.of(locale)}\n\n{NEAREST.of(locale)}\n{lines}" if names else UNKNOWN.of(locale)
