"""A community on two platforms: real dispatcher, ledger, outbox, limits; only the platforms and documents are fakes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio
from yinlu_testing.core import RecordingFace, event
from yinlu_testing.servers import prefix

from bot_core.actions import Action, Press
from bot_core.answers import Answer, Outcome
from bot_core.conversation import Context
from bot_core.dispatch import BoundPlaces, Dispatcher
from bot_core.events import Invoked, Joined, Pressed, Quoted, Said, Submitted
from bot_core.identity import Locale, Origin, Person
from bot_core.middleware import VerifyPresses
from bot_core.ports.knowledge import DocumentInfo, IngestFailure, IngestResult
from bot_core.ports.ledger import Community
from bot_core.ports.work import Outgoing
from bot_core.replies import Button, Reply
from bot_core.tokens import Signer
from bot_handlers.ask import AskHandler
from bot_handlers.community import CommunityParts, community_parts
from bot_handlers.feedback import FeedbackHandler
from bot_ledger import SqlLedger, sqlite_url
from bot_media import MemoryFiles
from bot_queue.connection import StoreOptions, open_store
from bot_queue.limits import RedisLimiter
from bot_queue.notes import RedisNotes
from bot_queue.outbox import RedisOutbox

SIGNER = Signer({1: b"c" * 32}, 1)
START = datetime(2026, 11, 20, 12, tzinfo=UTC)


class MovedClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        """Return the time."""
        return self.at

    def monotonic(self) -> float:
        """Return seconds."""
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()

    def passes(self, **time: float) -> None:
        """Let time pass."""
        self.at += timedelta(**time)


class Shelf:
    """Documents by community, and answers from them: a question is answered where a document holds it."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.refuses = ""

    async def add(self, community, name, data, audience=frozenset(), *, url="", title="", finish=True):
        """Keep the bytes as text, or name the reason."""
        if self.refuses:
            yield IngestResult(failed=(IngestFailure(name, self.refuses),))
            return
        self.texts[community, name if "/" in name else f"uploads/{name}"] = data.decode()
        yield IngestResult(added=1)

    async def documents(self, community) -> list[DocumentInfo]:
        """List them."""
        return [
            DocumentInfo(source, source, source, "1", "en", 1)
            for where, source in sorted(self.texts)
            if where == community
        ]

    async def forget(self, community, source) -> int:
        """Drop one."""
        return int(self.texts.pop((community, source), None) is not None)

    async def answer(self, question, say=None) -> Answer:
        """Find the document that holds the question."""
        for (community, _), text in self.texts.items():
            if community == question.community and question.text.lower() in text.lower():
                return Answer(question.id, Outcome.ANSWERED, text.strip().split("\n")[-1])
        return Answer(question.id, Outcome.UNKNOWN, "The documents don't say.")

    async def examples(self, community, locale) -> list[str]:
        """Two first questions."""
        return ["When does the library open?", "Where is the harbour?"]


class Rooms:
    """What a platform does for members: remembered."""

    def __init__(self, platform: str, private: bool = True) -> None:
        self.platform, self.private = platform, private
        self.did: list[tuple[str, str, str]] = []

    async def grant(self, origin, person, role) -> bool:
        """Remember a role."""
        self.did.append(("grant", person.id, role))
        return True

    async def revoke(self, origin, person, role) -> bool:
        """Remember it."""
        self.did.append(("revoke", person.id, role))
        return True

    async def admit(self, origin, person) -> bool:
        """Remember it."""
        self.did.append(("admit", person.id, ""))
        return True

    async def decline(self, origin, person) -> bool:
        """Remember it."""
        self.did.append(("decline", person.id, ""))
        return True

    async def direct(self, person) -> Origin | None:
        """Return the private chat."""
        user = person.id.split(":")[1]
        return Origin(self.platform, f"private:{user}", f"dm-{user}") if self.private else None


@dataclass
class House:
    """One process of a community's bot."""

    ledger: SqlLedger
    outbox: RedisOutbox
    parts: CommunityParts
    dispatcher: Dispatcher
    clock: MovedClock
    shelf: Shelf
    rooms: dict[str, Rooms]
    files: MemoryFiles
    sent: list[Outgoing] = field(default_factory=list)

    def member(self, name: str, platform: str = "east", **fields) -> Member:
        """Return a member in the platform's square."""
        return Member(self, name, Origin(platform, f"{platform}-home", "square"), **fields)

    def at(self, channel: str) -> list[Reply]:
        """Return what was shown in a channel."""
        return [out.reply for out in self.sent if out.origin.channel == channel]


