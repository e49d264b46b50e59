"""The REST routes of the tests' own Discord. Importing registers them."""

from __future__ import annotations

import time
from typing import Any

from yinlu_testing.discord_loopback import (
    APPLICATION,
    BOT,
    EPHEMERAL,
    GUILD,
    Discord,
    command_faults,
    message_faults,
    modal_faults,
    route,
    snowflake,
    user,
)

Json = dict[str, Any]
GONE = (404, {"code": 10008, "message": "Unknown Message"})
NO_TOKEN = (401, {"code": 50027, "message": "Invalid Webhook Token"})


@route("GET", "/users/@me")
async def _me(discord: Discord, **_: Any):
    return 200, user(BOT, "yinlu", bot=True)


@route("GET", "/oauth2/applications/@me")
async def _application(discord: Discord, **_: Any):
    return 200, {
        "id": str(APPLICATION), "name": "yinlu", "icon": None, "description": "", "bot_public": True,
        "bot_require_code_grant": False, "verify_key": "00", "flags": discord.flags, "owner": user(1, "owner"),
        "team": None, "summary": "",
    }  # fmt: skip


@route("GET", "/gateway/bot")
async def _gateway(discord: Discord, **_: Any):
    limits = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": discord.at_once}
    return 200, {"url": discord.gateway_url, "shards": 1, "session_start_limit": limits}


@route("PUT", r"/applications/(\d+)/commands")
async def _sync(discord: Discord, application: int, data: Any, **_: Any):
    refused = discord.refuse(command_faults(data), {"commands": data})
    if refused:
        return refused
    discord.syncs += 1
    discord.commands = data
    return 200, data


@route("GET", r"/applications/(\d+)/commands")
async def _commands(discord: Discord, application: int, **_: Any):
    return 200, discord.commands


@route("GET", "/users/@me/guilds")
async def _guilds(discord: Discord, **_: Any):
    harbour = {"id": str(GUILD), "name": "Harbour", "permissions": str(discord.guild_permissions)}
    return 200, [harbour] if discord.in_servers else []


# --- channels ----------------------------------------------------------------------------------------------
@route("POST", r"/channels/(\d+)/messages")
async def _create(discord: Discord, channel: int, data: Json, files: Any, **_: Any):
    refused = discord.refuse(message_faults(data, files, False), data)
    if refused:
        return refused
    known = discord.nonces.get(str(data.get("nonce")))
    if known is not None and data.get("enforce_nonce"):
        return 200, known
    message = discord.put(channel, data, files)
    if data.get("nonce"):
        discord.nonces[str(data["nonce"])] = message
    return 200, message


@route("PATCH", r"/channels/(\d+)/messages/(\d+)")
async def _edit(discord: Discord, channel: int, message: int, data: Json, files: Any, **_: Any):
    found = discord.messages.get(message)
    if found is None or found["channel_id"] != str(channel) or found["flags"] & EPHEMERAL:
        return GONE
    refused = discord.refuse(message_faults(data, files, True), data)
    return refused or (200, discord.edit(found, data, files))


@route("DELETE", r"/channels/(\d+)/messages/(\d+)")
async def _delete(discord: Discord, channel: int, message: int, **_: Any):
    return (204, None) if discord.messages.pop(message, None) else GONE


@route("GET", r"/channels/(\d+)/messages")
async def _history(discord: Discord, channel: int, query: Any, **_: Any):
    all_said = [m for m in discord.messages.values() if m["channel_id"] == str(channel)]
    older = [m for m in all_said if int(m["id"]) < int(query.get("before", 1 << 63))]
    older.sort(key=lambda m: int(m["id"]), reverse=True)
    return 200, older[: int(query.get("limit", 50))]


@route("GET", r"/channels/(\d+)")
async def _channel(discord: Discord, channel: int, **_: Any):
    owner = next((u for u, c in discord.direct.items() if c == channel), None)
    if owner is None:
        return 404, {"code": 10003, "message": "Unknown Channel"}
    said = [m["id"] for m in discord.messages.values() if m["channel_id"] == str(channel)]
    last = max(said, key=int, default=None)
    return 200, {
        "id": str(channel),
        "type": 1,
        "recipients": [user(owner, f"u{owner}")],
        "last_message_id": last,
    }


@route("POST", r"/channels/(\d+)/typing")
async def _typing(discord: Discord, channel: int, **_: Any):
    return 204, None


