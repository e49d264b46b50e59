"""A worker: claims batches, has them made, keeps their leases, and lets no bad job harm its companions."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from bot_core.errors import Broken, LeaseLost, Refused, YinluError
from bot_core.ports.work import BatchRule, JobQueue, JobResult, Lane, Lease, Progress

log = logging.getLogger(__name__)


class WorkQueue(JobQueue, Protocol):
    """The queue as workers need it: with news of changes, so that a cancel is heard at once."""

    def changes(self, *topics: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Give an event that is set when one of the topics has news (``x:WORKER``: a job of it was cancelled)."""
        ...


class Batch:
    """What a maker is given: jobs of one profile, with a way to tell progress and to hear that one was stopped."""

    def __init__(self, queue: JobQueue, leases: Sequence[Lease]) -> None:
        self.leases = tuple(leases)
        self._queue = queue
        self._stopped: dict[str, str] = {}

    @property
    def active(self) -> list[Lease]:
        """Return the leases that still count; look between two steps."""
        return [lease for lease in self.leases if lease.job.id not in self._stopped]

    def stop(self, job: str, why: str) -> None:
        """Note that a job was cancelled, or taken over."""
        self._stopped[job] = why

    async def progress(self, lease: Lease, progress: Progress) -> None:
        """Tell how far a job is; one that was stopped is noted instead."""
        try:
            await self._queue.progress(lease, progress)
        except LeaseLost:
            self.stop(lease.job.id, "lost")
        except Broken as error:
            log.warning("progress was not told", extra={"job": lease.job.id, "error": str(error)})


class Maker(Protocol):
    """Does the work of one kind."""

    async def __call__(self, batch: Batch) -> Sequence[JobResult | YinluError]:
        """Return one result, or the error of that job alone, per lease, in order.

        What is raised concerns the whole batch: it is split and its jobs are made one by one. A Refused
        error sets its job aside at once, others are tried again.
        """
        ...


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """Times in seconds. ``rules`` by profile; ``drain`` is how long running jobs may finish at a stop."""

    lanes: Sequence[Lane] = (Lane.FAST, Lane.RELAX)
    rules: Mapping[str, BatchRule] = field(default_factory=dict)
    side_by_side: int = 1
    heartbeat: float = 8.0  # well below the queue's lease
    wait: float = 1.0
    drain: float = 8.0
    longest: float = 1800.0  # a batch that takes longer has failed
    backoff: float = 0.5
    insist: float = 60.0  # how long a result is told again while the queue can't be reached


