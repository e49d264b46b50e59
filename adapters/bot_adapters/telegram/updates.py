"""One update at a time: read, sorted, handed to who takes it. What can't be read is logged and let go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot_adapters.telegram.arrivals import Arrivals
from bot_adapters.telegram.buttons import Buttons
from bot_adapters.telegram.messages import Messages
from bot_adapters.telegram.wire import Json, read_callback, read_membership, read_message, read_request

log = logging.getLogger(__name__)

KINDS = ("message", "edited_message", "callback_query", "my_chat_member", "chat_member", "chat_join_request")
Lane = tuple[int, int]
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError)


@dataclass(slots=True)
class _Lane:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Updates:
    """Takes updates; those of one chat one after the other."""

    def __init__(self, messages: Messages, buttons: Buttons, arrivals: Arrivals) -> None:
        self._messages, self._buttons, self._arrivals = messages, buttons, arrivals
        self._lanes: dict[Lane, _Lane] = {}

    async def take(self, update: Json) -> None:
        """Return when the update needs no second telling. Raises NotTaken, EngineDown, StorageFull."""
        try:
            kind = next((name for name in KINDS if name in update), None)
            if kind is None:
                return
            async with self._lane(lane_of(update[kind])):
                await self._sort(kind, update[kind])
        except UNREADABLE as error:
            log.exception(
                "an update can't be read",
                extra={"update": update.get("update_id"), "error": type(error).__name__},
            )

    async def _sort(self, kind: str, data: Json) -> None:
        if kind in ("message", "edited_message"):
            message = read_message(data)
            if kind == "edited_message" or not await self._arrivals.service(message):
                await self._messages.take(message, edited=kind == "edited_message")
        elif kind == "callback_query":
            await self._buttons.take(read_callback(data))
        elif kind == "chat_join_request":
            await self._arrivals.request(read_request(data))
        elif kind == "my_chat_member":
            await self._arrivals.ourselves(read_membership(data))
        else:
            await self._arrivals.member(read_membership(data))

    @asynccontextmanager
    async def _lane(self, key: Lane) -> AsyncIterator[None]:
        lane = self._lanes.setdefault(key, _Lane())
        lane.users += 1
        try:
            async with lane.lock:
                yield
        finally:
            lane.users -= 1
            if not lane.users:
                self._lanes.pop(key, None)


def lane_of(data: Json) -> Lane:
    """Return what an update is kept in order with: its chat; a press without its message belongs to who pressed.

    The parts of an album wait for each other, so they can't wait for each other's end.
    """
    message = data.get("message") or data
    chat = message.get("chat") or data.get("from")
    if chat is None:
        raise KeyError("chat")
    return int(chat["id"]), int(message["message_id"]) if message.get("media_group_id") else 0
