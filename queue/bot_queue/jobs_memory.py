"""The schedule of slow work in memory: the same rules as lua/jobs*.lua, for one process."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

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
    Reservation,
)
from bot_queue.board import Board, Ended, make_board
from bot_queue.jobs import ENDED, QueueOptions
from bot_queue.limits import MemoryBudget

LOST_WORKER = "its worker stopped answering"


@dataclass(slots=True, eq=False)
class _Kept:
    job: Job
    put: float
    number: int = 0
    score: float = 0.0
    state: JobState = JobState.WAITING
    attempt: int = 0
    tries: int = 0
    solo: bool = False
    worker: str = ""
    until: float = 0.0
    started: float = 0.0
    batch_cost: float = 0.0
    estimate: float = 0.0
    reason: str = ""
    rounds: int = 0
    month: str = ""
    budget_key: str = ""
    progress: Progress | None = None
    result: JobResult | None = None

    @property
    def order(self) -> tuple[float, int]:
        return (self.score, self.number)


@dataclass(slots=True)
class _Line:
    """The jobs of one lane and kind that wait, in order, with the line's figures."""

    waiting: list[_Kept] = field(default_factory=list)
    finish: dict[str, float] = field(default_factory=dict)
    virtual: float = 0.0
    running: int = 0
    rate: float = 0.0
    error: float = 0.0
    mean: float = 0.0
    age: float = 0.0
    age_at: float | None = None
    busy: float = 0.0
    last: int = 0
    credit: float = 0.0

    def enter(self, kept: _Kept) -> None:
        insort(self.waiting, kept, key=lambda k: k.order)

    def leave(self, kept: _Kept) -> None:
        del self.waiting[self.rank(kept)]

    def rank(self, kept: _Kept) -> int:
        return bisect_left(self.waiting, kept.order, key=lambda k: k.order)

    def own(self, person: str) -> list[_Kept]:
        return [kept for kept in self.waiting if kept.job.person == person]