@route("POST", "/users/@me/channels")
async def _direct(discord: Discord, data: Json, **_: Any):
    recipient = int(data["recipient_id"])
    channel = discord.direct.setdefault(recipient, 5000 + recipient)
    return 200, {"id": str(channel), "type": 1, "recipients": [user(recipient, f"u{recipient}")]}


@route("GET", r"/guilds/(\d+)/roles")
async def _roles(discord: Discord, guild: int, **_: Any):
    return 200, [
        role for name, payload in discord.gateway.first if name == "GUILD_CREATE" for role in payload["roles"]
    ]


@route("PUT", r"/guilds/(\d+)/members/(\d+)/roles/(\d+)")
async def _grant(discord: Discord, guild: int, member: int, role: int, **_: Any):
    discord.roles.append(("grant", member, role))
    return 204, None


@route("DELETE", r"/guilds/(\d+)/members/(\d+)/roles/(\d+)")
async def _revoke(discord: Discord, guild: int, member: int, role: int, **_: Any):
    discord.roles.append(("revoke", member, role))
    return 204, None


# --- interactions ------------------------------------------------------------------------------------------
@route("POST", r"/interactions/(\d+)/(\w+)/callback")
async def _callback(discord: Discord, id: int, token: str, data: Json, **_: Any):
    asked = discord.asked.get(token)
    if asked is None or asked.id != id or time.monotonic() - asked.sent > 3:
        return 404, {"code": 10062, "message": "Unknown interaction"}
    if asked.acknowledged is not None:
        return 400, {"code": 40060, "message": "Interaction has already been acknowledged."}
    kind, body = data["type"], data.get("data") or {}
    faults = modal_faults(body) if kind == 9 else message_faults(
        {"allowed_mentions": {"parse": []}, **body}, [], True) if kind == 4 else []  # fmt: skip
    refused = discord.refuse(faults, data)
    if refused:
        return refused
    asked.acknowledged, asked.kind = time.monotonic(), kind
    asked.ephemeral = bool((body.get("flags") or 0) & EPHEMERAL)
    if kind in (4, 5):
        asked.original = discord.put(asked.channel, {**body, "allowed_mentions": {"parse": []}}, [])
        asked.original["thinking"] = kind == 5
    elif kind == 6:
        asked.original = asked.message
    elif kind == 9:
        asked.modal = body
    return 200, {"interaction": {"id": str(id), "type": 2}}


def _asked(discord: Discord, application: int, token: str) -> Any:
    asked = discord.asked.get(token)
    dead = asked is None or application != APPLICATION or asked.expired or asked.acknowledged is None
    return None if dead else asked


@route("POST", r"/webhooks/(\d+)/(\w+)")
async def _follow(discord: Discord, application: int, token: str, data: Json, files: Any, **_: Any):
    asked = _asked(discord, application, token)
    if asked is None:
        return NO_TOKEN
    refused = discord.refuse(message_faults(data, files, False), data)
    if refused:
        return refused
    if asked.original is not None and asked.original.get("thinking"):  # such a send fills what was promised
        asked.original["thinking"] = False
        return 200, discord.edit(asked.original, data, files)
    message = discord.put(asked.channel, data, files)
    asked.followups.append(message)
    return 200, message


@route("PATCH", r"/webhooks/(\d+)/(\w+)/messages/(@original|\d+)")
async def _hook_edit(
    discord: Discord, application: int, token: str, which: Any, data: Json, files: Any, **_: Any
):
    asked = _asked(discord, application, token)
    if asked is None:
        return NO_TOKEN
    mine = {int(m["id"]): m for m in asked.followups} | (
        {int(asked.original["id"]): asked.original} if asked.original else {}
    )
    message = asked.original if which == "@original" else mine.get(which)
    if message is None or int(message["id"]) not in discord.messages:
        return GONE
    refused = discord.refuse(message_faults(data, files, True), data)
    if refused:
        return refused
    message["thinking"] = False
    return 200, discord.edit(message, data, files)


@route("DELETE", r"/webhooks/(\d+)/(\w+)/messages/@original")
async def _withdraw(discord: Discord, application: int, token: str, **_: Any):
    asked = _asked(discord, application, token)
    if asked is None or asked.original is None:
        return NO_TOKEN
    discord.messages.pop(int(asked.original["id"]), None)
    asked.original = None
    return 204, None


def said_by(discord: Discord, message: Json) -> int:
    """Keep a member's message; return its id."""
    id = int(message.get("id") or snowflake())
    discord.messages[id] = {**message, "id": str(id), "flags": message.get("flags", 0), "edits": []}
    return id
