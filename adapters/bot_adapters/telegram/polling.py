"""Asking for updates: one process at a time, and an offset that moves only over what the journal has."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot_adapters.telegram.api import Api
from bot_adapters.telegram.errors import CallRefused, Flood
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.updates import KINDS, UNREADABLE, Lane, Updates, lane_of
from bot_adapters.telegram.wire import Json
from bot_core.errors import Broken, YinluError
from bot_core.ports.safety import Clock
from bot_core.ports.work import Locks

log = logging.getLogger(__name__)

LOCK = "telegram-polling"
LONG = 1.0  # seconds after which others are asked for while something is still under way
MISTAKES = (*UNREADABLE, OSError, RuntimeError)  # of ours, or answers that are no answers: asking goes on
STANDBY = 1.0  # seconds between two looks at whether the poller is gone
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)  # seconds after failures in a row


class Polling:
    """Runs ``getUpdates``; whoever holds the lock does, the others wait for it."""

    def __init__(
        self, api: Api, updates: Updates, locks: Locks, clock: Clock, options: TelegramOptions
    ) -> None:
        self._api, self._updates, self._locks = api, updates, locks
        self._clock, self._options = clock, options
        self._offset = 0
        self._failures = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: set[int] = set()  # numbers of updates
        self._taken: set[int] = set()  # those beyond the offset
        self._left: set[int] = set()  # those that were not taken, and are asked for again

    async def run(self) -> None:
        """Ask until cancelled."""
        name = f"{LOCK}-{self._api.id}"
        while True:
            try:
                async with self._locks.hold(name, self._options.poll_lock) as held:
                    if held:
                        async with self._ended():
                            await self._ask_on()
                await self._clock.sleep(STANDBY)
            except YinluError as error:
                await self._fail(error)

    async def _ask_on(self) -> None:
        log.info("asking Telegram for updates")
        await self._leave_webhook()
        while True:
            try:
                await self._once()
                self._failures = 0
            except Flood as error:
                await self._clock.sleep(error.retry_after)
            except (Broken, CallRefused) as error:
                await self._fail(error)
            except MISTAKES as error:
                log.exception("asking failed unexpectedly", extra={"error": type(error).__name__})
                await self._clock.sleep(PAUSES[-1])

    async def _leave_webhook(self) -> None:
        """A webhook of before keeps updates from us; what waits there stays."""
        await self._api.call("deleteWebhook", {"drop_pending_updates": False})

    async def _once(self) -> None:
        """Ask once and start what is new; a file that takes long to fetch keeps nobody else waiting."""
        seconds = 0 if self._under_way else self._options.poll_seconds
        data: Json = {
            "offset": self._offset,
            "timeout": seconds,
            "limit": 100,
            "allowed_updates": list(KINDS),
        }
        updates: list[Json] = await self._api.call("getUpdates", data, seconds + self._options.timeout)
        self._start(sorted(updates, key=lambda update: int(update["update_id"])))
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LONG)
        self._move()
        if self._left:
            raise Broken("an update was not taken")

    def _start(self, updates: list[Json]) -> None:
        """Take what is not under way and was not taken before, chats side by side."""
        lanes: dict[Lane, list[Json]] = {}
        there = {int(update["update_id"]) for update in updates}
        self._left = {number for number in self._left if there and (number in there or number > max(there))}
        for update in updates:
            number = int(update["update_id"])
            if number not in self._under_way and number not in self._taken:
                self._under_way.add(number)
                self._left.discard(number)
                lanes.setdefault(_lane(update), []).append(update)
        for lane in lanes.values():
            task = asyncio.create_task(self._in_order(lane), name="telegram-lane")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _move(self) -> None:
        """Move the offset over what was taken, up to the first that is under way or was not taken."""
        if not self._taken:
            return
        beyond = max(self._taken) + 1
        self._offset = max(self._offset, min((*self._under_way, *self._left, beyond)))
        self._taken = {number for number in self._taken if number >= self._offset}

    async def _in_order(self, updates: list[Json]) -> None:
        """Take one chat's updates; from the first that was not taken on they are asked for again."""
        numbers = [int(update["update_id"]) for update in updates]
        try:
            for number, update in zip(numbers, updates, strict=True):
                await self._updates.take(update)
                self._taken.add(number)
        except YinluError as error:
            log.warning("an update waits", extra={"error": str(error)})
        finally:
            self._under_way.difference_update(numbers)
            self._left.update(number for number in numbers if number not in self._taken)

    @asynccontextmanager
    async def _ended(self) -> AsyncIterator[None]:
        """Leave no lane running: whoever asks next gets what was not taken."""
        try:
            yield
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _fail(self, error: YinluError) -> None:
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._failures += 1
        log.warning("no updates for now", extra={"error": str(error), "seconds": pause})
        await self._clock.sleep(pause)


def _lane(update: Json) -> Lane:
    kind = next((name for name in KINDS if name in update), None)
    try:
        return lane_of(update[kind]) if kind else (0, 0)
    except UNREADABLE:
        return 0, 0
