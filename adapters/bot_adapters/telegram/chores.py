"""Small things done on the side: kept, bounded, ended with the adapter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

from bot_core.errors import YinluError

log = logging.getLogger(__name__)

MOST = 1000


class Chores:
    """Runs coroutines whose failure is worth a log line and nothing else."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Chores]:
        """Run them while inside; what is left at the end gets a second."""
        try:
            yield self
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=1.0)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Coroutine[object, object, object], name: str) -> None:
        """Start one; dropped where too many run already."""
        if len(self._tasks) >= MOST:
            work.close()
            log.warning("dropped, too much is done on the side", extra={"chore": name})
            return
        task = asyncio.create_task(self._run(work, name), name=f"telegram-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, work: Coroutine[object, object, object], name: str) -> None:
        try:
            await work
        except YinluError as error:
            log.info("did not work out", extra={"chore": name, "error": str(error)})
