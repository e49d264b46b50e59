"""What the models behind answers cost, per day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from bot_core.answers import AnswerRecord
from bot_ledger import tables as t
from bot_ledger.engines import Database
from bot_ledger.statistics import day_of


@dataclass(frozen=True, slots=True)
class Spent:
    """One community's day (UTC) with one model; ``cost`` in the currency of the settings."""

    day: str
    community: str
    model: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    cost: float


async def spent(database: Database, community: str | None, since: datetime) -> list[Spent]:
    """Add up in the database, oldest day first; answers of forgotten persons are gone from it."""
    a = t.answers.c
    day = day_of(database.name, a.created)
    sums = [func.sum(a[name]).label(name) for name in ("prompt_tokens", "completion_tokens", "cost")]
    query = select(day.label("day"), a.community, a.model, func.count().label("answers"), *sums)
    query = query.where(a.created >= _midnight(since)).group_by(day, a.community, a.model)
    if community is not None:
        query = query.where(a.community == community)
    found = (await database.read(query.order_by(day, a.community, a.model))).rows
    return [
        Spent(
            row["day"], row["community"], row["model"], int(row["answers"]), int(row["prompt_tokens"]),
            int(row["completion_tokens"]), float(row["cost"]),
        )
        for row in found
    ]  # fmt: skip


def spent_of(records: Iterable[AnswerRecord], community: str | None, since: datetime) -> list[Spent]:
    """The same of records in memory."""
    groups: dict[tuple[str, str, str], list[AnswerRecord]] = defaultdict(list)
    for record in records:
        whose, time = record.question.community, record.time.astimezone(UTC)
        if community in (None, whose) and time >= _midnight(since):
            groups[time.date().isoformat(), whose, record.answer.model].append(record)
    return [
        Spent(
            *key,
            len(group),
            sum(record.answer.usage.prompt_tokens for record in group),
            sum(record.answer.usage.completion_tokens for record in group),
            sum(record.answer.usage.cost for record in group),
        )
        for key, group in sorted(groups.items())
    ]


def _midnight(since: datetime) -> datetime:
    return since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
