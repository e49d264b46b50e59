"""The part of /metrics that all processes share: lanes, journal, outbox, index, memory; and how late the loop wakes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bot_app.figures import Glance
from bot_app.metrics import Counts

OLD = 1.0  # seconds for which a glance serves all who ask
PATIENCE = 5.0  # seconds for which a glance is waited for
TICK = 0.1  # seconds between two looks at the loop

GAUGES = (
    ("yinlu_queue_waiting_jobs", "waiting", "Jobs that wait"),
    ("yinlu_queue_running_jobs", "running", "Jobs that are made now"),
    ("yinlu_queue_waiting_cost", "cost", "What the waiting jobs cost, in the lane's unit"),
    ("yinlu_queue_oldest_seconds", "oldest", "How long the oldest job has waited"),
    ("yinlu_queue_set_aside_jobs", "failed", "Jobs that were set aside and not retried or dropped since"),
    ("yinlu_queue_paused", "paused", "1 while nothing of the lane is handed out"),
)
COUNTS = (
    ("yinlu_queue_done_jobs", "done", "Jobs done"),
    ("yinlu_queue_lease_expiries", "expired", "Leases that ran out: a worker stopped answering"),
)
SINGLE = (
    ("yinlu_outbox_oldest_seconds", "outbox_age", "How long the oldest send that is due has been due"),
    ("yinlu_index_communities", "communities", "Communities that have documents"),
    ("yinlu_index_documents", "documents", "Documents in the index"),
    ("yinlu_index_passages", "passages", "Passages in the index"),
    ("yinlu_index_waiting_documents", "embedding", "Documents whose better embedding is not there yet"),
)


class Reads(Protocol):
    """Gives glances."""

    async def read(self) -> Glance:
        """Return one."""
        ...


class Shared:
    """A collector of the last glance; ``refresh`` takes a new one, once for all who ask at the same time."""

    def __init__(self, figures: Reads) -> None:
        self._figures, self._glance = figures, Glance()
        self._read, self._reading = float("-inf"), asyncio.Lock()

    async def refresh(self) -> None:
        """Look, unless somebody just did; a store that does not answer in time shows as a trouble."""
        async with self._reading:
            if time.monotonic() - self._read < OLD:
                return
            try:
                async with asyncio.timeout(PATIENCE):
                    self._glance = await self._figures.read()
            except TimeoutError:
                self._glance = Glance(troubles=("slow",))
            self._read = time.monotonic()

    def collect(self) -> Iterator[Metric]:
        """Yield what prometheus_client asks a collector for."""
        glance = self._glance
        for name, field, text in GAUGES:
            gauge = GaugeMetricFamily(name, text, labels=["lane"])
            for lane in glance.lanes:
                gauge.add_metric([lane.lane], float(getattr(lane, field)))
            yield gauge
        for name, field, text in COUNTS:
            count = CounterMetricFamily(name, text, labels=["lane"])
            for lane in glance.lanes:
                count.add_metric([lane.lane], float(getattr(lane, field)))
            yield count
        for name, field, text in SINGLE:
            yield GaugeMetricFamily(name, text, value=float(getattr(glance, field)))
        yield _by("yinlu_journal_events", "Events not yet done", "state", glance.journal)
        yield _by("yinlu_outbox_sends", "Sends by where they stand", "state", glance.outbox)
        yield _by("yinlu_memory_bytes", "Resident memory of the house's processes", "part", glance.memory)
        yield _by(
            "yinlu_trouble", "1 for each part that did not answer", "part", dict.fromkeys(glance.troubles, 1)
        )


def _by(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        gauge.add_metric([key], float(value))
    return gauge


@asynccontextmanager
async def loop_watched(counts: Counts, tick: float = TICK) -> AsyncIterator[None]:
    """Measure, while inside, how much later than asked the event loop wakes."""

    async def look() -> None:
        while True:
            due = time.perf_counter() + tick
            await asyncio.sleep(tick)
            counts.lag.observe(max(0.0, time.perf_counter() - due))

    task = asyncio.create_task(look(), name="loop-lag")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
