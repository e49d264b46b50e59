"""Real worker processes and a real Valkey, killed, stopped and cut off: no job is lost, stuck or done twice."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from yinlu_testing.core import NOON
from yinlu_testing.servers import Server, prefix

from bot_core.errors import EngineDown, LeaseLost
from bot_core.identity import Origin, short_id
from bot_core.ports.work import Job, JobResult, JobState, Lane, Progress
from bot_queue.connection import StoreOptions, open_store
from bot_queue.jobs import QueueOptions, RedisJobQueue

pytestmark = pytest.mark.chaos

LEASE = 1.0
FULL = [pytest.param(False, id="short"), pytest.param(True, id="full", marks=pytest.mark.slow)]


def options(**how):
    """Return wide bounds and short leases."""
    return QueueOptions(**{"lease": LEASE, "most_waiting": 10**6, "most_open": 10**6, "tries": 1000, **how})


def job(n, **payload):
    """Return job n, of one of 20 persons."""
    return Job(
        short_id(f"job{n}"),
        f"job{n}",
        "k",
        "p",
        Lane.FAST,
        f"p{n % 20}",
        "c",
        Origin("t", "p", "c"),
        1.0,
        payload,
        NOON,
    )


class Crew:
    """Worker processes that share one store."""

    def __init__(self, url, name_space, *, seconds=0.01, lease=LEASE, tries=1000):
        self.arguments = [url, name_space, str(lease), str(seconds), str(tries)]
        self.count = 0
        self.members = []

    def hire(self):
        """Start one."""
        self.count += 1
        command = [sys.executable, "-m", "yinlu_testing.queue_worker", *self.arguments, f"w{self.count}"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        self.members.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))

    def kill(self, chance):
        """kill -9 one, and start another in its place."""
        gone = self.members.pop(chance.randrange(len(self.members)))
        gone.kill()
        gone.wait()
        self.hire()

    def close(self):
        """Kill all."""
        for member in self.members:
            with contextlib.suppress(ProcessLookupError):
                member.send_signal(signal.SIGCONT)
            member.kill()
            member.wait()


@pytest.fixture
def server():
    """A Valkey of one's own that writes every command to disk before it answers."""
    made = Server(durable=True)
    yield made
    made.close()


@pytest.fixture
async def place(server):
    """A queue on it, and what hires workers for it."""
    crews = []
    name_space = prefix()
    async with open_store(server.url, StoreOptions(prefix=name_space)) as store:
        queue = RedisJobQueue(store, options())

        def crew(size, **how):
            made = Crew(server.url, name_space, **how)
            crews.append(made)
            for _ in range(size):
                made.hire()
            return made

        yield queue, crew
        for made in crews:
            made.close()


async def commits(queue):
    """Return how many jobs are done, tolerating an engine that is down."""
    try:
        return (await queue.status())[0].done
    except EngineDown:
        return -1


async def finished(queue, total, seconds):
    """Wait until all are done, and check that nothing else is left."""
    deadline = time.monotonic() + seconds
    while (done := await commits(queue)) < total:
        assert time.monotonic() < deadline, f"{done} of {total} are done: {await queue.status()}"
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.3)
    fast, _ = await queue.status()
    assert (fast.waiting, fast.running, fast.done, fast.failed) == (0, 0, total, 0)


@pytest.mark.parametrize("full", FULL)
async def test_workers_killed_at_random_lose_nothing(place, full):
    """10,000 jobs, 4 workers, 50 kill -9: each job is committed exactly once."""
    total, kills = (10_000, 50) if full else (400, 4)
    queue, crew = place
    chance = random.Random(3)
    team = crew(4 if full else 2, seconds=0.05 if full else 0.02)
    for start in range(0, total, 200):
        await asyncio.gather(*(queue.put(job(n)) for n in range(start, min(total, start + 200))))
    for _ in range(kills):
        await asyncio.sleep(0.2 + chance.random() * (0.8 if full else 0.3))
        team.kill(chance)
    await finished(queue, total, 400 if full else 40)


