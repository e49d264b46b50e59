"""Workers over both queues: batches, bad jobs, cancels, drains, results on their way out."""

import asyncio
import time

import pytest
from yinlu_testing.core import NOON, RecordingFace
from yinlu_testing.servers import until

from bot_core.errors import BadInput, EngineDown, JobFailed
from bot_core.identity import Origin, short_id
from bot_core.ports.work import BatchRule, Job, JobResult, JobState, Lane, Outgoing, Progress
from bot_core.replies import say
from bot_queue.batching import rule_of
from bot_queue.finisher import Finisher, result_key
from bot_queue.jobs import QueueOptions, RedisJobQueue
from bot_queue.jobs_memory import MemoryJobQueue
from bot_queue.outbox import MemoryOutbox
from bot_queue.worker import Worker, WorkerOptions

pytest_plugins = ["yinlu_testing.redis"]

QUEUE = QueueOptions(lease=0.4, poll=0.05, report_again=0.1)
WORK = WorkerOptions(heartbeat=0.1, wait=0.1, drain=0.3, rules={"p": BatchRule(8)})


def job(name, person="alice"):
    """Return a job."""
    return Job(
        short_id(name), name, "image", "p", Lane.FAST, person, "harbour", Origin("test", "place", "c"), 1.0, {}, NOON,
        event=name,
    )  # fmt: skip


@pytest.fixture
def queue(store):
    """A queue with short leases."""
    return RedisJobQueue(store, QUEUE) if store else MemoryJobQueue(QUEUE)


class Working:
    """A worker that runs while inside."""

    def __init__(self, queue, maker, options=WORK, name="w"):
        self.worker = Worker(queue, {"image": maker}, name, options)

    async def __aenter__(self):
        self.task = asyncio.create_task(self.worker.run())
        return self

    async def __aexit__(self, *_):
        self.worker.stop()
        await asyncio.wait_for(self.task, 5)


async def ended(queue, *names):
    """Wait until these ended; return their states."""
    views = []
    for name in names:
        async for line in queue.follow(short_id(name)):
            last = line
        views.append(last)
    return views


async def test_a_batch_of_eight_with_one_bad_finishes_the_others(queue):
    """Bad inside: the whole fails, is split, and only the bad one is tried again and set aside."""
    calls = []

    async def maker(batch):
        names = [lease.job.key for lease in batch.leases]
        calls.append(names)
        if "j3" in names:
            raise MemoryError("out of memory")
        return [JobResult(data={"n": name}) for name in names]

    for n in range(8):
        await queue.put(job(f"j{n}", f"p{n}"))
    async with Working(queue, maker):
        lines = await asyncio.wait_for(ended(queue, *(f"j{n}" for n in range(8))), 10)
    assert [line.state for line in lines].count(JobState.DONE) == 7
    assert lines[3].state is JobState.FAILED and "out of memory" in lines[3].reason
    assert calls[0] == [f"j{n}" for n in range(8)] and calls.count(["j3"]) == 3
    assert [line.attempt for line in lines if line.state is JobState.DONE] == [1] * 7


async def test_an_error_of_one_job_is_its_own(queue):
    """A maker may answer per job: one refused for good, one tried again, the rest done."""
    tried = []

    async def maker(batch):
        answers = []
        for lease in batch.leases:
            tried.append(lease.job.key)
            if lease.job.key == "bad":
                answers.append(BadInput("no such size"))
            elif lease.job.key == "flaky" and lease.attempt == 1:
                answers.append(JobFailed(lease.job.id, 1, "again"))
            else:
                answers.append(JobResult())
        return answers

    for n, name in enumerate(("bad", "flaky", "good")):
        await queue.put(job(name, f"p{n}"))
    async with Working(queue, maker):
        lines = await asyncio.wait_for(ended(queue, "bad", "flaky", "good"), 5)
    assert [line.state for line in lines] == [JobState.FAILED, JobState.DONE, JobState.DONE]
    assert tried.count("bad") == 1 and tried.count("flaky") == 2


async def test_long_jobs_keep_their_lease_and_a_cancel_is_heard_within_a_step(queue):
    """Beyond the lease nobody takes it over; cancelled, the maker hears of it before its next step is over."""
    steps, stopped = [], asyncio.Event()

    async def maker(batch):
        for step in range(100):
            await asyncio.sleep(0.05)
            if not batch.active:
                break
            steps.append(step)
            await batch.progress(batch.leases[0], Progress("sampling", step / 100))
        stopped.set()
        return [JobResult()]

    await queue.put(job("a"))
    async with Working(queue, maker), Working(queue, maker, name="w2"):
        await until(lambda: len(steps) >= 12)
        assert (await queue.view(short_id("a"))).attempt == 1
        at = len(steps)
        await queue.cancel(short_id("a"), "alice")
        await asyncio.sleep(0.3)
        assert len(steps) <= at + 1
    assert (await queue.view(short_id("a"))).state is JobState.CANCELLED


