"""The one place that names every concrete class: rooms are put together here, and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass

from bot_adapters.web import Uploads, WebFace, WebOptions, WebServer
from bot_adapters.web.operator_api import OperatorApi
from bot_adapters.web.operator_ports import OperatorNeeds
from bot_adapters.web.operators import Watched
from bot_app.backup import backed
from bot_app.boards import QueueBoards
from bot_app.cli_admin import admin_operations
from bot_app.compose_chats import ChatNeeds, open_chats
from bot_app.compose_douyin import DouyinHome, is_mini_program, open_douyin
from bot_app.compose_handlers import declared, forms_of, ordered
from bot_app.compose_models import ModelParts, open_models
from bot_app.compose_parts import Admins, background, checks, limits, moderation, web_options
from bot_app.compose_studio import files_of, open_studio
from bot_app.compose_voice import open_voice
from bot_app.compose_watch import LedgerReports, watch_operations
from bot_app.document_operations import page_link
from bot_app.engine_valkey import embedded_valkey
from bot_app.figures import Figures
from bot_app.first_run import PagePlaces, load_handbook, settle_communities
from bot_app.live_speech import LiveSpeech
from bot_app.local_workers import local_workers
from bot_app.metrics import CountedOutbox, CountEvents, CountPresses, CountRecords, Counts, counted_jobs
from bot_app.metrics_shared import Shared, loop_watched
from bot_app.operations import CurrentCommunity, Line, Operation, Operations
from bot_app.owner import Owner
from bot_app.queue_operations import QueueOperations
from bot_app.secrets_store import open_secrets
from bot_app.settings import Settings
from bot_app.watching import watching
from bot_core.clock import SystemClock
from bot_core.conversation import Context, Face
from bot_core.dispatch import BoundPlaces, Dispatcher, Middleware
from bot_core.identity import Origin
from bot_core.intake import Intake
from bot_core.middleware import VerifyPresses
from bot_core.ports.members import Members
from bot_core.ports.safety import Fetcher
from bot_handlers.community import community_parts
from bot_handlers.people.ruled import Allowances, Blocked, Tallies
from bot_handlers.places.codes import Codes
from bot_handlers.status import StatusHandler
from bot_knowledge import Knowledge, KnowledgeOptions, open_knowledge
from bot_knowledge.samples import handbook
from bot_ledger import SqlLedger, sqlite_url
from bot_queue.connection import Store, open_store
from bot_queue.finisher import Finisher
from bot_queue.frames import RedisFrameLog
from bot_queue.jobs import RedisJobQueue
from bot_queue.journal import RedisJournal
from bot_queue.limits import MemoryLimiter, RedisBudget, RedisLimiter, RedisLocks
from bot_queue.notes import RedisNotes
from bot_queue.outbox import RedisOutbox
from bot_safety import SafeFetcher, clean_text

log = logging.getLogger(__name__)


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
        base = await _open_base(stack, settings)
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
        served = await _serve(stack, settings, base)
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
async def _queue_alone(settings: Settings) -> AsyncIterator[RedisJobQueue]:
    """Open the queue for a command that runs without a house."""
    async with AsyncExitStack() as stack:
        store, _ = await _open_engine(stack, settings)
        yield RedisJobQueue(store)


async def _open_engine(stack: AsyncExitStack, settings: Settings) -> tuple[Store, str]:
    """Return the Redis of the settings, or the embedded Valkey, and where it is."""
    url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    if not url:
        url = await stack.enter_async_context(embedded_valkey(settings))
    return await stack.enter_async_context(open_store(url)), url


@dataclass(frozen=True, slots=True)
class Base:
    """What every command needs."""

    settings: Settings
    clock: SystemClock
    ledger: SqlLedger
    knowledge: Knowledge
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


@dataclass(frozen=True, slots=True)
class Served:
    """What a serving house has besides."""

    server: WebServer
    intake: Intake
    journal: RedisJournal
    outbox: RedisOutbox
    queue: RedisJobQueue
    store: Store
    store_url: str
    codes: Codes
    figures: Figures
    operators: OperatorApi


async def _open_base(stack: AsyncExitStack, settings: Settings) -> Base:
    clock = SystemClock()
    settings.data.mkdir(parents=True, exist_ok=True)
    url = settings.database_url.get_secret_value() if settings.database_url else sqlite_url(settings.data)
    ledger = await stack.enter_async_context(SqlLedger.open(url))
    fetcher = await stack.enter_async_context(SafeFetcher.open())
    models = await stack.enter_async_context(open_models(settings))
    knowledge = await stack.enter_async_context(
        open_knowledge(settings.data / "knowledge", _knowledge_options(settings, fetcher, models))
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


async def _serve(stack: AsyncExitStack, settings: Settings, base: Base) -> Served:
    keys = open_secrets(settings)
    store, url = await _open_engine(stack, settings)
    worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    faces: dict[str, Face] = {}
    journal, outbox = RedisJournal(store), RedisOutbox(store, faces, base.ledger, worker)
    if not settings.redis_url:  # nobody else can hold a lease: what a killed owner left goes on at once
        await journal.abandon(None)
        await outbox.abandon(None)
    places = PagePlaces(BoundPlaces(base.ledger, base.clock.monotonic), base.current, _is_page)
    voice = await stack.enter_async_context(open_voice(settings, base.ledger, files_of(settings)))
    live = LiveSpeech(voice.synthesizer, voice.speak) if voice.speaks else None
    face = WebFace(RedisFrameLog(store), keys.signer, speaks=voice.speaks, speech=live)
    registry = Watched(settings.metrics_token.get_secret_value() if settings.metrics_token else "")
    counts = Counts(registry)
    logging.getLogger().addHandler(records := CountRecords(counts))
    stack.callback(logging.getLogger().removeHandler, records)
    context = Context(CountedOutbox(outbox, counts), keys.signer, faces)
    queue, notes, budget = RedisJobQueue(store), RedisNotes(store), RedisBudget(store)
    limiter, files = RedisLimiter(store), files_of(settings)
    studio = open_studio(settings, queue, base.ledger, notes, budget, base.clock, context, worker)
    members: dict[str, Members] = {}
    community = community_parts(
        context,
        base.ledger,
        base.knowledge.library,
        base.knowledge.answerer,
        limiter,
        notes,
        base.clock,
        members,
        files,
        settings.data,
    )
    douyin = open_douyin(
        settings,
        DouyinHome(
            frames=RedisFrameLog(store),
            signer=keys.signer,
            places=places,
            files=files,
            notes=notes,
            limiter=limiter,
            locks=RedisLocks(store),
            clock=base.clock,
            secret=keys.sessions,
            speech=live,
            speaks=voice.speaks,
        ),
    )
    house_judge = moderation(settings, base.ledger)
    judge = douyin.judge(house_judge) if douyin is not None else house_judge
    first: tuple[Middleware, ...] = (
        CountEvents(counts),
        *community.before,
        Tallies(base.ledger, base.clock),
        Blocked(base.ledger, notes),
        Allowances(base.ledger, budget, base.clock, settings.fast_budget),
        Admins(frozenset(settings.admins)),
    )
    middleware: tuple[Middleware, ...] = (
        *first,
        VerifyPresses(keys.signer),
        CountPresses(counts),
        limits(settings, limiter),
        judge,
    )
    handlers = ordered(base, studio, community, voice, judge, StatusHandler(queue))
    dispatcher = Dispatcher(context, faces, places, middleware, handlers, community.unbound)
    platforms = [face.platform]
    intake = Intake(journal, dispatcher, base.clock, worker, platforms)
    needs = ChatNeeds(
        settings=settings,
        signer=keys.signer,
        places=places,
        forms=forms_of(handlers),
        speaking=community.speaking,
        commands=declared(handlers),
        files=files,
        notes=notes,
        limiter=limiter,
        locks=RedisLocks(store),
        clock=base.clock,
        ledger=base.ledger,
        locales=lambda person, origin: community.languages.locale_of(person.id),
        speaks=voice.speaks,
    )
    chats = open_chats(needs, intake)
    if douyin is not None:
        douyin.join(
            chats,
            needs,
            intake,
            web_options=web_options(settings, voice=voice.hears),
            clean=base.clean,
            examples=base.knowledge.answerer.examples,
            boards=QueueBoards(queue),
        )
    faces.update({face.platform: face, **chats.faces})
    platforms += chats.faces
    members.update(chats.members)
    figures = Figures(
        base.ledger,
        base.knowledge.library,
        queue,
        store,
        journal,
        outbox,
        base.clock,
        base.knowledge.waiting,
    )
    shared = Shared(figures)
    registry.register(shared)
    registry.refresh = shared.refresh
    web = web_options(settings, voice=voice.hears)
    operators = OperatorApi(
        OperatorNeeds(
            ledger=base.ledger,
            reports=LedgerReports(base.ledger, figures, base.clock),
            library=base.knowledge.library,
            answerer=base.knowledge.answerer,
            queue=queue,
            budget=budget,
            clock=base.clock,
            told=community.subscriptions.tell,
            allowance=settings.fast_budget,
        ),
        web,
    )
    server = WebServer(
        intake=intake,
        face=face,
        ledger=base.ledger,
        signer=keys.signer,
        places=places,
        clock=base.clock,
        secret=keys.sessions,
        clean=base.clean,
        examples=base.knowledge.answerer.examples,
        options=web,
        registry=registry,
        boards=QueueBoards(queue),
        uploads=Uploads(base.knowledge.library, settings.data / "uploads"),
        checks=checks(store, base.ledger),
        files=files,
        commands=declared(handlers),
        forms=forms_of(handlers),
        routes=[*chats.routes, *operators.routes],
        hears=voice.transcriber if voice.hears else None,
    )
    await _first_run(base)
    await stack.enter_async_context(server)
    for opens in chats.before:
        await stack.enter_async_context(opens())
    await stack.enter_async_context(outbox.pump())
    await stack.enter_async_context(intake.open())
    for opens in chats.after:
        await stack.enter_async_context(opens())
    await stack.enter_async_context(background(base.knowledge))
    await stack.enter_async_context(community.reminders.open())
    await stack.enter_async_context(watching(settings.watch, base.knowledge, base.ledger, base.clock))
    await stack.enter_async_context(
        Finisher(queue, base.ledger, outbox, counted_jobs(counts, studio.render, time.time)).open()
    )
    await stack.enter_async_context(studio.follower.open())
    await stack.enter_async_context(loop_watched(counts))
    await stack.enter_async_context(local_workers(settings.workers, settings.data, url))
    return Served(server, intake, journal, outbox, queue, store, url, community.codes, figures, operators)


async def _first_run(base: Base) -> None:
    """Load the handbook where nothing is loaded yet; the page is served when it can answer."""
    result = await load_handbook(base.knowledge, handbook())
    if result is not None and result.added:
        log.info("the sample handbook is loaded", extra={"documents": result.added})


def _is_page(origin: Origin) -> bool:
    page = origin.platform == WebFace.platform and origin.place == WebOptions().place
    return page or is_mini_program(origin)


def _status(base: Base, served: Served | None) -> Callable[[], Awaitable[Line]]:
    async def status() -> Line:
        line: Line = {"pid": os.getpid(), "community": await base.current.name()}
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
