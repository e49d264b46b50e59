"""Where events are handed over: to the journal, or back to the member with a sentence."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from bot_adapters.discord.components import Json
from bot_adapters.discord.drafts import nonce, reference
from bot_adapters.discord.keys import target
from bot_adapters.discord.render import NOBODY, Page
from bot_adapters.discord.sentences import BUSY
from bot_adapters.discord.tickets import Ticket
from bot_adapters.discord.wire import Wire
from bot_core.errors import Broken, YinluError
from bot_core.events import Incoming
from bot_core.identity import Locale, Origin, Words
from bot_core.ports.work import Receipt

log = logging.getLogger(__name__)

HIDDEN = 64


class Accepts(Protocol):
    """What the adapter needs of the intake."""

    async def accept(self, incoming: Incoming) -> Receipt:
        """Store an event."""
        ...


class Desk:
    """Hands events over; whatever can't be taken is told."""

    def __init__(self, wire: Wire, intake: Accepts) -> None:
        self._wire, self._intake = wire, intake

    async def take(self, incoming: Incoming, ticket: Ticket | None = None) -> bool:
        """Hand an event over; tell whether the journal has it."""
        try:
            receipt = await self._intake.accept(incoming)
        except Broken as error:
            log.error("an event was not stored", extra={"event": incoming.key, "error": str(error)})
            await self.tell(incoming.origin, incoming.key, error.words, incoming.locale, ticket)
            return False
        if receipt is Receipt.FULL:
            log.warning("the journal is full", extra={"event": incoming.key})
            await self.tell(incoming.origin, incoming.key, BUSY, incoming.locale, ticket)
            return False
        return True

    async def tell(
        self,
        origin: Origin,
        event: str,
        words: Words,
        locale: Locale,
        ticket: Ticket | None = None,
        n: int = 0,
    ) -> None:
        """Say a sentence in answer to an event that no handler sees; what can't be said is logged."""
        body: Json = {"content": words.of(locale)[:2000], "allowed_mentions": NOBODY.allowed}
        try:
            if ticket is None:
                extra = {"nonce": nonce(f"{event}/desk", n), "enforce_nonce": True}
                await self._wire.create(target(origin), Page(body), {**extra, **reference(origin, event)})
            elif ticket.promised:
                await self._wire.original(ticket.application, ticket.token, Page(body))
            else:
                page = Page({**body, "flags": HIDDEN})
                await self._wire.follow(ticket.application, ticket.token, page)
        except YinluError as error:
            log.warning("a member could not be told", extra={"event": event, "error": str(error)})

    async def tell_all(
        self,
        origin: Origin,
        event: str,
        errors: Sequence[YinluError],
        locale: Locale,
        ticket: Ticket | None = None,
    ) -> None:
        """Say what is wrong with an event, in one message."""
        if errors:
            words = Words(
                "\n".join(error.words.zh for error in errors), "\n".join(error.words.en for error in errors)
            )
            await self.tell(origin, event, words, locale, ticket, 1)
