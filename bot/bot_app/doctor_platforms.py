"""Checks of ``yinlu doctor`` that ask the chat platforms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from bot_app.doctor_state import Check, State, same
from bot_app.settings import Settings
from bot_core.errors import EngineDown, MissingExtra
from bot_core.identity import Words

NONE = Words("未配置", "not configured")
TAKEN = Words("两个平台令牌都拿到了", "the platform gave both of its tokens")
REFUSED = Words("平台没有给令牌：{why}", "the platform gave no token: {why}")
LOOK = Words("核对 AppID 和 AppSecret，以及到抖音的网络", "check AppID, AppSecret, and the network to Douyin")


async def platforms(settings: Settings) -> AsyncIterator[Check]:
    """Yield what was found of each platform; one that is not set up is told, never a failure."""
    for check in (*await _telegram(settings), *await _discord(settings)):
        yield check
    yield await _douyin(settings)


async def _telegram(settings: Settings) -> list[Check]:
    name = same("Telegram")
    if settings.telegram_token is None:
        return [Check("telegram", name, "info", NONE, configured=False)]
    try:
        from bot_adapters.telegram import examine
        from bot_app.compose_chats import telegram_options
    except MissingExtra as error:
        return [Check("telegram", name, "failed", error.words)]
    found = await examine(settings.telegram_token.get_secret_value(), telegram_options(settings))
    return [_check("telegram", name, one, one.found) for one in found]


async def _discord(settings: Settings) -> list[Check]:
    name = same("Discord")
    if settings.discord_token is None:
        return [Check("discord", name, "info", NONE, configured=False)]
    try:
        from bot_adapters.discord import examine
        from bot_app.compose_chats import discord_options
    except MissingExtra as error:
        return [Check("discord", name, "failed", error.words)]
    found = await examine(settings.discord_token.get_secret_value(), discord_options(settings))
    return [_check("discord", name, one, one.shown) for one in found]


async def _douyin(settings: Settings) -> Check:
    name = same("Douyin")
    if settings.douyin_secret is None or not settings.douyin_app_id:
        return Check("douyin", name, "info", NONE, configured=False)
    from bot_adapters.douyin.tokens import AppTokens
    from bot_adapters.douyin.wire import Wire
    from bot_app.compose_douyin import douyin_options
    from bot_core.clock import SystemClock
    from bot_queue.limits import MemoryLocks
    from bot_queue.notes import MemoryNotes

    options, clock = douyin_options(settings), SystemClock()
    async with Wire(options.call_seconds).open() as wire:
        tokens = AppTokens(wire, MemoryNotes(), MemoryLocks(), clock, options)
        try:
            await tokens.access()
            await tokens.client()
        except EngineDown as error:
            why = Words(REFUSED.zh.format(why=error), REFUSED.en.format(why=error))
            return Check("douyin", name, "failed", why, LOOK, reachable=False)
    return Check("douyin", name, "ok", TAKEN, reachable=True)


def _check(platform: str, name: Words, finding: Any, shown: Words) -> Check:  # noqa: ANN401 - each platform's own Finding
    todo: Words | None = finding.todo if finding.todo and finding.todo.en else None
    state = cast(
        "State", finding.state if finding.state in ("ok", "info", "warning", "failed") else "warning"
    )
    reachable = state != "failed" if finding.id == "token" else None
    return Check(f"{platform}.{finding.id}", name, state, shown, todo, reachable=reachable)
