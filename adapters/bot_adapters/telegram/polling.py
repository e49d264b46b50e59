"""Asking for updates: one process at a time, and an offset that moves only over what the journal has."""

from __future__ import annotations

import asyncio
import logging

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

    async def run(self) -> None:
        """Ask until cancelled."""
        name = f"{LOCK}-{self._api.id}"
        while True:
            try:
                async with self._locks.hold(name, self._options.poll_lock) as held:
                    if held:
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
        data: Json = {
            "offset": self._offset,
            "timeout": self._options.poll_seconds,
            "limit": 100,
            "allowed_updates": list(KINDS),
        }
        wait = self._options.poll_seconds + self._options.timeout
        updates: list[Json] = await self._api.call("getUpdates", data, wait)
        if updates:
            await self._take(sorted(updates, key=lambda update: int(update["update_id"])))

    async def _take(self, updates: list[Json]) -> None:
        """Take a batch, chats side by side; the offset moves up to the first that was not taken."""
        lanes: dict[Lane, list[Json]] = {}
        for update in updates:
            lanes.setdefault(_lane(update), []).append(update)
        ended = await asyncio.gather(*(self._in_order(lane) for lane in lanes.values()))
        left = min((number for number in ended if number is not None), default=None)
        self._offset = left if left is not None else int(updates[-1]["update_id"]) + 1
        if left is not None:
            raise Broken("an update was not taken")

    async def _in_order(self, updates: list[Json]) -> int | None:
        """Take one chat's updates; return the number of the first that was not taken."""
        for update in updates:
            try:
                await self._updates.take(update)
            except YinluError as error:
                log.warning("an update waits", extra={"update": update["update_id"], "error": str(error)})
                return int(update["update_id"])
        return None

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
