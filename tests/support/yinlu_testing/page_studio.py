"""The studio behind the page, in one process: the real web server over a StudioHouse, for Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from yinlu_testing.core import FixedPlaces
from yinlu_testing.studio import SIGNER, StudioHouse
from yinlu_testing.twins import TwinFrames, TwinJournal
from yinlu_testing.web import FAST, SECRET, clean

from bot_adapters.web import WebFace, WebOptions, WebServer
from bot_core.forms import Forms
from bot_core.identity import Locale
from bot_core.intake import Intake
from bot_handlers.imagine.commands import COMMANDS
from bot_handlers.imagine.gallery import COMMANDS as GALLERY
from bot_media.labels.clean import clean as clean_picture


class StudioPage:
    """What survives a restart of the server (journal, frames, the studio and its workers), and the server."""

    def __init__(self, maker: Any = None, **options: Any) -> None:
        self.places = FixedPlaces("harbour")
        self.studio = StudioHouse(maker, places=self.places, **options)
        self.journal, self.frames = TwinJournal(), TwinFrames()
        self.port = 0
        self.more: dict[str, Any] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[StudioPage]:
        """Run everything."""
        async with self.studio.open():
            await self.start()
            try:
                yield self
            finally:
                await self.stop()

    async def start(self) -> None:
        """Start a server on what survived, at the address it had."""
        studio, clock = self.studio, self.studio.clock
        face = WebFace(self.frames, SIGNER)
        studio.faces["web"] = face
        self.intake = Intake(self.journal, studio.dispatcher, clock, "w", ["web"], FAST)
        self.server = WebServer(
            intake=self.intake,
            face=face,
            ledger=studio.ledger,
            signer=SIGNER,
            places=self.places,
            clock=clock,
            secret=SECRET,
            clean=clean,
            examples=_examples,
            options=WebOptions(port=self.port, close_seconds=0.3, images=True),
            files=studio.files,
            clean_picture=clean_picture,
            commands=(*COMMANDS, *GALLERY),
            forms=Forms([studio.handler]),
            **self.more,
        )
        self._stack = AsyncExitStack()
        await self._stack.enter_async_context(self.server)
        await self._stack.enter_async_context(self.intake.open())
        self.port = self.server.port

    async def stop(self) -> None:
        """Shut the server down; the queue and its workers go on."""
        await self._stack.aclose()

    @property
    def url(self) -> str:
        """Return where the page is."""
        return f"http://127.0.0.1:{self.port}"


async def _examples(community: str, locale: Locale) -> list[str]:
    return []
