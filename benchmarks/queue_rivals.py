"""One queue library in one process: python queue_rivals.py LIBRARY (put | work | crew) URL COUNT.

``put`` stores COUNT no-op jobs, ``work`` runs them, 32 at once, and both print wall and processor seconds as JSON;
``crew`` works for ever on jobs that sleep 20 ms and then count themselves, for the kill test. Each library with its
own settings, save that abandoned work is looked for after 2 s instead of a minute.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from typing import Any

AT_ONCE = 32


class Meter:
    """Counts jobs; knows when the first began and the last ended."""

    def __init__(self, total: int) -> None:
        self.total, self.count, self.done = total, 0, asyncio.Event()
        self.wall = self.cpu = 0.0

    def tick(self) -> None:
        """Count one."""
        if not self.count:
            self.wall, self.cpu = time.perf_counter(), time.process_time()
        self.count += 1
        if self.count == self.total:
            self.done.set()

    def figures(self) -> dict[str, float]:
        """Return seconds since the first."""
        return {"wall": time.perf_counter() - self.wall, "cpu": time.process_time() - self.cpu}


async def nap(url: str, number: int) -> None:
    """Do a job of the kill test."""
    from redis.asyncio import Redis  # the rivals' environment has it too

    await asyncio.sleep(0.02)
    async with Redis.from_url(url) as client:
        await client.incr(f"kt:{number}")


async def many(count: int, put: Any) -> dict[str, float]:  # noqa: ANN401 - any library's put
    """Put ``count`` jobs, 32 at once."""
    wall, cpu = time.perf_counter(), time.process_time()
    numbers = iter(range(count))

    async def some() -> None:
        for number in numbers:
            await put(number)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


async def saq(what: str, url: str, count: int) -> dict[str, float]:
    """SAQ."""
    library = importlib.import_module("saq")
    queue, meter = library.Queue.from_url(url), Meter(count)
    await queue.connect()

    async def noop(_: Any, *, n: int) -> None:  # noqa: ANN401
        meter.tick()

    async def sleeper(_: Any, *, n: int) -> None:  # noqa: ANN401
        await nap(url, n)

    if what == "put":
        return await many(count, lambda n: queue.enqueue("noop", n=n))
    if what == "put-naps":
        return await many(count, lambda n: queue.enqueue("sleeper", n=n, timeout=2, retries=5))
    worker = library.Worker(
        queue, [("noop", noop), ("sleeper", sleeper)], concurrency=AT_ONCE, timers={"sweep": 1}
    )
    task = asyncio.create_task(worker.start())
    await meter.done.wait()
    figures = meter.figures()
    task.cancel()
    return figures


async def streaq(what: str, url: str, count: int) -> dict[str, float]:
    """streaq."""
    library = importlib.import_module("streaq")
    worker, meter = (
        library.Worker(redis_url=url, concurrency=AT_ONCE, idle_timeout=2, handle_signals=False),
        Meter(count),
    )

    @worker.task(name="noop")  # type: ignore[untyped-decorator, unused-ignore]
    async def noop(n: int) -> None:
        meter.tick()

    @worker.task(name="sleeper")  # type: ignore[untyped-decorator, unused-ignore]
    async def sleeper(n: int) -> None:
        await nap(url, n)

    async def put(n: int) -> None:
        await (noop if what == "put" else sleeper).enqueue(n)

    if what.startswith("put"):
        async with worker:
            return await many(count, put)
    task = asyncio.create_task(worker.run_async())
    await meter.done.wait()
    figures = meter.figures()
    task.cancel()
    return figures


async def taskiq(what: str, url: str, count: int) -> dict[str, float]:
    """taskiq with redis streams, which are acknowledged."""
    library, api = importlib.import_module("taskiq_redis"), importlib.import_module("taskiq.api")
    broker, meter = library.RedisStreamBroker(url, xread_block=200, consumer_id="0"), Meter(count)

    @broker.task(task_name="noop")  # type: ignore[untyped-decorator, unused-ignore]
    async def noop(n: int) -> None:
        meter.tick()

    await broker.startup()
    if what == "put":
        return await many(count, noop.kiq)
    broker.is_worker_process = True
    task = asyncio.create_task(api.run_receiver_task(broker, max_async_tasks=AT_ONCE))
    await meter.done.wait()
    figures = meter.figures()
    task.cancel()
    return figures


async def yinlu(what: str, url: str, count: int, largest: int = 1) -> dict[str, float]:
    """Our own, one job at a time in 32 slots, or in batches."""
    from datetime import UTC, datetime

    from bot_core.identity import Origin, short_id
    from bot_core.ports.work import BatchRule, Job, JobResult, Lane
    from bot_queue.connection import StoreOptions, open_store
    from bot_queue.jobs import QueueOptions, RedisJobQueue
    from bot_queue.worker import Worker, WorkerOptions

    options = QueueOptions(
        most=10**6,
        most_waiting=10**6,
        most_open=10**6,
        lease=2.0 if "nap" in what or what == "crew" else 30.0,
    )
    meter, now, result = Meter(count), datetime.now(UTC), JobResult()
    async with open_store(url, StoreOptions()) as store:
        queue = RedisJobQueue(store, options)

        async def put(n: int) -> None:
            kind = "noop" if what == "put" else "sleeper"
            origin = Origin("t", "p", "c")
            await queue.put(
                Job(
                    short_id(str(n)),
                    str(n),
                    kind,
                    "p",
                    Lane.FAST,
                    f"p{n % 50}",
                    "c",
                    origin,
                    1.0,
                    {"n": n},
                    now,
                )
            )

        async def noop(batch: Any) -> list[JobResult]:  # noqa: ANN401
            for _ in batch.leases:
                meter.tick()
            return [result] * len(batch.leases)

        async def sleeper(batch: Any) -> list[JobResult]:  # noqa: ANN401
            await asyncio.gather(*(nap(url, lease.job.payload["n"]) for lease in batch.leases))
            return [result] * len(batch.leases)

        if what.startswith("put"):
            return await many(count, put)
        rules = {"p": BatchRule(largest)} if largest > 1 else {}
        work = WorkerOptions(side_by_side=AT_ONCE, rules=rules, wait=0.3, heartbeat=0.5)
        import os

        worker = Worker(queue, {"noop": noop, "sleeper": sleeper}, f"w{os.getpid()}", work)
        task = asyncio.create_task(worker.run())
        await meter.done.wait()
        while what == "work" and (await queue.status())[0].done < count:  # the last commits
            await asyncio.sleep(0.002)
        figures = meter.figures()
        worker.stop()
        await task
        return figures


async def main(library: str, what: str, url: str, count: int) -> None:
    """Run one role."""
    if library == "batches":
        figures = await yinlu(what, url, count, largest=16)
    else:
        figures = await {"yinlu": yinlu, "saq": saq, "streaq": streaq, "taskiq": taskiq}[library](
            what, url, count
        )
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
