"""A house whose only face is Telegram: real dispatcher, intake, journal and outbox on Valkey, a scripted answerer."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
from yinlu_testing.telegram_values import TOKEN, chat_json, user_json
from yinlu_testing.web import SIGNER, ScriptedAnswerer, clean

from bot_adapters.telegram import TelegramAdapter, TelegramOptions
from bot_core.clock import SystemClock
from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.conversation import Context, Conversation
from bot_core.dispatch import Dispatcher, Handled
from bot_core.events import Incoming
from bot_core.forms import Forms
from bot_core.identity import Origin, Words
from bot_core.intake import Intake, IntakeOptions
from bot_core.middleware import VerifyPresses
from bot_core.ports.ledger import Community
from bot_core.ports.members import SpeakMode
from bot_core.replies import say
from bot_handlers.ask import AskHandler
from bot_handlers.feedback import FeedbackHandler
from bot_ledger import MemoryLedger
from bot_media.files import MemoryFiles
from bot_queue.connection import StoreOptions, open_store
from bot_queue.journal import JournalOptions, RedisJournal
from bot_queue.limits import RedisLimiter, RedisLocks
from bot_queue.notes import RedisNotes
from bot_queue.outbox import OutboxOptions, RedisOutbox
from bot_safety import tame

ALICE, BOB, CAROL = 501, 502, 503
GROUP = -1001234
SECRET = "hook-secret"
FAST = TelegramOptions(
    poll_seconds=1,
    private_interval=0.05,
    group_interval=0.05,
    draft_after=0.0,
    album_pause=0.15,
    answer_press_after=0.3,
    per_second=1000,
    per_chat=1000,
    per_group=1000,
    timeout=5.0,
    upload_timeout=5.0,
)
COLOURS = (("red", Words("红色", "Red")), ("blue", Words("蓝色", "Blue")))
COMMANDS = (
    Command(
        "ask", Words("提问", "Ask"), (Argument("question", Words("想问什么", "Your question"), maximum=2000),)
    ),
    Command(
        "paint",
        Words("画画", "Paint"),
        (
            Argument("colour", Words("颜色", "Colour"), choices=COLOURS),
            Argument("count", Words("张数", "How many"), ArgumentKind.INTEGER, minimum=1, maximum=4),
        ),
    ),
    Command("help", Words("能做什么", "What I can do"), private=True),
    Command("reload", Words("重新加载", "Reload"), admin=True),
)


class Speaks:
    """Speaks as it is told, per channel."""

    def __init__(self) -> None:
        self.modes: dict[str, SpeakMode] = {}

    async def mode(self, origin: Origin) -> SpeakMode:
        """Return it."""
        return self.modes.get(origin.channel, SpeakMode.MENTION)


class Groups:
    """Groups and private chats belong to one community."""

    async def community(self, origin: Origin) -> str | None:
        """Return it."""
        return None if origin.place == "-1009999" else "harbour"


class TelegramHouse:
    """One process of the house. ``seen`` are the events that reached the handlers, ``extra`` takes them first."""

    def __init__(self, api: Any, url: str, prefix: str, lease: float = 30.0, **options: Any) -> None:
        self.api, self.url, self.prefix, self.lease = api, url, prefix, lease
        self.options = replace(FAST, api_url=api.root, **options)
        self.seen: list[Incoming] = []
        self.extra: list[Any] = []
        self.forms: list[Any] = []
        self.moved: list[tuple[str, str, str]] = []
        self.speaks = Speaks()
        self.answerer = ScriptedAnswerer()
        self.ledger = MemoryLedger()
        self.files = MemoryFiles()
        self.worker = f"w{id(self)}"

    @asynccontextmanager
    async def up(self, store_options: StoreOptions | None = None):
        """Run it while inside."""
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            store = await enter(open_store(self.url, store_options or StoreOptions(prefix=self.prefix)))
            if not await self.ledger.communities():
                await self.ledger.add_community(
                    Community("harbour", "灯港", "Lantern Harbour", datetime(2026, 1, 1, tzinfo=UTC))
                )
            clock, faces = SystemClock(), {}
            self.journal = RedisJournal(store, JournalOptions(lease=self.lease))
            self.outbox = RedisOutbox(
                store,
                faces,
                self.ledger,
                self.worker,
                OutboxOptions(poll=0.05, backoff=0.05, lease=self.lease),
            )
            context = Context(self.outbox, SIGNER, faces)
            ask = AskHandler(self.answerer, self.ledger, clock, clean)
            handlers = [self._see, FeedbackHandler(self.ledger), ask]
            dispatcher = Dispatcher(context, faces, Groups(), [VerifyPresses(SIGNER)], handlers)
            self.intake = Intake(
                self.journal,
                dispatcher,
                clock,
                self.worker,
                ["telegram"],
                IntakeOptions(poll=0.05, drain=0.5, heartbeat=self.lease / 4),
            )
            self.notes = RedisNotes(store)
            self.telegram = TelegramAdapter(
                TOKEN, signer=SIGNER, places=Groups(), forms=Forms(self.forms), speaking=self.speaks,
                commands=COMMANDS, files=self.files, notes=self.notes, limiter=RedisLimiter(store),
                locks=RedisLocks(store), clock=clock, tame=tame, moved=self._moved, options=self.options,
            )  # fmt: skip
            faces["telegram"] = self.telegram.face
            await enter(self.telegram.connected())
            await enter(self.outbox.pump())
            await enter(self.intake.open())
            await enter(self.telegram.open(self.intake.accept))
            self.http = await enter(aiohttp.ClientSession())
            await until_true(lambda: self.telegram.ready)
            yield self

    async def _see(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        self.seen.append(incoming)
        for handler in self.extra:
            handled = await handler(incoming, conversation)
            if handled is not None:
                return handled
        return None

    async def _moved(self, platform: str, old: str, new: str) -> None:
        self.moved.append((platform, old, new))

    # --- members act ---------------------------------------------------------------------------------------
    def message(
        self, text: str = "", user: int = ALICE, chat: int | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Return a message of a member's, in their private chat unless ``chat`` says otherwise."""
        self.api._message += 1
        chat = user if chat is None else chat
        made: dict[str, Any] = {
            "message_id": self.api._message,
            "date": int(time.time()),
            "chat": chat_json(chat),
            "from": user_json(user),
            **fields,
        }
        if text:
            made["text"] = text
        self.api.messages.setdefault((chat, made["message_id"]), {"text": "", "theirs": True})
        return made

    async def say(
        self, text: str = "", user: int = ALICE, chat: int | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Send a message."""
        return await self.update(message=self.message(text, user, chat, **fields))

    async def update(self, **update: Any) -> dict[str, Any]:
        """Send an update, in the way this house takes them; return it."""
        made = self.api.push(**update)
        if self.options.webhook_url:
            self.status = await self.deliver(made)
        return made

    async def deliver(self, update: dict[str, Any], secret: str = SECRET) -> int:
        """Call the webhook; return the status."""
        url = f"http://127.0.0.1:{self.telegram.webhook.port}{self.telegram.webhook.path}"
        return await self.api.call_webhook(self.http, url, update, secret)

    async def press(
        self, data: str, message: dict[str, Any], user: int = ALICE, number: str = ""
    ) -> dict[str, Any]:
        """Press a button of a message."""
        self.api._update += 1
        callback = {
            "id": number or f"cb{self.api._update}",
            "from": user_json(user),
            "chat_instance": "1",
            "data": data,
            "message": message,
        }
        return await self.update(callback_query=callback)

    # --- looking -------------------------------------------------------------------------------------------
    def ours(self, chat: int = ALICE) -> list[dict[str, Any]]:
        """Return our messages in a chat as they stand."""
        return [m for (c, _), m in self.api.messages.items() if c == chat and "theirs" not in m]

    async def answer(self, text: str, count: int = 1, chat: int = ALICE) -> dict[str, Any]:
        """Wait until that many of our messages hold ``text``; return the last, with its buttons where it gets any soon.

        A busy machine shows an answer's words as a draft first, which has none yet.
        """

        def found() -> list[dict[str, Any]]:
            return [m for m in self.ours(chat) if text in _words(m)]

        await until_true(lambda: len(found()) >= count)
        until = time.monotonic() + 0.5
        while not found()[-1].get("reply_markup") and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return found()[-1]


def _words(message: dict[str, Any]) -> str:
    return str(message.get("text") or message.get("caption") or "")


def button(message: dict[str, Any], label: str) -> str:
    """Return the data of the button whose label holds ``label``."""
    rows = message["reply_markup"]["inline_keyboard"]
    return next(one["callback_data"] for row in rows for one in row if label in one["text"])


def labels(message: dict[str, Any]) -> list[list[str]]:
    """Return a message's labels."""
    return [
        [one["text"] for one in row] for row in (message.get("reply_markup") or {}).get("inline_keyboard", [])
    ]


async def until_true(condition: Any, seconds: float = 5.0) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        await asyncio.sleep(0.01)


async def echo(incoming: Incoming, conversation: Conversation) -> Handled:
    """Answer every event with its kind and words."""
    content = incoming.content
    shown = getattr(content, "text", None) or getattr(content, "command", None) or type(content).__name__
    await conversation.send(say(f"Echo: {shown}"))
    return Handled("echo")