async def test_cancelling_one_of_a_batch_leaves_its_companions(queue):
    """The others finish; the cancelled one's result is not written."""

    async def maker(batch):
        await asyncio.sleep(0.3)
        return [JobResult() for _ in batch.leases]

    for n in range(3):
        await queue.put(job(f"j{n}", f"p{n}"))
    async with Working(queue, maker):
        await asyncio.sleep(0.1)
        await queue.cancel(short_id("j1"), "p1")
        lines = await asyncio.wait_for(ended(queue, "j0", "j1", "j2"), 5)
    assert [line.state for line in lines] == [JobState.DONE, JobState.CANCELLED, JobState.DONE]


async def test_a_stopped_worker_finishes_or_gives_back_in_time(queue):
    """What ends within the drain is done; what does not is waiting again, its attempt not counted."""

    async def maker(batch):
        await asyncio.sleep(0.15 if batch.leases[0].job.key == "short" else 60)
        return [JobResult()]

    options = WorkerOptions(heartbeat=0.1, wait=0.1, drain=0.4, side_by_side=2)
    await queue.put(job("short"))
    await queue.put(job("long"))
    working = Working(queue, maker, options)
    async with working:
        await asyncio.sleep(0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 1.0
    assert (await queue.view(short_id("short"))).state is JobState.DONE
    view = await queue.view(short_id("long"))
    assert (view.state, view.position) == (JobState.WAITING, 1)


async def test_a_batch_that_takes_too_long_has_failed(queue):
    """Nothing hangs for ever, heartbeat or not."""

    async def maker(batch):
        await asyncio.sleep(60)

    await queue.put(job("a"))
    async with Working(queue, maker, WorkerOptions(heartbeat=0.1, wait=0.1, drain=0.1, longest=0.1)):
        (line,) = await asyncio.wait_for(ended(queue, "a"), 5)
    assert line.state is JobState.FAILED and line.reason == "it took too long"


async def test_results_reach_ledger_and_member_once(queue):
    """Whatever fails in between is repeated; the member sees each result once."""
    face, recorded, failures = RecordingFace(), [], [EngineDown("SQL", ""), EngineDown("SQL", "")]

    class Ledger:
        async def record_job(self, view):
            if failures:
                raise failures.pop()
            recorded.append((view.job.key, view.state))

    async def render(found):
        event, ordinal = result_key(found)
        made = found.view.job
        return Outgoing(event, ordinal, made.origin, made.community, made.person, say(found.view.state))

    async def maker(batch):
        if batch.leases[0].job.key == "bad":
            raise BadInput("no")
        return [JobResult() for _ in batch.leases]

    outbox = MemoryOutbox({"test": face}, Ledger(), "w")
    await queue.put(job("good", "p0"))
    await queue.put(job("bad", "p1"))
    options = WorkerOptions(heartbeat=0.1, wait=0.1)
    one, two = (Finisher(queue, Ledger(), outbox, render, poll=0.05) for _ in range(2))
    async with Working(queue, maker, options), one.open(), two.open():
        await until(lambda: len(face.delivered) == 2)
        await asyncio.sleep(0.2)
    assert sorted(recorded)[:1] == [("bad", JobState.FAILED)] and set(recorded) == {
        ("bad", JobState.FAILED),
        ("good", JobState.DONE),
    }
    assert sorted(o.reply.text for o in face.delivered) == ["done", "failed"]


async def test_a_result_outlives_a_queue_that_is_away():
    """While the queue can't be reached the result is told again; the work is not done twice."""
    made = []

    class Flaky(MemoryJobQueue):
        failures = 3

        async def commit(self, lease, result):
            if self.failures:
                self.failures -= 1
                raise EngineDown("Redis", "told to fail")
            await super().commit(lease, result)

    async def maker(batch):
        made.append(batch.leases[0].job.key)
        return [JobResult()]

    queue = Flaky(QUEUE)
    await queue.put(job("a"))
    async with Working(queue, maker, WorkerOptions(heartbeat=0.1, wait=0.1, backoff=0.05)):
        (line,) = await asyncio.wait_for(ended(queue, "a"), 5)
    assert line.state is JobState.DONE and made == ["a"]


def test_a_rule_follows_the_measured_curve():
    """Where batching pays it is large and patient; where it does not, jobs go one by one."""
    assert rule_of({1: 10.0, 2: 19.5, 4: 39.0}) == BatchRule()
    few_steps = rule_of({1: 1.0, 2: 1.1, 4: 1.3, 8: 1.7})
    assert few_steps.largest == 8 and few_steps.patience == 0.25
    assert rule_of({1: 1.0, 2: 1.2, 4: 1.6, 8: 3.3}).largest == 4
