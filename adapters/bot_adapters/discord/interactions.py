"""Commands, the message menu, buttons and forms: acknowledged at once, then kept, then handed over."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import discord

from bot_adapters.discord.attachments import Attachments
from bot_adapters.discord.components import Json
from bot_adapters.discord.desk import HIDDEN, Desk
from bot_adapters.discord.errors import Acknowledged
from bot_adapters.discord.forms import VOTE_FORM, modal, submitted
from bot_adapters.discord.keys import NAME, is_private, origin_of, person_of
from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.people import People
from bot_adapters.discord.sentences import NOTHING_THERE, UNKNOWN_COMMAND
from bot_adapters.discord.tickets import Ticket, Tickets
from bot_adapters.discord.wire import Wire
from bot_core.actions import Action, Press
from bot_core.commands import ArgumentKind, Command
from bot_core.dispatch import Places
from bot_core.errors import BadInput, Broken, YinluError
from bot_core.events import (
    ArgumentValue,
    Attachment,
    Content,
    Incoming,
    Invoked,
    Pressed,
    Quoted,
    Said,
    Submitted,
)
from bot_core.forms import Form
from bot_core.identity import Locale, Origin, Person
from bot_core.tokens import Signer

log = logging.getLogger(__name__)

MESSAGE, DEFER, DEFER_UPDATE, MODAL = 4, 5, 6, 9
MENU = 3
LATE = 1.0  # seconds; an acknowledgement that took longer is logged


class Opens(Protocol):
    """What the adapter needs of ``bot_core.forms.Forms``."""

    async def form(self, community: str, press: Press, locale: Locale) -> Form | None:
        """Return the form that a button opens, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Doors:
    """What tells whether a button opens a form: places, signatures, the handlers' forms."""

    places: Places
    signer: Signer
    forms: Opens

    async def form(self, origin: Origin, token: str, locale: Locale) -> tuple[Form | None, bool]:
        """Return the form behind a button, and whether the press counts by itself (a vote). Raises YinluError."""
        community = await self.places.community(origin) or ""
        press = self.signer.read(community, token)
        form = await self.forms.form(community, press, locale)
        if form is None and press.action is Action.VOTE_DOWN:
            return VOTE_FORM, True
        return form, False


