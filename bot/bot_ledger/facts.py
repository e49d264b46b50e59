"""Facts of members, in SQL and in memory: the core's ``Facts`` port."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from bot_core.ports.ledger import Fact
from bot_ledger import rows
from bot_ledger import tables as t
from bot_ledger.engines import Database

KEY = ["community", "kind", "id"]


class SqlFacts:
    """The part of ``SqlLedger`` that keeps facts."""

    _database: Database
    _insert: Callable[..., Any]

    async def keep(self, fact: Fact) -> None:
        """Store, replacing what had the same key."""
        insert = self._insert(t.facts).values(_row(fact))
        changed = {name: insert.excluded[name] for name in ("person", "state", "data", "time")}
        await self._database.write(insert.on_conflict_do_update(index_elements=KEY, set_=changed))

    async def add(self, fact: Fact) -> bool:
        """Store unless it is there; tell whether it was stored."""
        insert = self._insert(t.facts).values(_row(fact)).on_conflict_do_nothing()
        return (await self._database.write(insert)).changed == 1

    async def fact(self, community: str, kind: str, id: str) -> Fact | None:
        """Return one, or None."""
        found = (await self._database.read(select(t.facts).where(_key(community, kind, id)))).rows
        return Fact(**found[0]) if found else None

    async def facts(
        self,
        kind: str,
        community: str | None = None,
        *,
        person: str | None = None,
        state: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[Fact]:
        """Return those of a kind, oldest first; ``community`` None means all."""
        query = select(t.facts).where(t.facts.c.kind == kind)
        for column, value in (("community", community), ("person", person), ("state", state)):
            if value is not None:
                query = query.where(t.facts.c[column] == value)
        if since is not None:
            query = query.where(t.facts.c.time >= since)
        query = query.order_by(t.facts.c.time, t.facts.c.id).limit(max(0, limit))
        return [Fact(**row) for row in (await self._database.read(query)).rows]

    async def take(self, community: str, kind: str, id: str) -> bool:
        """Remove one; True for exactly one caller."""
        removal = t.facts.delete().where(_key(community, kind, id))
        return (await self._database.write(removal)).changed == 1

    async def count(self, community: str, kind: str, name: str, when: datetime) -> None:
        """Add one to a count of the day."""
        key = {"community": community, "day": _day(when), "kind": kind, "name": rows.clean(name)}
        insert = self._insert(t.tallies).values(**key, count=1)
        more = {"count": t.tallies.c.count + insert.excluded.count}
        await self._database.write(insert.on_conflict_do_update(index_elements=list(key), set_=more))

    async def counted(self, community: str, kind: str, since: datetime) -> dict[str, int]:
        """Return the counts of a kind by name, from that day on."""
        total = func.sum(t.tallies.c.count).label("total")
        query = select(t.tallies.c.name, total).where(
            t.tallies.c.community == community, t.tallies.c.kind == kind, t.tallies.c.day >= _day(since)
        )
        found = (await self._database.read(query.group_by(t.tallies.c.name))).rows
        return {row["name"]: int(row["total"]) for row in found}


class MemoryFacts:
    """The twin."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, str, str], Fact] = {}
        self._counts: Counter[tuple[str, str, str, str]] = Counter()  # community, kind, name, day

    async def keep(self, fact: Fact) -> None:
        """Store, replacing."""
        self._facts[fact.community, fact.kind, fact.id] = fact

    async def add(self, fact: Fact) -> bool:
        """Store unless it is there; tell whether it was stored."""
        return self._facts.setdefault((fact.community, fact.kind, fact.id), fact) is fact

    async def fact(self, community: str, kind: str, id: str) -> Fact | None:
        """Return one, or None."""
        return self._facts.get((community, kind, id))

    async def facts(
        self,
        kind: str,
        community: str | None = None,
        *,
        person: str | None = None,
        state: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[Fact]:
        """Return those of a kind, oldest first."""
        found = [
            fact
            for fact in self._facts.values()
            if fact.kind == kind
            and community in (None, fact.community)
            and person in (None, fact.person)
            and state in (None, fact.state)
            and (since is None or fact.time >= since)
        ]
        return sorted(found, key=lambda fact: (fact.time, fact.id))[: max(0, limit)]

    async def take(self, community: str, kind: str, id: str) -> bool:
        """Remove one; tell whether it was there."""
        return self._facts.pop((community, kind, id), None) is not None

    async def count(self, community: str, kind: str, name: str, when: datetime) -> None:
        """Add one to a count of the day."""
        self._counts[community, kind, name, _day(when)] += 1

    async def counted(self, community: str, kind: str, since: datetime) -> dict[str, int]:
        """Return the counts of a kind by name, from that day on."""
        total: Counter[str] = Counter()
        for (where, what, name, day), count in self._counts.items():
            if (where, what) == (community, kind) and day >= _day(since):
                total[name] += count
        return dict(total)

    def forget_facts(self, persons: set[str]) -> int:
        """Drop what is about ``persons``; return how many."""
        theirs = [key for key, fact in self._facts.items() if fact.person in persons]
        for key in theirs:
            del self._facts[key]
        return len(theirs)


def _row(fact: Fact) -> dict[str, Any]:
    data = json.loads(rows.clean(json.dumps(dict(fact.data), ensure_ascii=False)).replace("\\u0000", "�"))
    words = {name: rows.clean(getattr(fact, name)) for name in (*KEY, "person", "state")}
    return {**words, "data": data, "time": fact.time}


def _key(community: str, kind: str, id: str) -> ColumnElement[bool]:
    clean = rows.clean
    return and_(t.facts.c.community == clean(community), t.facts.c.kind == kind, t.facts.c.id == clean(id))


def _day(when: datetime) -> str:
    return when.astimezone(UTC).date().isoformat()
