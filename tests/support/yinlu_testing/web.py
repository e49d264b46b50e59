"""A web server on twins, with the real dispatcher, intake and handlers; a browser's tab that talks to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
from yinlu_testing.core import FixedPlaces
from yinlu_testing.twins import TwinFrames, TwinJournal, TwinLedger

from bot_adapters.web import WebFace, WebOptions, WebServer
from bot_core.answers import Answer, Citation, Outcome, Question, Reason, Retrieved
from bot_core.clock import SystemClock
from bot_core.conversation import Context
from bot_core.dispatch import Dispatcher
from bot_core.errors import BadInput
from bot_core.identity import Locale, Words
from bot_core.intake import Intake, IntakeOptions
from bot_core.middleware import VerifyPresses
from bot_core.ports.knowledge import Say
from bot_core.ports.ledger import Community
from bot_core.ports.work import OutboxCounts, Outgoing
from bot_core.tokens import Signer
from bot_handlers.ask import AskHandler
from bot_handlers.feedback import FeedbackHandler

PASSAGE = "渡轮每天早上七点四十五分出发。The ferry leaves at 07:45 from pier four. 😀 Bring a coat."
EMPTY = Words("请先写下问题。", "Please write a question first.")
SIGNER = Signer({1: b"k" * 32}, 1)
SECRET = b"a secret that stays the same"
FAST = IntakeOptions(poll=0.02, drain=0.5)


def clean(text: str) -> str:
    """Refuse what can't be a question."""
    text = text.strip()
    if not text:
        raise BadInput("empty", EMPTY)
    if len(text) > 2000:
        raise BadInput("long", Words("问题太长了。", "That question is too long."))
    return text


class ScriptedAnswerer:
    """Answers at once, except: "slow" waits for ``go``, "what?" is unknown, "boom" breaks."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.go = asyncio.Event()

    async def answer(self, question: Question, say: Say | None = None) -> Answer:
        """Answer by the script."""
        self.asked.append(question)
        words = ["The ferry ", "leaves at ", "07:45 [1]."]
        for word in words:
            if say is not None:
                await say(word)
                await asyncio.sleep(0.002)
        if "slow" in question.text:
            await self.go.wait()
        if "boom" in question.text:
            raise ZeroDivisionError("a secret detail")
        if "what?" in question.text:
            return Answer(
                question.id, Outcome.UNKNOWN, "The documents don't say.", reason=Reason.NOTHING_NEAR
            )
        start = PASSAGE.index("The ferry")
        quote = "The ferry leaves at 07:45 from pier four."
        citation = Citation(
            1,
            "ferry.md",
            "Ferry",
            ("Times",),
            quote,
            PASSAGE,
            "p1",
            "v1",
            start=start,
            end=start + len(quote),
        )
        return Answer(
            question.id,
            Outcome.ANSWERED,
            "".join(words),
            (citation,),
            (Retrieved("ferry.md", PASSAGE, 0.9),),
            follow_ups=("What does it cost?",),
            timings_ms={"total": 3.0},
        )

    async def examples(self, community: str, locale: Locale) -> list[str]:
        """Return two."""
        return (
            ["渡轮几点开?", "要带什么?"] if locale is Locale.ZH else ["When does it leave?", "What to bring?"]
        )


class TwinOutbox:
    """Each key once; records before it delivers; ``cut`` loses the mark of the next send, as a crash would."""

    def __init__(self, face: WebFace, ledger: TwinLedger, sent: set[str]) -> None:
        self.face, self.ledger, self.sent, self.cut = face, ledger, sent, False

    async def send(self, outgoing: Outgoing) -> bool:
        """Record, deliver, mark."""
        if outgoing.key in self.sent:
            return False
        if outgoing.record is not None:
            await self.ledger.record_answer(outgoing.record)
        await self.face.deliver(outgoing)
        if not self.cut:
            self.sent.add(outgoing.key)
        return True

    async def counts(self) -> OutboxCounts:
        """Everything is sent."""
        return OutboxCounts(0, 0, len(self.sent), 0, 0)


class WebHouse:
    """What survives (journal, frames, ledger, outbox marks), and the process on top of it."""

    def __init__(self, **options: Any) -> None:
        self.options = replace(WebOptions(port=0, close_seconds=0.3), **options)
        self.journal, self.frames = TwinJournal(), TwinFrames()
        born = datetime(2026, 1, 1, tzinfo=UTC)
        self.ledger = TwinLedger(Community("harbour", "灯港", "Lantern Harbour", born))
        self.sent: set[str] = set()
        self.places = FixedPlaces("harbour")
        self.checks: dict[str, Any] = {}
        self.port = 0
        self.boards: Any = None
        self.uploads: Any = None

    @asynccontextmanager
    async def up(self) -> AsyncIterator[WebHouse]:
        """Run a process; leaving is a clean shutdown."""
        await self.start()
        try:
            yield self
        finally:
            await self.stop()

    async def start(self) -> None:
        """Start a process on what survived."""
        self.answerer = ScriptedAnswerer()
        self.face = self.make_face()
        self.outbox = TwinOutbox(self.face, self.ledger, self.sent)
        ask = AskHandler(self.answerer, self.ledger, SystemClock(), clean)
        dispatcher = Dispatcher(
            Context(self.outbox, SIGNER),
            {"web": self.face},
            self.places,
            [VerifyPresses(SIGNER)],
            self.handlers(ask),
        )
        self.intake = Intake(self.journal, dispatcher, SystemClock(), "w", ["web"], FAST)
        self.server = WebServer(
            intake=self.intake,
            face=self.face,
            ledger=self.ledger,
            signer=SIGNER,
            places=self.places,
            clock=SystemClock(),
            secret=SECRET,
            clean=clean,
            examples=self.answerer.examples,
            options=self.options,
            checks=self.checks,
            boards=self.boards,
            uploads=self.uploads,
            **self.more(),
        )
        self._stack = AsyncExitStack()
        await self._stack.enter_async_context(self.server)
        await self._stack.enter_async_context(self.intake.open())
        self.port = self.server.port

    def make_face(self) -> WebFace:
        """Return the process's face."""
        return WebFace(self.frames, SIGNER)

    def handlers(self, ask: AskHandler) -> list[Any]:
        """Return the handlers in their order."""
        return [ask, FeedbackHandler(self.ledger)]

    def more(self) -> dict[str, Any]:
        """Return what else the server is given."""
        return {}

    async def stop(self) -> None:
        """Shut down."""
        await self._stack.aclose()

    async def crash(self) -> None:
        """End the process without a word: what ran is left in the journal, unmarked, undelivered."""
        running = dict(self.journal.running)
        self.face.deliver = self.face.draft = _never  # type: ignore[method-assign,assignment]
        await self._stack.aclose()
        for conversation, entry in running.items():
            if entry.incoming not in self.journal.waiting[conversation]:
                self.journal.waiting[conversation].appendleft(entry.incoming)

    @property
    def url(self) -> str:
        """Return where it is."""
        return f"http://127.0.0.1:{self.port}"


