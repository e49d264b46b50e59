"""/metrics: what it tells, to whom, and that nothing personal is in it."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from yinlu_testing.core import NOON
from yinlu_testing.ledger import finished_job, record
from yinlu_testing.web import SIGNER, Tab, WebHouse, token

from bot_adapters.web.operators import Watched
from bot_app.figures import Figures
from bot_app.metrics import CountedOutbox, CountEvents, CountPresses, CountRecords, Counts, counted_jobs
from bot_app.metrics_shared import Shared, loop_watched
from bot_core.clock import ManualClock, SystemClock
from bot_core.conversation import Context
from bot_core.dispatch import Dispatcher
from bot_core.identity import Origin
from bot_core.middleware import VerifyPresses
from bot_core.ports.work import JobState, Outgoing
from bot_core.replies import say
from bot_handlers.feedback import FeedbackHandler
from bot_knowledge import KnowledgeOptions, open_knowledge
from bot_ledger import MemoryLedger
from bot_queue.board import Ended
from bot_queue.connection import open_store
from bot_queue.jobs import QueueOptions, RedisJobQueue
from bot_queue.journal import RedisJournal
from bot_queue.outbox import RedisOutbox

pytest_plugins = ["yinlu_testing.redis"]

PLANTED = ("13800138000", "ann@example.org", "sk-live-51Hx-planted", "310101199001011234")


class CountedHouse(WebHouse):
    """A web house whose events, presses and answers are counted."""

    def __init__(self, token: str = "") -> None:
        super().__init__()
        self.registry = Watched(token)
        self.counts = Counts(self.registry)

    def more(self):
        """Count: the dispatcher that the house made is replaced by one that counts."""
        context = Context(CountedOutbox(self.outbox, self.counts), SIGNER)
        middleware = [CountEvents(self.counts), VerifyPresses(SIGNER), CountPresses(self.counts)]
        from yinlu_testing.web import clean

        from bot_handlers.ask import AskHandler

        handlers = [
            AskHandler(self.answerer, self.ledger, SystemClock(), clean),
            FeedbackHandler(self.ledger),
        ]
        self.intake._dispatcher = Dispatcher(context, {"web": self.face}, self.places, middleware, handlers)
        return {"registry": self.registry}


async def shown(house, **headers):
    """Return status and text of /metrics."""
    async with aiohttp.ClientSession() as http, http.get(house.url + "/metrics", headers=headers) as response:
        return response.status, await response.text()


def values(text):
    """Return {(name, labels): value} of what was shown, by Prometheus' own parser."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text, name, **labels):
    """Return one value, 0 where it is not there."""
    return values(text).get((name, tuple(sorted(labels.items()))), 0.0)


async def test_a_question_a_vote_and_a_refusal_are_counted():
    """Events by platform, kind and result; answers by outcome; votes; refusals by what refused; how long it took."""
    async with CountedHouse().up() as house, Tab(house).open() as tab:
        answer = await tab.ask("When does it leave?")
        await tab.ask("what?")
        sent = await tab.send("vote", {"token": token(answer, "vote_up")})
        await tab.until("vote", sent)
        async with aiohttp.ClientSession() as http:
            await http.post(house.url + "/api/v1/votes", json={"token": "forged"})
        async with asyncio.timeout(10):
            while value((text := (await shown(house))[1]), "yinlu_votes_total", value="up") < 1:
                await asyncio.sleep(0.02)
    assert value(text, "yinlu_events_total", platform="web", kind="said", result="handled") == 2
    assert value(text, "yinlu_answers_total", platform="web", outcome="answered", reason="none") == 1
    assert value(text, "yinlu_answers_total", platform="web", outcome="unknown", reason="nothing_near") == 1
    assert value(text, "yinlu_event_seconds_count", platform="web", kind="said") == 2
    assert value(text, "yinlu_refusals_total", error="ForgedButton") == 1
    assert value(text, "process_resident_memory_bytes") > 10_000_000


async def test_nothing_personal_is_in_metrics():
    """Tokens, telephone numbers, addresses in questions, names and errors: none of them in any name or label."""
    async with CountedHouse("t" * 20).up() as house, Tab(house).open() as tab:
        logger = logging.getLogger("bot_planted." + PLANTED[0])
        handler = CountRecords(house.counts)
        logger.addHandler(handler)
        for planted in PLANTED:
            await tab.ask(f"What about {planted}?")
            async with aiohttp.ClientSession() as http:
                await http.post(house.url + "/api/v1/ask", json={"question": f"boom {planted}"})
            logger.error("could not reach %s", planted)
        logger.removeHandler(handler)
        status, text = await shown(house)
    assert status == 200 and value(text, "yinlu_log_records_total", room="bot_planted", level="error") == 4
    assert [planted for planted in (*PLANTED, "harbour", "t" * 20) if planted in text] == []


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_metrics_are_not_for_everybody(name):
    """This machine reads them; whoever comes through a proxy needs the token."""
    async with CountedHouse("long enough").up() as house:
        assert (await shown(house))[0] == 200
        assert (await shown(house, **{name: "203.0.113.9"}))[0] == 403
        assert (await shown(house, **{name: "203.0.113.9", "Authorization": "Bearer wrong"}))[0] == 403
        assert (await shown(house, **{name: "203.0.113.9", "Authorization": "Bearer long enough"}))[0] == 200
    async with CountedHouse().up() as house:
        assert (await shown(house, **{name: "127.0.0.1", "Authorization": "Bearer "}))[0] == 403


