"""Private replies where no interaction is open: as a direct message, or with an honest line."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot_adapters.discord.drafts import nonce, reference
from bot_adapters.discord.errors import Closed, Missing
from bot_adapters.discord.keys import locale_of, target, user_of
from bot_adapters.discord.render import NOBODY, Page, Renderer
from bot_adapters.discord.sentences import CANT_WRITE_TO_YOU, NOT_ALLOWED_THERE
from bot_adapters.discord.split import shortened
from bot_adapters.discord.tickets import Tickets
from bot_adapters.discord.wire import Wire
from bot_core.errors import Refused
from bot_core.identity import Words
from bot_core.ports.work import Outgoing

log = logging.getLogger(__name__)


class Whisper:
    """Says something to one member, outside of interactions."""

    def __init__(self, wire: Wire, tickets: Tickets, renderer: Renderer) -> None:
        self._wire, self._tickets, self._renderer = wire, tickets, renderer

    async def deliver(self, outgoing: Outgoing, pages: list[Page]) -> str:
        """Show a private reply. What tells of an error is no secret, and stands where the member is."""
        if outgoing.reply.error is not None:
            return str(await self._in_channel(outgoing, pages[0]))
        try:
            return str(await self._direct(outgoing, pages))
        except (Closed, Missing) as error:
            log.info("no direct message", extra={"send": outgoing.key, "error": str(error)})
        return str(await self._in_channel(outgoing, self._sentence(outgoing, CANT_WRITE_TO_YOU)))

    async def instead(self, outgoing: Outgoing, page: Page, error: Refused) -> int:
        """Answer a member directly because we may not write where they asked; raises ``error`` if not there either."""
        content = page.data.get("content", "")
        preface = NOT_ALLOWED_THERE.of(locale_of(outgoing))
        told = {**page.data, "content": shortened(f"{preface}\n{content}")}
        try:
            return await self._direct(outgoing, [Page(told, page.uploads)])
        except (Closed, Missing):
            raise error from None

    async def _direct(self, outgoing: Outgoing, pages: list[Page]) -> int:
        user = user_of(outgoing.person)
        if user is None:
            raise Missing(f"{outgoing.person} has no private chat here")
        channel = await self._wire.private(user)
        message = 0
        for n, page in enumerate(pages):
            extra = {"nonce": nonce(f"{outgoing.key}/direct", n), "enforce_nonce": True}
            message = int((await self._wire.create(channel, page, extra))["id"])
            if page.data.get("components"):
                await self._tickets.stands_for(str(message), outgoing.origin.place)
        return message

    async def _in_channel(self, outgoing: Outgoing, page: Page) -> int:
        extra = {"nonce": nonce(f"{outgoing.key}/aloud", 0), "enforce_nonce": True}
        extra |= reference(outgoing.origin, outgoing.event)
        shown = replace(page, data={k: v for k, v in page.data.items() if k != "flags"})
        return int((await self._wire.create(target(outgoing.origin), shown, extra))["id"])

    def _sentence(self, outgoing: Outgoing, words: Words) -> Page:
        return Page({"content": words.of(locale_of(outgoing)), "allowed_mentions": NOBODY.allowed})
