"""A house that serves: handlers, platforms and the web server over what it works with, and the order in which they start."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from aiohttp.web import RouteDef

from bot_adapters.web import Uploads, WebFace, WebServer
from bot_adapters.web.operator_api import OperatorApi
from bot_adapters.web.operator_ports import OperatorNeeds
from bot_app.boards import QueueBoards
from bot_app.compose_base import Base, first_run
from bot_app.compose_chats import ChatNeeds, Chats, open_chats
from bot_app.compose_handlers import declared, forms_of
from bot_app.compose_parts import background, checks, web_options
from bot_app.compose_recordings import first_of
from bot_app.compose_rooms import Rooms, rooms_of
from bot_app.compose_voice import open_voice
from bot_app.compose_watch import LedgerReports
from bot_app.compose_working import Working, open_working
from bot_app.extensions import join_platforms
from bot_app.figures import Figures
from bot_app.local_workers import local_workers
from bot_app.metrics import counted_jobs
from bot_app.metrics_shared import Shared, loop_watched
from bot_app.settings import Settings
from bot_app.traces import traced_jobs
from bot_app.watching import watching
from bot_core.dispatch import Dispatcher
from bot_core.intake import Intake
from bot_handlers.places.codes import Codes
from bot_media.labels import clean
from bot_queue.connection import Store
from bot_queue.finisher import Finisher
from bot_queue.jobs import RedisJobQueue
from bot_queue.journal import RedisJournal
from bot_queue.outbox import RedisOutbox
from bot_safety import RuleModerator


@dataclass(frozen=True, slots=True)
class Served:
    """What a serving house has besides its base."""

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


async def open_served(stack: AsyncExitStack, settings: Settings, base: Base) -> Served:
    """Open everything that serves, for as long as the stack lasts. Raises EngineDown, StartRefused."""
    working = await open_working(stack, settings, base)
    voice = await stack.enter_async_context(open_voice(settings, base.ledger, working.files))
    rooms = rooms_of(working, voice)
    live = rooms.live
    face = WebFace(working.frames, working.keys.signer, speaks=voice.speaks, speech=live)
    dispatcher = Dispatcher(
        working.context,
        working.faces,
        working.places,
        rooms.middleware,
        rooms.handlers,
        rooms.community.unbound,
    )
    platforms = [face.platform]
    intake = Intake(working.journal, dispatcher, base.clock, working.worker, platforms)
    chats = _chats(working, rooms, intake)
    working.faces.update({face.platform: face, **chats.faces})
    platforms += chats.faces
    rooms.members.update(chats.members)
    figures = _figures(working)
    operators = _operators(working, rooms, figures)
    server = _server(working, rooms, intake, face, [*chats.routes, *operators.routes])
    await first_run(base)
    await _start(stack, working, rooms, intake, chats, server)
    return Served(
        server=server,
        intake=intake,
        journal=working.journal,
        outbox=working.outbox,
        queue=working.queue,
        store=working.store,
        store_url=working.url,
        codes=rooms.community.codes,
        figures=figures,
        operators=operators,
    )


def _chats(working: Working, rooms: Rooms, intake: Intake) -> Chats:
    """Open the platforms that the settings name."""
    settings, base = working.settings, working.base
    needs = ChatNeeds(
        settings=settings,
        signer=working.keys.signer,
        places=working.places,
        forms=forms_of(rooms.handlers),
        speaking=rooms.community.speaking,
        commands=declared(rooms.handlers),
        files=working.files,
        notes=working.notes,
        limiter=working.limiter,
        locks=working.locks,
        clock=base.clock,
        ledger=base.ledger,
        locales=lambda person, origin: rooms.community.languages.locale_of(person.id),
        speaks=rooms.voice.speaks,
    )
    chats = open_chats(needs, intake)
    join_platforms(working.extensions, chats, needs, intake.accept)
    if rooms.douyin is not None:
        rooms.douyin.join(
            chats,
            needs,
            intake,
            web_options=web_options(settings, voice=rooms.voice.hears),
            clean=base.clean,
            examples=base.knowledge.answerer.examples,
            boards=QueueBoards(working.queue),
        )
    return chats


def _figures(working: Working) -> Figures:
    """Return the figures of the house, which the metrics show too."""
    base = working.base
    figures = Figures(
        base.ledger,
        base.knowledge.library,
        working.queue,
        working.store,
        working.journal,
        working.outbox,
        base.clock,
        base.knowledge.waiting,
    )
    shared = Shared(figures)
    working.registry.register(shared)
    working.registry.refresh = shared.refresh
    return figures


def _operators(working: Working, rooms: Rooms, figures: Figures) -> OperatorApi:
    base = working.base
    needs = OperatorNeeds(
        ledger=base.ledger,
        reports=LedgerReports(base.ledger, figures, base.clock),
        library=base.knowledge.library,
        answerer=base.knowledge.answerer,
        queue=working.queue,
        budget=working.budget,
        clock=base.clock,
        told=rooms.community.subscriptions.tell,
        allowance=working.settings.fast_budget[0],
    )
    return OperatorApi(needs, web_options(working.settings, voice=rooms.voice.hears))


def _server(
    working: Working, rooms: Rooms, intake: Intake, face: WebFace, routes: Sequence[RouteDef]
) -> WebServer:
    settings, base, voice = working.settings, working.base, rooms.voice
    return WebServer(
        intake=intake,
        face=face,
        ledger=base.ledger,
        signer=working.keys.signer,
        places=working.places,
        clock=base.clock,
        secret=working.keys.sessions,
        clean=base.clean,
        examples=base.knowledge.answerer.examples,
        options=web_options(settings, voice=voice.hears),
        registry=working.registry,
        boards=QueueBoards(working.queue),
        uploads=Uploads(base.knowledge.library, settings.data / "uploads"),
        checks=checks(working.store, base.ledger),
        files=working.files,
        clean_picture=clean,
        moderator=RuleModerator(base.ledger.setting),
        commands=declared(rooms.handlers),
        forms=forms_of(rooms.handlers),
        routes=routes,
        hears=voice.transcriber if voice.hears else None,
    )


async def _start(
    stack: AsyncExitStack, working: Working, rooms: Rooms, intake: Intake, chats: Chats, server: WebServer
) -> None:
    """Start in this order: what takes, what sends, what answers, what works; they stop the other way round."""
    settings, base, counts = working.settings, working.base, working.counts
    counted = counted_jobs(counts, first_of((rooms.studio.render, rooms.recordings.render)), time.time)
    render = traced_jobs(working.traces, counted, time.time)
    await stack.enter_async_context(server)
    for opens in chats.before:
        await stack.enter_async_context(opens())
    await stack.enter_async_context(working.outbox.pump())
    await stack.enter_async_context(intake.open())
    for opens in chats.after:
        await stack.enter_async_context(opens())
    await stack.enter_async_context(background(base.knowledge))
    await stack.enter_async_context(rooms.community.reminders.open())
    await stack.enter_async_context(watching(settings.watch, base.knowledge, base.ledger, base.clock))
    await stack.enter_async_context(Finisher(working.queue, base.ledger, working.outbox, render).open())
    await stack.enter_async_context(rooms.studio.follower.open())
    await stack.enter_async_context(rooms.recordings.follower.open())
    await stack.enter_async_context(loop_watched(counts))
    await stack.enter_async_context(local_workers(settings.workers, settings.data, working.url))
