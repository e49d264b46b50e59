"""The queue's board as the page shows it: who gives it, and one connection that follows it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from bot_adapters.web.connection import Connection
from bot_adapters.web.envelope import Json, frame, numbered
from bot_adapters.web.sessions import person_of
from bot_core.errors import YinluError
from bot_core.identity import Locale, Words
from bot_core.ports.work import JobView, LaneStatus, Place

log = logging.getLogger(__name__)

AT_MOST_EVERY = 0.5  # seconds between two frames of one follower
AGAIN = 2.0  # seconds until a board that could not be read is read again


@dataclass(frozen=True, slots=True)
class BoardShown:
    """The lanes; a visitor's own jobs, each with its place and why; how far estimates were off (0.2: 20 %)."""

    lanes: tuple[LaneStatus, ...]
    yours: tuple[tuple[JobView, Place, Words], ...]
    error: float


class Boards(Protocol):
    """Gives boards."""

    async def board(self, person: str) -> BoardShown:
        """Return the board as this person sees it. Raises EngineDown where the queue can't be read."""
        ...

    def changes(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """Give an event that is set when anything in the queue changed."""
        ...


async def show(boards: Boards, connection: Connection, answers: str, before: Json | None = None) -> Json:
    """Send the board to this connection unless it equals ``before``; return what was read."""
    data = board_data(
        await boards.board(person_of(connection.visitor, connection.platform).id), connection.locale
    )
    if data != before:
        connection.say(numbered(frame("board", data, answers), connection.session))
    return data


async def follow(boards: Boards, connection: Connection, answers: str) -> None:
    """Send the board now and whenever it changed, until cancelled."""
    shown: Json | None = None
    while True:
        try:
            async with boards.changes() as changed:
                while True:
                    changed.clear()
                    shown = await show(boards, connection, answers, shown)
                    await asyncio.sleep(AT_MOST_EVERY)
                    await changed.wait()
        except YinluError as error:
            log.warning("a board could not be read", extra={"error": str(error)})
            if shown is None:
                connection.error(error, answers)
                shown = {}  # told once
        await asyncio.sleep(AGAIN)


def board_data(board: BoardShown, locale: Locale) -> Json:
    """Return what a ``board`` frame tells."""
    lanes = [
        {
            "lane": lane.lane.value,
            "waiting": lane.waiting,
            "running": lane.running,
            "done": lane.done,
            "failed": lane.failed,
            "paused": lane.paused,
            "oldest": round(lane.oldest),
        }
        for lane in board.lanes
    ]
    yours = [
        {
            "job": view.job.id,
            "kind": view.job.kind,
            "lane": view.job.lane.value,
            "state": place.state.value,
            "position": place.position,
            "seconds": round(place.seconds),
            "why": why.of(locale),
        }
        for view, place, why in board.yours
    ]
    return {"lanes": lanes, "yours": yours, "error": round(board.error, 2)}
