"""Ended jobs on their way out: into the ledger, then through the outbox to whoever asked, exactly once each.

Both are safe to repeat (the ledger by the job's id, the outbox by its key), and a job is only ticked off when
both have it, so a crash anywhere repeats what may be missing and shows nothing twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from bot_core.errors import Broken, Refused
from bot_core.ports.ledger import Ledger
from bot_core.ports.work import Outbox, Outgoing
from bot_queue.board import Ended

log = logging.getLogger(__name__)

Render = Callable[[Ended], Awaitable[Outgoing | None]]
RESULT_ORDINAL = 1000  # behind whatever the event's handler sent itself


class Reports(Protocol):
    """What the finisher needs of the queue."""

    async def ended(self, limit: int = 32) -> list[Ended]:
        """Return ended jobs that nobody reported yet."""
        ...

    async def reported(self, job: str) -> None:
        """Tick one off."""
        ...

    def changes(self, *topics: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Give an event that is set when jobs ended (topic ``fin``)."""
        ...


def result_key(ended: Ended) -> tuple[str, int]:
    """Return the event and ordinal under which a job's end is sent."""
    job = ended.view.job
    return job.event or f"job:{job.id}", RESULT_ORDINAL + ended.round


class Finisher:
    """Reports ended jobs while open. ``render`` makes the message (under ``result_key``), None for none."""

    def __init__(
        self, queue: Reports, ledger: Ledger, outbox: Outbox, render: Render, poll: float = 1.0
    ) -> None:
        self._queue, self._ledger, self._outbox, self._render = queue, ledger, outbox, render
        self._poll = poll

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Finisher]:
        """Report for as long as this is open."""
        task = asyncio.create_task(self._run(), name="job-finisher")
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        async with self._queue.changes("fin") as news:
            while True:
                news.clear()
                if await self._round():
                    continue
                try:
                    await asyncio.wait_for(news.wait(), self._poll)
                except TimeoutError:
                    continue

    async def _round(self) -> bool:
        """Report what is due; return whether there was any."""
        try:
            found = await self._queue.ended()
            for ended in found:
                await self._report(ended)
        except Broken as error:
            log.warning("results go out later", extra={"error": str(error)})
            await asyncio.sleep(self._poll)
            return False
        return bool(found)

    async def _report(self, ended: Ended) -> None:
        job = ended.view.job.id
        try:
            await self._ledger.record_job(ended.view)
            outgoing = await self._render(ended)
            if outgoing is not None:
                await self._outbox.send(outgoing)
        except Refused as error:
            log.error("a result can't be reported", extra={"job": job, "error": str(error)})
            return
        await self._queue.reported(job)
