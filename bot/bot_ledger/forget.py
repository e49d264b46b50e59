"""Forgetting a person: their rows go, counts per day stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningDelete

from bot_ledger import tables as t

Key = tuple[str, str, str, str]  # community, day, kind, name


async def forget(connection: AsyncConnection, insert: Callable[..., Any], persons: Sequence[str]) -> int:
    """Delete what belongs to ``persons`` and the accounts linked to them; return how many rows went.

    Votes that others gave on their answers go with the answers. Call inside a transaction.
    """
    everyone = await _linked(connection, list(persons))
    theirs = and_(t.answers.c.community == t.votes.c.community, t.answers.c.id == t.votes.c.answer)
    on_theirs = select(t.answers.c.id).where(theirs, t.answers.c.person.in_(everyone)).exists()
    counts: Counter[Key] = Counter()
    gone = 0
    for kind, table, name, time, where in (
        ("vote", t.votes, "value", "time", or_(t.votes.c.person.in_(everyone), on_theirs)),
        ("answer", t.answers, "outcome", "created", t.answers.c.person.in_(everyone)),
        ("job", t.jobs, "kind", "created", t.jobs.c.person.in_(everyone)),
    ):
        for community, said, when in (await connection.execute(_delete(table, name, time, where))).all():
            counts[community, when.date().isoformat(), kind, said] += 1
            gone += 1
    gone += (await connection.execute(t.facts.delete().where(t.facts.c.person.in_(everyone)))).rowcount
    for table, key in ((t.accounts, t.accounts.c.id), (t.persons, t.persons.c.id)):
        gone += (await connection.execute(table.delete().where(key.in_(everyone)))).rowcount
    await _add(connection, insert, counts)
    return gone


async def _linked(connection: AsyncConnection, persons: list[str]) -> list[str]:
    """Return the ids with the persons behind them and all accounts of those."""
    behind = select(t.accounts.c.person).where(t.accounts.c.id.in_(persons))
    known = {*persons, *(await connection.execute(behind)).scalars()}
    linked = select(t.accounts.c.id).where(t.accounts.c.person.in_(sorted(known)))
    return sorted(known.union((await connection.execute(linked)).scalars()))


def _delete(table: Table, name: str, time: str, where: ColumnElement[bool]) -> ReturningDelete[Any]:
    return table.delete().where(where).returning(table.c.community, table.c[name], table.c[time])


async def _add(connection: AsyncConnection, insert: Callable[..., Any], counts: Counter[Key]) -> None:
    for (community, day, kind, name), count in sorted(counts.items()):
        row = {"community": community, "day": day, "kind": kind, "name": name, "count": count}
        added = insert(t.tallies).values(row)
        await connection.execute(
            added.on_conflict_do_update(
                index_elements=["community", "day", "kind", "name"],
                set_={"count": t.tallies.c.count + added.excluded.count},
            )
        )
