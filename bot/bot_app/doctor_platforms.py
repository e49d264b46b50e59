"""Checks of ``yinlu doctor`` that ask the chat platforms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from bot_app.doctor_state import Check, State, same
from bot_app.settings import Settings
from bot_core.errors import MissingExtra
from bot_core.identity import Words

NONE = Words("未配置", "not configured")
LATER = Words("已配置，但这个版本还用不上", "configured, but this version does not use it yet")


async def platforms(settings: Settings) -> AsyncIterator[Check]:
    """Yield what was found of each platform; one that is not set up is told, never a failure."""
    for check in (*await _telegram(settings), *await _discord(settings)):
        yield check
    douyin = settings.douyin_secret
    yield Check("douyin", same("Douyin"), "info", LATER if douyin else NONE, configured=douyin is not None)


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


def _check(platform: str, name: Words, finding: Any, shown: Words) -> Check:  # noqa: ANN401 - each platform's own Finding
    todo: Words | None = finding.todo if finding.todo and finding.todo.en else None
    state = cast(
        "State", finding.state if finding.state in ("ok", "info", "warning", "failed") else "warning"
    )
    reachable = state != "failed" if finding.id == "token" else None
    return Check(f"{platform}.{finding.id}", name, state, shown, todo, reachable=reachable)
