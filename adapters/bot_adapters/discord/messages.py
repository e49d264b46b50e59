"""Messages: which are for us, and what they say."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import discord

from bot_adapters.discord.attachments import Attachments
from bot_adapters.discord.desk import Desk
from bot_adapters.discord.keys import NAME, origin_of, person_of, said_id
from bot_adapters.discord.people import People
from bot_adapters.discord.tickets import Tickets
from bot_core.errors import BadInput, Broken, YinluError
from bot_core.events import Attachment, Incoming, Quoted, Said, Spoke
from bot_core.identity import Locale, Origin
from bot_core.ports.members import Speaking, SpeakMode

log = logging.getLogger(__name__)

KINDS = (discord.MessageType.default, discord.MessageType.reply)
QUOTE = 2000  # characters
Me = Callable[[], discord.abc.User | None]


class Messages:
    """Takes messages from the gateway. Never answers itself, other bots or webhooks."""

    def __init__(
        self,
        me: Me,
        desk: Desk,
        tickets: Tickets,
        people: People,
        attachments: Attachments,
        speaking: Speaking,
    ) -> None:
        self._me, self._desk, self._tickets, self._people = me, desk, tickets, people
        self._attachments, self._speaking = attachments, speaking

    async def take(self, message: discord.Message) -> bool:
        """Hand a message over if it is for us; tell whether it was."""
        origin = self.origin(message)
        if not await self.concerns(message, origin):
            return False
        text = self._text(message)
        locale = await self._locale(message, origin, text)
        key = f"{NAME}:{said_id(message.channel.id, message.id)}"
        try:
            incoming = await self._incoming(message, origin, locale, text)
        except Broken as error:
            log.error("a message was not taken", extra={"event": key, "error": str(error)})
            await self._desk.tell(origin, key, error.words, locale)
            return True
        except BadInput as error:
            await self._desk.tell(origin, key, error.words, locale)
            return True
        await self._desk.take(incoming)
        return True

    def origin(self, message: discord.Message) -> Origin:
        """Return where a message was said."""
        guild = message.guild.id if message.guild is not None else None
        return origin_of(message.channel, message.channel.id, guild, message.author.id)

    async def concerns(self, message: discord.Message, origin: Origin) -> bool:
        """Tell whether a message is for us: always in private, elsewhere by how the place set it."""
        me = self._me()
        if message.author.bot or message.webhook_id is not None or message.type not in KINDS:
            return False
        if me is None or message.author.id == me.id:
            return False
        if message.guild is None:
            return True
        addressed = _addressed(message, me)
        try:
            mode = await self._speaking.mode(origin)
        except Broken as error:
            log.warning("where we speak is not known", extra={"error": str(error)})
            mode = SpeakMode.MENTION
        return mode is SpeakMode.ALWAYS or (mode is SpeakMode.MENTION and addressed)

    # --- what it says --------------------------------------------------------------------------------------
    async def _incoming(
        self, message: discord.Message, origin: Origin, locale: Locale, text: str
    ) -> Incoming:
        quoted = await self._quoted(message)
        content: Said | Spoke = Said(text)
        attachments: tuple[Attachment, ...] = ()
        wrong: list[BadInput] = []
        if message.flags.voice and message.attachments:
            content = await self._attachments.voice(message.attachments[0])
        elif message.attachments:
            attachments, wrong = await self._attachments.take(message.attachments)
        elif not text and quoted is not None and not quoted.ours and quoted.text:
            content = Said(quoted.text)  # only the bot's name, in reply to somebody's question
        incoming = Incoming(
            id=said_id(message.channel.id, message.id),
            origin=origin,
            person=person_of(message.author),
            locale=locale,
            time=message.created_at,
            content=content,
            roles=self._people.roles(message.author),
            attachments=attachments,
            reply_to=quoted,
        )
        await self._wrong(incoming, wrong)
        return incoming

    async def _wrong(self, incoming: Incoming, wrong: list[BadInput]) -> None:
        """Say which files were not taken; where there is nothing else to answer, that is all."""
        errors: list[YinluError] = list(wrong)
        nothing = incoming.content == Said("") and not any(file.file for file in incoming.attachments)
        if errors and nothing:
            raise BadInput("only files that can't be taken", errors[0].words)
        await self._desk.tell_all(incoming.origin, incoming.key, errors, incoming.locale)

    async def _quoted(self, message: discord.Message) -> Quoted | None:
        reference = message.reference
        if reference is None or reference.message_id is None or message.type is not discord.MessageType.reply:
            return None
        said, me = reference.resolved, self._me()
        if not isinstance(said, discord.Message):
            return Quoted(str(reference.message_id))
        ours = me is not None and said.author.id == me.id
        about = await self._tickets.subject(str(said.id)) if ours else ""
        return Quoted(str(said.id), person_of(said.author), said.clean_content[:QUOTE], ours, about)

    async def _locale(self, message: discord.Message, origin: Origin, text: str) -> Locale:
        guild = message.guild.preferred_locale if message.guild is not None else None
        return await self._people.locale(message.author, origin, guild=guild, text=text)

    def _text(self, message: discord.Message) -> str:
        """Return the words without our own name, with other names readable."""
        text, me = message.content, self._me()
        ours = [re.escape(f"<@&{role.id}>") for role in message.role_mentions if role.is_bot_managed()]
        if me is not None:
            ours += [f"<@!?{me.id}>"]
        text = re.sub("|".join(ours), " ", text) if ours else text
        for user in message.mentions:
            text = re.sub(f"<@!?{user.id}>", f"@{user.display_name}".replace("\\", "\\\\"), text)
        for role in message.role_mentions:
            text = text.replace(f"<@&{role.id}>", f"@{role.name}")
        for channel in message.channel_mentions:
            text = text.replace(f"<#{channel.id}>", f"#{channel.name}")
        return re.sub(r"[ \t]{2,}", " ", text).strip()


def _addressed(message: discord.Message, me: discord.abc.User) -> bool:
    """Tell whether a message names us, replies to us, or stands in a thread of our own."""
    if any(user.id == me.id for user in message.mentions) or f"<@{me.id}>" in message.content:
        return True
    if any(role.tags is not None and role.tags.bot_id == me.id for role in message.role_mentions):
        return True
    replied = message.reference.resolved if message.reference is not None else None
    if message.type is discord.MessageType.reply and isinstance(replied, discord.Message):
        return replied.author.id == me.id
    return isinstance(message.channel, discord.Thread) and message.channel.owner_id == me.id
