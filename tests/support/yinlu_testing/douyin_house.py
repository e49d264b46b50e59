"""A web house with the mini program beside the page, and a phone that talks to it."""

from __future__ import annotations

import asyncio
import json
import math
import struct
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import aiohttp
from yinlu_testing.douyin_loopback import APP, SECRET, DouyinLoopback
from yinlu_testing.twins import TwinJournal, TwinLedger
from yinlu_testing.web import FAST, SIGNER, FixedPlaces, ScriptedAnswerer, TwinFrames, TwinOutbox, clean
from yinlu_testing.web import SECRET as SIGNS

from bot_adapters.douyin.face import DouyinFace, FaceParts
from bot_adapters.douyin.judging import JudgeDouyin
from bot_adapters.douyin.logins import Logins
from bot_adapters.douyin.options import DouyinOptions
from bot_adapters.douyin.private import Private
from bot_adapters.douyin.safety import DouyinModerator
from bot_adapters.douyin.server import DouyinNeeds, DouyinServer
from bot_adapters.douyin.subscriptions import Subscriptions
from bot_adapters.douyin.tokens import AppTokens
from bot_adapters.douyin.vetting import Vetting
from bot_adapters.douyin.wire import Wire
from bot_adapters.web import WebFace, WebOptions, WebServer
from bot_core.clock import SystemClock
from bot_core.conversation import Context, Conversation
from bot_core.dispatch import Dispatcher, Handled, Handler
from bot_core.events import Incoming
from bot_core.identity import Locale
from bot_core.intake import Intake
from bot_core.middleware import VerifyPresses
from bot_handlers.ask import AskHandler
from bot_handlers.feedback import FeedbackHandler
from bot_media.files import MemoryFiles
from bot_queue.limits import MemoryLimiter, MemoryLocks
from bot_queue.notes import MemoryNotes


async def _pass(incoming: Incoming, conversation: Conversation, inner: Handler) -> Handled | None:
    return await inner(incoming, conversation)


