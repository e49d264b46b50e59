"""A web house with an operator's page on a real queue, documents and ledger, and an operator who logs in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
from yinlu_testing.core import NOON
from yinlu_testing.ledger import finished_job, record, vote
from yinlu_testing.servers import prefix
from yinlu_testing.web import WebHouse

from bot_adapters.web.operator_api import OperatorApi
from bot_adapters.web.operator_ports import OperatorNeeds
from bot_adapters.web.operator_sessions import CSRF, PATH
from bot_app.compose_watch import LedgerReports
from bot_app.figures import Figures
from bot_core.answers import Outcome, VoteReason, VoteValue
from bot_core.clock import ManualClock
from bot_core.ports.ledger import Community
from bot_knowledge import KnowledgeOptions, open_knowledge
from bot_ledger import MemoryLedger
from bot_queue.connection import StoreOptions, open_store
from bot_queue.jobs import RedisJobQueue
from bot_queue.journal import RedisJournal
from bot_queue.limits import RedisBudget
from bot_queue.outbox import RedisOutbox

FERRY = b"# Ferry\n\nThe ferry leaves at nine from pier four."


class OperatorHouse(WebHouse):
    """Its parts stand open for tests to look at."""

    def __init__(self, needs: OperatorNeeds, told: list[str]) -> None:
        super().__init__()
        self.needs, self.told = needs, told

    def more(self) -> dict[str, Any]:
        """Add the operator's routes."""
        self.operators = OperatorApi(self.needs, self.options)
        return {"routes": self.operators.routes}


@asynccontextmanager
async def operating(url: str, folder: Path) -> AsyncIterator[OperatorHouse]:
    """Run a house on the Redis at ``url`` with a day's questions, votes and jobs in it."""
    ledger, clock, told = MemoryLedger(), ManualClock(NOON.replace(hour=18)), list[str]()

    async def tell(community: str) -> int:
        told.append(community)
        return 1

    async with (
        open_store(url, StoreOptions(prefix=prefix())) as store,
        open_knowledge(folder / "knowledge", KnowledgeOptions(embedding="hash")) as knowledge,
    ):
        queue, outbox = RedisJobQueue(store), RedisOutbox(store, {}, ledger, "w")
        figures = Figures(
            ledger, knowledge.library, queue, store, RedisJournal(store), outbox, clock, knowledge.waiting
        )
        needs = OperatorNeeds(
            ledger=ledger,
            reports=LedgerReports(ledger, figures, clock),
            library=knowledge.library,
            answerer=knowledge.answerer,
            queue=queue,
            budget=RedisBudget(store),
            clock=clock,
            told=tell,
            allowance=100.0,
        )
        await fill(needs)
        async with OperatorHouse(needs, told).up() as house:
            yield house


async def fill(needs: OperatorNeeds) -> None:
    """Two communities; answers of all three outcomes; votes; a document; jobs that wait and one set aside."""
    ledger = needs.ledger
    for id, zh, en in (("harbour", "灯港", "Lantern Harbour"), ("other", "别处", "Elsewhere")):
        await ledger.add_community(Community(id, zh, en, NOON))
    for kept in (
        record("a", text="When does the ferry leave?"),
        record("b", text="怎么申请停船位?", outcome=Outcome.UNKNOWN, at=60),
        record("c", text="请问怎么申请停船位", outcome=Outcome.UNKNOWN, at=120, person="test:bob"),
        record("d", text="Is there a night bus?", outcome=Outcome.RELATED, at=180, person="test:bob"),
        record("s", community="other", text="a secret of elsewhere", outcome=Outcome.UNKNOWN, at=190),
    ):
        await ledger.record_answer(kept)
    await ledger.vote(vote("a", VoteValue.UP, person="test:bob"))
    await ledger.vote(vote("d", VoteValue.DOWN, reason=VoteReason.INCOMPLETE, words="which line?"))
    async for _ in needs.library.add("harbour", "ferry.md", FERRY):
        pass
    job = replace(finished_job().job, created=NOON)
    await needs.queue.put(job)
    (lease,) = await needs.queue.claim("w", ["imagine"], ["fast"], {}, 0)  # type: ignore[list-item]
    await needs.queue.fail(lease, "out of memory", retry=False)
    await needs.queue.put(replace(job, id="cd" * 12, key="k2"))
    await needs.queue.put(replace(job, id="ef" * 12, key="k3", community="other"))


class Desk:
    """An operator at work over HTTP."""

    def __init__(self, house: OperatorHouse, http: aiohttp.ClientSession) -> None:
        self.house, self.http, self.csrf = house, http, ""

    async def log_in(self, name: str = "ann") -> dict[str, Any]:
        """Open a link."""
        ticket = await self.house.operators.sessions.ticket(name)
        status, body = await self.post("session", ticket=ticket)
        assert status == 200, body
        self.csrf = body["csrf"]
        return body

    async def get(self, name: str, **query: str) -> tuple[int, Any]:
        """Read."""
        query = {"community": "harbour", **query}
        async with self.http.get(f"{self.house.url}{PATH}/{name}", params=query) as response:
            text = await response.text()
            return (
                response.status,
                await response.json() if response.content_type == "application/json" else text,
            )

    async def post(self, name: str, /, csrf: str | None = None, **body: Any) -> tuple[int, Any]:
        """Change."""
        headers = {CSRF: self.csrf if csrf is None else csrf}
        body = {"community": "harbour", **body}
        async with self.http.post(f"{self.house.url}{PATH}/{name}", json=body, headers=headers) as response:
            return response.status, await response.json()


@asynccontextmanager
async def at_desk(house: OperatorHouse) -> AsyncIterator[Desk]:
    """Somebody with a cookie jar; loopback addresses keep cookies too."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Desk(house, http)
