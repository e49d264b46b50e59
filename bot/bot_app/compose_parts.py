"""Smaller parts of the house: what the web server is told, what is checked, what runs in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from bot_adapters.web import WebOptions
from bot_app.knowledge_remote import AnyKnowledge
from bot_app.settings import Settings
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled, Handler
from bot_core.events import Incoming
from bot_core.identity import ADMIN
from bot_core.middleware import LimitPersons, ModerateIncoming
from bot_core.ports.ledger import Ledger
from bot_core.ports.work import Limiter, Rate
from bot_handlers.imagine.options import EXAMPLES
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
        hosts=(*settings.allowed_hosts, *_webhook_hosts(settings)),
        origins=tuple(settings.allowed_origins),
        forwarded=settings.behind_proxy,
        question=settings.question_characters,
        upload_bytes=settings.document_bytes,
        attachment_bytes=settings.upload_bytes,
        images=True,
        gallery_shared=settings.gallery_shared,
        voice=voice,
        prompts=EXAMPLES,
        connections=settings.connections,
        per_address=settings.connections_per_address,
    )


def _webhook_hosts(settings: Settings) -> tuple[str, ...]:
    """Return the host that a platform calls us by."""
    host = urlsplit(str(settings.telegram_webhook_url or "")).hostname
    return (host,) if host else ()


def checks(store: Store, ledger: Ledger) -> dict[str, Callable[[], Awaitable[None]]]:
    async def database() -> None:
        await ledger.communities()

    async def redis() -> None:
        await store.call("PING")

    return {"redis": redis, "database": database}


@dataclass(frozen=True, slots=True)
class Admins:
    """Persons whom the settings make admins everywhere."""

    persons: frozenset[str]

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        if incoming.person.id in self.persons:
            incoming = replace(incoming, roles=incoming.roles | {ADMIN})
        return await inner(incoming, conversation)


@asynccontextmanager
async def background(knowledge: AnyKnowledge) -> AsyncIterator[None]:
    async def work() -> None:
        await knowledge.warm()  # so that the first question need not wait for the models
        await knowledge.run_background()

    task = asyncio.create_task(work(), name="knowledge-background")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
