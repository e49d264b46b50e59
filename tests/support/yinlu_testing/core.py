"""Small fakes of what the core talks to, and short ways to make events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

from bot_core.conversation import DraftText
from bot_core.events import Content, Incoming, Said
from bot_core.identity import Locale, Origin, Person
from bot_core.ports.work import OutboxCounts, Outgoing
from bot_core.replies import Reply

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
_numbers = count(1)


def event(
    content: Content | str = "hello", *, channel: str = "c", person: str = "alice", **fields
) -> Incoming:
    """Return an event of alice's in channel c."""
    said = Said(content) if isinstance(content, str) else content
    made = Incoming(
        id=f"e{next(_numbers)}",
        origin=Origin("test", "place", channel),
        person=Person(f"test:{person}", person),
        locale=Locale.EN,
        time=NOON,
        content=said,
    )
    return replace(made, **fields)


@dataclass
class RecordingFace:
    """A face that remembers what it was asked to show."""

    platform: str = "test"
    draft_interval: float = 0.0
    speaks: bool = False
    idempotent: bool = True
    delivered: list[Outgoing] = field(default_factory=list)
    drafts: list[DraftText] = field(default_factory=list)
    edits: list[tuple[str, Reply]] = field(default_factory=list)

    async def deliver(self, outgoing: Outgoing) -> str:
        """Remember and number it."""
        self.delivered.append(outgoing)
        return f"m{len(self.delivered)}"

    async def edit(self, origin: Origin, message: str, reply: Reply) -> None:
        """Remember it."""
        self.edits.append((message, reply))

    async def draft(self, origin: Origin, draft: DraftText) -> None:
        """Remember it."""
        self.drafts.append(draft)


class StraightOutbox:
    """Delivers at once, each key once."""

    def __init__(self, face: RecordingFace) -> None:
        self.face = face
        self.keys: set[str] = set()

    async def send(self, outgoing: Outgoing) -> bool:
        """Deliver, unless its key was here before."""
        if outgoing.key in self.keys:
            return False
        self.keys.add(outgoing.key)
        await self.face.deliver(outgoing)
        return True

    async def counts(self) -> OutboxCounts:
        """Everything is sent."""
        return OutboxCounts(0, 0, len(self.keys), 0, 0)


class FixedPlaces:
    """Every place belongs to one community, or to none."""

    def __init__(self, community: str | None = "harbour") -> None:
        self.name = community

    async def community(self, origin: Origin) -> str | None:
        """Return it."""
        return self.name