class Seen:
    """Notes what reaches the handlers; takes what is no question."""

    def __init__(self) -> None:
        self.events: list[Incoming] = []

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Take a recording or a command."""
        self.events.append(incoming)
        return None


class DouyinHouse:
    """The platform's loopback, the house's twins and the server on real sockets."""

    def __init__(self, **options: Any) -> None:
        self.platform = DouyinLoopback()
        self.given = options
        self.notes, self.limiter, self.locks = MemoryNotes(), MemoryLimiter(), MemoryLocks()
        self.files, self.journal, self.ledger = MemoryFiles(), TwinJournal(), TwinLedger()
        self.places, self.frames, self.clock = FixedPlaces("harbour"), TwinFrames(), SystemClock()
        self.seen, self.answerer = Seen(), ScriptedAnswerer()
        self.page: dict[str, Any] = {}
        self.after: list[Any] = []
        self.ids = count(1)  # of requests: a repeated one is the same request

    def compose(self) -> None:
        """Put the parts together."""
        self.options = replace(
            DouyinOptions(APP, SECRET, self.platform.root, self.platform.root, call_seconds=1.0), **self.given
        )
        self.wire = Wire(self.options.call_seconds)
        self.tokens = AppTokens(self.wire, self.notes, self.locks, self.clock, self.options)
        self.logins = Logins(self.wire, self.notes, self.limiter, self.clock, self.options, SIGNS)
        self.moderator = DouyinModerator(self.tokens, self.clock, self.options)
        vetting = Vetting(self.moderator, self.files)
        self.subscriptions = Subscriptions(self.tokens, self.logins, self.notes, self.options)
        after = (self.subscriptions.after, *self.after)
        private = Private(self.tokens, self.notes, self.options)
        parts = FaceParts(vetting, self.notes, self.places, Locale.ZH, after=after, private=private)
        self.face = DouyinFace(self.frames, SIGNER, parts, draft_interval=0.0)
        self.sent: set[str] = set()
        self.outbox = TwinOutbox(self.face, self.ledger, self.sent)
        ask = AskHandler(self.answerer, self.ledger, self.clock, clean)
        judge = JudgeDouyin(_pass, self.moderator, self.files)
        dispatcher = Dispatcher(
            Context(self.outbox, SIGNER),
            {"douyin": self.face},
            self.places,
            [VerifyPresses(SIGNER), judge],
            [self.seen, ask, FeedbackHandler(self.ledger)],
        )
        self.intake = Intake(self.journal, dispatcher, self.clock, "w", ["douyin"], FAST)

    @asynccontextmanager
    async def up(self):
        """Run while inside."""
        async with self.platform.serve():
            self.compose()
            web_options = replace(WebOptions(port=0, close_seconds=0.3, voice=True), **self.page)
            douyin = DouyinServer(self.needs(), self.logins, self.options, web_options)
            server = WebServer(
                intake=self.intake,
                face=WebFace(self.frames, SIGNER),
                ledger=self.ledger,
                signer=SIGNER,
                places=self.places,
                clock=self.clock,
                secret=SIGNS,
                clean=clean,
                examples=self.answerer.examples,
                options=web_options,
                routes=[*douyin.routes, *self.routes()],
            )
            self.server = douyin
            async with self.wire.open(), server, douyin.open(), self.intake.open():
                self.url = server.urls[0]
                async with aiohttp.ClientSession() as self.http:
                    yield self

    def needs(self) -> DouyinNeeds:
        """Return what the server is given."""
        return DouyinNeeds(
            self.intake,
            self.face,
            self.ledger,
            SIGNER,
            self.places,
            self.clock,
            SIGNS,
            clean,
            self.answerer.examples,
            self.files,
            self.moderator,
            self.limiter,
            self.notes,
            self.subscriptions,
        )

    def routes(self) -> list[Any]:
        """Return more routes."""
        return []

    async def login(
        self, code: str = "", *, anonymous: str = "", before: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Log in over HTTP."""
        headers = {"Authorization": f"Bearer {before}"} if before else {}
        body = {"code": code, "anonymous_code": anonymous}
        async with self.http.post(f"{self.url}/douyin/api/login", json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    @asynccontextmanager
    async def phone(self, openid: str = "alice", locale: str = "zh", token: str = ""):
        """Open a mini program whose member is logged in."""
        if not token:
            status, told = await self.login(self.platform.code(openid))
            assert status == 200, told
            token = told["token"]
        async with self.http.ws_connect(f"{self.url}/douyin/ws") as socket:
            phone = Phone(self, socket, token, locale)
            await phone.hello()
            yield phone


class Phone:
    """One open mini program."""

    def __init__(
        self, house: DouyinHouse, socket: aiohttp.ClientWebSocketResponse, token: str, locale: str
    ) -> None:
        self.house, self.socket, self.token, self.locale = house, socket, token, locale
        self.session = ""
        self.got: list[dict[str, Any]] = []

    async def hello(self, **more: Any) -> dict[str, Any]:
        """Say hello; return the answer."""
        sent = await self.says("hello", locale=self.locale, client="mini/1", token=self.token, **more)
        answer = await self.hears(sent)
        self.session = answer.get("session", "")
        return answer

    async def says(self, kind: str, **data: Any) -> str:
        """Send an envelope; return its id."""
        name = f"c{next(self.house.ids)}"
        await self.socket.send_str(json.dumps({"v": 1, "id": name, "type": kind, "data": data}))
        return name

    async def hears(self, name: str, *kinds: str) -> dict[str, Any]:
        """Return the first frame that answers a request, of these types; what came between is kept."""
        async with asyncio.timeout(10):
            while True:
                frame = await self.socket.receive_json()
                self.got.append(frame)
                if frame.get("id") == name and (not kinds or frame["type"] in kinds):
                    return frame

    async def asks(self, text: str) -> dict[str, Any]:
        """Ask; return what it came to."""
        return await self.hears(await self.says("ask", text=text), "done", "error", "message")

    async def uploads(
        self, what: str, data: bytes, name: str = "u1", **fields: str
    ) -> tuple[int, dict[str, Any]]:
        """Upload as ``tt.uploadFile`` does."""
        form = aiohttp.FormData()
        for key, value in {"session": self.session, "id": name, "locale": self.locale, **fields}.items():
            form.add_field(key, value)
        form.add_field("file", data, filename="file", content_type="application/octet-stream")
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.house.http.post(
            f"{self.house.url}/douyin/api/{what}", data=form, headers=headers
        ) as answer:
            return answer.status, await answer.json()


def adts(seconds: float, rate_index: int = 8, size: int = 64) -> bytes:
    """Return silent-looking ADTS frames of 1024 samples at 16 kHz (index 8)."""
    frames = math.ceil(seconds * 16_000 / 1024)
    head = bytes(
        [
            0xFF,
            0xF1,
            1 << 6 | rate_index << 2,
            1 << 6 | size >> 11,
            size >> 3 & 255,
            (size & 7) << 5 | 31,
            0xFC,
        ]
    )
    return (head + bytes(size - 7)) * frames


def png(body: bytes = b"a picture") -> bytes:
    """Return what begins like a PNG."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + body
