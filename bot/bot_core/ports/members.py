"""Ports of a platform's own rooms: where the bot speaks, and what it may do for members there."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from bot_core.identity import Origin, Person


class SpeakMode(StrEnum):
    """When the bot answers in a channel that many share; private chats are always answered."""

    ALWAYS = "always"
    MENTION = "mention"  # only when it is named, replied to, or a command is used
    OFF = "off"


class Speaking(Protocol):
    """Where the bot speaks."""

    async def mode(self, origin: Origin) -> SpeakMode:
        """Return when the bot answers at ``origin``; MENTION where nothing was set."""
        ...


class Members(Protocol):
    """What an adapter can do for a member, with the rights the platform gave the bot.

    Each returns whether it was done; False where the platform has no such thing or the right is missing (logged).
    """

    async def grant(self, origin: Origin, person: Person, role: str) -> bool:
        """Give a role (its name or the platform's id)."""
        ...

    async def revoke(self, origin: Origin, person: Person, role: str) -> bool:
        """Take a role away."""
        ...

    async def admit(self, origin: Origin, person: Person) -> bool:
        """Let in who asked to join."""
        ...

    async def decline(self, origin: Origin, person: Person) -> bool:
        """Turn down who asked to join."""
        ...

    async def direct(self, person: Person) -> Origin | None:
        """Return the private chat with a person, None where the bot may not write to them."""
        ...
