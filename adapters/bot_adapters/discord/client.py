"""The gateway connection: what comes in goes to whoever takes it; identifying waits its turn among processes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import discord

from bot_adapters.discord.arrivals import Arrivals
from bot_adapters.discord.away import Away
from bot_adapters.discord.commands import Sync
from bot_adapters.discord.interactions import Interactions
from bot_adapters.discord.messages import Messages
from bot_adapters.discord.options import DiscordOptions
from bot_core.errors import Broken, SettingWrong, YinluError
from bot_core.ports.work import Notes

log = logging.getLogger(__name__)

MISTAKES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
Parser = Callable[[Any], Any]


def intents_of(options: DiscordOptions) -> discord.Intents:
    """Return what the gateway is asked to tell us of."""
    return discord.Intents(
        guilds=True,
        messages=True,
        message_content=True,
        members=options.members,
    )


def _guarded(name: str, parser: Parser) -> Parser:
    """Return a parser that an event of a shape it doesn't know passes by, instead of ending the connection."""

    def parse(data: Any) -> None:  # noqa: ANN401 - JSON of Discord's
        try:
            parser(data)
        except MISTAKES as error:
            log.exception("an event could not be read", extra={"kind": name, "error": type(error).__name__})

    return parse


@dataclass(frozen=True, slots=True)
class Takers:
    """Who takes what comes in."""

    interactions: Interactions
    messages: Messages
    arrivals: Arrivals
    away: Away
    sync: Sync


class Gateway(discord.AutoShardedClient):
    """The library's client with its doors connected to ours, by ``attach``."""

    def __init__(self, options: DiscordOptions, notes: Notes) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = (
            False  # no voice channel is joined: nothing is missing
        )
        super().__init__(
            intents=intents_of(options),
            shard_count=options.shard_count,
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            max_ratelimit_timeout=options.slow_down,
            heartbeat_timeout=options.heartbeat_timeout,
            guild_ready_timeout=options.guilds_within,
        )
        if options.shards:
            if options.shard_count is None:
                raise SettingWrong(
                    "discord_shard_count", "the number of all shards where discord_shards is set"
                )
            self.shard_ids = list(options.shards)
        for name, parser in self._connection.parsers.items():
            self._connection.parsers[name] = _guarded(name, parser)
        self._options, self._notes = options, notes
        self._takers: Takers | None = None
        self._at_once = 1

    def attach(self, takers: Takers) -> None:
        """Connect the doors; before it starts."""
        self._takers = takers

    # --- starting ------------------------------------------------------------------------------------------
    async def setup_hook(self) -> None:
        """Register the commands; without them the bot still talks."""
        if self._takers is None or self.application_id is None:
            return
        try:
            await self._takers.sync.run(self.application_id)
        except YinluError as error:
            log.error("commands are not registered", extra={"error": str(error)})

    async def limits(self) -> None:
        """Learn how many shards may identify at once."""
        try:
            _, _, limits = await self.http.get_bot_gateway()
        except (discord.HTTPException, discord.GatewayNotFound, OSError) as error:
            log.warning("session limits are not known", extra={"error": type(error).__name__})
            return
        self._at_once = max(1, int(limits["max_concurrency"]))
        if limits["remaining"] < 50:
            log.warning("few session starts are left today", extra={"remaining": limits["remaining"]})

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait until no other shard of this bucket, in any process, identified within 5 s."""
        seconds = self._options.identify_seconds
        bucket = (shard_id or 0) % self._at_once
        while True:
            try:
                if await self._notes.add(f"discord:identify:{bucket}", "1", seconds):
                    return
            except Broken as error:
                log.warning("the turn to identify is not known", extra={"error": str(error)})
                await asyncio.sleep(seconds)
                return
            await asyncio.sleep(0.2)

    # --- what comes in -------------------------------------------------------------------------------------
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Take an interaction."""
        if self._takers is not None:
            await self._takers.interactions.take(interaction)

    async def on_message(self, message: discord.Message) -> None:
        """Take a message."""
        if self._takers is not None and await self._takers.messages.take(message):
            await self._takers.away.took(message)

    async def on_member_join(self, member: discord.Member) -> None:
        """Take a newcomer."""
        if self._takers is not None:
            await self._takers.arrivals.take(member)

    async def on_ready(self) -> None:
        """Catch up after an absence that could not be resumed."""
        log.info("connected to Discord", extra={"guilds": len(self.guilds)})
        if self._takers is None:
            return
        try:
            await self._takers.away.catch_up()
        except YinluError as error:
            log.warning("what was missed is not known", extra={"error": str(error)})
        self._takers.away.regained(None)
        self._takers.away.heard()

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Go on: Discord itself repeats what was missed."""
        log.info("resumed", extra={"shard": shard_id})
        if self._takers is not None:
            self._takers.away.regained(shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Note that we don't hear everything."""
        if self._takers is not None:
            self._takers.away.lost(shard_id)

    async def on_socket_event_type(self, event_type: str) -> None:
        """Remember that we hear."""
        if self._takers is not None:
            self._takers.away.heard()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Note a new server."""
        log.info("invited to a server", extra={"guild": guild.id})

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note that we are no longer there; what is under way for it fails with a line each."""
        log.warning("removed from a server", extra={"guild": guild.id})
