"""What comes in: one frozen value per event, whatever the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot_core.actions import Press
from bot_core.answers import Turn
from bot_core.files import FileRef
from bot_core.identity import Locale, Origin, Person

ArgumentValue = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Said:
    """Words addressed to us; ``history`` only where the caller brings its own (the HTTP API)."""

    text: str
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Invoked:
    """A command with the arguments its declaration asks for."""

    command: str
    arguments: Mapping[str, ArgumentValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button. Adapters fill ``token``; the core checks its signature and fills ``press``."""

    token: str
    message: str | None = None  # the platform's id of the message that carries the button
    press: Press | None = None


@dataclass(frozen=True, slots=True)
class Spoke:
    """A voice message."""

    audio: FileRef
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """A member came into the place; ``request``: asks to be let in and is not there yet."""

    request: bool = False


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form that a button opened, filled in. ``token`` is that button's."""

    token: str
    values: Mapping[str, str]
    press: Press | None = None


Content = Said | Invoked | Pressed | Spoke | Joined | Submitted


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that rides along; ``file`` is set once the adapter has stored it within the limits."""

    name: str
    media_type: str
    size: int  # bytes
    file: FileRef | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message that was replied to."""

    message: str  # the platform's id
    person: Person | None = None
    text: str = ""
    ours: bool = False
    about: str = ""  # what our message was about: the ``about`` of its reply


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event that asks something of us.

    ``id`` is unique within ``origin.platform`` and is the key by which a redelivery is recognised.
    ``time`` is when it happened (aware, UTC).
    """

    id: str
    origin: Origin
    person: Person
    locale: Locale
    time: datetime
    content: Content
    roles: frozenset[str] = frozenset()
    attachments: tuple[Attachment, ...] = ()
    reply_to: Quoted | None = None

    @property
    def key(self) -> str:
        """Return the id that is unique over all platforms."""
        return f"{self.origin.platform}:{self.id}"
