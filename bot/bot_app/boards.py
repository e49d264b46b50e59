"""The page's board, filled from the queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot_adapters.web.boards import BoardShown
from bot_core.errors import Broken, NotFound
from bot_core.identity import Words
from bot_core.ports.work import JobState, JobView, Place
from bot_queue.jobs import RedisJobQueue

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds
LOOKED_AT = 1000  # jobs in which a visitor's own are looked for
SHOWN = 20


class QueueBoards:
    """The board as one visitor sees it. One look a second serves all who follow it, and none where nobody does."""

    def __init__(self, queue: RedisJobQueue) -> None:
        self._queue = queue
        self._followers: set[asyncio.Event] = set()
        self._looking: asyncio.Task[None] | None = None

    async def board(self, person: str) -> BoardShown:
        """Return the lanes, and the visitor's own jobs with their places and why."""
        whole = await self._queue.board()
        yours: list[tuple[JobView, Place, Words]] = []
        for view in await self._own(person):
            try:
                one = await self._queue.board(person, view.job.id)
            except NotFound:  # ended, and forgotten meanwhile
                continue
            if one.place is not None and one.why is not None:
                yours.append((view, one.place, one.why))
        return BoardShown(whole.lanes, tuple(yours), whole.error)

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set when anything in the queue changed."""
        event = asyncio.Event()
        self._followers.add(event)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="queue-board")
        try:
            yield event
        finally:
            self._followers.discard(event)
            if not self._followers and self._looking is not None:
                looking, self._looking = self._looking, None
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)

    async def _look(self) -> None:
        seen = None
        while True:
            try:
                board = await self._queue.board()
            except Broken as error:
                log.warning("the board can't be read", extra={"error": str(error)})
            else:
                now = [
                    (lane.waiting, lane.running, lane.done, lane.failed, lane.paused) for lane in board.lanes
                ]
                if now != seen:
                    seen = now
                    for event in tuple(self._followers):
                        event.set()
            await asyncio.sleep(LOOK_EVERY)

    async def _own(self, person: str) -> list[JobView]:
        running = await self._queue.listing(JobState.RUNNING, LOOKED_AT)
        waiting = await self._queue.listing(JobState.WAITING, LOOKED_AT)
        return [view for view in (*running, *waiting) if view.job.person == person][:SHOWN]
