"""What ``yinlu doctor`` asks of Discord: token, intents, rights, commands; and what to press where it is not right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord
from discord.http import HTTPClient, Route

from bot_adapters.discord.commands import declarations
from bot_adapters.discord.components import Json
from bot_adapters.discord.errors import CALL_ERRORS, meaning
from bot_adapters.discord.options import DiscordOptions
from bot_core.commands import Command
from bot_core.errors import Refused, YinluError
from bot_core.identity import Words

PORTAL = "https://discord.com/developers/applications"
INTENTS = (
    ("MESSAGE CONTENT INTENT", (1 << 18) | (1 << 19), True),
    ("SERVER MEMBERS INTENT", (1 << 14) | (1 << 15), False),
)
RIGHTS = {
    "View Channels": 1 << 10,
    "Send Messages": 1 << 11,
    "Embed Links": 1 << 14,
    "Attach Files": 1 << 15,
    "Read Message History": 1 << 16,
    "Send Messages in Threads": 1 << 38,
    "Send Voice Messages": 1 << 46,
    "Manage Roles": 1 << 28,
}
PERMISSIONS = sum(RIGHTS.values())  # the invite link's number
ADMINISTRATOR = 1 << 3
MOST = 50  # servers looked at


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``state`` is ``ok``, ``warning`` or ``failed``; ``todo`` says what to press."""

    id: str
    state: str
    shown: Words
    todo: Words | None = None


async def examine(token: str, options: DiscordOptions, commands: Sequence[Command] = ()) -> list[Finding]:
    """Look at an application from outside, changing nothing; never raises for what Discord says."""
    Route.BASE = options.api_url.rstrip("/")
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = (
        False  # no voice channel is joined: nothing is missing
    )
    client = discord.Client(intents=discord.Intents.none())
    async with client:
        http = client.http
        try:
            me = await http.static_login(token.strip())
        except discord.LoginFailure:
            return [_bad_token()]
        except CALL_ERRORS as error:
            return [_unreachable(meaning("login", error))]
        found = [Finding("token", "ok", _same(f"{me['username']} ({me['id']})"))]
        try:
            application = await http.request(Route("GET", "/oauth2/applications/@me"))
            found += _intents(int(application.get("flags") or 0), options)
            found += await _guilds(http, int(application["id"]), int(me["id"]))
            found.append(await _commands(http, int(application["id"]), commands))
        except CALL_ERRORS as error:
            found.append(_unreachable(meaning("examining", error)))
    return found


def invite(application: int) -> str:
    """Return the address that invites the bot with the rights it uses."""
    return (
        f"https://discord.com/oauth2/authorize?client_id={application}"
        f"&permissions={PERMISSIONS}&scope=bot+applications.commands"
    )


def _bad_token() -> Finding:
    todo = Words(
        f"在 {PORTAL} 打开应用 → Bot → Reset Token，把新令牌写进 YINLU_DISCORD_TOKEN。",
        f"At {PORTAL} open the application → Bot → Reset Token; put the new one into YINLU_DISCORD_TOKEN.",
    )
    return Finding("token", "failed", Words("令牌无效", "the token is not valid"), todo)


def _unreachable(error: YinluError) -> Finding:
    state = "warning" if isinstance(error, Refused) else "failed"
    todo = Words("检查网络和 YINLU_DISCORD_API_URL。", "Check the network and YINLU_DISCORD_API_URL.")
    return Finding("reach", state, _same(str(error)), todo)


def _intents(flags: int, options: DiscordOptions) -> list[Finding]:
    found = []
    for name, bits, always in INTENTS:
        if not always and not options.members:
            continue
        if flags & bits:
            found.append(Finding("intent", "ok", _same(name)))
            continue
        shown = Words(f"{name} 没有打开", f"{name} is off")
        todo = Words(
            f"在 {PORTAL} 打开应用 → Bot → Privileged Gateway Intents，打开 {name} 并保存。",
            f"At {PORTAL} open the application → Bot → Privileged Gateway Intents; switch {name} on and save.",
        )
        found.append(Finding("intent", "failed", shown, todo))
    return found


async def _guilds(http: HTTPClient, application: int, me: int) -> list[Finding]:
    guilds = await http.request(Route("GET", "/users/@me/guilds"), params={"limit": MOST})
    if not guilds:
        shown = Words("还没有加入任何服务器", "not in any server yet")
        todo = Words(f"打开邀请链接：{invite(application)}", f"Open the invite link: {invite(application)}")
        return [Finding("servers", "warning", shown, todo)]
    return [_rights(guild, application) for guild in guilds]


def _rights(guild: Json, application: int) -> Finding:
    have = int(guild.get("permissions") or 0)
    missing = [name for name, bit in RIGHTS.items() if not have & (bit | ADMINISTRATOR)]
    name = str(guild.get("name", guild["id"]))
    if not missing:
        return Finding("rights", "ok", _same(name))
    rights = ", ".join(missing)
    todo = Words(
        f"服务器设置 → 身份组 → 机器人的身份组 → 打开 {rights}；或重新打开邀请链接：{invite(application)}",
        f"Server Settings → Roles → the bot's role → switch on {rights}; or open the invite link again: "
        f"{invite(application)}",
    )
    return Finding("rights", "warning", Words(f"{name}：缺少 {rights}", f"{name}: lacks {rights}"), todo)


async def _commands(http: HTTPClient, application: int, commands: Sequence[Command]) -> Finding:
    path = "/applications/{application_id}/commands"
    there = await http.request(Route("GET", path, application_id=application))
    wanted = {(command["type"], command["name"]) for command in declarations(commands)}
    have = {(command.get("type", 1), command["name"]) for command in there}
    if wanted == have:
        return Finding(
            "commands", "ok", Words(f"{len(have)} 个命令已注册", f"{len(have)} commands registered")
        )
    names = ", ".join(sorted(name for _, name in wanted ^ have))
    shown = Words(f"命令还没有同步：{names}", f"commands not in step: {names}")
    todo = Words("启动 yinlu，它会自己注册命令。", "Start yinlu: it registers them by itself.")
    return Finding("commands", "warning", shown, todo)


def _same(text: str) -> Words:
    return Words(text, text)
