"""Smaller parts of the house: what the web server is told, what is checked, what runs in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot_adapters.web import WebOptions
from bot_app.settings import Settings
from bot_core.dispatch import Places
from bot_core.identity import Locale, Origin, Person
from bot_core.middleware import LimitPersons, ModerateIncoming
from bot_core.ports.ledger import Ledger
from bot_core.ports.members import SpeakMode
from bot_core.ports.work import Limiter, Rate
from bot_handlers.imagine.options import EXAMPLES
from bot_knowledge import Knowledge
from bot_queue.connection import Store
from bot_safety import Guarded, RuleModerator


def moderation(settings: Settings, ledger: Ledger) -> ModerateIncoming:
    """Return the judge of what members send."""
    return ModerateIncoming(Guarded(RuleModerator(ledger.setting), closed=settings.moderation_closed))


def limits(settings: Settings, limiter: Limiter) -> LimitPersons:
    """Return how often one person may ask and press."""
    words, presses = Rate(settings.words_per_minute, 60.0), Rate(settings.presses_per_minute, 60.0)
    return LimitPersons(limiter, words, presses)


def web_options(settings: Settings, *, voice: bool) -> WebOptions:
    return WebOptions(
        host=settings.host,
        port=settings.port,
        hosts=tuple(settings.allowed_hosts),
        origins=tuple(settings.allowed_origins),
        forwarded=settings.behind_proxy,
        question=settings.question_characters,
        upload_bytes=settings.document_bytes,
        images=True,
        voice=voice,
        prompts=EXAMPLES,
        connections=settings.connections,
        per_address=settings.connections_per_address,
    )


def checks(store: Store, ledger: Ledger) -> dict[str, Callable[[], Awaitable[None]]]:
    async def database() -> None:
        await ledger.communities()

    async def redis() -> None:
        await store.call("PING")

    return {"redis": redis, "database": database}


@dataclass(frozen=True, slots=True)
class SettingsOfPlaces:
    """Where the bot speaks and what language a member chose, as communities' settings hold them."""

    ledger: Ledger
    places: Places

    async def mode(self, origin: Origin) -> SpeakMode:
        """Return when the bot answers at ``origin``."""
        kept = await self._setting(origin, f"speak:{origin.platform}:{origin.channel}")
        return SpeakMode(kept) if kept in list(SpeakMode) else SpeakMode.MENTION

    async def locale(self, person: Person, origin: Origin) -> Locale | None:
        """Return the language a member chose, None for their app's."""
        kept = await self._setting(origin, f"person:{person.id}:locale")
        return Locale(kept) if kept in list(Locale) else None

    async def _setting(self, origin: Origin, name: str) -> str | None:
        community = await self.places.community(origin)
        return await self.ledger.setting(community, name) if community else None


@asynccontextmanager
async def background(knowledge: Knowledge) -> AsyncIterator[None]:
    async def work() -> None:
        await knowledge.warm()  # so that the first question need not wait for the models
        await knowledge.run_background()

    task = asyncio.create_task(work(), name="knowledge-background")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
