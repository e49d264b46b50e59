"""The operator's eyes, put together: what is looked up for the page, /metrics and ``yinlu top``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot_adapters.web.operator_done import GAP_DONE
from bot_adapters.web.operator_ports import Json
from bot_app.control import Line, Operation
from bot_app.figures import Figures, plain, today
from bot_core.answers import AnswerRecord, Outcome, Vote
from bot_core.errors import BadInput
from bot_core.identity import Words
from bot_core.ports.safety import Clock
from bot_ledger import MemoryLedger, SqlLedger
from bot_ledger.export import lines
from bot_ledger.reports import Asker, Wanted
from bot_ledger.statistics import Gap, gaps

MOST_GAPS = 5000  # unanswered questions that are grouped
NOT_SERVED = Words("网页没有在运行：先运行 yinlu run。", "No page is served: run yinlu run first.")


@dataclass(frozen=True, slots=True)
class LedgerReports:
    """The page's Reports over the ledger and the figures."""

    ledger: SqlLedger | MemoryLedger
    figures: Figures
    clock: Clock

    async def today(self, community: str | None) -> Mapping[str, float]:
        """Return the day's counts by name."""
        found = await today(self.ledger, self.clock, community)
        start = self.clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if community is not None:
            voice = await self.ledger.counted(community, "voice", start)
            found["voice_seconds"] = sum(int(name) * count for name, count in voice.items())
            found["errors"] = sum((await self.ledger.counted(community, "error", start)).values())
        return found

    async def week(self, community: str | None) -> Sequence[Json]:
        """Return a line per day of the last seven, oldest first."""
        since = self.clock.now() - timedelta(days=6)
        days = [(since + timedelta(days=n)).astimezone(UTC).date().isoformat() for n in range(7)]
        names = ("answered", "related", "unknown", "up", "down", "cost")
        found: dict[str, Json] = {day: {"day": day, **dict.fromkeys(names, 0)} for day in days}
        for daily in await self.ledger.daily(community, since):
            for name, count in (*daily.answers.items(), *daily.votes.items()):
                found[daily.day][name] += count
        for spent in await self.ledger.spent(community, since):
            found[spent.day]["cost"] += spent.cost
        return list(found.values())

    async def glance(self) -> Json:
        """Return what stands where."""
        return plain(await self.figures.read())

    async def found(
        self,
        community: str,
        limit: int,
        *,
        outcome: str = "",
        words: str = "",
        vote: str = "",
        person: str = "",
        before: datetime | None = None,
    ) -> list[AnswerRecord]:
        """Return answers, newest first."""
        return await self.ledger.found(community, Wanted(outcome, words, vote, person, before), limit)

    async def votes_on(self, community: str, answers: Sequence[str]) -> list[Vote]:
        """Return votes on answers."""
        return await self.ledger.votes_on(community, answers)

    async def askers(self, community: str, since: datetime, limit: int) -> list[Asker]:
        """Return who asked, most first."""
        return await self.ledger.askers(community, since, limit)

    async def gaps(self, community: str, since: datetime) -> list[Gap]:
        """Return unanswered questions that nobody saw to yet, grouped, most asked first."""
        records: list[AnswerRecord] = []
        for outcome in (Outcome.UNKNOWN, Outcome.RELATED):
            records += await self.ledger.found(community, Wanted(outcome=outcome.value), MOST_GAPS)
        done = {fact.id for fact in await self.ledger.facts(GAP_DONE, community, since=since, limit=100_000)}
        open_ = [r for r in records if r.time >= since and r.answer.id not in done]
        return await asyncio.to_thread(gaps, open_)

    async def export(self, community: str) -> AsyncIterator[Json]:
        """Yield training data of those who agreed to it."""
        async for line in lines(self.ledger, community):
            yield line


def watch_operations(
    figures: Figures | None, urls: Sequence[str], ticket: Callable[[str], Awaitable[str]] | None
) -> dict[str, Operation]:
    """Return what ``yinlu top`` and ``yinlu admin link`` ask of the owner; None where nothing is served."""

    async def top(params: Mapping[str, object]) -> AsyncIterator[Line]:
        if figures is None:
            raise BadInput("nothing runs", NOT_SERVED)
        yield {"result": plain(await figures.read())}

    async def link(params: Mapping[str, object]) -> AsyncIterator[Line]:
        if ticket is None or not urls:
            raise BadInput("no page is served", NOT_SERVED)
        name = str(params.get("name") or "operator")
        yield {"result": {"links": [f"{url}/operator#ticket={await ticket(name)}" for url in urls]}}

    return {"top": top, "admin_link": link}