async def _never(*_: object) -> str:
    await asyncio.Event().wait()
    return ""


class Tab:
    """A browser's tab: remembers session, visitor and the last frame, and what it got."""

    def __init__(self, house: WebHouse, locale: str = "en") -> None:
        self.house, self.locale = house, locale
        self.session: str | None = None
        self.visitor: str | None = None
        self.seq = 0
        self.got: list[dict[str, Any]] = []
        self._ids = 0
        self.socket: aiohttp.ClientWebSocketResponse

    @asynccontextmanager
    async def open(self, headers: dict[str, str] | None = None, **hello: Any) -> AsyncIterator[Tab]:
        """Connect and say hello, as the session that was there before."""
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"{self.house.url}/ws", headers=headers) as self.socket,
        ):
            data: dict[str, Any] = {"locale": self.locale, **hello}
            if self.session and "session" not in hello:
                data |= {"session": self.session, "visitor": self.visitor, "after": self.seq}
            await self.send("hello", data)
            self.hello = await self.until("hello")
            if self.session != self.hello["session"]:
                self.seq = 0
            self.session, self.visitor = self.hello["session"], self.hello["data"]["visitor"]
            yield self

    async def send(self, kind: str, data: dict[str, Any], id: str | None = None) -> str:
        """Send a message; return its id."""
        self._ids += 1
        id = id or f"{kind[:1]}{self._ids}"
        await self.socket.send_json({"v": 1, "id": id, "type": kind, "data": data})
        return id

    async def next(self, seconds: float = 5) -> dict[str, Any]:
        """Return the next frame; session frames must be numbered without a gap."""
        async with asyncio.timeout(seconds):
            message = await self.socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(self.socket.close_code)
        assert len(message.data.encode()) <= 65536
        frame: dict[str, Any] = json.loads(message.data)
        if "seq" in frame:
            assert frame["seq"] == self.seq + 1
            self.seq = frame["seq"]
        self.got.append(frame)
        return frame

    async def until(self, kind: str, of: str | None = None) -> dict[str, Any]:
        """Return the next frame of this kind, answering ``of``."""
        while True:
            frame = await self.next()
            if frame["type"] == kind and of in (None, frame.get("id")):
                return frame

    async def ask(self, text: str, id: str | None = None) -> dict[str, Any]:
        """Ask and return the whole answer."""
        sent = await self.send("ask", {"text": text}, id)
        return dict((await self.until("done", sent))["data"])

    async def closed(self) -> int | None:
        """Return the code the server closed with."""
        while True:
            try:
                await self.next()
            except ConnectionError:
                return self.socket.close_code

    async def quiet(self, seconds: float = 0.1) -> bool:
        """Tell whether nothing comes for a while."""
        try:
            await self.next(seconds)
        except TimeoutError:
            return True
        return False


def token(data: dict[str, Any], action: str) -> str:
    """Return the token of an answer's button."""
    return next(b["token"] for row in data["buttons"] for b in row if b["action"] == action)


def text_after(frames: list[dict[str, Any]]) -> str:
    """Return what deltas make of an empty answer."""
    text = ""
    for frame in frames:
        if frame["type"] == "delta":
            assert frame["data"]["offset"] <= len(text)
            text = text[: frame["data"]["offset"]] + frame["data"]["text"]
    return text
