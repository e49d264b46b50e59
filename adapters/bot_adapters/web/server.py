"""The web server: puts the parts together and lives as an async context manager."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry

from bot_adapters.web.api import Accepts, Api, api_routes
from bot_adapters.web.attachments import Attachments
from bot_adapters.web.attachments_api import AttachmentsApi, Doorkeeper
from bot_adapters.web.boards import Boards
from bot_adapters.web.doors import Doors
from bot_adapters.web.envelope import dump
from bot_adapters.web.face import WebFace
from bot_adapters.web.gallery import Gallery, LedgerGallery
from bot_adapters.web.gallery_api import GalleryApi
from bot_adapters.web.greeting import Examples, Greeter
from bot_adapters.web.guard import Guard, harden
from bot_adapters.web.invoking import Commands
from bot_adapters.web.openapi import description
from bot_adapters.web.operator_sessions import PATH
from bot_adapters.web.operators import Check, Health, Metrics
from bot_adapters.web.options import WebOptions
from bot_adapters.web.pages import Pages
from bot_adapters.web.requests import Requests
from bot_adapters.web.sessions import Sessions
from bot_adapters.web.sockets import Sockets
from bot_adapters.web.stored import Stored
from bot_adapters.web.tickets import Tickets
from bot_adapters.web.uploads import Uploads
from bot_adapters.web.uploads_api import UploadsApi
from bot_adapters.web.voice import Voice
from bot_adapters.web.voice_partial import Hearing
from bot_core.commands import Command
from bot_core.dispatch import Places
from bot_core.forms import Forms
from bot_core.ports.ledger import Ledger
from bot_core.ports.media import Files, Transcriber
from bot_core.ports.safety import Clock, Moderator
from bot_core.tokens import Signer

STATIC = Path(__file__).parent / "static"


class WebServer:
    """Serves the page, /ws and the HTTP API while inside; see the package's docstring for the arguments.

    Entering raises StartRefused where the address can't be had.
    """

    def __init__(
        self,
        *,
        intake: Accepts,
        face: WebFace,
        ledger: Ledger,
        signer: Signer,
        places: Places,
        clock: Clock,
        secret: bytes,
        clean: Callable[[str], str],
        examples: Examples,
        options: WebOptions | None = None,
        checks: Mapping[str, Check] | None = None,
        registry: CollectorRegistry | None = None,
        boards: Boards | None = None,
        uploads: Uploads | None = None,
        files: Files | None = None,
        commands: Sequence[Command] = (),
        forms: Forms | None = None,
        routes: Sequence[web.RouteDef] = (),
        hears: Transcriber | None = None,
        clean_picture: Callable[[bytes], bytes] | None = None,
        moderator: Moderator | None = None,
        gallery: Gallery | None = None,
    ) -> None:
        self.options = options or WebOptions()
        self._face = face
        self._guard = Guard(self.options)
        self._metrics = Metrics(registry)
        self.api = Api(intake, face.waiting, places, clock, clean, self.options, self._guard)
        self.tickets = Tickets(secret, clock)
        self._uploads = uploads
        self._uploads_api = UploadsApi(uploads, self.tickets, places, self.options) if uploads else None
        self._files, self._routes = files, routes
        self._hearing = Hearing(hears) if hears is not None else None
        wired, known, sessions = boards is not None, Commands(commands), Sessions(secret)
        self._attachments = (
            Attachments(files, clean_picture, secret, moderator) if files and clean_picture else None
        )
        self._door, self._places = Doorkeeper(sessions), places
        if gallery is None and files is not None and self.options.images:
            gallery = LedgerGallery(ledger, files, self.options.gallery_shared)
        self._gallery = gallery
        more = {"attachments": self._attachments is not None, "gallery": gallery is not None}
        greeter = Greeter(
            face.hub, sessions, places, ledger, examples, self.options, wired, known, face.platform, more
        )
        requests = Requests(
            intake,
            face,
            ledger,
            signer,
            places,
            clock,
            clean,
            greeter,
            self.options,
            boards,
            known,
            forms or Forms(()),
            Voice(self.options, files, face.aloud, self._hearing),
            self._attachments,
        )
        metrics = self._metrics
        self._sockets = Sockets(requests, self._guard, self.options, metrics.message, metrics.closed)
        self._health = Health(checks or {}, self.options.check_seconds)
        self._doors = Doors(self.options)
        self._stack = AsyncExitStack()
        self.app = self._application()

    @property
    def port(self) -> int:
        """Return the TCP port that is listened on."""
        return self._doors.port

    @property
    def urls(self) -> list[str]:
        """Return where the page is."""
        host = self.options.host
        shown = f"[{host}]" if ":" in host else host
        return [f"http://{shown}:{self.port}"] if self.options.port is not None else []

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            runner = web.AppRunner(
                self.app,
                handle_signals=False,
                access_log=None,
                keepalive_timeout=30.0,
                lingering_time=1.0,
                shutdown_timeout=1.0,
            )
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            if self._face.aloud is not None:
                await stack.enter_async_context(self._face.aloud.open())
            if self._hearing is not None:
                stack.push_async_callback(self._hearing.close)
            if self._uploads is not None:
                await stack.enter_async_context(self._uploads.open())
            assert runner.server is not None
            await stack.enter_async_context(self._doors.open(runner.server))
            stack.push_async_callback(self._leave)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _leave(self) -> None:
        """Take nobody new, then let everybody who is here go with a word."""
        await self._doors.close()
        self._face.waiting.close()
        await self._sockets.close(self.options.close_seconds)

    def _application(self) -> web.Application:
        app = web.Application(
            middlewares=[self._doors.heard, self._metrics.middleware(), self._guard.middleware()],
            client_max_size=self.options.body,
        )
        app.on_response_prepare.append(harden)
        pages = Pages(self.options.static or STATIC)
        app.add_routes(
            [
                web.get("/", pages.index),
                web.get("/static/{name:.+}", pages.file),
                web.get("/ws", self._sockets.serve, allow_head=False),
                web.get("/healthz", self._health.alive),
                web.get("/readyz", self._health.ready),
                web.get("/metrics", self._metrics.show),
                web.get("/openapi.json", self._openapi()),
                *([web.get("/files/{key}", Stored(self._files).serve)] if self._files is not None else []),
                *self._routes,
                *self._picture_routes(),
                *(self._uploads_api.routes if self._uploads_api is not None else []),
                *api_routes(self.api, uploads=self._uploads_api is None),
            ]
        )
        face, sockets = self._face, self._sockets
        self._metrics.watch(
            {
                "yinlu_web_connections": lambda: len(sockets),
                "yinlu_web_sessions": lambda: face.hub.sessions,
                "yinlu_http_waiting": lambda: len(face.waiting),
            },
            {"yinlu_web_frames": lambda: face.hub.published},
        )
        return app

    def _picture_routes(self) -> list[web.RouteDef]:
        """Return the routes of pictures that members send, and of those that were made."""
        attachments, door, places, options = self._attachments, self._door, self._places, self.options
        routes: list[web.RouteDef] = []
        if attachments is not None:
            routes += AttachmentsApi(attachments, door, places, self._guard, options).routes
        if self._gallery is not None:
            routes += GalleryApi(self._gallery, door, places, options, attachments).routes
        return routes

    def _openapi(self) -> Handler:
        text = dump(
            description(
                self.options,
                uploads=self._uploads_api is not None,
                attachments=self._attachments is not None,
                gallery=self._gallery is not None,
                operator=any(route.path.startswith(PATH) for route in self._routes),
            )
        )

        async def serve(request: web.Request) -> web.Response:
            return web.Response(
                text=text, content_type="application/json", headers={"Cache-Control": "no-cache"}
            )

        return serve
