"""The desk where events are handed in: kept by the journal first, then acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from bot_adapters.telegram.api import Api
from bot_adapters.telegram.chores import Chores
from bot_adapters.telegram.drafts import aim
from bot_adapters.telegram.keys import PLATFORM
from bot_adapters.telegram.render import text_data
from bot_adapters.telegram.rich import Rich
from bot_adapters.telegram.sentences import BUSY
from bot_core.errors import Broken
from bot_core.events import Incoming
from bot_core.identity import Words
from bot_core.ports.work import Notes, Receipt

log = logging.getLogger(__name__)

TOLD = 60.0  # seconds until somebody is told again that too much is waiting

Accept = Callable[[Incoming], Awaitable[Receipt]]


class NotTaken(Broken):
    """The journal did not take an update: Telegram must keep it and bring it again."""


class Desk:
    """Hands events to the intake; tells those whom it can't serve."""

    def __init__(self, accept: Accept, api: Api, notes: Notes, chores: Chores) -> None:
        self._accept, self._api, self._notes, self._chores = accept, api, notes, chores

    async def hand_in(self, incoming: Incoming) -> None:
        """Return when the journal has the event; raises NotTaken, or EngineDown."""
        receipt = await self._accept(incoming)
        if receipt is not Receipt.FULL:
            return
        log.warning("the journal is full", extra={"event": incoming.key})
        if await self._notes.add(f"telegram:busy:{incoming.origin.channel}", "1", TOLD):
            self.tell(incoming, BUSY)
        raise NotTaken("the journal is full")

    def tell(self, incoming: Incoming, words: Words) -> None:
        """Say one sentence on the side, in answer to what was not handed in."""
        self._chores.start(self._say(incoming, words), "sentence")

    async def _say(self, incoming: Incoming, words: Words) -> None:
        origin = incoming.origin
        data = {**text_data(Rich(words.of(incoming.locale))), **aim(origin, f"{PLATFORM}:{incoming.id}")}
        await self._api.send("sendMessage", int(origin.channel), data)