class Interactions:
    """Takes interactions from the gateway."""

    def __init__(
        self,
        wire: Wire,
        desk: Desk,
        tickets: Tickets,
        people: People,
        attachments: Attachments,
        doors: Doors,
        commands: Sequence[Command],
        options: DiscordOptions,
    ) -> None:
        self._wire, self._desk, self._tickets, self._people = wire, desk, tickets, people
        self._attachments, self._doors, self._options = attachments, doors, options
        self._commands: Mapping[str, Command] = {command.name: command for command in commands}

    async def take(self, interaction: discord.Interaction) -> None:
        """Acknowledge and hand over."""
        kind = interaction.type
        data: Json = {**(interaction.data or {})}
        if kind is discord.InteractionType.application_command:
            await (self._menu if data.get("type") == MENU else self._command)(interaction, data)
        elif kind is discord.InteractionType.component:
            await self._press(interaction, data)
        elif kind is discord.InteractionType.modal_submit:
            await self._submission(interaction, data)

    # --- commands ------------------------------------------------------------------------------------------
    async def _command(self, interaction: discord.Interaction, data: Json) -> None:
        command = self._commands.get(str(data.get("name")))
        if command is None:
            await self._refuse(interaction, str(data.get("name")))
            return
        ticket = await self._deferred(interaction, command.private)
        values, files = _values(command, data)
        attachments, wrong = await self._attachments.take(_resolved(interaction, data, files))
        content = Invoked(command.name, values)
        await self._hand_over(interaction, ticket, content, attachments=attachments, wrong=wrong)

    async def _menu(self, interaction: discord.Interaction, data: Json) -> None:
        """Ask about a message; the answer is seen by whoever asked."""
        ticket = await self._deferred(interaction, True)
        raw = data.get("resolved", {}).get("messages", {}).get(str(data.get("target_id")), {})
        text, author = str(raw.get("content") or "").strip(), raw.get("author") or {}
        person = Person(f"{NAME}:{author.get('id', 0)}", str(author.get("username", "")))
        quoted = Quoted(str(data.get("target_id")), person, text)
        wrong = [] if text else [BadInput("a message without words", NOTHING_THERE)]
        await self._hand_over(interaction, ticket, Said(text), quoted=quoted, wrong=wrong)

    async def _deferred(self, interaction: discord.Interaction, private: bool) -> Ticket | None:
        body: Json | None = {"flags": HIDDEN} if private else None
        if not await self._acknowledge(interaction, DEFER, body):
            return None
        return self._ticket(interaction, promised=True, private=private)

    async def _refuse(self, interaction: discord.Interaction, name: str) -> None:
        """Say that a command is no more: an older registration is still shown to this member."""
        locale = Locale.parse(str(interaction.locale), self._options.locale)
        log.warning("an unknown command", extra={"command": name[:40]})
        await self._acknowledge(
            interaction, MESSAGE, {"content": UNKNOWN_COMMAND.of(locale), "flags": HIDDEN}
        )

    # --- buttons and forms ---------------------------------------------------------------------------------
    async def _press(self, interaction: discord.Interaction, data: Json) -> None:
        token = str(data.get("custom_id", ""))
        opened, counts, locale = await self._form(interaction, token)
        if opened is not None:
            shown = await self._acknowledge(interaction, MODAL, modal(opened, token, locale))
            if not counts and shown:
                return
        else:
            shown = await self._acknowledge(interaction, DEFER_UPDATE)
        ticket = self._ticket(interaction, quiet=counts) if shown else None
        await self._hand_over(interaction, ticket, Pressed(token, _message_id(interaction)))

    async def _form(self, interaction: discord.Interaction, token: str) -> tuple[Form | None, bool, Locale]:
        """Return the form behind a button; none where that can't be learnt in time."""
        locale = Locale.parse(str(interaction.locale), self._options.locale)
        try:
            async with asyncio.timeout(self._options.form_seconds):
                origin = await self._origin(interaction)
                locale = await self._locale(interaction, origin)
                return *await self._doors.form(origin, token, locale), locale
        except (YinluError, TimeoutError) as error:
            log.info("a button opens nothing", extra={"error": type(error).__name__})
            return None, False, locale

    async def _submission(self, interaction: discord.Interaction, data: Json) -> None:
        on_message = interaction.message is not None
        shown = await self._acknowledge(
            interaction, DEFER_UPDATE if on_message else DEFER, None if on_message else {"flags": HIDDEN}
        )
        ticket = self._ticket(interaction, promised=not on_message, private=not on_message) if shown else None
        content = Submitted(str(data.get("custom_id", "")), submitted(data))
        await self._hand_over(interaction, ticket, content)

    # --- all of them ---------------------------------------------------------------------------------------
    async def _acknowledge(
        self, interaction: discord.Interaction, kind: int, body: Json | None = None
    ) -> bool:
        """Answer the callback; tell whether the interaction can be answered further."""
        began = time.monotonic()
        try:
            await self._wire.acknowledge(interaction.id, interaction.token, kind, body)
        except Acknowledged:
            log.info("acknowledged before", extra={"interaction": interaction.id})
        except YinluError as error:
            log.warning("an interaction was not acknowledged", extra={"kind": kind, "error": str(error)})
            return False
        took = time.monotonic() - began
        if took > LATE:
            log.warning("acknowledged late", extra={"seconds": round(took, 2), "kind": kind})
        return True

    def _ticket(
        self,
        interaction: discord.Interaction,
        *,
        promised: bool = False,
        private: bool = False,
        quiet: bool = False,
    ) -> Ticket:
        message = interaction.message
        return Ticket(
            interaction.application_id,
            interaction.token,
            "",
            time.time() + self._options.token_seconds,  # by our clock, which may not be Discord's
            promised,
            private,
            message.id if message is not None else None,
            message.flags.ephemeral if message is not None else False,
            [dict(row.to_dict()) for row in message.components] if message is not None else [],
            quiet,
        )

    async def _hand_over(
        self,
        interaction: discord.Interaction,
        ticket: Ticket | None,
        content: Content,
        *,
        attachments: tuple[Attachment, ...] = (),
        quoted: Quoted | None = None,
        wrong: Sequence[YinluError] = (),
    ) -> None:
        origin = await self._origin(interaction)
        incoming = Incoming(
            id=f"i{interaction.id}",
            origin=origin,
            person=person_of(interaction.user),
            locale=await self._locale(interaction, origin),
            time=interaction.created_at,
            content=content,
            roles=self._people.roles(interaction.user),
            attachments=attachments,
            reply_to=quoted,
        )
        if wrong:
            await self._desk.tell_all(origin, incoming.key, wrong, incoming.locale, ticket)
            return
        if ticket is not None:
            await self._keep(incoming, ticket)
        await self._desk.take(incoming, ticket)

    async def _keep(self, incoming: Incoming, ticket: Ticket) -> None:
        kept = replace(ticket, conversation=incoming.origin.conversation)
        try:
            await self._tickets.keep(incoming.key, kept)
        except Broken as error:
            log.warning("an interaction's token is not kept", extra={"error": str(error)})

    async def _origin(self, interaction: discord.Interaction) -> Origin:
        """Return where it was; a press in a private chat counts for the place that its message came from."""
        channel: Any = interaction.channel
        origin = origin_of(channel, interaction.channel_id or 0, interaction.guild_id, interaction.user.id)
        message = _message_id(interaction)
        if message is None or not is_private(origin):
            return origin
        try:
            place = await self._tickets.place(message)
        except Broken as error:
            log.warning("a private message's place is not known", extra={"error": str(error)})
            place = None
        return origin if place is None else Origin(NAME, place, origin.channel)

    async def _locale(self, interaction: discord.Interaction, origin: Origin) -> Locale:
        return await self._people.locale(
            interaction.user, origin, client=interaction.locale, guild=interaction.guild_locale
        )


def _message_id(interaction: discord.Interaction) -> str | None:
    return str(interaction.message.id) if interaction.message is not None else None


def _values(command: Command, data: Json) -> tuple[dict[str, ArgumentValue], list[str]]:
    """Return the arguments as declared, and the ids of files among them."""
    kinds = {argument.name: argument.kind for argument in command.arguments}
    values: dict[str, ArgumentValue] = {}
    files: list[str] = []
    for option in data.get("options") or ():
        name, value = option.get("name"), option.get("value")
        kind = kinds.get(name)
        if kind is None or value is None:
            continue
        if kind is ArgumentKind.MEMBER:
            value = f"{NAME}:{value}"
        elif kind is ArgumentKind.FILE:
            files.append(str(value))
            found = data.get("resolved", {}).get("attachments", {}).get(str(value), {})
            value = str(found.get("filename", ""))
        values[name] = value
    return values, files


def _resolved(interaction: discord.Interaction, data: Json, files: Sequence[str]) -> list[discord.Attachment]:
    raw = data.get("resolved", {}).get("attachments", {})
    state = interaction._state
    return [discord.Attachment(data=raw[id], state=state) for id in files if id in raw]