@dataclass
class Member:
    """A member at one place."""

    house: House
    name: str
    origin: Origin
    roles: frozenset[str] = frozenset()
    locale: Locale = Locale.EN

    @property
    def id(self) -> str:
        """Return the account."""
        return f"{self.origin.platform}:{self.name}"

    def goes(self, channel: str, place: str | None = None) -> Member:
        """Return the same member elsewhere."""
        return replace(self, origin=Origin(self.origin.platform, place or self.origin.place, channel))

    def alone(self) -> Member:
        """Return the same member in the private chat."""
        return self.goes(f"dm-{self.name}", f"private:{self.name}")

    async def says(self, text: str, to: Reply | None = None, **fields) -> list[Reply]:
        """Say something, perhaps as a reply to a message of ours."""
        quoted = Quoted("m", ours=True, about=to.about) if to is not None else None
        return await self.does(Said(text), reply_to=quoted, **fields)

    async def types(self, command: str, **arguments) -> list[Reply]:
        """Use a command."""
        return await self.does(Invoked(command, arguments))

    async def joins(self, *, request: bool = False, **fields) -> list[Reply]:
        """Come into the place, or ask to."""
        return await self.does(Joined(request), **fields)

    async def presses(self, reply: Reply, label: str) -> list[Reply]:
        """Press the button that is labelled so."""
        return await self.does(Pressed(find(reply, label).token, "m1"))

    async def submits(self, reply: Reply, label: str, **values: str) -> list[Reply]:
        """Fill in the form of a button."""
        return await self.does(Submitted(find(reply, label).token, values))

    async def forges(self, action: Action, subject: str = "0" * 24, community: str = "harbour", index=0):
        """Press a button that was signed for ``community``."""
        return await self.does(Pressed(SIGNER.sign(community, Press(action, subject, index)), "m1"))

    async def does(self, content, **fields) -> list[Reply]:
        """Let an event happen; return everything that was sent for it, anywhere."""
        before = len(self.house.sent)
        now = self.house.clock.now()
        made = event(content, locale=self.locale, roles=self.roles, time=now, **fields)
        person = Person(self.id, self.name)
        await self.house.dispatcher.handle(replace(made, origin=self.origin, person=person))
        return [out.reply for out in self.house.sent[before:]]


def find(reply: Reply, label: str) -> Button:
    """Return the button whose label holds ``label``."""
    buttons = [button for row in reply.rows for button in row]
    found = [button for button in buttons if label.lower() in button.label.lower()]
    assert found, f"no {label!r} among {[button.label for button in buttons]}"
    return found[0]


@asynccontextmanager
async def open_house(
    folder: Path, url: str, root: str, clock: MovedClock | None = None
) -> AsyncIterator[House]:
    """Open one process; a second on the same folder and prefix is the same community after a restart."""
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(SqlLedger.open(sqlite_url(folder)))
        store = await stack.enter_async_context(open_store(url, StoreOptions(prefix=root)))
        faces = {name: RecordingFace(name) for name in ("east", "west")}
        sent: list[Outgoing] = []
        for face in faces.values():
            face.delivered = sent
        outbox = RedisOutbox(store, faces, ledger, "here")
        context, clock, shelf = Context(outbox, SIGNER, faces), clock or MovedClock(), Shelf()
        files = MemoryFiles()
        rooms = {name: Rooms(name) for name in faces}
        parts = community_parts(
            context, ledger, shelf, shelf, RedisLimiter(store), RedisNotes(store), clock, rooms, files, folder
        )
        ask = AskHandler(shelf, ledger, clock, str)
        handlers = (*parts.handlers, FeedbackHandler(ledger), ask)
        parts.answer_in_private(handlers)
        dispatcher = Dispatcher(
            context,
            faces,
            BoundPlaces(ledger, lambda: 0.0, 0.0),
            (*parts.before, VerifyPresses(SIGNER)),
            handlers,
            parts.unbound,
        )
        await ledger.add_community(Community("harbour", "港湾", "Harbour", START))
        await ledger.add_community(Community("hill", "山", "Hill", START))
        for platform in faces:
            await ledger.bind(platform, f"{platform}-home", "harbour")
        yield House(ledger, outbox, parts, dispatcher, clock, shelf, rooms, files, sent)


@pytest_asyncio.fixture
async def house(tmp_path, valkey):
    """A community's bot in one process, on a ledger and a Valkey of its own.

    A module says ``house = community.house``; as a plugin it would be mixed up with Discord's house of the same name.
    """
    async with open_house(tmp_path, valkey.url, prefix()) as opened:
        yield opened
