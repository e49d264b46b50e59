"""Discord's face: replies become messages, by the interaction's own way while it is open, else by the channel.

A send that is repeated after a crash edits the message that stands already, and Discord recognises the nonce of one
that it has taken within minutes; so ``idempotent``.
"""

from __future__ import annotations

import logging

from bot_adapters.discord.components import keyboards, voted
from bot_adapters.discord.drafts import Drafts, nonce, reference
from bot_adapters.discord.errors import Closed, Malformed, Missing, TokenGone
from bot_adapters.discord.keys import NAME, guild_of, is_private, target, user_of
from bot_adapters.discord.members import Helpers
from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.render import NOBODY, Call, Page, Renderer, unvoiced
from bot_adapters.discord.tickets import Ticket, Tickets
from bot_adapters.discord.whisper import Whisper
from bot_adapters.discord.wire import Wire
from bot_core.conversation import DraftText
from bot_core.errors import Refused
from bot_core.identity import Origin
from bot_core.ports.work import Outgoing
from bot_core.replies import Reply
from bot_core.tokens import Signer

log = logging.getLogger(__name__)

HIDDEN = 64  # flag: seen by the member only


class DiscordFace:
    """A bot_core Face on the platform ``discord``."""

    platform = NAME
    idempotent = True

    def __init__(
        self,
        wire: Wire,
        tickets: Tickets,
        renderer: Renderer,
        signer: Signer,
        options: DiscordOptions,
        helpers: Helpers,
    ) -> None:
        self._wire, self._tickets, self._renderer, self._signer = wire, tickets, renderer, signer
        self._helpers = helpers
        self.draft_interval = options.draft_interval
        self.speaks = options.speaks
        self.drafts = Drafts(wire, tickets, renderer, options)
        self._whisper = Whisper(wire, tickets, renderer)

    async def deliver(self, outgoing: Outgoing) -> str:
        """Show a reply; return its last message's id. Raises EngineDown or LimitReached to be tried again."""
        draft = await self.drafts.finish(outgoing.key)
        ticket = await self._tickets.find(outgoing.event, outgoing.origin)
        if outgoing.reply.vote is not None and await self._show_vote(outgoing, ticket):
            return ""
        hide = outgoing.reply.private or (ticket is not None and ticket.private)
        hide = hide and not is_private(outgoing.origin)
        ticket = ticket if ticket is not None and ticket.good else None
        pages = await self._renderer.pages(outgoing, await self._call(outgoing))
        if ticket is None and hide:
            if draft is not None:
                await self._away(target(outgoing.origin), draft)
            return await self._whisper.deliver(outgoing, pages)
        sent = await self._tickets.sent(outgoing.key) if len(pages) > 1 else []
        for n in range(len(sent), len(pages)):
            sent.append(await self._page(outgoing, pages[n], n, draft if n == 0 else None, ticket, hide))
            if len(pages) > 1:
                await self._tickets.note_sent(outgoing.key, sent)
        if outgoing.reply.about:
            for message in sent:
                await self._tickets.about(str(message), outgoing.reply.about)
        return str(sent[-1])

    async def edit(self, origin: Origin, message: str, reply: Reply) -> None:
        """Replace one of our messages; one that is not there any more is left."""
        if not message.isdigit():
            return
        page = await self._changed(origin, reply)
        hidden = await self._tickets.hidden(message)
        ticket = await self._tickets.find(hidden, None) if hidden else None
        try:
            if ticket is not None and ticket.good:
                await self._wire.follow_change(ticket.application, ticket.token, int(message), page)
            elif hidden is None:
                await self._wire.change(target(origin), int(message), page)
        except Refused as error:
            log.info("a message was not edited", extra={"message": message, "error": str(error)})

    async def _changed(self, origin: Origin, reply: Reply) -> Page:
        """Return what an edit sends; a reply without parts changes the buttons alone, what stands there stays."""
        if not reply.parts:
            boards = keyboards(reply, lambda n: "")
            return Page({"components": boards[0] if boards else []})
        page = (await self._renderer.pages(Outgoing("", 0, origin, "", "", reply)))[-1]
        return Page({"components": [], "embeds": [], **page.data}, page.uploads)

    async def draft(self, origin: Origin, draft: DraftText) -> None:
        """Show a growing text, in the background."""
        await self.drafts.draft(origin, draft)

    # --- one page ------------------------------------------------------------------------------------------
    async def _page(
        self, outgoing: Outgoing, page: Page, n: int, draft: int | None, ticket: Ticket | None, hide: bool
    ) -> int:
        """Send a page the best way that is open; without what is refused, if need be."""
        try:
            if ticket is not None:
                return await self._by_ticket(outgoing, page, n, draft, ticket)
            return await self._by_channel(outgoing, page, n, draft)
        except TokenGone as error:
            log.info("an interaction is over", extra={"event": outgoing.event, "error": str(error)})
            if ticket is None:
                raise
            await self._tickets.end(outgoing.event, ticket)
            if hide:
                return int(await self._whisper.deliver(outgoing, [page]))
            return await self._page(outgoing, page, n, draft, None, hide)
        except Malformed as error:
            log.error("a message was refused", extra={"send": outgoing.key, "error": str(error)})
            spare = self._renderer.plain(outgoing)
            if page.data == spare.data and not page.uploads:
                raise
            return await self._page(outgoing, spare, n, draft, ticket, hide)

    async def _by_ticket(
        self, outgoing: Outgoing, page: Page, n: int, draft: int | None, ticket: Ticket
    ) -> int:
        wire, app, token = self._wire, ticket.application, ticket.token
        hide = outgoing.reply.private or (ticket.private and ticket.promised)
        promised = n == 0 and ticket.promised and await self._tickets.claim(outgoing.event, outgoing.key)
        if page.voice and not hide:
            return await self._by_channel(outgoing, page, n, None)
        page = unvoiced(page) if page.voice else page
        aside = promised and outgoing.reply.private and not ticket.private
        if aside:  # what follows a promise that is still open takes its place, for all to read
            await self._close_promise(ticket)
            promised, draft = False, None
        if promised:
            message = int((await wire.original(app, token, page))["id"])
        elif draft is not None and not outgoing.reply.private:
            await wire.follow_change(app, token, draft, page)
            message = draft
        else:
            body = {**page.data, "flags": page.data.get("flags", 0) | (HIDDEN if hide else 0)}
            message = int((await wire.follow(app, token, Page(body, page.uploads)))["id"])
        if aside:
            await self._withdraw(ticket)
        elif draft is not None and draft != message and not promised:
            await self._away(target(outgoing.origin), draft)
        if hide:
            await self._tickets.hide(message, outgoing.event)
        return message

    async def _by_channel(self, outgoing: Outgoing, page: Page, n: int, draft: int | None) -> int:
        channel = target(outgoing.origin)
        try:
            if draft is not None and not page.voice:
                try:
                    await self._wire.change(channel, draft, page)
                    return draft
                except Missing:
                    log.info("a draft is gone", extra={"event": outgoing.event})
                    return await self._create(channel, outgoing, page, n, "/again")
            return await self._create(channel, outgoing, page, n)
        except Closed as error:
            if page.voice:  # a right of its own
                return await self._create(channel, outgoing, unvoiced(page), n)
            log.warning("we may not write there", extra={"send": outgoing.key, "error": str(error)})
            return await self._whisper.instead(outgoing, page, error)

    async def _create(self, channel: int, outgoing: Outgoing, page: Page, n: int, again: str = "") -> int:
        extra = {"nonce": nonce(outgoing.key + again, n), "enforce_nonce": True}
        answers = reference(outgoing.origin, outgoing.event) if n == 0 and not page.voice else {}
        made = await self._wire.create(channel, page, {**extra, **answers})
        if "content" in made and made["content"] != page.data["content"] and made["content"].endswith("…"):
            await self._wire.change(channel, int(made["id"]), page)  # a draft of ours had this nonce
        return int(made["id"])

    # --- votes, rights -------------------------------------------------------------------------------------
    async def _show_vote(self, outgoing: Outgoing, ticket: Ticket | None) -> bool:
        """Show a vote on the message that was pressed; tell whether nothing needs to be said besides."""
        vote = outgoing.reply.vote
        if vote is None or ticket is None or ticket.message is None:
            return ticket is None
        rows = voted(ticket.components, vote, self._signer, outgoing.community)
        page = Page({"components": rows})
        try:
            if rows is not None and ticket.hidden:
                await self._wire.original(ticket.application, ticket.token, page)
            elif rows is not None:
                await self._wire.change(target(outgoing.origin), ticket.message, page)
        except Refused as error:
            log.info("a vote is not shown", extra={"event": outgoing.event, "error": str(error)})
        return ticket.quiet or not ticket.good

    async def _call(self, outgoing: Outgoing) -> Call:
        reply, guild = outgoing.reply, guild_of(outgoing.origin)
        user = user_of(reply.greets.id) if reply.greets is not None else None
        role = await self._helpers.role(guild) if reply.calls_helpers and guild is not None else None
        return Call(user, role)

    async def _close_promise(self, ticket: Ticket) -> None:
        page = Page({"content": "…", "allowed_mentions": NOBODY.allowed})
        try:
            await self._wire.original(ticket.application, ticket.token, page)
        except Missing as error:
            log.info("nothing was promised any more", extra={"error": str(error)})

    async def _withdraw(self, ticket: Ticket) -> None:
        try:
            await self._wire.withdraw(ticket.application, ticket.token)
        except Missing as error:
            log.info("nothing to withdraw", extra={"error": str(error)})

    async def _away(self, channel: int, message: int) -> None:
        try:
            await self._wire.delete(channel, message)
        except Refused as error:
            log.info("a draft stays", extra={"error": str(error)})
