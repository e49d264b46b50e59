"""A studio in one process: real dispatcher, outbox, queue, worker, finisher and follower, over in-memory shelves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from yinlu_testing.core import FixedPlaces, RecordingFace, event

from bot_core.actions import Action
from bot_core.clock import SystemClock
from bot_core.conversation import Context
from bot_core.dispatch import Dispatcher
from bot_core.events import Attachment, Invoked, Pressed, Submitted
from bot_core.identity import Locale, Origin
from bot_core.middleware import VerifyPresses
from bot_core.ports.work import Outgoing
from bot_core.replies import Button, Picture, Reply
from bot_core.tokens import Signer
from bot_handlers.feedback import FeedbackHandler
from bot_handlers.imagine.catalogue import CommunityCatalogues
from bot_handlers.imagine.following import JobFollower, PicturesOut
from bot_handlers.imagine.gallery import GalleryHandler
from bot_handlers.imagine.handler import ImagineHandler
from bot_handlers.imagine.options import StudioOptions
from bot_handlers.imagine.settings import StudioSettings
from bot_handlers.imagine.submitting import Submitter
from bot_handlers.imagine.wording import PromptHelp
from bot_ledger import MemoryLedger
from bot_media import FlatImages, MemoryFiles
from bot_media.images.collage.used import CollagePromptReader
from bot_media.images.describe import PlainPictureReader
from bot_media.studio import Studio
from bot_queue.finisher import Finisher, result_key
from bot_queue.jobs import RedisJobQueue
from bot_queue.jobs_memory import MemoryJobQueue
from bot_queue.limits import MemoryBudget, RedisBudget
from bot_queue.notes import MemoryNotes, RedisNotes
from bot_queue.outbox import MemoryOutbox, RedisOutbox
from bot_queue.worker import Worker, WorkerOptions

SIGNER = Signer({1: b"s" * 32}, 1)


@dataclass
class Member:
    """A member at one place."""

    house: StudioHouse
    name: str
    platform: str = "test"
    locale: Locale = Locale.EN
    roles: frozenset[str] = frozenset()
    place: str = "place"
    channel: str = "channel"

    async def types(self, command: str, attachments: tuple[Attachment, ...] = (), **arguments) -> list[Reply]:
        """Use a command; return what was sent for it at once."""
        return await self._does(Invoked(command, arguments), attachments=attachments)

    async def presses(self, button: Button, message: str = "m1") -> list[Reply]:
        """Press a button somebody sees."""
        return await self._does(Pressed(button.token, message))

    async def submits(
        self, button: Button, attachments: tuple[Attachment, ...] = (), **values: str
    ) -> list[Reply]:
        """Fill in the form that a button opened."""
        return await self._does(Submitted(button.token, values), attachments=attachments)

    async def _does(self, content, **fields) -> list[Reply]:
        before = len(self.house.sent)
        origin = Origin(self.platform, self.place, self.channel)
        made = event(content, person=self.name, locale=self.locale, roles=self.roles, **fields)
        await self.house.dispatcher.handle(replace(made, origin=origin))
        return [out.reply for out in self.house.sent[before:]]


class StudioHouse:
    """Everything a picture passes through; ``sent`` is all that was shown, on every platform, in order."""

    def __init__(
        self, maker=None, options: StudioOptions | None = None, queue_options=None, moderator=None,
        *, store=None, files=None, places=None, styles=None,
    ) -> None:  # fmt: skip
        self.options = options or StudioOptions(grid=64, full=128)
        self.faces = {name: RecordingFace(name) for name in ("test", "other")}
        self.sent: list[Outgoing] = []
        for face in self.faces.values():
            face.delivered = self.sent
        self.ledger, self.files = MemoryLedger(), files or MemoryFiles()
        if store is None:
            self.notes, self.budget = MemoryNotes(), MemoryBudget()
            self.queue = MemoryJobQueue(queue_options, self.budget)
            self.outbox = MemoryOutbox(self.faces, self.ledger, "here", notes=self.notes)
        else:
            self.notes, self.budget = RedisNotes(store), RedisBudget(store)
            self.queue = RedisJobQueue(store, queue_options)
            self.outbox = RedisOutbox(store, self.faces, self.ledger, "here")
        self.context = Context(self.outbox, SIGNER, self.faces)
        self.clock = SystemClock()
        submit = Submitter(self.queue, self.ledger, self.budget, self.clock, self.options, moderator)
        catalogues = CommunityCatalogues(styles)
        self.handler = ImagineHandler(self.queue, self.ledger, self.notes, submit, self.options, catalogues)
        help_ = PromptHelp(
            self.ledger, self.notes, self.files, self.options, PlainPictureReader(), CollagePromptReader(),
            catalogues,
        )  # fmt: skip
        settings = StudioSettings(self.queue, self.ledger, self.budget, self.options)
        gallery = GalleryHandler(self.ledger, self.files)
        handlers = (FeedbackHandler(self.ledger), self.handler, settings, gallery, help_)
        self.dispatcher = Dispatcher(
            self.context, self.faces, places or FixedPlaces(), (VerifyPresses(SIGNER),), handlers
        )
        self.studio = Studio(maker or FlatImages(), self.files)
        self.follower = JobFollower(self.queue, self.context, self.notes, every=0.02, between=0.0)

    @asynccontextmanager
    async def open(self, *, workers: int = 1) -> AsyncIterator[StudioHouse]:
        """Run outbox, finisher, follower and workers."""
        out = PicturesOut(self.context, self.clock, self.options.maker)

        async def render(ended):
            self.follower.ended(ended.view)
            return out.render(ended.view, *result_key(ended))

        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.outbox.pump())
            await stack.enter_async_context(
                Finisher(self.queue, self.ledger, self.outbox, render, 0.05).open()
            )
            await stack.enter_async_context(self.follower.open())
            for number in range(workers):
                stack.push_async_callback(await self._worker(f"w{number}"))
            yield self

    async def _worker(self, name: str):
        options = WorkerOptions(wait=0.05, drain=1.0)
        worker = Worker(self.queue, {"picture": self.studio}, name, options)
        task = asyncio.create_task(worker.run(), name=name)

        async def stop() -> None:
            worker.stop()
            await task

        return stop

    async def pictures(self, count: int = 1, seconds: float = 5.0) -> list[Outgoing]:
        """Wait until ``count`` messages with finished pictures were shown; return them."""
        async with asyncio.timeout(seconds):
            while len(found := [out for out in self.sent if out.reply.made]) < count:
                await asyncio.sleep(0.01)
        return found

    async def seed_files(self, reply: Reply) -> bytes:
        """Return the bytes of a message's picture."""
        (picture,) = (part for part in reply.parts if isinstance(part, Picture))
        return await self.files.read(picture.file.key)


def button(reply: Reply, label: str) -> Button:
    """Return the button of a reply whose label is, or begins with, ``label``."""
    for row in reply.rows:
        for found in row:
            if found.label == label or found.label.startswith(label):
                return found
    raise AssertionError(f"no button {label!r} among {[b.label for row in reply.rows for b in row]}")


def actions(reply: Reply) -> list[Action]:
    """Return the actions of all buttons."""
    return [found.action for row in reply.rows for found in row]
