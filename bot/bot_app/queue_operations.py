"""What the command line asks of the queue, on the owner's side."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from bot_app.rehearsal import rehearsal_job
from bot_core.errors import BadInput, JobRefused
from bot_core.identity import Words
from bot_core.ports.safety import Clock
from bot_core.ports.work import JobState, JobView, Lane, LaneStatus
from bot_queue.jobs import RedisJobQueue

Line = dict[str, object]
Operation = Callable[[Mapping[str, object]], AsyncIterator[Line]]
E = TypeVar("E", bound=StrEnum)

DRAIN_POLL = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class QueueOperations:
    """``open_queue`` gives the queue for as long as one operation takes; ``url`` where a worker finds its store."""

    open_queue: Callable[[], AbstractAsyncContextManager[RedisJobQueue]]
    clock: Clock
    url: str

    @property
    def names(self) -> dict[str, Operation]:
        """Return every operation under the name that crosses the socket."""
        return {
            "queue_status": self.status,
            "queue_list": self.listing,
            "queue_retry": self.retry,
            "queue_drop": self.drop,
            "queue_pause": self.pause,
            "queue_drain": self.drain,
            "queue_rehearse": self.rehearse,
            "queue_store": self.store,
        }

    async def status(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{} -> {"lanes": [...], "estimate_error"}."""
        async with self.open_queue() as queue:
            board = await queue.board()
            yield {
                "result": {"lanes": [lane_json(lane) for lane in board.lanes], "estimate_error": board.error}
            }

    async def listing(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{state, limit?} -> {"jobs": [...]}, waiting ones in the order they will run."""
        state = _one_of(JobState, params.get("state"))
        async with self.open_queue() as queue:
            views = await queue.listing(state, int(str(params.get("limit") or 100)))
            now = self.clock.now()
            yield {"result": {"jobs": [job_json(view, now) for view in views]}}

    async def retry(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{job} -> {"job", "position"}: a job that was set aside goes back into its lane."""
        async with self.open_queue() as queue:
            placed = await queue.retry(str(params.get("job", "")))
            yield {"result": {"job": placed.job, "position": placed.place.position}}

    async def drop(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{job} -> {"job"}: a job that was set aside is removed."""
        async with self.open_queue() as queue:
            await queue.drop(str(params.get("job", "")))
            yield {"result": {"job": str(params.get("job", ""))}}

    async def pause(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{lane?, paused} -> {"lanes": [...]}: without a lane, all of them."""
        lanes = [_one_of(Lane, params["lane"])] if params.get("lane") else list(Lane)
        async with self.open_queue() as queue:
            for lane in lanes:
                await queue.pause(lane, bool(params.get("paused", True)))
            yield {"result": {"lanes": [lane_json(lane) for lane in await queue.status()]}}

    async def drain(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{} -> {"waiting"}: hand out nothing more and wait until nothing runs; lanes stay paused."""
        async with self.open_queue() as queue:
            for lane in Lane:
                await queue.pause(lane, True)
            most = 0
            while running := sum(lane.running for lane in await queue.status()):
                most = max(most, running)
                yield {"progress": {"stage": "draining", "done": most - running, "total": most}}
                await asyncio.sleep(DRAIN_POLL)
            yield {"result": {"waiting": sum(lane.waiting for lane in await queue.status())}}

    async def rehearse(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{jobs, members, seconds, lane} -> {"put", "refused"}: sleeping jobs of made-up members."""
        jobs, members = int(str(params.get("jobs") or 20)), int(str(params.get("members") or 4))
        seconds, lane = float(str(params.get("seconds") or 2)), _one_of(Lane, params.get("lane") or "fast")
        run, put, refused = secrets.token_hex(4), 0, 0
        async with self.open_queue() as queue:
            for n in range(jobs):
                job = rehearsal_job(run, n, f"member-{n % members}", seconds, lane, self.clock.now())
                try:
                    await queue.put(job)
                    put += 1
                except JobRefused:
                    refused += 1
                yield {"progress": {"stage": "putting", "done": n + 1, "total": jobs}}
        yield {"result": {"put": put, "refused": refused}}

    async def store(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{} -> {"url"}: where a worker on this machine finds the queue; the control socket is the owner's user's."""
        yield {"result": {"url": self.url}}


def lane_json(lane: LaneStatus) -> Line:
    """Return a lane as JSON."""
    return {
        "lane": lane.lane.value,
        "waiting": lane.waiting,
        "running": lane.running,
        "done": lane.done,
        "failed": lane.failed,
        "paused": lane.paused,
        "waiting_cost": lane.waiting_cost,
        "oldest_seconds": lane.oldest,
    }


def job_json(view: JobView, now: datetime) -> Line:
    """Return a job as JSON."""
    job = view.job
    return {
        "job": job.id,
        "kind": job.kind,
        "profile": job.profile,
        "lane": job.lane.value,
        "person": job.person,
        "community": job.community,
        "state": view.state.value,
        "position": view.position,
        "attempt": view.attempt,
        "cost": job.cost,
        "age_seconds": (now - job.created).total_seconds(),
        "reason": view.reason,
        "stage": view.progress.stage if view.progress else "",
        "fraction": view.progress.fraction if view.progress else None,
    }


def _one_of(kind: type[E], given: object) -> E:
    try:
        return kind(str(given))
    except ValueError:
        takes = " | ".join(kind)
        raise BadInput(f"{given!r}", Words(f"应为：{takes}", f"It takes: {takes}")) from None
