"""The Ledger port on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from bot_core.answers import AnswerRecord, Turn, Vote
from bot_core.errors import NotFound, UnknownCommunity
from bot_core.ports.ledger import Community, VotedAnswer
from bot_core.ports.work import JobState, JobView
from bot_ledger import rows
from bot_ledger import tables as t
from bot_ledger.engines import Database, PostgresDatabase, SqliteDatabase, is_sqlite, read_url
from bot_ledger.facts import SqlFacts
from bot_ledger.forget import forget
from bot_ledger.migrate import upgrade
from bot_ledger.reports import SqlReports
from bot_ledger.statistics import Daily, daily

EXPORT_BATCH = 200
NO_TIME = datetime(1, 1, 2, tzinfo=UTC)


class SqlLedger(SqlFacts, SqlReports):
    """The ledger in a database; made by ``open``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.name == "sqlite" else postgresql.insert

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, migrate: bool = True) -> AsyncIterator[SqlLedger]:
        """Connect to ``url``, its tables brought up to date first.

        Raises SettingWrong, EngineDown, StorageFull, and StartRefused where a newer Yinlu wrote them.
        """
        parsed = read_url(url)
        if migrate:
            await upgrade(url)
        database: Database = SqliteDatabase(parsed) if is_sqlite(parsed) else PostgresDatabase(parsed)
        try:
            yield cls(database)
        finally:
            await database.close()

    # --- answers -------------------------------------------------------------------------------------------
    async def record_answer(self, record: AnswerRecord) -> None:
        """Keep an answer; the same id again changes nothing."""
        insert = self._insert(t.answers).values(rows.answer_row(record))
        await self._database.write(insert.on_conflict_do_nothing())

    async def answer(self, community: str, answer: str) -> AnswerRecord:
        """Return an answer of this community. Raises NotFound."""
        query = select(t.answers).where(t.answers.c.community == community, t.answers.c.id == answer)
        found = (await self._database.read(query)).rows
        if not found:
            raise NotFound(f"answer {answer[:40]}")
        return rows.answer_record(found[0])

    async def turns(self, community: str, conversation: str, limit: int = 6) -> list[Turn]:
        """Return a conversation's last turns, oldest first."""
        columns = select(t.answers.c.question, t.answers.c.text)
        query = _last(columns, community, conversation, (limit + 1) // 2)
        turns: list[Turn] = []
        for row in reversed((await self._database.read(query)).rows):
            turns += (Turn("user", row["question"]), Turn("assistant", row["text"]))
        return turns[-limit:] if limit > 0 else []

    async def conversation_answers(
        self, community: str, conversation: str, limit: int = 50
    ) -> list[AnswerRecord]:
        """Return a conversation's last answers, oldest first."""
        query = _last(select(t.answers), community, conversation, limit)
        return [rows.answer_record(row) for row in reversed((await self._database.read(query)).rows)]

    async def answers(
        self, community: str | None, since: datetime | None = None, limit: int = 1000
    ) -> list[AnswerRecord]:
        """Return answers, newest first; None means all communities."""
        query = select(t.answers).where(*_within(t.answers, "created", community, since))
        query = query.order_by(t.answers.c.created.desc(), t.answers.c.id.desc()).limit(max(0, limit))
        return [rows.answer_record(row) for row in (await self._database.read(query)).rows]

    # --- votes ---------------------------------------------------------------------------------------------
    async def vote(self, vote: Vote) -> None:
        """Keep a vote; the last one wins, by its time, so that a late redelivery can't undo a newer one."""
        row = rows.vote_row(vote)
        insert = self._insert(t.votes).values(row)
        changed = {name: insert.excluded[name] for name in ("value", "reason", "words", "time")}
        upsert = insert.on_conflict_do_update(
            index_elements=["community", "answer", "person"],
            set_=changed,
            where=t.votes.c.time <= insert.excluded.time,
        )
        try:
            await self._database.write(upsert)
        except IntegrityError:
            raise NotFound(f"answer {vote.answer[:40]}") from None

    async def votes(
        self, community: str | None, since: datetime | None = None, limit: int = 1000
    ) -> list[VotedAnswer]:
        """Return votes with their answers, newest first."""
        query = _voted().where(*_within(t.votes, "time", community, since))
        query = query.order_by(t.votes.c.time.desc(), t.votes.c.answer.desc(), t.votes.c.person.desc())
        return [_voted_answer(row) for row in (await self._database.read(query.limit(max(0, limit)))).rows]

    async def export(self, community: str) -> AsyncIterator[VotedAnswer]:
        """Yield a community's voted answers, oldest first, where asker and voter both consented."""
        after: tuple[datetime, str, str] = (NO_TIME, "", "")
        while True:
            found = (await self._database.read(_exported(community, after))).rows
            for row in found:
                yield _voted_answer({**row, "history": []})  # the conversation is others' words too
            if len(found) < EXPORT_BATCH:
                return
            last = found[-1]
            after = (last["vote_time"], last["vote_answer"], last["vote_person"])

    # --- communities, places, settings ---------------------------------------------------------------------
    async def add_community(self, community: Community) -> None:
        """Create a community; an existing one keeps its creation time and takes the names."""
        insert = self._insert(t.communities).values(
            id=community.id,
            name_zh=community.name_zh,
            name_en=community.name_en,
            created=community.created,
        )
        names = {name: insert.excluded[name] for name in ("name_zh", "name_en")}
        await self._database.write(insert.on_conflict_do_update(index_elements=["id"], set_=names))

    async def community(self, community: str) -> Community:
        """Return a community. Raises UnknownCommunity."""
        query = select(t.communities).where(t.communities.c.id == rows.clean(community))
        found = (await self._database.read(query)).rows
        if not found:
            raise UnknownCommunity(community[:80])
        return Community(**found[0])

    async def communities(self) -> list[Community]:
        """Return all communities, oldest first."""
        query = select(t.communities).order_by(t.communities.c.created, t.communities.c.id)
        return [Community(**row) for row in (await self._database.read(query)).rows]

    async def bind(self, platform: str, place: str, community: str) -> None:
        """Bind a place, replacing what was bound. Raises UnknownCommunity."""
        insert = self._insert(t.places).values(platform=platform, place=place, community=community)
        upsert = insert.on_conflict_do_update(
            index_elements=["platform", "place"], set_={"community": insert.excluded.community}
        )
        try:
            await self._database.write(upsert)
        except IntegrityError:
            raise UnknownCommunity(community[:80]) from None

    async def bound(self, platform: str, place: str) -> str | None:
        """Return the community a place is bound to."""
        query = select(t.places.c.community).where(t.places.c.platform == platform, t.places.c.place == place)
        found = (await self._database.read(query)).rows
        return found[0]["community"] if found else None

    async def setting(self, community: str, name: str) -> str | None:
        """Return a community's stored setting."""
        query = select(t.settings.c.value).where(
            t.settings.c.community == community, t.settings.c.name == name
        )
        found = (await self._database.read(query)).rows
        return found[0]["value"] if found else None

    async def set_setting(self, community: str, name: str, value: str | None) -> None:
        """Store or (None) remove a community's setting."""
        if value is None:
            where = and_(t.settings.c.community == community, t.settings.c.name == name)
            await self._database.write(t.settings.delete().where(where))
            return
        insert = self._insert(t.settings).values(community=community, name=name, value=rows.clean(value))
        keys = ["community", "name"]
        await self._database.write(
            insert.on_conflict_do_update(index_elements=keys, set_={"value": insert.excluded.value})
        )

    # --- jobs ----------------------------------------------------------------------------------------------
    async def record_job(self, view: JobView) -> None:
        """Keep a finished job; the same id again changes nothing."""
        await self._database.write(self._insert(t.jobs).values(rows.job_row(view)).on_conflict_do_nothing())

    async def job(self, community: str, job: str) -> JobView:
        """Return a finished job. Raises NotFound."""
        query = select(t.jobs.c.view).where(t.jobs.c.community == community, t.jobs.c.id == job)
        found = (await self._database.read(query)).rows
        if not found:
            raise NotFound(f"job {job[:40]}")
        return rows.job_view(found[0])

    async def jobs(
        self, community: str, kind: str, person: str | None = None, limit: int = 100
    ) -> list[JobView]:
        """Return finished jobs that came to a result, newest first."""
        query = select(t.jobs.c.view).where(t.jobs.c.community == community, t.jobs.c.kind == kind)
        query = (
            query.where(t.jobs.c.state == JobState.DONE.value).order_by(t.jobs.c.created.desc()).limit(limit)
        )
        if person is not None:
            query = query.where(t.jobs.c.person == person)
        return [rows.job_view(found) for found in (await self._database.read(query)).rows]

    async def remove_job(self, community: str, job: str) -> bool:
        """Forget a finished job; tell whether it was there."""
        gone = delete(t.jobs).where(t.jobs.c.community == community, t.jobs.c.id == job)
        return bool((await self._database.write(gone)).changed)

    # --- persons -------------------------------------------------------------------------------------------
    async def set_consent(self, person: str, consent: bool) -> None:
        """Store whether a person's votes and answered questions may be exported."""
        insert = self._insert(t.persons).values(id=person, export_consent=consent, created=datetime.now(UTC))
        given = {"export_consent": insert.excluded.export_consent}
        await self._database.write(insert.on_conflict_do_update(index_elements=["id"], set_=given))

    async def consent(self, person: str) -> bool:
        """Return it; False for a person who never said so."""
        found = (await self._database.read(select(t.persons.c.id).where(_consented(person)))).rows
        return bool(found)

    async def link(self, account: str, person: str) -> None:
        """Say that ``account`` is ``person``'s, replacing what was said before."""
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            made = self._insert(t.persons).values(id=person, export_consent=False, created=now)
            await connection.execute(made.on_conflict_do_nothing())
            insert = self._insert(t.accounts).values(id=account, person=person, created=now)
            await connection.execute(
                insert.on_conflict_do_update(index_elements=["id"], set_={"person": insert.excluded.person})
            )

    async def person_of(self, account: str) -> str:
        """Return the person behind an account: the account itself where none was linked."""
        query = select(t.accounts.c.person).where(t.accounts.c.id == account)
        found = (await self._database.read(query)).rows
        return found[0]["person"] if found else account

    async def accounts_of(self, person: str) -> list[str]:
        """Return the accounts that are linked to a person."""
        query = select(t.accounts.c.id).where(t.accounts.c.person == person).order_by(t.accounts.c.id)
        return [row["id"] for row in (await self._database.read(query)).rows]

    async def forget_person(self, persons: Sequence[str]) -> int:
        """Remove a person's questions, words, votes and jobs; only counts per day remain."""
        async with self._database.transaction() as connection:
            return await forget(connection, self._insert, [rows.clean(person) for person in persons])

    async def daily(self, community: str | None, since: datetime) -> list[Daily]:
        """Return counts per day (UTC), forgotten persons' included, oldest first."""
        return await daily(self._database, community, since)


def _last(columns: Select[Any], community: str, conversation: str, limit: int) -> Select[Any]:
    query = columns.where(t.answers.c.community == community, t.answers.c.conversation == conversation)
    return query.order_by(t.answers.c.created.desc(), t.answers.c.id.desc()).limit(max(0, limit))


def _within(
    table: Table, time: str, community: str | None, since: datetime | None
) -> list[ColumnElement[bool]]:
    limits: list[ColumnElement[bool]] = []
    if community is not None:
        limits.append(table.c.community == community)
    if since is not None:
        limits.append(table.c[time] >= since)
    return limits


def _voted() -> Select[Any]:
    together = t.votes.join(
        t.answers, and_(t.votes.c.community == t.answers.c.community, t.votes.c.answer == t.answers.c.id)
    )
    labelled = [column.label(f"vote_{column.name}") for column in t.votes.c]
    return select(t.answers, *labelled).select_from(together)


def _voted_answer(row: rows.Row) -> VotedAnswer:
    return VotedAnswer(rows.vote_of(row, "vote_"), rows.answer_record(row))


def _consented(person: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Whether ``person`` (an id or a column) consented, under this id or as the person it is linked to."""
    linked = select(t.accounts.c.person).where(t.accounts.c.id == person).correlate(t.votes, t.answers)
    return and_(t.persons.c.export_consent, (t.persons.c.id == person) | t.persons.c.id.in_(linked))


def _exported(community: str, after: tuple[datetime, str, str]) -> Select[Any]:
    time, answer, person = after
    later = (t.votes.c.time > time) | (
        (t.votes.c.time == time)
        & ((t.votes.c.answer > answer) | ((t.votes.c.answer == answer) & (t.votes.c.person > person)))
    )
    agreed = [
        select(t.persons.c.id).where(_consented(column)).correlate(t.votes, t.answers).exists()
        for column in (t.votes.c.person, t.answers.c.person)
    ]
    query = _voted().where(t.votes.c.community == community, later, *agreed)
    return query.order_by(t.votes.c.time, t.votes.c.answer, t.votes.c.person).limit(EXPORT_BATCH)
