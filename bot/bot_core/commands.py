"""How a handler declares a command, once; adapters derive slash commands, menus and forms from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from bot_core.identity import Words


class ArgumentKind(Enum):
    """What an argument takes."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    MEMBER = "member"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument; ``choices`` are (value, words) pairs, ``minimum``/``maximum`` bound numbers or text length."""

    name: str
    description: Words
    kind: ArgumentKind = ArgumentKind.TEXT
    required: bool = True
    choices: tuple[tuple[str, Words], ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A command; ``private`` answers are seen by the asker only, ``admin`` ones need an admin's rights."""

    name: str
    description: Words
    arguments: tuple[Argument, ...] = ()
    private: bool = False
    admin: bool = False


@runtime_checkable
class Declares(Protocol):
    """A handler that declares commands."""

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return the commands this handler answers."""
        ...
