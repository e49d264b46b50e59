"""Counts per day, and the questions that the documents don't answer."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Table, cast, func, literal, select

from bot_core.answers import AnswerRecord, Outcome
from bot_ledger import tables as t
from bot_ledger.engines import Database

# Words that ask and say nothing of what is asked.
_ASKING = re.compile(
    r"请问|我想|能不能|可不可以|可以|怎么样|怎样|怎么|如何|什么|吗|呢|啊|的"
    r"|\b(?:how|what|where|when|who|do|does|did|is|are|can|could|i|we|you|to|a|an|the|please)\b"
)
SIMILAR = 0.5  # share of two-letter pieces that two wordings of one question have in common


@dataclass(frozen=True, slots=True)
class Daily:
    """One community's day (UTC): answers by outcome, votes by value, finished jobs by kind."""

    day: str
    community: str
    answers: Mapping[str, int] = field(default_factory=dict)
    votes: Mapping[str, int] = field(default_factory=dict)
    jobs: Mapping[str, int] = field(default_factory=dict)

    @property
    def questions(self) -> int:
        """Return how many were asked."""
        return sum(self.answers.values())


@dataclass(frozen=True, slots=True)
class Gap:
    """A question the documents don't answer: its newest wording, how often it was asked, and in which answers."""

    question: str
    count: int
    last: datetime
    answers: tuple[str, ...]


Line = tuple[str, str, str, str, int]  # day, community, kind, name, count


def fold(lines: Iterable[Line]) -> list[Daily]:
    """Put counted lines together, oldest day first."""
    days: dict[tuple[str, str], dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for day, community, kind, name, count in lines:
        days[day, community][kind][name] += count
    return [
        Daily(day, community, *(dict(kinds[kind]) for kind in ("answer", "vote", "job")))
        for (day, community), kinds in sorted(days.items())
    ]


async def daily(database: Database, community: str | None, since: datetime) -> list[Daily]:
    """Count in the database; what was forgotten is counted too."""
    lines: list[Line] = []
    queries = [
        _counted(database.name, t.answers, "answer", "outcome", "created"),
        _counted(database.name, t.votes, "vote", "value", "time"),
        _counted(database.name, t.jobs, "job", "kind", "created"),
        select(*(t.tallies.c[name] for name in ("day", "community", "kind", "name", "count"))),
    ]
    day = since.astimezone(UTC).date().isoformat()
    for query in queries:
        within = query.where(query.selected_columns.day >= day)
        if community is not None:
            within = within.where(query.selected_columns.community == community)
        rows = (await database.read(within)).rows
        lines += [(row["day"], row["community"], row["kind"], row["name"], row["count"]) for row in rows]
    return fold(lines)


def _counted(dialect: str, table: Table, kind: str, name: str, time: str) -> Select[Any]:
    day = day_of(dialect, table.c[time])
    columns = (day.label("day"), table.c.community, literal(kind).label("kind"), table.c[name].label("name"))
    return select(*columns, func.count().label("count")).group_by(day, table.c.community, table.c[name])


def day_of(dialect: str, time: ColumnElement[datetime]) -> ColumnElement[str]:
    """Return a column's day (UTC) as ISO text."""
    if dialect == "sqlite":  # kept as text that begins with the date
        return func.substr(cast(time, String), 1, 10)
    return func.to_char(func.timezone("UTC", time), "YYYY-MM-DD")


def gaps(records: Sequence[AnswerRecord]) -> list[Gap]:
    """Group what was not answered by similar wording, most asked first. CPU work: some ms per 1,000 records."""
    groups: list[list[AnswerRecord]] = []
    pieces: list[frozenset[str]] = []
    places: dict[str, set[int]] = defaultdict(set)
    for record in sorted(records, key=lambda record: record.time, reverse=True):
        if record.answer.outcome is Outcome.ANSWERED:
            continue
        mine = _pieces(record.question.text)
        index = _nearest(mine, pieces, places)
        if index is None:
            index = len(groups)
            groups.append([])
            pieces.append(mine)
            for piece in mine:
                places[piece].add(index)
        groups[index].append(record)
    found = [
        Gap(group[0].question.text, len(group), group[0].time, tuple(item.answer.id for item in group))
        for group in groups
    ]
    return sorted(found, key=lambda gap: (-gap.count, -gap.last.timestamp()))


def _pieces(question: str) -> frozenset[str]:
    """Return the two-letter pieces of a question, its width, case and punctuation evened out."""
    folded = unicodedata.normalize("NFKC", question).casefold()
    letters = "".join(letter for letter in _ASKING.sub("", folded) if letter.isalnum())
    return frozenset(letters[at : at + 2] for at in range(max(1, len(letters) - 1)))


def _nearest(
    mine: frozenset[str], pieces: list[frozenset[str]], places: Mapping[str, set[int]]
) -> int | None:
    shared: Counter[int] = Counter()
    for piece in mine:
        shared.update(places.get(piece, ()))
    for index, common in shared.most_common(5):
        if common / len(mine | pieces[index]) >= SIMILAR:
            return index
    return None
