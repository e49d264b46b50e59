"""The rules of the schedule in memory: who comes next, where everybody stands. The twin of lua/jobs.lua."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot_core.errors import JobRefused
from bot_core.ports.work import Job, JobResult, JobState, JobView, Lane, LaneStatus, Lease, Place, Progress
from bot_queue.jobs import ENDED, QueueOptions, bounds_of


@dataclass(slots=True, eq=False)
class Kept:
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
    estimate: float | None = None
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
class Line:
    """The jobs of one lane and kind that wait, in order, with the line's figures."""

    waiting: list[Kept] = field(default_factory=list)
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

    def enter(self, kept: Kept) -> None:
        insort(self.waiting, kept, key=lambda k: k.order)

    def leave(self, kept: Kept) -> None:
        del self.waiting[self.rank(kept)]

    def rank(self, kept: Kept) -> int:
        return bisect_left(self.waiting, kept.order, key=lambda k: k.order)

    def own(self, person: str) -> list[Kept]:
        return [kept for kept in self.waiting if kept.job.person == person]


class Schedule:
    """Lines of jobs, their order and their figures."""

    def __init__(self, options: QueueOptions, seconds: Callable[[], float] = time.time) -> None:
        self.options, self._seconds = options, seconds
        self._jobs: dict[str, Kept] = {}
        self._lines: defaultdict[tuple[Lane, str], Line] = defaultdict(Line)
        self._use: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._ended: Counter[tuple[JobState, Lane]] = Counter()
        self._unreported: dict[str, float] = {}
        self._workers: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._paused: set[Lane] = set()
        self._number = 0
        self._listeners: set[asyncio.Event] = set()

    # --- putting in -----------------------------------------------------------------------------------------
    def _check(self, job: Job) -> None:
        o = self.options
        most_waiting, most_open = bounds_of(job, o)
        states = Counter(kept.state for kept in self._jobs.values() if kept.job.person == job.person)
        waiting, running = states[JobState.WAITING], states[JobState.RUNNING]
        everything = sum(len(line.waiting) for line in self._lines.values()) + len(self._unreported)
        for limit, have, allowed in (
            ("waiting", waiting, most_waiting),
            ("open", waiting + running, most_open),
            ("queue", everything, o.most),
        ):
            if have >= allowed:
                raise JobRefused(limit, have, allowed)

    def _score(self, kept: Kept) -> None:
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

    def _close_gap(self, gone: Kept) -> None:
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
    def _choose(self, kind: str, lanes: Sequence[Lane]) -> tuple[Kept | None, float | None]:
        """Return the job whose turn it is, and relax's share where both lanes have work."""
        heads = {lane: next(iter(self._lines[lane, kind].waiting), None) for lane in lanes}
        fast, relax = heads.get(Lane.FAST), heads.get(Lane.RELAX)
        if fast is None or relax is None:
            return fast or relax, None
        o, oldest = self.options, self._status(Lane.RELAX).oldest
        share = o.relax_share + max(0.0, 0.5 - o.relax_share) * min(1.0, oldest / o.share_aging)
        turn = self._lines[Lane.RELAX, kind].credit >= relax.job.cost
        return (relax if turn else fast), share

    def _gather(self, head: Kept, largest: int) -> list[Kept]:
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

    def _hand_out(self, batch: list[Kept], worker: str, share: float | None, relaxes: bool) -> list[Lease]:
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

    def _learn(self, kept: Kept) -> None:
        """Measure the line's rate and how far the estimate was off."""
        now, line = self._seconds(), self._line(kept)
        rate = kept.batch_cost / max(1e-3, now - kept.started)
        took = max(1e-3, now - kept.put)
        if kept.estimate is not None:
            error = abs(kept.estimate - took) / took
            line.error = line.error * 0.9 + error * 0.1 if line.error else error
        line.rate = line.rate * 0.8 + rate * 0.2 if line.rate else rate

    # --- looking --------------------------------------------------------------------------------------------
    def _line(self, kept: Kept) -> Line:
        return self._lines[kept.job.lane, kept.job.kind]

    def _position(self, kept: Kept) -> int:
        return self._line(kept).rank(kept) + 1 if kept.state is JobState.WAITING else 0

    def _place(self, kept: Kept) -> Place:
        return Place(kept.job.id, kept.state, self._position(kept), self._estimate(kept))

    def _estimate(self, kept: Kept) -> float:
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

    def _view(self, kept: Kept) -> JobView:
        return JobView(
            kept.job,
            kept.state,
            kept.attempt,
            self._position(kept),
            kept.reason,
            kept.progress,
            kept.result,
        )

    def _of(self, lane: Lane) -> Iterator[Line]:
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