class MemoryJobQueue:
    """The JobQueue port's twin; ``budget`` pays for jobs that name an account."""

    def __init__(
        self,
        options: QueueOptions | None = None,
        budget: MemoryBudget | None = None,
        seconds: Callable[[], float] = time.time,
    ) -> None:
        self.options = options or QueueOptions()
        self._budget, self._seconds = budget or MemoryBudget(), seconds
        self._jobs: dict[str, _Kept] = {}
        self._keys: dict[str, str] = {}
        self._lines: defaultdict[tuple[Lane, str], _Line] = defaultdict(_Line)
        self._use: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._ended: Counter[tuple[JobState, Lane]] = Counter()
        self._order: dict[str, None] = {}  # ended jobs, oldest first
        self._unreported: dict[str, float] = {}
        self._workers: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._paused: set[Lane] = set()
        self._number = 0
        self._listeners: set[asyncio.Event] = set()

    # --- the port -------------------------------------------------------------------------------------------
    async def put(self, job: Job) -> Placed:
        """Accept a job; see the port. Raises JobRefused."""
        known = self._keys.get(job.key) or (job.id if job.id in self._jobs else None)
        if known is not None:
            return Placed(known, False, self._place(self._jobs[known]))
        self._check(job)
        if job.account:
            await self._budget.reserve(job.account, job.id, job.cost)
        kept = _Kept(job, self._seconds(), budget_key=job.id)
        self._score(kept)
        self._line(kept).enter(kept)
        self._jobs[job.id] = kept
        self._keys[job.key] = job.id
        place = self._place(kept)
        kept.estimate = place.seconds
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

    # --- putting in -----------------------------------------------------------------------------------------
    def _check(self, job: Job) -> None:
        o = self.options
        states = Counter(kept.state for kept in self._jobs.values() if kept.job.person == job.person)
        waiting, running = states[JobState.WAITING], states[JobState.RUNNING]
        everything = sum(len(line.waiting) for line in self._lines.values()) + len(self._unreported)
        for limit, have, allowed in (
            ("waiting", waiting, o.most_waiting),
            ("open", waiting + running, o.most_open),
            ("queue", everything, o.most),
        ):
            if have >= allowed:
                raise JobRefused(limit, have, allowed)

    def _score(self, kept: _Kept) -> None:
        self._number += 1
        kept.number = self._number
        line, job = self._line(kept), kept.job
        own = line.own(job.person)
        last = own[-1].score if own else 0.0
        if job.lane is Lane.FAST:
            if not line.waiting and not line.running:
                line.finish.clear()
            kept.score = max(line.virtual, line.finish.get(job.person, 0.0), last)
            line.finish[job.person] = kept.score + job.cost / job.weight
            return
        now = self._seconds()
        line.mean = job.cost if line.mean == 0 else line.mean * 0.95 + job.cost * 0.05
        if line.age_at is not None:
            line.age += line.mean * (now - line.age_at) / self.options.use_aging
        line.age_at = now
        kept.month = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
        use = self._use[kept.month]
        kept.score = max(use[job.person] / job.weight + line.age, last)
        use[job.person] += job.cost  # type: ignore[assignment]

    def _close_gap(self, gone: _Kept) -> None:
        """Move up what the person queued behind a cancelled job, by its cost."""
        job, line = gone.job, self._line(gone)
        if job.lane is not Lane.FAST:
            return
        by = job.cost / job.weight
        tag = gone.score + by
        for kept in [k for k in line.own(job.person) if k.score > gone.score]:
            if abs(kept.score - tag) > 1e-6 * max(1.0, abs(tag)):
                return
            line.leave(kept)
            tag = kept.score + kept.job.cost / kept.job.weight
            kept.score -= by
            line.enter(kept)
        line.finish[job.person] = tag - by

    # --- handing out ----------------------------------------------------------------------------------------
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

    def _choose(self, kind: str, lanes: Sequence[Lane]) -> tuple[_Kept | None, float | None]:
        """Return the job whose turn it is, and relax's share where both lanes have work."""
        heads = {lane: next(iter(self._lines[lane, kind].waiting), None) for lane in lanes}
        fast, relax = heads.get(Lane.FAST), heads.get(Lane.RELAX)
        if fast is None or relax is None:
            return fast or relax, None
        o, oldest = self.options, self._status(Lane.RELAX).oldest
        share = o.relax_share + max(0.0, 0.5 - o.relax_share) * min(1.0, oldest / o.share_aging)
        turn = self._lines[Lane.RELAX, kind].credit >= relax.job.cost
        return (relax if turn else fast), share

    def _gather(self, head: _Kept, largest: int) -> list[_Kept]:
        batch, line = [head], self._line(head)
        if head.solo:
            return batch
        mine: Counter[str] = Counter([head.job.person])
        for kept in line.waiting:
            if len(batch) >= largest:
                break
            if kept is head or kept.job.profile != head.job.profile or kept.solo:
                continue
            own = line.own(kept.job.person)
            if own[mine[kept.job.person]] is kept:
                batch.append(kept)
                mine[kept.job.person] += 1
        return batch

    def _hand_out(self, batch: list[_Kept], worker: str, share: float | None, relaxes: bool) -> list[Lease]:
        now, line, total = self._seconds(), self._line(batch[0]), sum(kept.job.cost for kept in batch)
        until, leases = now + self.options.lease, []
        for kept in batch:
            line.leave(kept)
            kept.state, kept.worker, kept.started, kept.until = JobState.RUNNING, worker, now, until
            kept.batch_cost, kept.attempt, kept.tries = total, kept.attempt + 1, kept.tries + 1
            leases.append(Lease(kept.job, kept.attempt, worker, datetime.fromtimestamp(until, UTC)))
        self._number += 1
        line.virtual, line.last = max(line.virtual, batch[0].score), self._number
        line.running += len(batch)
        if line.rate > 0:
            line.busy = max(line.busy, now + total / line.rate)
        line.finish = {person: tag for person, tag in line.finish.items() if tag > line.virtual}
        job = batch[0].job
        relax = self._lines[Lane.RELAX, job.kind]
        if share is not None:
            relax.credit += total * share / (1 - share) if job.lane is Lane.FAST else -total
        elif job.lane is Lane.FAST and relaxes:
            relax.credit = 0.0
        self._tell()
        return leases

    # --- ending ---------------------------------------------------------------------------------------------
    def _held(self, lease: Lease) -> _Kept:
        kept = self._jobs.get(lease.job.id)
        if kept is None or kept.attempt != lease.attempt or kept.state is not JobState.RUNNING:
            raise LeaseLost(lease.job.id, lease.attempt)
        return kept

    def _stop(self, kept: _Kept) -> None:
        self._line(kept).running -= 1

    async def _back(self, kept: _Kept, tries: int, solo: bool, reason: str) -> None:
        """Return a running job to its place, or set it aside when it was tried often enough."""
        self._stop(kept)
        kept.reason = reason
        if kept.tries >= tries:
            await self._finish(kept, JobState.FAILED, 0.0)
            return
        kept.state, kept.solo = JobState.WAITING, solo
        self._line(kept).enter(kept)
        self._tell()

    async def _finish(self, kept: _Kept, state: JobState, spent: float) -> None:
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

    def _learn(self, kept: _Kept) -> None:
        """Measure the line's rate and how far the estimate was off."""
        now, line = self._seconds(), self._line(kept)
        rate = kept.batch_cost / max(1e-3, now - kept.started)
        took = max(1e-3, now - kept.put)
        error = abs(kept.estimate - took) / took
        line.error = line.error * 0.9 + error * 0.1 if line.rate else error
        line.rate = line.rate * 0.8 + rate * 0.2 if line.rate else rate

    # --- looking --------------------------------------------------------------------------------------------
    def _line(self, kept: _Kept) -> _Line:
        return self._lines[kept.job.lane, kept.job.kind]

    def _known(self, job: str) -> _Kept:
        if job not in self._jobs:
            raise NotFound(f"job {job}")
        return self._jobs[job]

    def _aside(self, job: str) -> _Kept:
        kept = self._jobs.get(job)
        if kept is None or kept.state is not JobState.FAILED:
            raise NotFound(f"job {job} is not set aside")
        return kept

    def _forget(self, kept: _Kept) -> None:
        self._order.pop(kept.job.id, None)
        self._unreported.pop(kept.job.id, None)
        self._ended[JobState.FAILED, kept.job.lane] -= 1

    def _position(self, kept: _Kept) -> int:
        return self._line(kept).rank(kept) + 1 if kept.state is JobState.WAITING else 0

    def _place(self, kept: _Kept) -> Place:
        return Place(kept.job.id, kept.state, self._position(kept), self._estimate(kept))

    def _estimate(self, kept: _Kept) -> float:
        line, now, position = self._line(kept), self._seconds(), self._position(kept)
        if kept.state in ENDED:
            return 0.0
        if line.rate <= 0:
            return position * 5.0
        if position == 0:
            return max(0.0, kept.batch_cost / line.rate - (now - kept.started))
        slots = max(1, sum(at > now - 30 for at in self._workers[kept.job.kind].values()))
        cost = sum(k.job.cost for k in line.waiting)
        ahead = (position - 1) * cost / len(line.waiting)
        remainder = max(0.0, line.busy - now) if line.running else 0.0
        return ahead / (line.rate * slots) + kept.job.cost / line.rate + remainder

    def _view(self, kept: _Kept) -> JobView:
        return JobView(
            kept.job,
            kept.state,
            kept.attempt,
            self._position(kept),
            kept.reason,
            kept.progress,
            kept.result,
        )

    def _of(self, lane: Lane) -> Iterator[_Line]:
        return (line for (in_lane, _), line in self._lines.items() if in_lane is lane)

    def _status(self, lane: Lane) -> LaneStatus:
        waiting = [kept for line in self._of(lane) for kept in line.waiting]
        return LaneStatus(
            lane,
            len(waiting),
            sum(line.running for line in self._of(lane)),
            self._ended[JobState.DONE, lane],
            self._ended[JobState.FAILED, lane],
            lane in self._paused,
            sum(kept.job.cost for kept in waiting),
            self._seconds() - min((kept.put for kept in waiting), default=self._seconds()),
        )

    def _tell(self) -> None:
        for event in self._listeners:
            event.set()
