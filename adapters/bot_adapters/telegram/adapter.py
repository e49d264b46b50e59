"""The adapter: puts the parts together and lives as an async context manager."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from bot_adapters.telegram.api import Api
from bot_adapters.telegram.arrivals import Arrivals, Moved
from bot_adapters.telegram.attachments import Attachments
from bot_adapters.telegram.buttons import Buttons
from bot_adapters.telegram.chores import Chores
from bot_adapters.telegram.desk import Accept, Desk
from bot_adapters.telegram.drafts import Drafts
from bot_adapters.telegram.errors import Flood
from bot_adapters.telegram.face import TelegramFace
from bot_adapters.telegram.forms import FormWalk
from bot_adapters.telegram.keys import PLATFORM
from bot_adapters.telegram.members import TelegramMembers
from bot_adapters.telegram.menus import Menus
from bot_adapters.telegram.messages import Messages
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.pace import Pace
from bot_adapters.telegram.people import Locales, People
from bot_adapters.telegram.polling import Polling
from bot_adapters.telegram.presses import Presses
from bot_adapters.telegram.render import Renderer, Tame
from bot_adapters.telegram.updates import Updates
from bot_adapters.telegram.webhook import Webhook
from bot_adapters.telegram.whisper import Whisper
from bot_core.commands import Command
from bot_core.dispatch import Places
from bot_core.errors import Broken
from bot_core.events import Incoming
from bot_core.forms import Forms
from bot_core.ports.media import Files
from bot_core.ports.members import Speaking
from bot_core.ports.safety import Clock
from bot_core.ports.work import Limiter, Locks, Notes, Receipt
from bot_core.tokens import Signer

log = logging.getLogger(__name__)

PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)  # seconds between tries to reach Telegram at the start


class TelegramAdapter:
    """Telegram, complete: ``face`` and ``members`` for the house, updates to ``accept`` while ``open``.

    See the package's docstring for the arguments.
    """

    platform = PLATFORM

    def __init__(
        self,
        token: str,
        *,
        signer: Signer,
        places: Places,
        forms: Forms,
        speaking: Speaking,
        commands: Sequence[Command],
        files: Files,
        notes: Notes,
        limiter: Limiter,
        locks: Locks,
        clock: Clock,
        tame: Tame,
        moved: Moved,
        locales: Locales | None = None,
        options: TelegramOptions | None = None,
    ) -> None:
        self.options = options = options or TelegramOptions()
        self._clock, self._declared = clock, tuple(commands)
        self._accept: Accept | None = None
        self._chores = Chores()
        pace = Pace(limiter, notes, clock, options)
        self.api = api = Api(token, options, pace, notes)
        renderer = Renderer(signer, files, tame, options)
        drafts = Drafts(api, pace, notes, renderer, self._chores, clock, options)
        presses = Presses(api, notes, self._chores, clock, options)
        whisper = Whisper(api, notes, renderer, presses, clock, options)
        self.face = TelegramFace(api, notes, renderer, drafts, presses, whisper, signer, options)
        self.members = TelegramMembers(api)
        self._menus = Menus(api, notes, clock, options)
        named = {command.name: command for command in commands}
        people = People(api, clock, speaking, options, locales)
        desk = Desk(self._take, api, notes, self._chores)
        walk = FormWalk(api, notes, forms, signer, named, options)
        attachments = Attachments(api, files, clock, options)
        messages = Messages(desk, people, walk, attachments, whisper, self.face, named, notes, clock, options)
        buttons = Buttons(desk, people, presses, walk, forms, signer, places, notes, clock)
        self.updates = Updates(messages, buttons, Arrivals(desk, people, api, notes, moved))
        self.webhook = Webhook(token, api, self.updates, options)
        self._polling = Polling(api, self.updates, locks, clock, options)

    def routes(self) -> list[web.RouteDef]:
        """Return the webhook's route for the house's web server; nothing where it is not needed there."""
        wanted = self.options.webhook_url and self.options.listen is None
        return self.webhook.routes() if wanted else []

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[TelegramAdapter]:
        """Be able to send while inside. Telegram need not be reachable: sends wait in the outbox."""
        async with self.api.open(), self._chores.open():
            yield self

    @asynccontextmanager
    async def open(self, accept: Callable[[Incoming], Awaitable[Receipt]]) -> AsyncIterator[TelegramAdapter]:
        """Hand updates to ``accept`` while inside, by webhook or polling as the options say."""
        self._accept = accept
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.webhook.listening())
            running = asyncio.create_task(self._run(), name="telegram-updates")
            running.add_done_callback(_told)
            stack.push_async_callback(_end, running)
            yield self

    @property
    def ready(self) -> bool:
        """Tell whether Telegram was reached and knows us."""
        return bool(self.api.id)

    async def _take(self, incoming: Incoming) -> Receipt:
        if self._accept is None:
            raise Broken("the adapter is not open")
        return await self._accept(incoming)

    async def _run(self) -> None:
        await self._introduced()
        self._chores.start(self._menus.settle(self._declared), "menus")
        if self.options.webhook_url:
            await self._persist(self.webhook.announce)
        else:
            await self._polling.run()

    async def _introduced(self) -> None:
        await self._persist(self.api.introduce)
        log.info("known to Telegram", extra={"bot": self.api.name})

    async def _persist(self, call: Callable[[], Awaitable[object]]) -> None:
        """Call until it works: a start without the network goes on when the network is back."""
        tries = 0
        while True:
            try:
                await call()
                return
            except (Broken, Flood) as error:
                pause = max(PAUSES[min(tries, len(PAUSES) - 1)], getattr(error, "retry_after", 0.0))
                tries += 1
                log.error("Telegram can't be reached", extra={"error": str(error), "seconds": pause})
                await self._clock.sleep(pause)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _told(task: asyncio.Task[None]) -> None:
    """Say at once when the task that brings updates ended by an error, such as a webhook address nobody takes."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("no updates from Telegram", extra={"error": str(error)}, exc_info=error)
