"""What the queue promises, measured on a real Valkey: fairness, batching, aging, places, cancels, scaling."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from bot_core.identity import Origin, short_id
from bot_core.ports.work import BatchRule, Job, JobResult, JobState, Lane
from bot_queue.batching import rule_of
from bot_queue.connection import StoreOptions, open_store
from bot_queue.jobs import QueueOptions, RedisJobQueue
from bot_queue.worker import Batch, Worker, WorkerOptions

WIDE = QueueOptions(most=10**6, most_waiting=10**6, most_open=10**6)
CURVES = {"few steps, small": (0.10, 0.012), "middle": (0.08, 0.03), "large, many steps": (0.005, 0.10)}


def job(name: str, person: str, lane: Lane = Lane.FAST, cost: float = 1.0) -> Job:
    """Return a job."""
    origin = Origin("t", "p", "c")
    return Job(short_id(name), name, "k", "p", lane, person, "c", origin, cost, {}, datetime.now(UTC))


async def put_all(queue: RedisJobQueue, jobs: Sequence[Job]) -> None:
    """Put jobs, in their order."""
    for start in range(0, len(jobs), 500):
        await asyncio.gather(*(queue.put(j) for j in jobs[start : start + 500]))


async def order(queue: RedisJobQueue, most: int) -> list[Job]:
    """Run jobs one by one; return them in the order they were handed out."""
    done: list[Job] = []
    while len(done) < most and (leases := await queue.claim("w", ["k"], list(Lane), {}, 0)):
        await queue.commit(leases[0], JobResult())
        done.append(leases[0].job)
    return done


async def flood(queue: RedisJobQueue) -> dict[str, float]:
    """One member with 1,000 jobs, then 20 with 5 each."""
    await put_all(queue, [job(f"a{n}", "whale") for n in range(1000)])
    await order(queue, 50)
    await put_all(queue, [job(f"b{p}-{n}", f"p{p}") for n in range(5) for p in range(20)])
    done = await order(queue, 400)
    last = max(index for index, j in enumerate(done) if j.person != "whale") + 1
    shares = list(Counter(j.person for j in done[:105]).values()) + [0] * (
        21 - len({j.person for j in done[:105]})
    )
    jain = sum(shares) ** 2 / (len(shares) * sum(s * s for s in shares))
    return {"last_of_20_over_ideal": last / 105, "jain": jain}


async def aging(queue: RedisJobQueue) -> dict[str, float]:
    """Relax jobs beside an endless flood of fast ones."""
    await put_all(queue, [job(f"f{n}", f"p{n % 40}") for n in range(1000)])
    await put_all(queue, [job(f"r{n}", f"p{n % 40}", Lane.RELAX) for n in range(300)])
    done = await order(queue, 800)
    return {"relax_share": sum(j.lane is Lane.RELAX for j in done) / len(done)}


async def places(queue: RedisJobQueue) -> dict[str, float]:
    """1,000 random operations, each position checked against who is handed out; then the cost of asking at 20,000."""
    waiting: list[str] = []
    chance, wrong, checked = random.Random(1), 0, 0
    for n in range(1000):
        if chance.random() < 0.6 or not waiting:
            made = job(f"x{n}", f"p{chance.randrange(9)}", cost=chance.choice((1.0, 3.0)))
            await queue.put(made)
            waiting.append(made.id)
        elif chance.random() < 0.3:
            await queue.cancel(waiting.pop(chance.randrange(len(waiting))), "", admin=True)
        else:
            asked = {i: (await queue.place(i)).position for i in waiting}
            wrong += sorted(asked.values()) != list(range(1, len(waiting) + 1))
            (lease,) = await queue.claim("w", ["k"], [Lane.FAST], {}, 0)
            wrong += asked[lease.job.id] != 1
            checked += len(asked)
            waiting.remove(lease.job.id)
            await queue.commit(lease, JobResult())
    await put_all(queue, [job(f"y{n}", f"p{n % 500}") for n in range(20_000)])
    started = time.perf_counter()
    for n in range(0, 20_000, 40):
        await queue.place(short_id(f"y{n}"))
    return {
        "wrong": wrong,
        "checked": checked,
        "place_ms_at_20000": (time.perf_counter() - started) / 500 * 1000,
    }


async def batching(queue: RedisJobQueue, name: str, a: float, b: float) -> dict[str, float | str]:
    """A simulated GPU (seconds = a + b * n), everything queued, then arrivals at 80 % of what it can do."""
    rule = rule_of({n: a + b * n for n in (1, 2, 4, 8)})
    sizes: list[int] = []

    async def maker(batch: Batch) -> list[JobResult]:
        sizes.append(len(batch.leases))
        await asyncio.sleep(a + b * len(batch.leases))
        return [JobResult()] * len(batch.leases)

    total = 64 if rule.largest > 1 else 20
    jobs = [job(f"{name}{n}", f"p{n % 40}") for n in range(2 * total)]
    await put_all(queue, jobs[:total])
    worker = Worker(queue, {"k": maker}, "gpu", WorkerOptions(rules={"p": rule}, wait=0.2))
    running = asyncio.create_task(worker.run())
    started = time.perf_counter()
    await _done(queue, total)
    whole = time.perf_counter() - started
    best = rule.largest / (a + b * rule.largest)
    chance = random.Random(2)
    for made in jobs[total:]:
        await queue.put(made)
        await asyncio.sleep(chance.expovariate(0.8 * best))
    await _done(queue, 2 * total)
    worker.stop()
    await running
    figures = {"patience": rule.patience, "of_ideal": total / best / whole}
    error = (await queue.board()).error
    return {"curve": name, "largest": rule.largest, "estimate_error": error, **figures}


async def _done(queue: RedisJobQueue, total: int) -> None:
    while (await queue.status())[0].done < total:
        await asyncio.sleep(0.002)


async def pickup(queue: RedisJobQueue) -> dict[str, float]:
    """From before put() to the maker's first line, the worker idle, 200 times."""
    started, taken = 0.0, []

    async def maker(batch: Batch) -> list[JobResult]:
        taken.append((time.perf_counter() - started) * 1000)
        return [JobResult()] * len(batch.leases)

    worker = Worker(queue, {"k": maker}, "w", WorkerOptions())
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0.2)
    for n in range(200):
        started = time.perf_counter()
        await queue.put(job(f"l{n}", "p"))
        await asyncio.sleep(0.02)
    worker.stop()
    await running
    ordered = sorted(taken)
    return {"pickup_p50_ms": statistics.median(ordered), "pickup_p95_ms": ordered[int(len(ordered) * 0.95)]}


