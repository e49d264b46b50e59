"""The schedule of slow work in memory: the same rules as lua/jobs*.lua, for one process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from bot_core.errors import LeaseLost, NotAllowed, NotFound
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
    Reservation,
)
from bot_queue.board import Board, Ended, make_board
from bot_queue.jobs import ENDED, QueueOptions
from bot_queue.jobs_schedule import Kept, Schedule
from bot_queue.limits import MemoryBudget

LOST_WORKER = "its worker stopped answering"


class MemoryJobQueue(Schedule):
    """The JobQueue port's twin; ``budget`` pays for jobs that name an account."""

    def __init__(
        self,
        options: QueueOptions | None = None,
        budget: MemoryBudget | None = None,
        seconds: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(options or QueueOptions(), seconds)
        self._budget = budget or MemoryBudget()
        self._keys: dict[str, str] = {}
        self._order: dict[str, None] = {}  # ended jobs, oldest first

    # --- the port -------------------------------------------------------------------------------------------
    async def put(self, job: Job) -> Placed:
        """Accept a job; see the port. Raises JobRefused."""
        known = self._keys.get(job.key) or (job.id if job.id in self._jobs else None)
        if known is not None:
            return Placed(known, False, self._place(self._jobs[known]))
        self._check(job)
        if job.account:
            await self._budget.reserve(job.account, job.id, job.cost)
        kept = Kept(job, self._seconds(), budget_key=job.id)
        self._score(kept)
        self._line(kept).enter(kept)
        self._jobs[job.id] = kept
        self._keys[job.key] = job.id
        place = self._place(kept)
        kept.estimate = place.seconds if self._line(kept).rate > 0 else None  # a guess is not judged
        self._tell()
        return Placed(job.id, True, place)

    async def claim(
        self,
        worker: str,
        kinds: Sequence[str],
        lanes: Sequence[Lane],
        rules: Mapping[str, BatchRule],
        wait: float,
    ) -> list[Lease]:
        """Lease a batch; see the port."""
        until = time.monotonic() + wait
        async with self.changes() as news:
            while True:
                news.clear()
                leases, hint = await self._claim(worker, kinds, lanes, rules)
                left = until - time.monotonic()
                if leases or left <= 0:
                    return leases
                try:
                    await asyncio.wait_for(news.wait(), min(left, hint, self.options.poll))
                except TimeoutError:
                    continue

    async def heartbeat(self, leases: Sequence[Lease]) -> dict[str, str]:
        """Renew leases; see the port."""
        stop: dict[str, str] = {}
        for lease in leases:
            kept = self._jobs.get(lease.job.id)
            if kept is None or kept.attempt != lease.attempt:
                stop[lease.job.id] = "lost"
            elif kept.state is JobState.RUNNING:
                kept.until = self._seconds() + self.options.lease
                self._workers[kept.job.kind][lease.worker] = self._seconds()
            else:
                stop[lease.job.id] = "cancelled" if kept.state is JobState.CANCELLED else "lost"
        return stop

    async def progress(self, lease: Lease, progress: Progress) -> None:
        """Tell how far it is; see the port."""
        self._held(lease).progress = progress
        self._tell()

    async def commit(self, lease: Lease, result: JobResult) -> None:
        """Finish with a result; see the port."""
        kept = self._held(lease)
        self._stop(kept)
        kept.result = result
        self._learn(kept)
        spent = kept.job.cost if result.actual_cost is None else result.actual_cost
        await self._finish(kept, JobState.DONE, spent)

    async def fail(self, lease: Lease, reason: str, retry: bool = True) -> None:
        """Give up this attempt; see the port."""
        await self._back(self._held(lease), self.options.tries if retry else 0, True, reason[:500])

    async def release(self, leases: Sequence[Lease]) -> None:
        """Give jobs back untouched; those that were lost already are passed over."""
        for lease in leases:
            kept = self._jobs.get(lease.job.id)
            if kept and kept.attempt == lease.attempt and kept.state is JobState.RUNNING:
                kept.tries -= 1
                await self._back(kept, kept.tries + 1, kept.solo, "")

    async def cancel(self, job: str, person: str, admin: bool = False) -> JobState:
        """Cancel, waiting or running: a running one is fenced off at once, its worker learns of it by heartbeat."""
        kept = self._known(job)
        if not admin and kept.job.person != person:
            raise NotAllowed(f"job {job} is not {person}'s")
        if kept.state is JobState.RUNNING:
            self._stop(kept)
            await self._finish(kept, JobState.CANCELLED, 0.0)
        elif kept.state is JobState.WAITING:
            self._line(kept).leave(kept)
            self._close_gap(kept)
            await self._finish(kept, JobState.CANCELLED, 0.0)
        return kept.state

    async def place(self, job: str) -> Place:
        """Return where a job stands; see the port."""
        return self._place(self._known(job))

    async def view(self, job: str) -> JobView:
        """Return a job with its state; see the port."""
        return self._view(self._known(job))

    async def follow(self, job: str) -> AsyncIterator[JobEvent]:
        """Yield what happens to a job; see the port."""
        seen: JobEvent | None = None
        async with self.changes() as news:
            while True:
                news.clear()
                v = await self.view(job)
                event = JobEvent(job, v.state, v.attempt, v.progress, v.result, v.reason)
                if event != seen:
                    seen = event
                    yield event
                if v.state in ENDED:
                    return
                await news.wait()

    async def status(self) -> list[LaneStatus]:
        """Return every lane at a glance."""
        return [self._status(lane) for lane in Lane]

    async def listing(self, state: JobState, limit: int = 100) -> list[JobView]:
        """List jobs in a state; see the port."""
        if state is JobState.WAITING:
            lines = [self._lines[key] for key in sorted(self._lines)]
            found = [kept for line in lines for kept in line.waiting]
            return [self._view(kept) for kept in found[:limit]]
        if state is JobState.RUNNING:
            running = [kept for kept in self._jobs.values() if kept.state is state]
            return [self._view(kept) for kept in sorted(running, key=lambda k: k.until)[:limit]]
        ended = [self._jobs[job] for job in self._order]
        return [self._view(kept) for kept in ended if kept.state is state][-limit:]

    async def retry(self, job: str) -> Placed:
        """Put a job that was set aside back into its lane; see the port. Raises JobRefused for its budget."""
        kept = self._aside(job)
        if kept.job.account:
            kept.budget_key = f"{job}:{kept.attempt}"
            await self._budget.reserve(kept.job.account, kept.budget_key, kept.job.cost)
        self._forget(kept)
        kept.state, kept.put, kept.tries, kept.solo, kept.reason = (
            JobState.WAITING,
            self._seconds(),
            0,
            True,
            "",
        )
        self._score(kept)
        self._line(kept).enter(kept)
        self._tell()
        return Placed(job, True, self._place(kept))

    async def drop(self, job: str) -> None:
        """Remove a job that was set aside; see the port."""
        kept = self._aside(job)
        self._forget(kept)
        del self._jobs[job], self._keys[kept.job.key]

    async def pause(self, lane: Lane, paused: bool) -> None:
        """Stop or go on handing out jobs of a lane."""
        (self._paused.add if paused else self._paused.discard)(lane)
        self._tell()

    # --- beyond the port ------------------------------------------------------------------------------------
    async def ended(self, limit: int = 32) -> list[Ended]:
        """Return ended jobs that nobody reported yet, to this caller alone for a while."""
        now = self._seconds()
        due = [job for job, at in self._unreported.items() if at <= now][:limit]
        self._unreported.update(dict.fromkeys(due, now + self.options.report_again))
        return [Ended(self._view(self._jobs[job]), self._jobs[job].rounds) for job in due]

    async def reported(self, job: str) -> None:
        """The ledger and the outbox have it."""
        self._unreported.pop(job, None)

    async def board(self, person: str = "", job: str = "") -> Board:
        """Return the live board for a visitor; with ``job``, their place and why."""
        place, view = (await self.place(job), await self.view(job)) if job else (None, None)
        error = max((line.error for line in self._lines.values()), default=0.0)
        return make_board(await self.status(), place, view, error)

    @asynccontextmanager
    async def changes(self, *topics: str) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set whenever anything changed."""
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)

    # --- inside --------------------------------------------------------------------------------------------
    async def _claim(
        self, worker: str, kinds: Sequence[str], lanes: Sequence[Lane], rules: Mapping[str, BatchRule]
    ) -> tuple[list[Lease], float]:
        now, hint = self._seconds(), self.options.poll
        for kept in [k for k in self._jobs.values() if k.state is JobState.RUNNING and k.until <= now]:
            await self._back(kept, self.options.tries, True, LOST_WORKER)
        open_lanes = [lane for lane in lanes if lane not in self._paused]
        waiting = sum(len(self._lines[lane, kind].waiting) for lane in open_lanes for kind in kinds)
        for kind in sorted(kinds, key=lambda k: (max(self._lines[lane, k].last for lane in Lane), k)):
            self._workers[kind][worker] = now
            head, share = self._choose(kind, open_lanes)
            if head is None:
                continue
            rule = rules.get(head.job.profile, BatchRule())
            batch = self._gather(head, rule.largest)
            left = head.put + rule.patience - now
            fresh = not head.solo and head.attempt == 0
            if len(batch) < rule.largest and left > 0 and fresh and waiting == len(batch):
                hint = min(hint, left)
                continue
            return self._hand_out(batch, worker, share, Lane.RELAX in open_lanes), 0.0
        return [], max(0.001, hint)

    def _held(self, lease: Lease) -> Kept:
        kept = self._jobs.get(lease.job.id)
        if kept is None or kept.attempt != lease.attempt or kept.state is not JobState.RUNNING:
            raise LeaseLost(lease.job.id, lease.attempt)
        return kept

    def _stop(self, kept: Kept) -> None:
        self._line(kept).running -= 1

    async def _back(self, kept: Kept, tries: int, solo: bool, reason: str) -> None:
        """Return a running job to its place, or set it aside when it was tried often enough."""
        self._stop(kept)
        kept.reason = reason
        if kept.tries >= tries:
            await self._finish(kept, JobState.FAILED, 0.0)
            return
        kept.state, kept.solo = JobState.WAITING, solo
        self._line(kept).enter(kept)
        self._tell()

    async def _finish(self, kept: Kept, state: JobState, spent: float) -> None:
        job = kept.job
        kept.state = state
        kept.rounds += 1
        self._ended[state, job.lane] += 1
        self._order[job.id] = None
        self._unreported[job.id] = self._seconds()
        if job.account:
            await self._budget.settle(Reservation(job.account, kept.budget_key, job.cost), spent)
        if state is not JobState.DONE and job.lane is Lane.RELAX:
            self._use[kept.month][job.person] -= job.cost  # type: ignore[assignment]
        self._tell()

    def _known(self, job: str) -> Kept:
        if job not in self._jobs:
            raise NotFound(f"job {job}")
        return self._jobs[job]

    def _aside(self, job: str) -> Kept:
        kept = self._jobs.get(job)
        if kept is None or kept.state is not JobState.FAILED:
            raise NotFound(f"job {job} is not set aside")
        return kept

    def _forget(self, kept: Kept) -> None:
        self._order.pop(kept.job.id, None)
        self._unreported.pop(kept.job.id, None)
        self._ended[JobState.FAILED, kept.job.lane] -= 1
