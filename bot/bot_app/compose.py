"""The one place where a house is put together; ``compose_*`` beside it name the concrete classes of its parts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass

from bot_app.backup import backed
from bot_app.cli_admin import admin_operations
from bot_app.compose_base import Base, first_run, open_base, open_engine
from bot_app.compose_parts import background
from bot_app.compose_serve import Served, open_served
from bot_app.compose_watch import watch_operations
from bot_app.document_operations import page_link
from bot_app.knowledge_api import serving_knowledge
from bot_app.operations import Line, Operation
from bot_app.owner import Owner
from bot_app.queue_operations import QueueOperations
from bot_app.settings import Settings
from bot_app.watching import watching
from bot_handlers.places.codes import Codes
from bot_knowledge import Knowledge
from bot_queue.jobs import RedisJobQueue
from bot_queue.limits import MemoryLimiter


@dataclass(frozen=True, slots=True)
class House:
    """A house that stands: its operations, and where it can be reached (empty when it does not serve)."""

    operations: Mapping[str, Operation]
    urls: tuple[str, ...] = ()

    async def run_until(self, stop: asyncio.Event) -> None:
        """Stand until ``stop`` is set; everything runs in tasks of its own."""
        await stop.wait()


@asynccontextmanager
async def open_house(settings: Settings, owner: Owner, *, serve: bool) -> AsyncIterator[House]:
    """Open ledger and knowledge; with ``serve`` also the engines, the faces and the intake.

    Raises StartRefused, EngineDown or StorageFull before anything is served.
    """
    async with AsyncExitStack() as stack:
        base = await open_base(stack, settings)
        if not serve:
            queue = QueueOperations(lambda: _queue_alone(settings), base.clock, "")
            page = page_link((), None)
            admin = admin_operations(base.ledger, base.clock, Codes(base.ledger, MemoryLimiter(), base.clock))
            backup = backed(settings, base.clock, None, base.knowledge.held).names
            yield House(
                {
                    **base.operations(_status(base, None)),
                    **queue.names,
                    **admin,
                    **backup,
                    **watch_operations(None, (), None),
                    "page": page,
                }
            )
            return
        served = await open_served(stack, settings, base)
        queue = QueueOperations(lambda: nullcontext(served.queue), base.clock, served.store_url)
        page = page_link(served.server.urls, served.server.tickets.make)
        admin = admin_operations(base.ledger, base.clock, served.codes)
        backup = backed(settings, base.clock, served.store, base.knowledge.held).names
        watch = watch_operations(served.figures, served.server.urls, served.operators.sessions.ticket)
        names = {
            **base.operations(_status(base, served)),
            **queue.names,
            **admin,
            **backup,
            **watch,
            "page": page,
        }
        yield House(names, tuple(served.server.urls))


@asynccontextmanager
async def open_owner(settings: Settings, owner: Owner) -> AsyncIterator[House]:
    """Open the documents alone, and serve them to gateways: reading, embedding, watching, answering.

    Raises StartRefused, EngineDown or StorageFull before anything is served.
    """
    settings = settings.model_copy(update={"knowledge_url": None})
    async with AsyncExitStack() as stack:
        base = await open_base(stack, settings)
        assert isinstance(base.knowledge, Knowledge)
        await first_run(base)
        url = await stack.enter_async_context(serving_knowledge(settings, base.knowledge))
        await stack.enter_async_context(background(base.knowledge))
        await stack.enter_async_context(watching(settings.watch, base.knowledge, base.ledger, base.clock))
        backup = backed(settings, base.clock, None, base.knowledge.held).names
        status = _status(base, None, {"urls": [url]})
        yield House({**base.operations(status), **backup}, (url,))


@asynccontextmanager
async def _queue_alone(settings: Settings) -> AsyncIterator[RedisJobQueue]:
    """Open the queue for a command that runs without a house."""
    async with AsyncExitStack() as stack:
        store, _ = await open_engine(stack, settings)
        yield RedisJobQueue(store)


def _status(base: Base, served: Served | None, more: Line | None = None) -> Callable[[], Awaitable[Line]]:
    async def status() -> Line:
        line: Line = {"pid": os.getpid(), "community": await base.current.name(), **(more or {})}
        if served is not None:
            journal, outbox = await served.journal.counts(), await served.outbox.counts()
            line |= {
                "urls": list(served.server.urls),
                "journal": {"waiting": journal.waiting, "running": journal.running},
                "outbox": {"pending": outbox.pending, "uncertain": outbox.uncertain, "failed": outbox.failed},
                "embedding": dict(await base.knowledge.waiting()),
            }
        return line

    return status
