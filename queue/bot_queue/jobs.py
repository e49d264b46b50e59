"""The schedule of slow work on Redis: fair between persons, fenced, batching. The rules stand in lua/jobs*.lua."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot_core.codec import decode, encode
from bot_core.errors import JobRefused, LeaseLost, NotAllowed, NotFound
from bot_core.ports.work import (
    BatchRule,
    Job,
    JobEvent,
    JobResult,
    JobState,
    JobView,
    Lane,
    LaneStatus,
    Lease,
    Place,
    Placed,
    Progress,
)
from bot_queue.board import Board, Ended, make_board
from bot_queue.connection import Store

ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """Bounds and rules; times in seconds."""

    lease: float = 30.0
    tries: int = 3
    most_waiting: int = 50  # of one person
    most_open: int = 60  # of one person, running ones included
    most: int = 100_000  # waiting and not yet reported, in all
    relax_share: float = 0.1  # of the work, while fast jobs wait too
    share_aging: float = 1800.0  # after which waiting relax jobs get half of it
    use_aging: float = 600.0  # of waiting outweigh the month's use of one mean job
    keep: int = 24 * 3600  # how long an ended job is found here; the ledger has it for good
    report_again: float = 30.0
    poll: float = 1.0


def bounds_of(job: Job, options: QueueOptions) -> tuple[int, int]:
    """Return how many jobs its person may have waiting, and open, for this job to be taken."""
    waiting = min(job.most_waiting or options.most_waiting, options.most_waiting)
    return waiting, min(job.most_open or options.most_open, options.most_open)


class RedisJobQueue:
    """The JobQueue port on Redis; every call is one script, one round trip, on the server's clock."""

    def __init__(self, store: Store, options: QueueOptions | None = None) -> None:
        self._store, self.options = store, options or QueueOptions()
        self._lease = int(self.options.lease * 1000)

    async def put(self, job: Job) -> Placed:
        """Accept a job; see the port. Raises JobRefused, EngineDown, StorageFull."""
        o, bounds = self.options, bounds_of(job, self.options)
        answer = await self._store.run(
            "jobs_put", job.id, job.key, encode(job), job.kind, job.profile, job.lane, job.person, job.account,
            job.cost, job.weight, _month(), *bounds, o.most, int(o.use_aging * 1000),
        )  # fmt: skip
        if answer[0] == "refused":
            raise JobRefused(answer[1], float(answer[2]), float(answer[3]))
        _, known, state, position, ms = answer
        return Placed(known, answer[0] == "new", _place(known, state, position, ms))

    async def claim(
        self,
        worker: str,
        kinds: Sequence[str],
        lanes: Sequence[Lane],
        rules: Mapping[str, BatchRule],
        wait: float,
    ) -> list[Lease]:
        """Lease a batch; see the port."""
        o, loop = self.options, asyncio.get_running_loop()
        flat = [part for p, rule in rules.items() for part in (p, rule.largest, int(rule.patience * 1000))]
        arguments = (
            worker, self._lease, o.tries, o.relax_share, int(o.share_aging * 1000),
            len(lanes), *lanes, len(kinds), *kinds, *flat,
        )  # fmt: skip
        until = loop.time() + wait
        answer = await self._store.run("jobs_claim", *arguments)
        if answer[0] == "jobs" or wait <= 0:
            return _leases(answer, worker)
        async with self.changes(*(f"k:{kind}" for kind in kinds)) as news:
            while True:
                news.clear()
                answer = await self._store.run("jobs_claim", *arguments)
                left = until - loop.time()
                if answer[0] == "jobs" or left <= 0:
                    return _leases(answer, worker)
                hint = float(answer[1]) / 1000
                pause = min(left, o.poll, hint if hint > 0 else o.poll)
                await _heard(news, pause)

    async def heartbeat(self, leases: Sequence[Lease]) -> dict[str, str]:
        """Renew leases; see the port."""
        if not leases:
            return {}
        flat = [part for lease in leases for part in (lease.job.id, lease.attempt)]
        answer = await self._store.run("jobs_beat", leases[0].worker, self._lease, *flat)
        return dict(zip(answer[::2], answer[1::2], strict=True))

    async def progress(self, lease: Lease, progress: Progress) -> None:
        """Tell how far it is; see the port."""
        await self._end("progress", lease, encode(progress))

    async def commit(self, lease: Lease, result: JobResult) -> None:
        """Finish with a result; see the port."""
        actual = "" if result.actual_cost is None else result.actual_cost
        await self._end("commit", lease, encode(result), actual)

    async def fail(self, lease: Lease, reason: str, retry: bool = True) -> None:
        """Give up this attempt; see the port."""
        await self._end("fail", lease, reason[:500], self.options.tries, int(retry))

    async def release(self, leases: Sequence[Lease]) -> None:
        """Give jobs back untouched; those that were lost already are passed over."""
        await asyncio.gather(
            *(self._store.run("jobs_end", "release", lease.job.id, lease.attempt) for lease in leases)
        )

    async def cancel(self, job: str, person: str, admin: bool = False) -> JobState:
        """Cancel, waiting or running: a running one is fenced off at once, its worker learns of it by heartbeat."""
        (answer,) = await self._store.run("jobs_cancel", job, person, int(admin))
        if answer == "missing":
            raise NotFound(f"job {job}")
        if answer == "denied":
            raise NotAllowed(f"job {job} is not {person}'s")
        return JobState(answer)

    async def place(self, job: str) -> Place:
        """Return where a job stands; see the port."""
        fields = await self._fields(job)
        return _place(job, fields[1], fields[7], fields[8])

    async def view(self, job: str) -> JobView:
        """Return a job with its state; see the port."""
        return _view(await self._fields(job))

    async def follow(self, job: str) -> AsyncIterator[JobEvent]:
        """Yield what happens to a job; see the port."""
        seen: JobEvent | None = None
        async with self.changes(f"j:{job}") as news:
            while True:
                news.clear()
                v = await self.view(job)
                event = JobEvent(job, v.state, v.attempt, v.progress, v.result, v.reason)
                if event != seen:
                    seen = event
                    yield event
                if v.state in ENDED:
                    return
                await _heard(news, self.options.poll)

    async def status(self) -> list[LaneStatus]:
        """Return every lane at a glance."""
        return [_status(row) for row in await self._store.run("jobs_look", "status")]

    async def listing(self, state: JobState, limit: int = 100) -> list[JobView]:
        """List jobs in a state; see the port."""
        return [_view(fields) for fields in await self._store.run("jobs_look", "list", state, limit)]

    async def retry(self, job: str) -> Placed:
        """Put a job that was set aside back into its lane; see the port. Raises JobRefused for its budget."""
        aging = int(self.options.use_aging * 1000)
        answer = await self._store.run("jobs_aside", "retry", job, _month(), aging)
        if answer[0] == "missing":
            raise NotFound(f"job {job} is not set aside")
        if answer[0] == "refused":
            raise JobRefused("budget", float(answer[1]), float(answer[2]))
        return Placed(job, True, _place(job, *answer))

    async def drop(self, job: str) -> None:
        """Remove a job that was set aside; see the port."""
        if (await self._store.run("jobs_aside", "drop", job, _month(), 1))[0] == "missing":
            raise NotFound(f"job {job} is not set aside")

    async def pause(self, lane: Lane, paused: bool) -> None:
        """Stop or go on handing out jobs of a lane."""
        await self._store.run("jobs_look", "pause", lane, int(paused))

    # --- beyond the port: reports, and what the page shows --------------------------------------------------
    async def ended(self, limit: int = 32) -> list[Ended]:
        """Return ended jobs that nobody reported yet, to this caller alone for a while (see Finisher)."""
        again = int(self.options.report_again * 1000)
        rows = await self._store.run("jobs_report", "take", again, limit)
        return [Ended(_view(fields), int(fields[6])) for fields in rows]

    async def reported(self, job: str) -> None:
        """The ledger and the outbox have it."""
        await self._store.run("jobs_report", "ack", job, self.options.keep)

    async def board(self, person: str = "", job: str = "") -> Board:
        """Return the live board for a visitor; with ``job``, their place and why."""
        place, view = (await self.place(job), await self.view(job)) if job else (None, None)
        rows = await self._store.run("jobs_look", "status")
        error = max((float(row[8]) for row in rows), default=0.0)
        return make_board([_status(row) for row in rows], place, view, error)

    def changes(self, *topics: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Give an event that is set when ``j:ID`` changed or ``k:KIND`` has work."""
        return self._store.news.listen(*(f"q:{topic}" for topic in topics))

    async def _end(self, what: str, lease: Lease, *rest: str | float) -> None:
        if await self._store.run("jobs_end", what, lease.job.id, lease.attempt, *rest) == "lost":
            raise LeaseLost(lease.job.id, lease.attempt)

    async def _fields(self, job: str) -> list[str]:
        fields: list[str] | None = await self._store.run("jobs_look", "view", job)
        if fields is None:
            raise NotFound(f"job {job}")
        return fields


async def _heard(news: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return


def _month() -> str:
    return datetime.now(UTC).strftime("%Y-%m")


def _place(job: str, state: str, position: str, ms: str) -> Place:
    return Place(job, JobState(state), max(0, int(position)), float(ms) / 1000)


def _leases(answer: Sequence[Any], worker: str) -> list[Lease]:
    if answer[0] != "jobs":
        return []
    until = datetime.fromtimestamp(float(answer[1]) / 1000, UTC)
    return [Lease(decode(Job, body), int(attempt), worker, until) for attempt, body in answer[2]]


def _view(fields: Sequence[str]) -> JobView:
    body, state, attempt, why, progress, result, _, position, _ = fields
    return JobView(
        decode(Job, body),
        JobState(state),
        int(attempt),
        max(0, int(position)),
        why,
        decode(Progress, progress) if progress else None,
        decode(JobResult, result) if result else None,
    )


def _status(row: Sequence[str]) -> LaneStatus:
    lane, waiting, running, done, failed, paused, cost, oldest, _ = row
    return LaneStatus(
        Lane(lane),
        int(waiting),
        int(running),
        int(done),
        int(failed),
        paused == "1",
        float(cost),
        float(oldest),
    )