class Worker:
    """Runs jobs of the kinds that ``makers`` names, until ``stop``."""

    def __init__(
        self,
        queue: WorkQueue,
        makers: Mapping[str, Maker],
        name: str,
        options: WorkerOptions | None = None,
    ) -> None:
        self._queue, self._makers, self._name = queue, makers, name
        self._options = options or WorkerOptions()
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until ``stop``; then running jobs get ``drain`` seconds, and what is left goes back untouched."""
        slots = [
            asyncio.create_task(self._slot(n), name=f"slot-{n}") for n in range(self._options.side_by_side)
        ]
        try:
            stopped = asyncio.create_task(self._stopping.wait())
            await asyncio.wait([stopped, *slots], return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            await asyncio.wait(slots, timeout=self._options.drain)
        finally:
            for slot in slots:
                slot.cancel()
            ended = await asyncio.gather(*slots, return_exceptions=True)
        for end in ended:
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
                raise end

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping.set()

    def stop_on_signals(self) -> None:
        """Drain on SIGTERM and SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    async def _slot(self, number: int) -> None:
        o, name = self._options, f"{self._name}/{number}"
        kinds = list(self._makers)
        async with self._queue.changes(f"x:{name}") as cancels:
            while not self._stopping.is_set():
                try:
                    leases = await self._queue.claim(name, kinds, o.lanes, o.rules, o.wait)
                    if leases:
                        await self._work(leases, cancels)
                except Broken as error:
                    log.warning("the queue can't be reached", extra={"error": str(error)})
                    await asyncio.sleep(o.backoff)

    async def _work(self, leases: Sequence[Lease], cancels: asyncio.Event) -> None:
        """Make one batch; on the way out whatever was not finished goes back."""
        batch = Batch(self._queue, leases)
        left = {lease.job.id: lease for lease in leases}
        making = asyncio.create_task(self._make(batch, left), name=f"batch-{leases[0].job.id}")
        keeper = _Keeper(self._queue, batch, making, self._options.heartbeat, cancels)
        try:
            async with keeper:
                await making
        except asyncio.CancelledError:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)
            task = asyncio.current_task()
            if (
                task is not None and task.cancelling()
            ):  # we are drained; else every job of the batch was stopped
                await self._queue.release([lease for lease in batch.active if lease.job.id in left])
                raise

    async def _make(self, batch: Batch, left: dict[str, Lease]) -> None:
        results = await self._attempt(batch)
        async with asyncio.TaskGroup() as telling:
            for lease, result in zip(batch.leases, results, strict=True):
                telling.create_task(self._tell(batch, lease, result, left))

    async def _attempt(self, batch: Batch) -> Sequence[JobResult | Exception]:
        """Return a result or an error for each job, making them one by one where the whole failed."""
        maker = self._makers[batch.leases[0].job.kind]
        try:
            async with asyncio.timeout(self._options.longest):
                results = await maker(batch)
            if len(results) != len(batch.leases):
                raise ValueError(f"{len(results)} results for {len(batch.leases)} jobs")
        except Exception as error:
            if len(batch.leases) == 1:
                log.warning("a job failed", exc_info=error, extra={"job": batch.leases[0].job.id})
                return [error]
            log.warning("a batch failed and is made one by one", extra={"error": type(error).__name__})
            return [(await self._attempt(_Part(self._queue, batch, lease)))[0] for lease in batch.leases]
        return results

    async def _tell(
        self, batch: Batch, lease: Lease, result: JobResult | Exception, left: dict[str, Lease]
    ) -> None:
        """Say how a job ended; while the queue can't be reached, again and again, so that the work is not lost."""
        until = asyncio.get_running_loop().time() + self._options.insist
        while lease.job.id in left:
            try:
                await self._say(batch, lease, result)
                del left[lease.job.id]
            except LeaseLost as error:
                log.info("too late: the job was taken over or cancelled", extra={"job": error.job})
                del left[lease.job.id]
            except Broken as error:
                if asyncio.get_running_loop().time() > until:
                    log.error("a result was given up; the job is made again", extra={"job": lease.job.id})
                    return
                log.warning("a result can't be told yet", extra={"job": lease.job.id, "error": str(error)})
                await asyncio.sleep(self._options.backoff)

    async def _say(self, batch: Batch, lease: Lease, result: JobResult | Exception) -> None:
        if isinstance(result, JobResult):
            await self._queue.commit(lease, result)
        elif lease in batch.active:
            await self._queue.fail(lease, _reason(result), retry=not isinstance(result, Refused))


class _Part(Batch):
    """One job of a batch that is split; it shares what is known of stops."""

    def __init__(self, queue: JobQueue, whole: Batch, lease: Lease) -> None:
        super().__init__(queue, [lease])
        self._stopped = whole._stopped


class _Keeper:
    """Renews a batch's leases and hears of stops, from a moment after it began: most jobs are done before."""

    def __init__(
        self,
        queue: JobQueue,
        batch: Batch,
        making: asyncio.Task[None],
        every: float,
        cancels: asyncio.Event,
    ) -> None:
        self._queue, self._batch, self._making, self._every = queue, batch, making, every
        self._cancels = cancels
        self._task: asyncio.Task[None] | None = None
        self._start: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> _Keeper:
        self._start = asyncio.get_running_loop().call_later(0.02, self._begin)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._start is not None:
            self._start.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _begin(self) -> None:
        self._task = asyncio.create_task(self._keep(), name="lease-keeper")

    async def _keep(self) -> None:
        while True:
            self._cancels.clear()
            await self._beat()
            if not self._batch.active:
                self._making.cancel()
                return
            try:
                await asyncio.wait_for(self._cancels.wait(), self._every)
            except TimeoutError:
                continue

    async def _beat(self) -> None:
        try:
            stops = await self._queue.heartbeat(self._batch.active)
        except Broken as error:
            log.warning("leases could not be renewed", extra={"error": str(error)})
            return
        for job, why in stops.items():
            self._batch.stop(job, why)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    return f"{type(error).__name__}: {error}"[:500]
