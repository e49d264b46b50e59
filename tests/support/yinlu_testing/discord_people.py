"""Members of the tests' own Discord: they write, press, fill in forms, come and go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import yinlu_testing.discord_routes as routes
from yinlu_testing.discord_loopback import (
    APPLICATION,
    BOT,
    CHANNEL,
    GUILD,
    Asked,
    Discord,
    common,
    snowflake,
    user,
)

Json = dict[str, Any]
HELPERS, STAFF = 401, 402
ADMIN_RIGHTS, PLAIN_RIGHTS = str(1 << 5), str(0x400 | 0x800)


def role(id: int, name: str, permissions: str = PLAIN_RIGHTS) -> Json:
    """Return a role."""
    return {
        "id": str(id), "name": name, "color": 0, "hoist": False, "position": 1, "permissions": permissions,
        "managed": False, "mentionable": False, "flags": 0,
    }  # fmt: skip


def guild(locale: str = "en-US", last_message: int | None = None) -> Json:
    """Return the server with its channels, as a new session is told of it."""
    channel = {
        "id": str(CHANNEL), "type": 0, "name": "general", "position": 0, "permission_overwrites": [],
        "nsfw": False, "last_message_id": str(last_message) if last_message else None, "guild_id": str(GUILD),
    }  # fmt: skip
    roles = [
        role(GUILD, "@everyone"),
        role(HELPERS, "Helpers"),
        role(STAFF, "staff"),
        role(403, "Boss", ADMIN_RIGHTS),
        role(404, "admin"),
    ]
    return {
        "id": str(GUILD), "name": "Harbour", "icon": None, "owner_id": "1", "afk_timeout": 300,
        "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0,
        "roles": roles, "emojis": [], "stickers": [], "features": [], "mfa_level": 0, "system_channel_id": str(CHANNEL),
        "system_channel_flags": 0, "premium_tier": 0, "preferred_locale": locale, "nsfw_level": 0,
        "channels": [channel], "threads": [], "voice_states": [], "presences": [], "stage_instances": [],
        "guild_scheduled_events": [], "member_count": 3, "large": False, "unavailable": False,
        "premium_progress_bar_enabled": False,
        "members": [member_data(user(BOT, "yinlu", bot=True))],
    }  # fmt: skip


def member_data(of: Json, roles: tuple[int, ...] = ()) -> Json:
    """Return a membership."""
    return {
        "user": of, "roles": [str(id) for id in roles], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False,
        "mute": False, "flags": 0, "nick": None, "avatar": None,
    }  # fmt: skip


async def until(true: Callable[[], Any], seconds: float = 5.0) -> Any:
    """Wait for something to come to pass; return it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.01)
    return found


