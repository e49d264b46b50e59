"""What every command opens: the ledger, the documents and the models, and the engine when it is needed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot_app.compose_models import ModelParts, open_models
from bot_app.engine_valkey import embedded_valkey
from bot_app.first_run import load_handbook, settle_communities
from bot_app.knowledge_api import read_token
from bot_app.knowledge_remote import AnyKnowledge, open_remote
from bot_app.operations import CurrentCommunity, Line, Operation, Operations
from bot_app.settings import Settings
from bot_core.clock import SystemClock
from bot_core.ports.safety import Fetcher
from bot_knowledge import Knowledge, KnowledgeOptions, open_knowledge
from bot_knowledge.samples import handbook
from bot_ledger import SqlLedger, sqlite_url
from bot_queue.connection import Store, open_store
from bot_safety import SafeFetcher, clean_text

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Base:
    """What every command needs."""

    settings: Settings
    clock: SystemClock
    ledger: SqlLedger
    knowledge: AnyKnowledge
    current: CurrentCommunity

    def clean(self, text: str) -> str:
        """Return a question fit to be worked on; raises BadInput."""
        return clean_text(text, self.settings.question_characters)

    def operations(self, status: Callable[[], Awaitable[Line]]) -> dict[str, Operation]:
        """Return what the command line can ask for."""
        knowledge = self.knowledge
        made = Operations(
            knowledge.answerer,
            knowledge.library,
            self.ledger,
            self.clock,
            self.current,
            self.clean,
            status,
            knowledge.glossary,
        )
        return made.names


async def open_base(stack: AsyncExitStack, settings: Settings) -> Base:
    """Open what every command needs, for as long as the stack lasts. Raises EngineDown, StorageFull."""
    clock = SystemClock()
    settings.data.mkdir(parents=True, exist_ok=True)
    url = settings.database_url.get_secret_value() if settings.database_url else sqlite_url(settings.data)
    ledger = await stack.enter_async_context(SqlLedger.open(url))
    fetcher = await stack.enter_async_context(SafeFetcher.open())
    models = await stack.enter_async_context(open_models(settings))
    knowledge: AnyKnowledge = await stack.enter_async_context(
        open_remote(settings.knowledge_url, read_token(settings), clock)
        if settings.knowledge_url
        else open_knowledge(settings.data / "knowledge", _knowledge_options(settings, fetcher, models))
    )
    await settle_communities(ledger, clock, handbook())
    current = CurrentCommunity(settings.community, knowledge.library)
    return Base(settings, clock, ledger, knowledge, current)


def _knowledge_options(settings: Settings, fetcher: Fetcher, models: ModelParts) -> KnowledgeOptions:
    return KnowledgeOptions(
        embedding=settings.embedding,
        qdrant_url=settings.qdrant_url or "",
        qdrant_key=settings.qdrant_key.get_secret_value() if settings.qdrant_key else "",
        max_file_bytes=settings.document_bytes,
        max_files=settings.documents,
        question_characters=settings.question_characters,
        fetcher=fetcher,
        writing=models.writing,
        reranker=models.reranker,
        kept_answers=settings.answer_cache,
    )


async def open_engine(stack: AsyncExitStack, settings: Settings) -> tuple[Store, str]:
    """Return the Redis of the settings, or the embedded Valkey, and where it is."""
    url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    if not url:
        url = await stack.enter_async_context(embedded_valkey(settings))
    return await stack.enter_async_context(open_store(url)), url


async def first_run(base: Base) -> None:
    """Load the handbook where nothing is loaded yet; the page is served when it can answer."""
    if not isinstance(base.knowledge, Knowledge):
        return  # the owner of the documents does
    result = await load_handbook(base.knowledge, handbook())
    if result is not None and result.added:
        log.info("the sample handbook is loaded", extra={"documents": result.added})
