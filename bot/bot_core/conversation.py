"""A conversation: the way back to where something was said."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from bot_core.actions import Action, Press
from bot_core.answers import AnswerRecord
from bot_core.identity import Locale, Origin, Words
from bot_core.ports.work import Outbox, Outgoing
from bot_core.replies import Button, Reply
from bot_core.tokens import Signer

VOTE_LABELS = (
    (Action.VOTE_UP, Words("👍", "👍")),
    (Action.VOTE_DOWN, Words("👎", "👎")),
    (Action.SPEAK, Words("🔊", "🔊")),
    (Action.REGENERATE, Words("🔁", "🔁")),
)


@dataclass(frozen=True, slots=True)
class DraftText:
    """Words of an answer that is still growing: the whole text so far."""

    event: str
    ordinal: int
    text: str
    stage: str = "writing"  # received | searching | reading | writing


class Face(Protocol):
    """What an adapter gives the core: a way to show things at an origin."""

    @property
    def platform(self) -> str:
        """Return the platform's name, as in ``Origin.platform``."""
        ...

    @property
    def draft_interval(self) -> float:
        """Return the least seconds between two drafts of one message."""
        ...

    @property
    def speaks(self) -> bool:
        """Tell whether speech can be played here, so that 🔊 is offered."""
        ...

    @property
    def idempotent(self) -> bool:
        """Tell whether a key delivered twice is shown once, so that a send cut off by a crash may be repeated."""
        ...

    async def deliver(self, outgoing: Outgoing) -> str:
        """Show a reply; return the platform's id of the message.

        Raises a Broken error where it should be tried again.
        """
        ...

    async def edit(self, origin: Origin, message: str, reply: Reply) -> None:
        """Replace a message that was delivered; a reply without parts changes its buttons alone."""
        ...

    async def draft(self, origin: Origin, draft: DraftText) -> None:
        """Show a growing text; may be skipped, is never the last word."""
        ...


@runtime_checkable
class SpeaksLive(Protocol):
    """A face that says an answer while it is written: the whole of it need not come again as a voice message."""

    def spoke_live(self, event: str) -> bool:
        """Tell whether the answer to ``event`` is being said, or was, to somebody who listens."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What a conversation needs besides its origin; the same for all events of a process."""

    outbox: Outbox
    signer: Signer
    faces: Mapping[str, Face] = field(default_factory=dict)  # this process's own, by platform


class Ordinals:
    """Numbers the sends of one event, over all the origins it is answered at."""

    def __init__(self) -> None:
        self.coming = 0

    def next(self) -> int:
        """Return the number of this send."""
        self.coming += 1
        return self.coming - 1


class Conversation:
    """Sends, edits and drafts at one origin, for one event.

    Rebuilt from the origin alone, so results that arrive after a restart still find their channel. Sends of
    one event are numbered; handling the event again sends only what is missing.
    """

    def __init__(
        self,
        context: Context,
        face: Face | None,
        origin: Origin,
        event: str,
        community: str,
        locale: Locale,
        person: str,
        ordinals: Ordinals | None = None,
    ) -> None:
        self.origin = origin
        self.event = event
        self.community = community
        self.locale = locale
        self.person = person
        self._context = context
        self._face = face
        self._ordinals = ordinals or Ordinals()
        self.sent: list[Reply] = []  # what was sent here for this event, in order

    @property
    def spoken_live(self) -> bool:
        """Tell whether the answer to this event is said already while it is written."""
        return isinstance(self._face, SpeaksLive) and self._face.spoke_live(self.event)

    def elsewhere(self, origin: Origin, *, person: str, locale: Locale | None = None) -> Conversation:
        """Return a conversation at another origin of this community, for the same event.

        For handing a question to the helpers' place, or an answer back to who asked. Where another process has
        that platform, ``send`` reaches it through the outbox; ``edit``, ``show`` and drafts do nothing.
        """
        return Conversation(
            self._context,
            self._context.faces.get(origin.platform),
            origin,
            self.event,
            self.community,
            locale or self.locale,
            person,
            self._ordinals,
        )

    async def send(self, reply: Reply, record: AnswerRecord | None = None) -> str:
        """Send ``reply`` through the outbox; return the outbox key.

        ``record`` goes to the ledger with it, before it is delivered.
        """
        outgoing = Outgoing(
            event=self.event,
            ordinal=self._ordinals.next(),
            origin=self.origin,
            community=self.community,
            person=self.person,
            reply=self.dress(reply),
            record=record,
        )
        await self._context.outbox.send(outgoing)
        self.sent.append(reply)
        return outgoing.key

    async def show(self, reply: Reply) -> None:
        """Show ``reply`` now or never, past the outbox: for when the outbox itself is what failed."""
        if self._face is not None:
            reply = self.dress(reply)
            event, ordinal = self.event, self._ordinals.coming
            await self._face.deliver(
                Outgoing(event, ordinal, self.origin, self.community, self.person, reply)
            )

    async def edit(self, message: str, reply: Reply) -> None:
        """Replace one of our messages, named by the platform's id."""
        if self._face is not None:
            await self._face.edit(self.origin, message, self.dress(reply))

    def dress(self, reply: Reply) -> Reply:
        """Return ``reply`` with vote buttons, where it answers something, and with all buttons signed."""
        rows = reply.rows
        if reply.answer is not None:
            subject = reply.answer
            votes = tuple(
                Button(words.of(self.locale), action, subject)
                for action, words in VOTE_LABELS
                if action is not Action.SPEAK or (self._face is not None and self._face.speaks)
            )
            rows = (*rows, votes)
        if reply.made is not None:
            subject = reply.made
            votes = tuple(Button(words.of(self.locale), action, subject) for action, words in VOTE_LABELS[:2])
            rows = (*rows, votes)
        return replace(reply, rows=tuple(tuple(self._sign(button) for button in row) for row in rows))

    def _sign(self, button: Button) -> Button:
        press = Press(button.action, button.subject, button.index)
        return replace(button, token=self._context.signer.sign(self.community, press))

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[Stream]:
        """Open a growing text that the next ``send`` completes."""
        stream = Stream(self._face, self.origin, self.event, self._ordinals.coming)
        yield stream
        await stream.flush()

    async def stage(self, name: str) -> None:
        """Tell what is being done: ``searching``, ``reading``, ``writing`` (instead of bare typing dots)."""
        if self._face is not None:
            draft = DraftText(self.event, self._ordinals.coming, "", name)
            await self._face.draft(self.origin, draft)


class Stream:
    """Collects words and shows them no more often than the face allows."""

    def __init__(self, face: Face | None, origin: Origin, event: str, ordinal: int) -> None:
        self._face, self._origin, self._event, self._ordinal = face, origin, event, ordinal
        self._text = ""
        self._shown = ""
        self._next = 0.0

    async def write(self, words: str) -> None:
        """Add words to the growing text."""
        self._text += words
        if time.monotonic() >= self._next:
            await self.flush()

    async def __call__(self, words: str) -> None:
        """Add words: a stream is what an Answerer says them to."""
        await self.write(words)

    async def replace(self, text: str) -> None:
        """Start the growing text anew with ``text``."""
        self._text = text
        await self.flush()

    async def flush(self) -> None:
        """Show what has not been shown."""
        if self._text == self._shown or self._face is None:
            return
        self._shown = self._text
        self._next = time.monotonic() + self._face.draft_interval
        await self._face.draft(self._origin, DraftText(self._event, self._ordinal, self._text))
