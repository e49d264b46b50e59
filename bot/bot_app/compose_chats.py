"""The chat platforms that are set up: their faces, and when each of their parts opens.

The libraries of a platform are imported where its token is set, and not otherwise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from bot_app.settings import Settings
from bot_core.commands import Command
from bot_core.conversation import Face
from bot_core.dispatch import Places
from bot_core.forms import Forms
from bot_core.identity import Locale, Origin, Person
from bot_core.intake import Intake
from bot_core.ports.ledger import Ledger
from bot_core.ports.media import Files
from bot_core.ports.members import Members, Speaking
from bot_core.ports.safety import Clock
from bot_core.ports.work import Limiter, Locks, Notes
from bot_core.tokens import Signer
from bot_safety import tame

if TYPE_CHECKING:
    from bot_adapters.discord import DiscordOptions
    from bot_adapters.telegram import TelegramOptions

Opens = Callable[[], AbstractAsyncContextManager[object]]
Locales = Callable[[Person, Origin], Awaitable[Locale | None]]

MOST_FROM_TELEGRAM = 20_000_000  # bytes that its own server lets bots download


@dataclass(frozen=True, slots=True)
class ChatNeeds:
    """What every chat platform is given."""

    settings: Settings
    signer: Signer
    places: Places
    forms: Forms
    speaking: Speaking
    commands: Sequence[Command]
    files: Files
    notes: Notes
    limiter: Limiter
    locks: Locks
    clock: Clock
    ledger: Ledger
    locales: Locales
    speaks: bool


@dataclass(slots=True)
class Chats:
    """``before`` opens before the outbox's pump, ``after`` when events are taken."""

    faces: dict[str, Face] = field(default_factory=dict)
    members: dict[str, Members] = field(default_factory=dict)
    before: list[Opens] = field(default_factory=list)
    after: list[Opens] = field(default_factory=list)
    routes: list[web.RouteDef] = field(default_factory=list)


def open_chats(needs: ChatNeeds, intake: Intake) -> Chats:
    """Return the platforms that have a token. Raises MissingExtra where a library is not installed."""
    chats = Chats()
    if needs.settings.telegram_token:
        _telegram(chats, needs, intake)
    if needs.settings.discord_token:
        _discord(chats, needs, intake)
    return chats


def _telegram(chats: Chats, needs: ChatNeeds, intake: Intake) -> None:
    from bot_adapters.telegram import TelegramAdapter

    async def moved(platform: str, old: str, new: str) -> None:
        community = await needs.ledger.bound(platform, old)
        if community is not None:
            await needs.ledger.bind(platform, new, community)

    settings = needs.settings
    assert settings.telegram_token is not None
    adapter = TelegramAdapter(
        settings.telegram_token.get_secret_value(),
        signer=needs.signer,
        places=needs.places,
        forms=needs.forms,
        speaking=needs.speaking,
        commands=needs.commands,
        files=needs.files,
        notes=needs.notes,
        limiter=needs.limiter,
        locks=needs.locks,
        clock=needs.clock,
        tame=tame,
        moved=moved,
        locales=needs.locales,
        options=telegram_options(settings, speaks=needs.speaks),
    )
    chats.faces[adapter.face.platform] = adapter.face
    chats.members[adapter.face.platform] = adapter.members
    chats.before.append(adapter.connected)
    chats.after.append(lambda: adapter.open(intake.accept))
    if settings.telegram_webhook_url:
        chats.routes += adapter.routes()


def telegram_options(settings: Settings, *, speaks: bool = False) -> TelegramOptions:
    """Return the adapter's options."""
    from bot_adapters.telegram import TelegramOptions
    from bot_adapters.telegram.options import API

    secret = settings.telegram_webhook_secret
    return TelegramOptions(
        api_url=str(settings.telegram_api_url or API),
        file_url=str(settings.telegram_file_url or ""),
        webhook_url=str(settings.telegram_webhook_url or ""),
        webhook_secret=secret.get_secret_value() if secret else "",
        admins=frozenset(
            int(name.partition(":")[2]) for name in settings.admins if name.startswith("telegram:")
        ),
        helpers=tuple(settings.telegram_helpers),
        locale=Locale.parse(settings.locale, Locale.EN),
        label=settings.label_answers,
        speaks=speaks,
        download=settings.upload_bytes
        if settings.telegram_api_url
        else min(settings.upload_bytes, MOST_FROM_TELEGRAM),
    )


def _discord(chats: Chats, needs: ChatNeeds, intake: Intake) -> None:
    from bot_adapters.discord import DiscordParts, DiscordServer

    settings = needs.settings
    assert settings.discord_token is not None
    options = discord_options(settings, speaks=needs.speaks)
    parts = DiscordParts(
        notes=needs.notes, files=needs.files, signer=needs.signer, tame=tame, options=options
    )
    server = DiscordServer(
        settings.discord_token.get_secret_value(),
        parts,
        intake=intake,
        places=needs.places,
        speaking=needs.speaking,
        forms=needs.forms,
        commands=needs.commands,
        locks=needs.locks,
        locales=needs.locales,
    )
    chats.faces[parts.face.platform] = parts.face
    chats.members[parts.face.platform] = parts.members
    chats.before.append(lambda: server)


def discord_options(settings: Settings, *, speaks: bool = False) -> DiscordOptions:
    """Return the adapter's options."""
    from bot_adapters.discord import DiscordOptions
    from bot_adapters.discord.options import API, GATEWAY

    return DiscordOptions(
        api_url=str(settings.discord_api_url or API),
        gateway_url=str(settings.discord_gateway_url or GATEWAY),
        shards=tuple(settings.discord_shards),
        shard_count=settings.discord_shard_count or None,
        helper_role=settings.discord_helper_role,
        welcome=settings.discord_welcome,
        members=settings.discord_members,
        locale=Locale.parse(settings.locale, Locale.EN),
        label=settings.label_answers,
        speaks=speaks,
        attachments=settings.upload_bytes,
    )
