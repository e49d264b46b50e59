"""What a serving house works with: keys, the queue and its like over one Redis, counters, and where events and messages go."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import ModuleType

from bot_adapters.web import WebFace, WebOptions
from bot_adapters.web.operators import Watched
from bot_app.compose_base import Base, open_engine
from bot_app.compose_douyin import is_mini_program
from bot_app.extensions import loaded
from bot_app.first_run import PagePlaces
from bot_app.metrics import CountedOutbox, CountRecords, Counts
from bot_app.secrets_store import Secrets, open_secrets
from bot_app.settings import Settings
from bot_app.stored_files import files_of
from bot_app.traces import TracedOutbox, Traces, open_traces
from bot_core.conversation import Context, Face
from bot_core.dispatch import BoundPlaces
from bot_core.identity import Origin
from bot_core.ports.media import Files
from bot_queue.connection import Store
from bot_queue.frames import RedisFrameLog
from bot_queue.jobs import RedisJobQueue
from bot_queue.journal import RedisJournal
from bot_queue.limits import RedisBudget, RedisLimiter, RedisLocks
from bot_queue.notes import RedisNotes
from bot_queue.outbox import RedisOutbox


@dataclass(frozen=True, slots=True)
class Working:
    """``faces`` is filled as platforms are opened; ``worker`` names this process."""

    settings: Settings
    base: Base
    keys: Secrets
    store: Store
    url: str
    worker: str
    faces: dict[str, Face]
    journal: RedisJournal
    outbox: RedisOutbox
    queue: RedisJobQueue
    notes: RedisNotes
    budget: RedisBudget
    limiter: RedisLimiter
    locks: RedisLocks
    frames: RedisFrameLog
    files: Files
    registry: Watched
    counts: Counts
    traces: Traces | None
    context: Context
    places: PagePlaces
    extensions: list[ModuleType]


async def open_working(stack: AsyncExitStack, settings: Settings, base: Base) -> Working:
    """Open the engine and all that stands on it, for as long as the stack lasts. Raises EngineDown, StartRefused."""
    extensions = loaded(settings.extensions)
    keys = open_secrets(settings)
    store, url = await open_engine(stack, settings)
    worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    faces: dict[str, Face] = {}
    journal, outbox = RedisJournal(store), RedisOutbox(store, faces, base.ledger, worker)
    if not settings.redis_url:  # nobody else can hold a lease: what a killed owner left goes on at once
        await journal.abandon(None)
        await outbox.abandon(None)
    registry = Watched(settings.metrics_token.get_secret_value() if settings.metrics_token else "")
    counts = Counts(registry)
    logging.getLogger().addHandler(records := CountRecords(counts))
    stack.callback(logging.getLogger().removeHandler, records)
    traces = await stack.enter_async_context(open_traces(str(settings.otlp_url or "")))
    counted = CountedOutbox(outbox, counts)
    sends = TracedOutbox(counted, traces) if traces is not None else counted
    return Working(
        settings=settings,
        base=base,
        keys=keys,
        store=store,
        url=url,
        worker=worker,
        faces=faces,
        journal=journal,
        outbox=outbox,
        queue=RedisJobQueue(store),
        notes=RedisNotes(store),
        budget=RedisBudget(store),
        limiter=RedisLimiter(store),
        locks=RedisLocks(store),
        frames=RedisFrameLog(store),
        files=files_of(settings),
        registry=registry,
        counts=counts,
        traces=traces,
        context=Context(sends, keys.signer, faces),
        places=PagePlaces(BoundPlaces(base.ledger, base.clock.monotonic), base.current, _is_page),
        extensions=extensions,
    )


def _is_page(origin: Origin) -> bool:
    page = origin.platform == WebFace.platform and origin.place == WebOptions().place
    return page or is_mini_program(origin)
