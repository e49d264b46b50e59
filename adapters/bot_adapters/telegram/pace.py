"""How fast we may send: nominal rates, and what a 429 asks for, which holds for all processes."""

from __future__ import annotations

import logging
from collections import OrderedDict

from bot_adapters.telegram.errors import Flood
from bot_adapters.telegram.options import TelegramOptions
from bot_core.errors import Broken
from bot_core.ports.safety import Clock
from bot_core.ports.work import Limiter, Notes, Rate

log = logging.getLogger(__name__)

EVERYBODY = "telegram:stop:all"
SHARE = 5  # sends taken from the overall bucket at once
STORM = 3  # chats that were refused within STORM_SECONDS: then nothing is sent anywhere
STORM_SECONDS = 5.0
LOOK = 0.5  # seconds between two looks at whether anybody was told to stop altogether
MARGIN = 0.05  # seconds after an embargo, for clocks that differ


class Pace:
    """Waits until a send may go. Embargoes lie in the notes, so every process of this bot keeps them."""

    def __init__(self, limiter: Limiter, notes: Notes, clock: Clock, options: TelegramOptions) -> None:
        self._limiter, self._notes, self._clock, self._options = limiter, notes, clock, options
        self._all = Rate(options.per_second, 1.0)
        self._chat = Rate(options.per_chat, 3.0)
        self._group = Rate(options.per_group, 60.0)
        self._share = max(1, min(SHARE, options.per_second // 2))
        self._spare, self._spare_until = 0, 0.0
        self._refused: OrderedDict[int, float] = OrderedDict()
        self._looked, self._everybody = -LOOK, 0.0

    async def wait(self, chat: int) -> None:
        """Return when a send to ``chat`` may go; raises Flood where that is too long to wait here."""
        start = self._clock.monotonic()
        while (seconds := await self._missing(chat)) > 0:
            if self._clock.monotonic() - start + seconds > self._options.patience:
                raise Flood(seconds, f"chat {chat}: {seconds:.1f} s to wait")
            await self._clock.sleep(seconds)

    async def free(self, chat: int) -> bool:
        """Tell whether a send that may as well be left out can go now; it is counted."""
        return await self._missing(chat) <= 0

    async def stopped(self, chat: int) -> bool:
        """Tell whether a 429 forbids sends to ``chat`` now."""
        return max(await self._stopped(chat), await self._all_stopped()) > 0

    async def stop(self, chat: int, seconds: float) -> None:
        """Keep a 429: nothing goes to ``chat`` until then, from any process; in a storm, nothing anywhere."""
        now = self._clock.monotonic()
        log.warning("told to wait", extra={"chat": chat, "seconds": seconds})
        await self._keep(f"telegram:stop:{chat}", seconds)
        self._refused[chat] = now
        self._refused.move_to_end(chat)
        while len(self._refused) > STORM:
            self._refused.popitem(last=False)
        if sum(now - at < STORM_SECONDS for at in self._refused.values()) >= STORM:
            self._looked = -LOOK
            await self._keep(EVERYBODY, seconds)

    async def _missing(self, chat: int) -> float:
        """Return the seconds until a send may go, 0.0 where it may go now and was counted."""
        embargo = max(await self._stopped(chat), await self._all_stopped())
        if embargo > 0:
            return embargo
        # The shortest span first: what waits for it must not be counted to the longer ones again and again.
        wait = await self._overall() or await self._limiter.take(f"telegram:chat:{chat}", self._chat)
        if wait > 0 or chat > 0:
            return wait
        return await self._limiter.take(f"telegram:group:{chat}", self._group)

    async def _overall(self) -> float:
        """Take from the bucket of all processes, a few at a time."""
        now = self._clock.monotonic()
        if self._spare and now < self._spare_until:
            self._spare -= 1
            return 0.0
        wait = await self._limiter.take("telegram:all", self._all, self._share)
        if wait <= 0:
            self._spare, self._spare_until = self._share - 1, now + 1.0
        return wait

    async def _all_stopped(self) -> float:
        now = self._clock.monotonic()
        if now - self._looked >= LOOK:
            self._looked = now
            self._everybody = now + await self._left(EVERYBODY)
        return self._everybody - now

    async def _stopped(self, chat: int) -> float:
        return await self._left(f"telegram:stop:{chat}")

    async def _left(self, key: str) -> float:
        try:
            until = await self._notes.get(key)
        except Broken as error:
            log.warning("embargoes can't be read", extra={"error": str(error)})
            return 0.0
        return float(until) - self._clock.now().timestamp() if until else 0.0

    async def _keep(self, key: str, seconds: float) -> None:
        until = self._clock.now().timestamp() + seconds + MARGIN
        try:
            await self._notes.put(key, f"{until:.3f}", seconds + 1.0)
        except Broken as error:
            log.warning("an embargo could not be kept", extra={"error": str(error)})
