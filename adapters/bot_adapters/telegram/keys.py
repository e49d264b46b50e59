"""The ids of events: they say what an answer answers, so that it finds its way after a restart, in every process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot_core.identity import Origin, Person

PLATFORM = "telegram"
PRIVATE = "private:"


class Kind(StrEnum):
    """What happened."""

    MESSAGE = "message"
    EDITED = "edited"
    HIDDEN = "hidden"  # a message that only its sender and we see
    PRESS = "press"
    JOINED = "joined"
    REQUEST = "request"  # asks to be let in
    ADDED = "added"  # the bot was
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Cause:
    """What an event was: ``number`` is the message's (or the hidden message's), 0 for none."""

    kind: Kind
    chat: int = 0
    number: int = 0
    callback: str = ""

    @property
    def id(self) -> str:
        """Return the id for ``Incoming``."""
        parts = (self.kind, self.callback) if self.callback else (self.kind,)
        return ":".join((*parts, str(self.chat), str(self.number)))


def cause_of(event: str) -> Cause:
    """Return what an event key (``telegram:...``) says."""
    name, *parts = event.removeprefix(f"{PLATFORM}:").split(":")
    try:
        kind = Kind(name)
        if kind is Kind.PRESS:
            return Cause(kind, int(parts[1]), int(parts[2]), parts[0])
        return Cause(kind, int(parts[0]), int(parts[1]))
    except (ValueError, IndexError):
        return Cause(Kind.OTHER)


def origin_of(chat: int, thread: int | None = None, place: int | None = None) -> Origin:
    """Return where a chat is; ``place`` is the group on whose behalf a private chat is held."""
    bound = str(place) if place is not None else f"{PRIVATE}{chat}" if chat > 0 else str(chat)
    return Origin(PLATFORM, bound, str(chat), None if thread is None else str(thread))


def person_of(user: int, name: str = "") -> Person:
    """Return a member."""
    return Person(f"{PLATFORM}:{user}", name)


def user_of(person: str) -> int | None:
    """Return the user id of a person's id; None for somebody of another platform, or one that hides."""
    platform, _, number = person.partition(":")
    return int(number) if platform == PLATFORM and number.isdigit() else None
