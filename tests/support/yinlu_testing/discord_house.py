"""A house with the Discord adapter on a real Valkey: dispatcher, intake, outbox, real handlers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from yinlu_testing.core import FixedPlaces
from yinlu_testing.discord_loopback import CHANNEL, Asked, Discord
from yinlu_testing.discord_people import Member, guild, until
from yinlu_testing.servers import prefix
from yinlu_testing.twins import TwinLedger
from yinlu_testing.web import SIGNER, ScriptedAnswerer, clean

from bot_adapters.discord import DiscordOptions, DiscordParts, DiscordServer
from bot_core.clock import SystemClock
from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.conversation import Context, Conversation
from bot_core.dispatch import Dispatcher, Handled
from bot_core.errors import NotFound
from bot_core.events import Incoming
from bot_core.files import FileRef
from bot_core.forms import Forms
from bot_core.identity import Origin, Words, short_id
from bot_core.intake import Intake, IntakeOptions
from bot_core.middleware import VerifyPresses
from bot_core.ports.ledger import Community
from bot_core.ports.members import SpeakMode
from bot_handlers.ask import AskHandler
from bot_handlers.feedback import FeedbackHandler
from bot_handlers.help import HelpHandler
from bot_queue.connection import StoreOptions, open_store
from bot_queue.journal import RedisJournal
from bot_queue.limits import RedisLocks
from bot_queue.notes import RedisNotes
from bot_queue.outbox import RedisOutbox
from bot_safety import tame

FAST = IntakeOptions(poll=0.05, drain=2.0)
QUICK = DiscordOptions(
    draft_interval=0.05,
    draft_after=0.0,
    guilds_within=0.05,
    watch=0.1,
    retry=0.1,
    identify_seconds=0.05,
    helper_role="Helpers",
)
LEVEL = Argument("level", Words("多高", "How high"), ArgumentKind.INTEGER, False, minimum=1, maximum=9)
EXTRA = Command(
    "tide",
    Words("潮水", "The tide"),
    (
        LEVEL,
        Argument("place", Words("哪里", "Where"), choices=(("pier", Words("码头", "The pier")),)),
        Argument("log", Words("文件", "A file"), ArgumentKind.FILE, False),
    ),
    private=True,
)


class KeptFiles:
    """Files in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, data: bytes, media_type: str, name: str = "") -> FileRef:
        """Keep by content."""
        key = short_id(data.hex()[:64], str(len(data)))
        self.kept[key] = data
        return FileRef(key, media_type, len(data), name)

    async def read(self, key: str) -> bytes:
        """Return the bytes."""
        if key not in self.kept:
            raise NotFound(key)
        return self.kept[key]

    async def delete(self, key: str) -> None:
        """Forget."""
        self.kept.pop(key, None)


class Speaks:
    """Where the bot speaks: the same everywhere."""

    def __init__(self) -> None:
        self.set = SpeakMode.MENTION

    async def mode(self, origin: Origin) -> SpeakMode:
        """Return it."""
        return self.set


class Listener:
    """A handler in front of all others: remembers what came, and answers as the test says."""

    def __init__(self) -> None:
        self.got: list[Incoming] = []
        self.answer: Any = None
        self.commands = (EXTRA,)

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Remember; answer where the test says how."""
        self.got.append(incoming)
        if self.answer is not None and await self.answer(incoming, conversation):
            return Handled("listener")
        return None


class House:
    """One process; ``up`` again is a restart on what survived in Valkey, the ledger and the files."""

    def __init__(self, discord: Discord, url: str, **options: Any) -> None:
        self.discord, self._url, self._prefix = discord, url, prefix()
        addresses = {"api_url": discord.url, "gateway_url": discord.gateway_url}
        self.options = replace(QUICK, **{**addresses, **options})
        born = datetime(2026, 1, 1, tzinfo=UTC)
        self.ledger = TwinLedger(Community("harbour", "灯港", "Lantern Harbour", born))
        self.files, self.speaks, self.places = KeptFiles(), Speaks(), FixedPlaces("harbour")
        self.forms: list[Any] = []
        self.worker = "w1"

    @asynccontextmanager
    async def up(self, token: str = "good", wait: bool = True) -> AsyncIterator[House]:
        """Run a process."""
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(open_store(self._url, StoreOptions(prefix=self._prefix)))
            self.notes, self.journal = RedisNotes(store), RedisJournal(store)
            await self.journal.abandon(None)
            self.parts = DiscordParts(
                notes=self.notes, files=self.files, signer=SIGNER, tame=tame, options=self.options
            )
            faces: dict[str, Any] = {"discord": self.parts.face}
            self.outbox = RedisOutbox(store, faces, self.ledger, self.worker)
            await self.outbox.abandon(None)
            self.answerer, self.listener = ScriptedAnswerer(), Listener()
            handlers = self._handlers()
            self.context = Context(self.outbox, SIGNER, faces)
            dispatcher = Dispatcher(self.context, faces, self.places, [VerifyPresses(SIGNER)], handlers)
            clock = SystemClock()
            self.intake = Intake(self.journal, dispatcher, clock, self.worker, ["discord"], FAST)
            declared = [c for h in handlers for c in getattr(h, "commands", ())]
            self.server = DiscordServer(
                token,
                self.parts,
                intake=self.intake,
                places=self.places,
                speaking=self.speaks,
                forms=Forms(self.forms),
                commands=declared,
                locks=RedisLocks(store),
            )
            if wait and not self.discord.gateway.first:
                self.discord.gateway.first = [("GUILD_CREATE", guild())]
            await stack.enter_async_context(self.server)
            await stack.enter_async_context(self.outbox.pump())
            await stack.enter_async_context(self.intake.open())
            if wait:
                await until(lambda: self.server.ready, 10)
                await asyncio.sleep(0.02)
            yield self

    def _handlers(self) -> list[Any]:
        ask = AskHandler(self.answerer, self.ledger, SystemClock(), clean)
        helper = HelpHandler(self.answerer, (*ask.commands, *HelpHandler(self.answerer, ()).commands))
        return [self.listener, FeedbackHandler(self.ledger), helper, ask]

    async def quiet(self, seconds: float = 0.15) -> None:
        """Wait until nothing has been going on for a while."""
        still = 0.0
        while still < seconds:
            calls = len(self.discord.calls)
            await asyncio.sleep(0.05)
            busy = self.intake.running or len(self.discord.calls) != calls
            still = 0.0 if busy else still + 0.05


def answer_in(message: dict[str, Any]) -> bool:
    """Tell whether a message holds the whole answer of the script."""
    return "07:45 [1]." in message["content"] and bool(message["components"])


async def answered(discord: Discord, channel: int = CHANNEL, n: int = 1) -> dict[str, Any]:
    """Wait for the nth whole answer in a channel."""
    found = await until(lambda: [m for m in discord.said(channel) if answer_in(m)][n - 1 : n])
    return found[0]


def check(discord: Discord) -> None:
    """What holds after every test: nothing was refused for its form, nobody pinged, all acknowledged within 1 s."""
    assert discord.violations == []
    assert discord.pings == []
    late = [asked.took for asked in discord.asked.values() if not asked.expired and asked.took > 1]
    assert late == []


__all__ = ["Asked", "House", "Member", "answered", "check"]
