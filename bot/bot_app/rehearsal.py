"""Rehearsals: jobs that only take time, so that an operator sees the schedule and sizes workers before members do."""

from __future__ import annotations

import asyncio
from datetime import datetime

from bot_core.identity import Origin, short_id
from bot_core.ports.work import Job, JobResult, Lane, Lease, Progress
from bot_queue.worker import Batch

KIND = "rehearsal"
STEPS = 20  # progress reports of one job


def rehearsal_job(run: str, number: int, member: str, seconds: float, lane: Lane, now: datetime) -> Job:
    """Return one job of a rehearsal: ``seconds`` of sleep, whose cost is its seconds."""
    key = f"{KIND}:{run}:{number}"
    return Job(
        id=short_id(key),
        key=key,
        kind=KIND,
        profile=KIND,
        lane=lane,
        person=f"{KIND}:{member}",
        community=KIND,
        origin=Origin(KIND, KIND, run),
        cost=seconds,
        payload={"seconds": seconds},
        created=now,
    )


async def rehearse(batch: Batch) -> list[JobResult]:
    """Sleep as long as each job says, telling how far it is; a cancelled job stops within a step."""
    return list(await asyncio.gather(*(_one(batch, lease) for lease in batch.leases)))


async def _one(batch: Batch, lease: Lease) -> JobResult:
    seconds = float(str(lease.job.payload.get("seconds", 0)))
    for step in range(STEPS):
        if lease not in batch.active:
            break
        await asyncio.sleep(seconds / STEPS)
        await batch.progress(lease, Progress("sleeping", (step + 1) / STEPS))
    return JobResult(data={"slept": seconds})
