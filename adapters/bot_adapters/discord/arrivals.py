"""Members who come into a server: told to the house where newcomers are greeted."""

from __future__ import annotations

import logging

import discord

from bot_adapters.discord.desk import Desk
from bot_adapters.discord.keys import NAME, person_of
from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.people import People
from bot_core.dispatch import Places
from bot_core.errors import Broken
from bot_core.events import Incoming, Joined
from bot_core.identity import Origin

log = logging.getLogger(__name__)


class Arrivals:
    """Takes member-join events."""

    def __init__(self, desk: Desk, people: People, places: Places, options: DiscordOptions) -> None:
        self._desk, self._people, self._places, self._options = desk, people, places, options

    async def take(self, member: discord.Member) -> None:
        """Hand a newcomer over. Bots are nobody's guests, and a server without a community greets nobody."""
        if member.bot:
            return
        channel = self._channel(member.guild)
        if channel is None:
            log.warning("no channel to greet in", extra={"guild": member.guild.id})
            return
        origin = Origin(NAME, str(member.guild.id), str(channel.id))
        try:
            if await self._places.community(origin) is None:
                return
        except Broken as error:
            log.warning("a place's community is not known", extra={"error": str(error)})
        joined = member.joined_at or discord.utils.utcnow()
        incoming = Incoming(
            id=f"j{member.guild.id}-{member.id}-{int(joined.timestamp())}",
            origin=origin,
            person=person_of(member),
            locale=await self._people.locale(member, origin, guild=member.guild.preferred_locale),
            time=joined,
            content=Joined(),
            roles=self._people.roles(member),
        )
        await self._desk.take(incoming)

    def _channel(self, guild: discord.Guild) -> discord.TextChannel | None:
        """Return the channel set for greetings, the server's own, or the first in which we may write."""
        wanted = self._options.welcome.removeprefix("#")
        named = [c for c in guild.text_channels if wanted and wanted in (str(c.id), c.name)]
        system = [guild.system_channel] if guild.system_channel is not None else []
        for channel in (*named, *system, *guild.text_channels):
            if channel.permissions_for(guild.me).send_messages:
                return channel
        return None