def test_tokens_cost_and_time_of_answers_are_counted():
    """What a model used, in its own line; a key that was here before counts once."""
    registry = Watched()
    Counts(registry).answered(record())
    assert (
        registry.get_sample_value("yinlu_model_tokens_total", {"model": "extractive", "kind": "prompt"})
        == 120
    )
    assert registry.get_sample_value("yinlu_model_cost_total", {"model": "extractive"}) == 0.0015
    assert registry.get_sample_value("yinlu_answer_seconds_sum", {"model": "extractive"}) == 0.04


async def test_ended_jobs_and_429s_are_counted():
    """A job's end with the time since its put; a platform's 429 by the platform."""
    registry = Watched()
    counts = Counts(registry)

    async def render(ended):
        return None

    put = finished_job()
    counted = counted_jobs(counts, render, lambda: NOON.timestamp() + 7)
    await counted(Ended(put, 1))
    await counted(Ended(replace(put, state=JobState.FAILED), 1))
    labels = {"kind": "imagine", "lane": "fast", "state": "done"}
    assert registry.get_sample_value("yinlu_job_seconds_sum", labels) == 7
    assert registry.get_sample_value("yinlu_jobs_ended_total", {**labels, "state": "failed"}) == 1
    handler = CountRecords(counts)
    for name, words in (
        ("discord.http", "We are being rate limited. %s %s responded with 429."),
        ("bot_adapters.telegram.pace", "told to wait"),
    ):
        handler.emit(logging.LogRecord(name, logging.WARNING, "", 0, words, (), None))
    for platform in ("discord", "telegram"):
        assert registry.get_sample_value("yinlu_rate_limited_total", {"platform": platform}) == 1


async def test_the_loops_lag_is_measured():
    """A loop that is held up for a while shows it."""
    registry = Watched()
    async with loop_watched(Counts(registry), 0.01):
        async with asyncio.timeout(10):
            while not registry.get_sample_value("yinlu_loop_lag_seconds_count"):
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.005)
        time.sleep(0.3)
        await asyncio.sleep(0.02)
    late = registry.get_sample_value("yinlu_loop_lag_seconds_sum")
    assert late is not None and late >= 0.25


@pytest.fixture
async def figures(valkey, tmp_path):
    """What is read, over a real queue, journal, outbox and index."""
    from yinlu_testing.servers import prefix

    from bot_queue.connection import StoreOptions

    ledger, clock = MemoryLedger(), ManualClock(NOON)
    async with (
        open_store(valkey.url, StoreOptions(prefix=prefix())) as store,
        open_knowledge(tmp_path / "k", KnowledgeOptions(embedding="hash")) as knowledge,
    ):
        queue = RedisJobQueue(store, QueueOptions(lease=0.05))
        outbox = RedisOutbox(store, {}, ledger, "w")
        made = Figures(
            ledger, knowledge.library, queue, store, RedisJournal(store), outbox, clock, knowledge.waiting
        )
        yield made, queue, outbox, ledger, clock, knowledge, store


async def test_what_all_processes_share_is_read_where_it_lies(figures):
    """Lanes with cost, age, jobs set aside and lost leases; the outbox's age; the index; the day's counts."""
    read, queue, outbox, ledger, clock, knowledge, _ = figures
    async for _ in knowledge.library.add("harbour", "ferry.md", b"# Ferry\n\nThe ferry leaves at nine."):
        pass
    await ledger.record_answer(record())
    job = replace(finished_job().job, created=NOON)
    await queue.put(job)
    other = replace(job, id="ab" * 12, key="k2", cost=6.0)
    await queue.put(other)
    (lease,) = await queue.claim("w", ["imagine"], ["fast"], {}, 0)
    assert lease.attempt == 1
    await asyncio.sleep(0.08)
    await queue.claim("w", ["none"], ["fast"], {}, 0)  # whoever looks finds the lease over
    origin = Origin("elsewhere", "p", "c")
    await outbox.send(Outgoing("e1", 0, origin, "harbour", "p", say("hello")))
    await read.read()
    clock.advance(40)
    glance = await read.read()
    fast = glance.lanes[0]
    assert (fast.lane, fast.waiting, fast.running, fast.expired, fast.cost) == ("fast", 2, 0, 1, 10.0)
    assert glance.outbox["pending"] == 1 and glance.outbox_age == pytest.approx(40)
    assert (glance.communities, glance.documents, glance.passages) == (1, 1, 1)
    assert glance.today["answered"] == 1 and glance.today["tokens"] == 150
    assert glance.memory["house"] > 10_000_000 and glance.troubles == ()
    registry = Watched()
    shared = Shared(read)
    registry.register(shared)
    await shared.refresh()
    assert registry.get_sample_value("yinlu_queue_lease_expiries_total", {"lane": "fast"}) == 1
    assert registry.get_sample_value("yinlu_queue_waiting_cost", {"lane": "fast"}) == 10.0
    assert registry.get_sample_value("yinlu_index_passages") == 1


async def test_a_store_that_is_away_is_told_not_raised(figures):
    """Metrics still come, without the queue's, and say which part is missing."""
    read, *_, store = figures
    registry, shared = Watched(), Shared(read)
    registry.register(shared)

    async def gone(*_):
        from bot_core.errors import EngineDown

        raise EngineDown("redis", "gone")

    store.call = store.run = gone
    await shared.refresh()
    assert registry.get_sample_value("yinlu_trouble", {"part": "queue"}) == 1
    assert registry.get_sample_value("yinlu_memory_bytes", {"part": "house"}) > 0
