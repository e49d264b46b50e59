"""What was said while nobody listened: found again by when we last heard anything, within a bound.

A message's id holds its time, and every channel tells its last message's id. So only channels with something newer
are asked, and the journal knows what was handled already.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import discord

from bot_adapters.discord.components import Json
from bot_adapters.discord.desk import Desk
from bot_adapters.discord.keys import NAME, said_id
from bot_adapters.discord.messages import Messages
from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.people import People
from bot_adapters.discord.sentences import AWAY, fill
from bot_adapters.discord.wire import Wire
from bot_core.errors import Broken, Refused
from bot_core.ports.work import Notes

log = logging.getLogger(__name__)

MARGIN = 10.0  # seconds before the last event that may have been on its way into the journal
KEPT = 7 * 86400.0
CHATS = 300
PAGE = 100
Shared = discord.TextChannel | discord.Thread | discord.VoiceChannel
Readable = Shared | discord.DMChannel


class Away:
    """Notes until when this process listened, and catches up after an absence."""

    def __init__(
        self,
        client: discord.Client,
        wire: Wire,
        notes: Notes,
        messages: Messages,
        desk: Desk,
        people: People,
        options: DiscordOptions,
    ) -> None:
        self._client, self._wire, self._notes, self._messages = client, wire, notes, messages
        self._desk, self._people, self._options = desk, people, options
        self._heard = 0.0  # seconds since 1970
        self._noted = 0.0
        self._deaf = {-1}  # shards that may have missed something; at the start, all
        self._chats: dict[int, None] = {}
        self._chats_changed = False

    def heard(self) -> None:
        """Remember that something came from Discord just now; not before all that was missed is caught up."""
        if not self._deaf:
            self._heard = time.time()

    def lost(self, shard: int) -> None:
        """Remember that a shard's connection is gone: what comes from others does not mean that nothing was missed."""
        self._deaf.add(shard)

    def regained(self, shard: int | None) -> None:
        """Remember that nothing is missing any more for a shard, None for all."""
        if shard is None:
            self._deaf.clear()
        self._deaf.discard(-1 if shard is None else shard)

    def _chatted(self, channel: int) -> None:
        """Remember a private chat: Discord does not list them."""
        if channel not in self._chats:
            self._chats[channel] = None
            self._chats_changed = True
            while len(self._chats) > CHATS:
                del self._chats[next(iter(self._chats))]

    async def took(self, message: discord.Message) -> None:
        """Remember the last message of a channel that was taken: it was not left, however long the absence."""
        try:
            if message.id > await self._seen(message.channel.id):
                await self._notes.put(f"discord:seen:{message.channel.id}", str(message.id), KEPT)
        except Broken as error:
            log.warning("what was taken is not noted", extra={"error": str(error)})
        if message.guild is None:
            self._chatted(message.channel.id)

    async def _seen(self, channel: int) -> int:
        return int(await self._notes.get(f"discord:seen:{channel}") or 0)

    async def note(self) -> None:
        """Write down until when we have listened."""
        if self._heard > self._noted:
            await self._notes.put(self._key(), str(self._heard - MARGIN), KEPT)
            self._noted = self._heard
        if self._chats_changed and not self._deaf:  # the chats of before are known
            self._chats_changed = False
            await self._notes.put("discord:chats", " ".join(map(str, self._chats)), KEPT)

    async def catch_up(self) -> int:
        """Take what was said since; return how many messages. Raises EngineDown."""
        for chat in (await self._notes.get("discord:chats") or "").split():
            self._chats.setdefault(int(chat), None)
        text = await self._notes.get(self._key())
        if text is None:
            return 0
        since = discord.utils.time_snowflake(datetime.fromtimestamp(float(text), UTC))
        taken = 0
        for channel in await self._newer(since):
            try:
                taken += await self._channel(channel, since)
            except Refused as error:
                log.info("a channel can't be read", extra={"channel": channel.id, "error": str(error)})
        if taken:
            log.info("caught up", extra={"messages": taken})
        return taken

    def _key(self) -> str:
        shards = ",".join(map(str, self._options.shards)) or "all"
        return f"discord:heard:{shards}"

    async def _newer(self, since: int) -> list[Readable]:
        """Return the channels with something newer, those with the newest first."""
        newer: list[Shared] = []
        for guild in self._client.guilds:
            places: Iterable[Shared] = (*guild.text_channels, *guild.threads, *guild.voice_channels)
            newer += [place for place in places if (place.last_message_id or 0) > since]
        newer.sort(key=lambda place: place.last_message_id or 0, reverse=True)
        if len(newer) > self._options.away_channels:
            log.warning("too many channels to look into", extra={"channels": len(newer)})
            del newer[self._options.away_channels :]
        found: list[Readable] = list(newer)
        if not self._options.shards or 0 in self._options.shards:  # private chats are the first shard's
            found += [chat for id in list(self._chats) if (chat := await self._chat(id, since)) is not None]
        return found

    async def _chat(self, id: int, since: int) -> discord.DMChannel | None:
        try:
            data = await self._wire.call("GET", "/channels/{channel_id}", channel_id=id)
        except Refused as error:
            log.info("a private chat is gone", extra={"channel": id, "error": str(error)})
            return None
        if int(data.get("last_message_id") or 0) <= since or not data.get("recipients"):
            return None
        state, me = self._client._connection, self._client.user
        assert me is not None
        return discord.DMChannel(me=me, state=state, data=data)

    async def _channel(self, channel: Readable, since: int) -> int:
        """Take what is for us in one channel; tell of what is too old or too much."""
        raw = await self._history(channel.id, since)
        state = self._client._connection
        said = [discord.Message(state=state, channel=channel, data=data) for data in raw]  # type: ignore[arg-type]
        ours = [
            message
            for message in said
            if await self._messages.concerns(message, self._messages.origin(message))
        ]
        edge = time.time() - self._options.away_seconds
        fresh = [message for message in ours if message.created_at.timestamp() >= edge]
        fresh = fresh[-self._options.away_messages :]
        seen = await self._seen(channel.id)
        left = [message for message in ours if message not in fresh and message.id > seen]
        if left:
            await self._tell(left)
        for message in fresh:
            await self._messages.take(message)
        return len(fresh)

    async def _history(self, channel: int, since: int) -> list[Json]:
        """Return a channel's messages since, oldest first; where there are too many, the newest of them."""
        found: list[Json] = []
        asked: Json = {"limit": PAGE}
        for _ in range(self._options.away_pages):
            raw = await self._wire.call(
                "GET", "/channels/{channel_id}/messages", params=asked, channel_id=channel
            )
            newer = [data for data in raw if int(data["id"]) > since]
            found += newer
            if len(newer) < PAGE:
                break
            asked = {"limit": PAGE, "before": raw[-1]["id"]}
        else:
            log.warning("not all of a channel was read", extra={"channel": channel, "read": len(found)})
        return found[::-1]

    async def _tell(self, left: list[discord.Message]) -> None:
        """Say in one sentence that messages were left."""
        last = left[-1]
        origin = self._messages.origin(last)
        key = f"{NAME}:{said_id(last.channel.id, last.id)}"
        try:
            if not await self._notes.add(f"discord:left:{key}", "1", KEPT):
                return
        except Broken as error:
            log.warning("whether they were told is not known", extra={"error": str(error)})
            return
        guild = last.guild.preferred_locale if last.guild is not None else None
        locale = await self._people.locale(last.author, origin, guild=guild, text=last.content)
        log.warning("messages were left", extra={"channel": last.channel.id, "messages": len(left)})
        await self._desk.tell(origin, key, fill(AWAY, n=len(left)), locale)