class Member:
    """One person with a client in this language."""

    def __init__(
        self, discord: Discord, id: int, name: str, *, locale: str = "en-US", roles: tuple[int, ...] = ()
    ) -> None:
        self.discord, self.id, self.name, self.locale, self.roles = discord, id, name, locale, roles

    @property
    def user(self) -> Json:
        """Return this person."""
        return user(self.id, self.name)

    # --- words ---------------------------------------------------------------------------------------------
    def message(self, text: str, channel: int = CHANNEL, **fields: Any) -> Json:
        """Return a message of theirs that nobody was told of yet; it is in the channel's history."""
        private = channel == self.discord.direct.get(self.id)
        mentions = [user(BOT, "yinlu", bot=True)] if f"<@{BOT}>" in text else []
        data = {
            "id": str(snowflake(fields.pop("at", None))), "channel_id": str(channel), "author": self.user,
            "content": text, "embeds": [],
            "components": [], "attachments": [], "flags": 0, **common(), "mentions": mentions, **fields,
        }  # fmt: skip
        if not private:
            data |= {"guild_id": str(GUILD), "member": member_data(self.user, self.roles)}
        routes.said_by(self.discord, data)
        return data

    async def says(self, text: str, channel: int = CHANNEL, **fields: Any) -> Json:
        """Write to a channel."""
        data = self.message(text, channel, **fields)
        await self.discord.gateway.dispatch("MESSAGE_CREATE", data)
        return data

    async def writes_privately(self, text: str, **fields: Any) -> Json:
        """Write a direct message."""
        channel = self.discord.direct.setdefault(self.id, 5000 + self.id)
        return await self.says(text, channel, **fields)

    async def joins(self) -> None:
        """Come into the server."""
        await self.discord.gateway.dispatch(
            "GUILD_MEMBER_ADD", {**member_data(self.user), "guild_id": str(GUILD)}
        )

    # --- interactions --------------------------------------------------------------------------------------
    async def types(self, command: str, channel: int = CHANNEL, **values: Any) -> Asked:
        """Use a slash command, as it was registered; wait until it is acknowledged."""
        declared = next(c for c in self.discord.commands if c["name"] == command and c["type"] == 1)
        kinds = {option["name"]: option["type"] for option in declared["options"]}
        options = [{"name": n, "type": kinds[n], "value": v} for n, v in values.items() if n != "resolved"]
        data = {
            "id": "1",
            "name": command,
            "type": 1,
            "options": options,
            "resolved": values.get("resolved", {}),
        }
        return await self._interacts(2, data, channel)

    async def asks_about(self, message: Json, channel: int = CHANNEL) -> Asked:
        """Choose the menu entry on a message."""
        menu = next(c for c in self.discord.commands if c["type"] == 3)
        data = {"id": "2", "name": menu["name"], "type": 3, "target_id": message["id"],
                "resolved": {"messages": {message["id"]: message}}}  # fmt: skip
        return await self._interacts(2, data, channel)

    async def presses(self, message: Json, label: str) -> Asked:
        """Press the button with this label."""
        buttons = [b for row in message["components"] for b in row["components"]]
        token = next(b["custom_id"] for b in buttons if b["label"] == label)
        return await self.presses_token(message, token)

    async def presses_token(self, message: Json, token: str) -> Asked:
        """Press a button with this custom_id, whoever made it."""
        data = {"custom_id": token, "component_type": 2}
        return await self._interacts(3, data, int(message["channel_id"]), message)

    async def fills_in(self, asked: Asked, message: Json, **values: str) -> Asked:
        """Send the form that was shown."""
        assert asked.modal is not None
        fields = []
        for label in asked.modal["components"]:
            inner = label["component"]
            value = values.get(inner["custom_id"], "")
            answer = {"values": [value] if value else []} if inner["type"] == 3 else {"value": value}
            fields.append(
                {"type": 18, "component": {"type": inner["type"], "custom_id": inner["custom_id"], **answer}}
            )
        data = {"custom_id": asked.modal["custom_id"], "components": fields}
        return await self._interacts(5, data, int(message["channel_id"]), message)

    async def _interacts(self, kind: int, data: Json, channel: int, message: Json | None = None) -> Asked:
        asked = Asked(snowflake(), f"t{snowflake()}", channel, message=message)
        self.discord.asked[asked.token] = asked
        private = channel == self.discord.direct.get(self.id)
        payload: Json = {
            "id": str(asked.id), "application_id": str(APPLICATION), "type": kind, "token": asked.token, "version": 1,
            "data": data, "channel_id": str(channel), "locale": self.locale, "entitlements": [],
            "attachment_size_limit": 10485760,
            "channel": {"id": str(channel), "type": 1 if private else 0, "name": "general"},
            "authorizing_integration_owners": {}, "context": 1 if private else 0, "app_permissions": "0",
        }  # fmt: skip
        if private:
            payload["user"] = self.user
        else:
            member = {**member_data(self.user, self.roles), "permissions": PLAIN_RIGHTS}
            payload |= {"guild_id": str(GUILD), "member": member, "guild_locale": "en-US"}
        if message is not None:
            payload["message"] = {k: v for k, v in message.items() if k not in ("files", "edits", "thinking")}
        await self.discord.gateway.dispatch("INTERACTION_CREATE", payload)
        await until(lambda: asked.acknowledged is not None or asked.expired, 3.5)
        return asked