@pytest.mark.parametrize("full", FULL)
async def test_a_stalled_worker_can_not_speak_after_its_lease(place, full):
    """Stalled for three leases, then back: its progress, heartbeat and result are refused, 100 times of 100."""
    queue, _ = place
    brief = RedisJobQueue(queue._store, options(lease=0.05))
    accepted = 0
    for n in range(100 if full else 10):
        await brief.put(job(n))
        (stalled,) = await brief.claim("stalled", ["k"], [Lane.FAST], {}, 1)
        await asyncio.sleep(0.15)
        (alive,) = await brief.claim("alive", ["k"], [Lane.FAST], {}, 1)
        for late in (brief.progress(stalled, Progress("late", 0.9)), brief.commit(stalled, JobResult())):
            with contextlib.suppress(LeaseLost):
                await late
                accepted += 1
        await brief.commit(alive, JobResult(data={"by": "alive"}))
        assert (await brief.view(alive.job.id)).result.data == {"by": "alive"}
    assert accepted == 0


@pytest.mark.parametrize("full", FULL)
async def test_a_worker_process_that_is_stopped_loses_its_jobs_to_others(place, full):
    """SIGSTOP for three leases amid work, then SIGCONT: others did its jobs, and it changes nothing."""
    queue, crew = place
    rounds, per_round = (20, 40) if full else (1, 24)
    team = crew(2, seconds=0.3)
    for round_ in range(rounds):
        for n in range(per_round):
            await queue.put(job(round_ * per_round + n))
        await asyncio.sleep(0.5)
        stopped = team.members[round_ % 2]
        stopped.send_signal(signal.SIGSTOP)
        await asyncio.sleep(3 * LEASE)
        stopped.send_signal(signal.SIGCONT)
        await finished(queue, (round_ + 1) * per_round, 30)


@pytest.mark.parametrize("full", FULL)
async def test_valkey_killed_and_restarted_loses_no_job(server, place, full):
    """appendfsync always: whatever was accepted or committed before SIGKILL is there after the restart."""
    queue, crew = place
    total, kills = (3000, 8) if full else (200, 2)
    crew(2, seconds=0.02)
    accepted, stop = [], asyncio.Event()

    async def feed():
        for n in range(total):
            while True:
                try:
                    await queue.put(job(n))
                    break
                except EngineDown:
                    await asyncio.sleep(0.05)
            accepted.append(n)
            await asyncio.sleep(0.002)
        stop.set()

    feeding = asyncio.create_task(feed())
    for _ in range(kills):
        await asyncio.sleep(0.5)
        server.kill()
        await asyncio.sleep(0.3)
        server.start()
    await feeding
    assert len(accepted) == total
    await finished(queue, total, 120 if full else 30)


async def test_a_poison_job_is_set_aside_and_its_companions_finish(place):
    """A batch of jobs with one that always fails: three attempts, then aside with the reason."""
    queue, crew = place
    for n in range(8):
        await queue.put(job(n, poison=n == 3))
    crew(1, seconds=0.02, tries=3)
    deadline = time.monotonic() + 20
    while (await queue.status())[0].done + (await queue.status())[0].failed < 8:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    (view,) = await queue.listing(JobState.FAILED)
    assert view.job.key == "job3" and view.attempt == 3 and "poison" in view.reason


async def test_a_worker_told_to_stop_is_gone_in_time(place):
    """SIGTERM: what runs is finished or given back, within 10 s, and nothing is lost."""
    queue, crew = place
    team = crew(1, seconds=60)
    for n in range(6):
        await queue.put(job(n))
    deadline = time.monotonic() + 10
    while (await queue.status())[0].running < 6:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    started = time.monotonic()
    team.members[0].terminate()
    team.members[0].wait(15)
    assert time.monotonic() - started <= 10
    fast, _ = await queue.status()
    assert (fast.waiting, fast.running) == (6, 0)
    assert (await queue.place(short_id("job0"))).position == 1
