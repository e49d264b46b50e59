"""A real worker process for chaos tests: python -m yinlu_testing.queue_worker URL PREFIX LEASE SECONDS TRIES NAME."""

import asyncio
import random
import sys

from bot_core.ports.work import BatchRule, JobResult
from bot_queue.connection import StoreOptions, open_store
from bot_queue.jobs import QueueOptions, RedisJobQueue
from bot_queue.worker import Worker, WorkerOptions


async def main(url, name_space, lease, seconds, tries, name):
    """Work until told to stop."""
    async with open_store(url, StoreOptions(prefix=name_space, timeout=2.0)) as store:
        queue = RedisJobQueue(store, QueueOptions(lease=lease, tries=tries, poll=0.2))

        async def maker(batch):
            if any(lease.job.payload.get("poison") for lease in batch.leases):
                raise MemoryError("poison")
            await asyncio.sleep(seconds * (0.5 + random.random()))
            return [JobResult(data={"by": name}) for _ in batch.leases]

        options = WorkerOptions(
            rules={"p": BatchRule(4)}, side_by_side=4, heartbeat=lease / 4, wait=0.3, drain=5.0, backoff=0.1
        )
        worker = Worker(queue, {"k": maker}, name, options)
        worker.stop_on_signals()
        await worker.run()


if __name__ == "__main__":
    asyncio.run(
        main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]), sys.argv[6])
    )
