"""What operators look for: answers by words, outcome or vote, and who asks how much. In SQL and in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select

from bot_core.answers import AnswerRecord, Vote, VoteValue
from bot_ledger import rows
from bot_ledger import tables as t
from bot_ledger.engines import Database
from bot_ledger.spending import Spent, spent, spent_of

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which answers: empty fields ask for nothing. ``vote`` is up, down or any; ``words`` stand in question or answer."""

    outcome: str = ""
    words: str = ""
    vote: str = ""
    person: str = ""
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """A person in a community: questions, votes on the answers to them, when last."""

    person: str
    questions: int
    up: int
    down: int
    last: datetime


class SqlReports:
    """The part of ``SqlLedger`` that operators read."""

    _database: Database

    async def found(self, community: str, wanted: Wanted, limit: int = 50) -> list[AnswerRecord]:
        """Return the community's answers that are wanted, newest first."""
        a = t.answers.c
        query = select(t.answers).where(a.community == community)
        for column, value in ((a.outcome, wanted.outcome), (a.person, wanted.person)):
            if value:
                query = query.where(column == value)
        if wanted.words:
            words = rows.clean(wanted.words).lower()
            inside = [func.lower(column).contains(words, autoescape=True) for column in (a.question, a.text)]
            query = query.where(inside[0] | inside[1])
        if wanted.before is not None:
            query = query.where(a.created < wanted.before)
        if wanted.vote:
            voted = select(t.votes.c.answer).where(
                t.votes.c.community == community, t.votes.c.answer == a.id, *_value(wanted.vote)
            )
            query = query.where(voted.exists())
        query = query.order_by(a.created.desc(), a.id.desc()).limit(max(0, limit))
        return [rows.answer_record(row) for row in (await self._database.read(query)).rows]

    async def votes_on(self, community: str, answers: Sequence[str]) -> list[Vote]:
        """Return the votes on these answers, oldest first."""
        v = t.votes.c
        query = select(t.votes).where(v.community == community, v.answer.in_(list(answers)))
        found = (await self._database.read(query.order_by(v.time, v.person))).rows
        return [rows.vote_of(row) for row in found]

    async def askers(self, community: str, since: datetime, limit: int = 100) -> list[Asker]:
        """Return who asked since then, most first."""
        a, v = t.answers.c, t.votes.c
        together = t.answers.outerjoin(t.votes, and_(v.community == a.community, v.answer == a.id))
        columns: list[Any] = [func.count(func.distinct(a.id)).label("questions")]
        columns += [func.sum(case((v.value == name, 1), else_=0)).label(name) for name in ("up", "down")]
        last = func.max(a.created).label("last")
        query = select(a.person, *columns, last).select_from(together)
        query = query.where(a.community == community, a.created >= since).group_by(a.person)
        query = query.order_by(columns[0].desc(), a.person).limit(max(0, limit))
        found = (await self._database.read(query)).rows
        return [
            Asker(row["person"], int(row["questions"]), int(row["up"]), int(row["down"]), row["last"])
            for row in found
        ]

    async def spent(self, community: str | None, since: datetime) -> list[Spent]:
        """Return what models cost per day (UTC), community and model, oldest first."""
        return await spent(self._database, community, since)


class MemoryReports:
    """The twin."""

    def __init__(self) -> None:
        self._answers: dict[Key, AnswerRecord] = {}
        self._votes: dict[tuple[str, str, str], Vote] = {}

    async def found(self, community: str, wanted: Wanted, limit: int = 50) -> list[AnswerRecord]:
        """Return the community's answers that are wanted, newest first."""
        mine = [record for (owner, _), record in self._answers.items() if owner == community]
        mine = [record for record in mine if self._fits(record, wanted)]
        mine.sort(key=lambda record: (record.time, record.answer.id), reverse=True)
        return mine[: max(0, limit)]

    def _fits(self, record: AnswerRecord, wanted: Wanted) -> bool:
        text = f"{record.question.text}\0{record.answer.text}".lower()
        values = {
            vote.value.value
            for (community, answer, _), vote in self._votes.items()
            if (community, answer) == (record.question.community, record.answer.id)
        }
        return (
            wanted.outcome in ("", record.answer.outcome.value)
            and wanted.person in ("", record.question.person)
            and wanted.words.lower() in text
            and (wanted.before is None or record.time < wanted.before)
            and (not wanted.vote or bool(values if wanted.vote == "any" else values & {wanted.vote}))
        )

    async def votes_on(self, community: str, answers: Sequence[str]) -> list[Vote]:
        """Return the votes on these answers, oldest first."""
        mine = [v for v in self._votes.values() if v.community == community and v.answer in answers]
        return sorted(mine, key=lambda vote: (vote.time, vote.person))

    async def askers(self, community: str, since: datetime, limit: int = 100) -> list[Asker]:
        """Return who asked since then, most first."""
        asked: dict[str, list[AnswerRecord]] = {}
        for (owner, _), record in self._answers.items():
            if owner == community and record.time >= since:
                asked.setdefault(record.question.person, []).append(record)
        found = []
        for person, records in asked.items():
            votes = await self.votes_on(community, [record.answer.id for record in records])
            ups = sum(vote.value is VoteValue.UP for vote in votes)
            last = max(record.time for record in records)
            found.append(Asker(person, len(records), ups, len(votes) - ups, last))
        return sorted(found, key=lambda asker: (-asker.questions, asker.person))[: max(0, limit)]

    async def spent(self, community: str | None, since: datetime) -> list[Spent]:
        """Return what models cost per day (UTC), community and model, oldest first."""
        return spent_of(self._answers.values(), community, since)


def _value(vote: str) -> tuple[Any, ...]:
    return () if vote == "any" else (t.votes.c.value == vote,)
