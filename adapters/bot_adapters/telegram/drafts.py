"""Answers that grow before they are whole: a draft in private chats, an edited message in groups."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass

from bot_adapters.telegram.api import Api
from bot_adapters.telegram.chores import Chores
from bot_adapters.telegram.errors import CallRefused, Flood, Gone, Missing
from bot_adapters.telegram.keys import Kind, cause_of
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.pace import Pace
from bot_adapters.telegram.render import Renderer
from bot_adapters.telegram.wire import Json
from bot_core.conversation import DraftText
from bot_core.errors import Broken, YinluError
from bot_core.identity import Origin, short_id
from bot_core.ports.safety import Clock
from bot_core.ports.work import Notes

log = logging.getLogger(__name__)

REMEMBERED = 1000
KEPT = 3600.0  # seconds
TYPING = 4.5  # seconds; Telegram shows it for five


@dataclass(slots=True)
class Growing:
    """What is shown of an answer so far; times on the monotonic clock."""

    began: float
    shown: float = -1e9
    typed: float = -1e9
    message: int = 0
    text: str = ""
    ended: bool = False


class Drafts:
    """Shows growing texts; never raises for what can be left out."""

    def __init__(
        self,
        api: Api,
        pace: Pace,
        notes: Notes,
        renderer: Renderer,
        chores: Chores,
        clock: Clock,
        options: TelegramOptions,
    ) -> None:
        self._api, self._pace, self._notes, self._renderer = api, pace, notes, renderer
        self._chores, self._clock, self._options = chores, clock, options
        self._growing: OrderedDict[str, Growing] = OrderedDict()
        self._plain = False  # the server has no drafts: private chats are treated like groups

    async def show(self, origin: Origin, draft: DraftText) -> None:
        """Show what there is by now, no more often than the chat allows."""
        key, now, chat = f"{draft.event}#{draft.ordinal}", self._clock.monotonic(), int(origin.channel)
        growing = self._growing.setdefault(key, Growing(now))
        if len(self._growing) > REMEMBERED:
            self._growing.popitem(last=False)
        if growing.ended:
            return
        if now - growing.typed >= TYPING:
            growing.typed = now
            self._chores.start(self._type(origin), "typing")
        interval = self._options.private_interval if chat > 0 else self._options.group_interval
        early = now - growing.began < self._options.draft_after or now - growing.shown < interval
        if draft.text.strip() and draft.text != growing.text and not early:
            growing.shown, growing.text = now, draft.text
            try:
                await self._show(key, origin, draft, growing)
            except YinluError as error:
                log.info("a draft was left out", extra={"error": str(error)})

    async def finish(self, key: str, look: bool) -> int:
        """Return the message that shows a draft of this send, 0 for none; ``look`` also where another process kept it."""
        growing = self._growing.pop(key, None)
        if growing is not None:
            growing.ended = True
            return growing.message
        if not look:
            return 0
        try:
            return int(await self._notes.get(f"telegram:draft:{key}") or 0)
        except Broken:
            return 0

    async def _show(self, key: str, origin: Origin, draft: DraftText, growing: Growing) -> None:
        chat = int(origin.channel)
        data = self._renderer.draft(draft.text)
        if not data or not await self._pace.free(await self._api.address(chat)):
            return
        if chat > 0 and not self._plain:
            await self._preview(key, origin, data)
        elif growing.message:
            await self._edit(chat, growing, data)
        else:
            sent = await self._api.call(
                "sendMessage", {"chat_id": await self._api.address(chat), **data, **aim(origin, draft.event)}
            )
            growing.message = int(sent["message_id"])
            await self._notes.put(f"telegram:draft:{key}", str(growing.message), KEPT)

    async def _preview(self, key: str, origin: Origin, data: Json) -> None:
        number = int(short_id(key)[:7], 16) | 1
        call = {"chat_id": int(origin.channel), "draft_id": number, "text": data["text"]}
        call |= {name: value for name, value in data.items() if name == "entities"}
        try:
            await self._api.call("sendMessageDraft", {**call, **aim(origin, "")})
        except (CallRefused, Broken) as error:
            if isinstance(error, CallRefused) or "token is refused" in str(error):
                log.info("this server has no drafts", extra={"error": str(error)})
                self._plain = True

    async def _edit(self, chat: int, growing: Growing, data: Json) -> None:
        call = {"chat_id": await self._api.address(chat), "message_id": growing.message, **data}
        try:
            await self._api.call("editMessageText", call)
        except (CallRefused, Missing, Flood, Gone) as error:
            log.info("a draft could not be edited", extra={"error": str(error)})

    async def _type(self, origin: Origin) -> None:
        chat = await self._api.address(int(origin.channel))
        if not await self._pace.stopped(chat):
            await self._api.call("sendChatAction", {"chat_id": chat, "action": "typing", **aim(origin, "")})


def aim(origin: Origin, event: str) -> Json:
    """Return the topic, and in groups the message that is answered."""
    data: Json = {} if origin.thread is None else {"message_thread_id": int(origin.thread)}
    cause = cause_of(event) if event else None
    if cause is None or str(cause.chat) != origin.channel or not cause.number:
        return data
    answers = cause.kind in (Kind.MESSAGE, Kind.EDITED, Kind.PRESS)
    if answers and (cause.chat < 0 or cause.kind is Kind.EDITED):
        data["reply_parameters"] = {"message_id": cause.number, "allow_sending_without_reply": True}
    return data
