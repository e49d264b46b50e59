"""What goes out: adapters render it to what the platform can do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot_core.actions import Action
from bot_core.answers import Citation, Outcome, VoteReason, VoteValue
from bot_core.files import FileRef
from bot_core.identity import Person


@dataclass(frozen=True, slots=True)
class Text:
    """Words in a small Markdown: paragraphs, lists, tables, **bold**, `code`, fences, [links](https://...), [1] citations."""

    markdown: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with its description for those who don't see it."""

    file: FileRef
    alt: str


@dataclass(frozen=True, slots=True)
class Sound:
    """Speech or audio; ``transcript`` is shown where it can't be played."""

    file: FileRef
    seconds: float
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """Any other file."""

    file: FileRef


Part = Text | Picture | Sound | Document


class Style(Enum):
    """How a button looks."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"
    CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Button:
    """A button. Handlers give action, subject and index; the core fills ``token`` when the reply is sent."""

    label: str
    action: Action
    subject: str = "0" * 24
    index: int = 0
    style: Style = Style.PLAIN
    token: str = ""


class Label(Enum):
    """What a place must show beside generated content."""

    NONE = "none"
    GENERATED = "generated"


@dataclass(frozen=True, slots=True)
class VoteShown:
    """A vote that was recorded, so that the answer's buttons can show it."""

    answer: str
    value: VoteValue
    reason: VoteReason | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One message of ours.

    ``answer`` is set (24 hex digits) when this answers something: then the core adds the vote buttons.
    ``private`` replies are seen by the asker only, where the platform can.
    """

    parts: tuple[Part, ...]
    sources: tuple[Citation, ...] = ()
    rows: tuple[tuple[Button, ...], ...] = ()
    private: bool = False
    label: Label = Label.NONE
    answer: str | None = None
    outcome: Outcome | None = None
    follow_ups: tuple[str, ...] = ()
    vote: VoteShown | None = None
    error: str | None = None  # the error's class name, when this tells of one
    retry_after: float | None = None  # seconds
    made: str | None = None  # a job (24 hex digits) whose pictures or speech this shows: the core adds 👍 👎
    about: str = ""  # 24 hex digits: what a member's reply to this message is about
    greets: Person | None = None  # the one member whom this message names so that their device tells them
    calls_helpers: bool = False  # names the community's helper role in the same way
    heard: str = ""  # the words of a voice message, when this shows what was heard

    @property
    def text(self) -> str:
        """Return all words of the reply, in Markdown."""
        return "\n\n".join(part.markdown for part in self.parts if isinstance(part, Text))


def say(markdown: str, *rows: tuple[Button, ...], private: bool = False) -> Reply:
    """Return a reply of words alone."""
    return Reply((Text(markdown),), rows=rows, private=private)
