"""Answers that grow: shown in the background, never faster than asked, never the last word."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field

from bot_adapters.discord.keys import message_of, target
from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.render import Page, Renderer
from bot_adapters.discord.tickets import Ticket, Tickets
from bot_adapters.discord.wire import Wire
from bot_core.conversation import DraftText
from bot_core.errors import YinluError
from bot_core.identity import Origin, short_id

log = logging.getLogger(__name__)

TYPING = 8.0  # seconds; it shows for ten
PATIENCE = 5.0  # seconds that a final answer waits for the draft before it


@dataclass(slots=True)
class _Growing:
    origin: Origin
    event: str
    key: str
    text: str = ""
    shown: str = ""
    message: int | None = None
    promised: bool = False
    dead: bool = False
    due: float = 0.0  # monotonic; not shown before
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    worded: asyncio.Event = field(default_factory=asyncio.Event)  # there are words, or there will be none
    task: asyncio.Task[None] | None = field(default=None)


def nonce(key: str, page: int) -> str:
    """Return what makes Discord recognise a message that is sent twice within minutes; at most 25 characters."""
    return short_id(key, str(page))


def reference(origin: Origin, event: str) -> dict[str, object]:
    """Return the fields that make a message the reply to what was said, where it was said in this channel."""
    asked = message_of(event, target(origin))
    if asked is None:
        return {}
    return {"message_reference": {"message_id": str(asked), "fail_if_not_exists": False}}


class Drafts:
    """Growing messages of this process. The handler never waits for Discord here."""

    def __init__(self, wire: Wire, tickets: Tickets, renderer: Renderer, options: DiscordOptions) -> None:
        self._wire, self._tickets, self._renderer, self._options = wire, tickets, renderer, options
        self._growing: dict[str, _Growing] = {}
        self._typing: dict[int, float] = {}
        self._next: dict[int, float] = {}  # by channel, when it may be edited again

    async def draft(self, origin: Origin, draft: DraftText) -> None:
        """Show words soon, or typing where there are none yet."""
        key = f"{draft.event}#{draft.ordinal}"
        one = self._growing.get(key)
        if one is None:
            if len(self._growing) > 1000:
                return
            one = self._growing[key] = _Growing(origin, draft.event, key)
        one.text = draft.text
        one.due = one.due or (time.monotonic() + self._options.draft_after if draft.text else 0.0)
        if one.text:
            one.worded.set()
        if not one.dead and self._wire.calm and (one.task is None or one.task.done()):
            one.task = asyncio.create_task(self._show(one), name=f"draft-{key}")

    async def finish(self, key: str) -> int | None:
        """End a draft; return its message, also one that another process began."""
        one = self._growing.pop(key, None)
        if one is None:
            return await self._tickets.draft(key)
        one.ended.set()
        one.worded.set()
        if one.task is not None:
            await asyncio.wait([one.task], timeout=PATIENCE)
            one.task.cancel()
            await asyncio.gather(one.task, return_exceptions=True)
        return one.message if one.message is not None else await self._tickets.draft(key)

    async def close(self) -> None:
        """End all drafts where they are."""
        tasks = [one.task for one in self._growing.values() if one.task is not None]
        self._growing.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _show(self, one: _Growing) -> None:
        """Show the newest words until there are no newer ones."""
        try:
            ticket = await self._tickets.find(one.event, one.origin)
            if ticket is not None and not ticket.good:
                return
            while ticket is None and not one.worded.is_set() and self._wire.calm:
                await self._typing_in(target(one.origin))
                with suppress(TimeoutError):
                    await asyncio.wait_for(one.worded.wait(), TYPING)
            while one.text and one.text != one.shown and not one.ended.is_set() and self._wire.calm:
                await self._pause(one)
                if one.ended.is_set():
                    return
                text = one.text
                page = Page(self._renderer.growing(text))
                one.message = await self._place(one, page, ticket)
                one.shown = text
        except YinluError as error:
            one.dead = True
            log.info("a draft was given up", extra={"event": one.event, "error": str(error)})

    async def _pause(self, one: _Growing) -> None:
        """Wait for the channel's turn (all answers of one channel share its limit), or for the end."""
        channel, now = target(one.origin), time.monotonic()
        if len(self._next) > 1000:
            self._next = {place: at for place, at in self._next.items() if at > now}
        at = max(now, one.due, self._next.get(channel, 0.0))
        self._next[channel] = at + self._options.draft_interval
        if at > now:
            with suppress(TimeoutError):
                await asyncio.wait_for(one.ended.wait(), at - now)

    async def _typing_in(self, channel: int) -> None:
        now = time.monotonic()
        if now < self._typing.get(channel, 0.0):
            return
        if len(self._typing) > 1000:
            self._typing.clear()
        self._typing[channel] = now + TYPING * 0.9
        await self._wire.typing(channel)

    async def _place(self, one: _Growing, page: Page, ticket: Ticket | None) -> int:
        """Show a page where this draft stands, or begin it; return the message."""
        wire = self._wire
        if ticket is not None and one.promised:
            return int((await wire.original(ticket.application, ticket.token, page))["id"])
        if one.message is None:
            one.message = await self._begin(one, page, ticket)
            await self._tickets.note_draft(one.key, one.message)
        elif ticket is not None:
            await wire.follow_change(ticket.application, ticket.token, one.message, page)
        else:
            await wire.change(target(one.origin), one.message, page)
        return one.message

    async def _begin(self, one: _Growing, page: Page, ticket: Ticket | None) -> int:
        wire = self._wire
        if ticket is None:
            extra = {"nonce": nonce(one.key, 0), "enforce_nonce": True, **reference(one.origin, one.event)}
            return int((await wire.create(target(one.origin), page, extra))["id"])
        one.promised = ticket.promised and await self._tickets.claim(one.event, one.key)
        if one.promised:
            return int((await wire.original(ticket.application, ticket.token, page))["id"])
        return int((await wire.follow(ticket.application, ticket.token, page))["id"])
