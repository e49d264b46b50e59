"""Presses of buttons: each is answered once, at once with what there is to say, or silently after a moment."""

from __future__ import annotations

import json
from collections import OrderedDict

from bot_adapters.telegram.api import Api
from bot_adapters.telegram.chores import Chores
from bot_adapters.telegram.errors import OLD_PRESS, CallRefused
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.wire import Callback, Json
from bot_core.ports.safety import Clock
from bot_core.ports.work import Notes

TOAST = 200  # characters
REMEMBERED = 10_000
KEPT = 600.0  # seconds that the keyboard of a pressed message is kept


class Presses:
    """Answers callback queries; ``keyboard`` is what the pressed message showed."""

    def __init__(
        self, api: Api, notes: Notes, chores: Chores, clock: Clock, options: TelegramOptions
    ) -> None:
        self._api, self._notes, self._chores = api, notes, chores
        self._clock, self._options = clock, options
        self._answered: OrderedDict[str, bool] = OrderedDict()

    async def arrived(self, press: Callback) -> None:
        """Remember the keyboard that was pressed."""
        if press.message is not None and press.message.keyboard:
            rows = json.dumps(press.message.keyboard, ensure_ascii=False)
            if len(rows.encode()) < 16_000:
                await self._notes.put(f"telegram:keys:{press.id}", rows, KEPT)

    def taken(self, press: Callback) -> None:
        """It is in the journal: unless a word comes soon, it is answered without one."""
        self._chores.start(self._silence(press.id), "press")

    async def answer(self, callback: str, text: str = "", alert: bool = False) -> bool:
        """Answer a press; False where it was answered before or is too old."""
        if callback in self._answered:
            return False
        self._answered[callback] = True
        if len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        data: Json = {"callback_query_id": callback}
        if text:
            data |= {"text": text[:TOAST], "show_alert": alert}
        try:
            await self._api.call("answerCallbackQuery", data)
        except CallRefused as error:
            if any(part in error.says for part in OLD_PRESS):
                return False
            raise
        return True

    async def keyboard(self, callback: str) -> list[list[Json]]:
        """Return the rows that the pressed message showed; none where they are not known any more."""
        kept = await self._notes.get(f"telegram:keys:{callback}")
        return json.loads(kept) if kept else []

    async def _silence(self, callback: str) -> None:
        await self._clock.sleep(self._options.answer_press_after)
        await self.answer(callback)
