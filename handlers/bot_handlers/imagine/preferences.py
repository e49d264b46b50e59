"""What a member set for their pictures, kept in the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from bot_core.ports.ledger import Ledger
from bot_core.ports.work import Lane


@dataclass(frozen=True, slots=True)
class Preferences:
    """``lane`` is used where a prompt names none, ``suffix`` is added to every prompt; ``remix``: V asks for words."""

    lane: str = Lane.FAST.value
    suffix: str = ""
    remix: bool = False


@dataclass(frozen=True, slots=True)
class PreferenceStore:
    """Reads and writes them."""

    ledger: Ledger

    async def get(self, community: str, person: str) -> Preferences:
        """Return a member's preferences."""
        kept = await self.ledger.setting(community, _name(person))
        return Preferences(**json.loads(kept)) if kept else Preferences()

    async def put(self, community: str, person: str, preferences: Preferences) -> None:
        """Keep them."""
        plain = preferences == Preferences()
        value = None if plain else json.dumps(asdict(preferences), ensure_ascii=False)
        await self.ledger.set_setting(community, _name(person), value)


def _name(person: str) -> str:
    return f"person:{person}:studio"