async def cancels(queue: RedisJobQueue) -> dict[str, float]:
    """Waiting: the call's own time. Running: until the maker's work is stopped, its steps being 50 ms."""
    stopped: list[float] = []

    async def maker(batch: Batch) -> list[JobResult]:
        try:
            for _ in range(200):
                await asyncio.sleep(0.05)
        finally:
            stopped.append(time.perf_counter())
        return [JobResult()] * len(batch.leases)

    await put_all(queue, [job(f"c{n}", f"p{n % 30}") for n in range(3000)])
    waiting = []
    for n in range(500, 1000):
        started = time.perf_counter()
        await queue.cancel(short_id(f"c{n}"), f"p{n % 30}")
        waiting.append((time.perf_counter() - started) * 1000)
    worker = Worker(queue, {"k": maker}, "w", WorkerOptions(wait=0.2, drain=0.1))
    running, times = asyncio.create_task(worker.run()), []
    for n in range(20):
        await asyncio.sleep(0.15)
        (view,) = await queue.listing(JobState.RUNNING, 5)
        started = time.perf_counter()
        await queue.cancel(view.job.id, "", admin=True)
        while len(stopped) <= n:
            await asyncio.sleep(0.001)
        times.append((stopped[-1] - started) * 1000)
    worker.stop()
    await running
    return {"cancel_waiting_p95_ms": sorted(waiting)[475], "cancel_running_max_ms": max(times)}


async def scaling(url: str) -> dict[str, float]:
    """1, 2 and 4 worker processes on jobs that sleep 50 ms, 4 at once in each."""
    rates: dict[str, float] = {}
    for size in (1, 2, 4):
        space, total = f"scale{size}", 320 * size
        async with open_store(url, StoreOptions(prefix=space)) as store:
            queue = RedisJobQueue(store, WIDE)
            program = [sys.executable, "-m", "benchmarks.queue_own", url, space]
            crew = [subprocess.Popen([*program, str(n)], env=dict(os.environ)) for n in range(size)]
            while await store.call("ZCARD", f"{store.root}q:w:k") < 4 * size:
                await asyncio.sleep(0.05)
            started = time.perf_counter()
            await put_all(queue, [job(f"s{n}", f"p{n % 40}") for n in range(total)])
            await _done(queue, total)
            rates[str(size)] = total / (time.perf_counter() - started)
            for member in crew:
                member.kill()
                member.wait()
    return {**rates, "two": rates["2"] / rates["1"], "four": rates["4"] / rates["1"]}


async def sleeper(url: str, space: str, name: str) -> None:
    """Be one of the scaling test's workers."""

    async def maker(batch: Batch) -> list[JobResult]:
        await asyncio.sleep(0.05)
        return [JobResult()] * len(batch.leases)

    async with open_store(url, StoreOptions(prefix=space)) as store:
        options = WorkerOptions(side_by_side=4, rules={"p": BatchRule()})
        await Worker(RedisJobQueue(store, WIDE), {"k": maker}, f"w{name}", options).run()


async def measure(url: str) -> dict[str, object]:
    """Measure everything, each on a name space of its own."""
    raw: dict[str, object] = {}
    for number, one in enumerate((flood, aging, places, pickup, cancels)):
        async with open_store(url, StoreOptions(prefix=f"own{number}")) as store:
            raw[one.__name__] = await one(RedisJobQueue(store, WIDE))
    curves: list[dict[str, float | str]] = []
    for name, (a, b) in CURVES.items():
        async with open_store(url, StoreOptions(prefix=f"curve{len(curves)}")) as store:
            curves.append(await batching(RedisJobQueue(store, WIDE), name, a, b))
    raw["batching"] = curves
    raw["scaling"] = await scaling(url)
    return raw


if __name__ == "__main__":
    asyncio.run(sleeper(*sys.argv[1:4]))
