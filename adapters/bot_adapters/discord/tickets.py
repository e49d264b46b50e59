"""What any process needs to answer an interaction: kept under the event's key for as long as Discord takes it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field, replace

from bot_adapters.discord.components import Json
from bot_adapters.discord.options import DiscordOptions
from bot_core.identity import Origin
from bot_core.ports.work import Notes

LONGEST = 15_000  # bytes of a note
KEPT = 24 * 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to answer an interaction until ``until`` (seconds since 1970).

    ``promised``: the deferral stands as a message of ours that waits to be filled; ``private``: only the member
    sees it. ``message`` carries the pressed button, ``components`` are all of its buttons; ``hidden``: that message
    itself is seen by the member only. ``quiet``: a form was shown, so thanks are not needed.
    """

    application: int
    token: str
    conversation: str
    until: float
    promised: bool = False
    private: bool = False
    message: int | None = None
    hidden: bool = False
    components: list[Json] = field(default_factory=list)
    quiet: bool = False

    @property
    def good(self) -> bool:
        """Tell whether Discord still takes it."""
        return time.time() < self.until


class Tickets:
    """Keeps tickets in notes, and who fills what was promised."""

    def __init__(self, notes: Notes, options: DiscordOptions) -> None:
        self._notes, self._options = notes, options

    async def keep(self, event: str, ticket: Ticket) -> None:
        """Keep a ticket, also beyond its end: who asked in private is answered in private."""
        text = json.dumps(asdict(ticket), ensure_ascii=False)
        if len(text.encode()) > LONGEST:
            text = json.dumps({**asdict(ticket), "components": []}, ensure_ascii=False)
        await self._notes.put(f"discord:ticket:{event}", text, KEPT)

    async def find(self, event: str, origin: Origin | None) -> Ticket | None:
        """Return the ticket of an event, if ``origin`` is where the interaction was; it may be over."""
        if ":i" not in event:  # only interactions' events have one
            return None
        text = await self._notes.get(f"discord:ticket:{event}")
        if text is None:
            return None
        ticket = Ticket(**json.loads(text))
        return ticket if origin is None or origin.conversation == ticket.conversation else None

    async def end(self, event: str, ticket: Ticket) -> None:
        """Remember that Discord does not take a ticket any more."""
        await self.keep(event, replace(ticket, until=0.0))

    async def claim(self, event: str, key: str) -> bool:
        """Take the promised message for the send with this key; tell whether it is that send's."""
        name = f"discord:promise:{event}"
        if await self._notes.add(name, key, self._options.token_seconds):
            return True
        return await self._notes.get(name) == key

    # --- messages ------------------------------------------------------------------------------------------
    async def hide(self, message: int, event: str) -> None:
        """Remember that only this event's ticket can edit a message."""
        await self._notes.put(f"discord:hidden:{message}", event, self._options.token_seconds)

    async def hidden(self, message: str) -> str | None:
        """Return the event whose ticket can edit a message that one member sees."""
        return await self._notes.get(f"discord:hidden:{message}")

    async def about(self, message: str, subject: str) -> None:
        """Remember what a message of ours is about."""
        await self._notes.put(f"discord:about:{message}", subject, self._options.remember)

    async def subject(self, message: str) -> str:
        """Return what a message of ours is about, empty where nothing was said."""
        return await self._notes.get(f"discord:about:{message}") or ""

    async def stands_for(self, message: str, place: str) -> None:
        """Remember the place on whose behalf a message stands in a private chat."""
        await self._notes.put(f"discord:for:{message}", place, self._options.remember)

    async def place(self, message: str) -> str | None:
        """Return the place on whose behalf a message stands in a private chat."""
        return await self._notes.get(f"discord:for:{message}")

    # --- sends of several pages ----------------------------------------------------------------------------
    async def sent(self, key: str) -> list[int]:
        """Return the pages of a send that are out already."""
        text = await self._notes.get(f"discord:sent:{key}")
        return [] if text is None else list(json.loads(text))

    async def note_sent(self, key: str, messages: list[int]) -> None:
        """Remember the pages of a send that are out."""
        await self._notes.put(f"discord:sent:{key}", json.dumps(messages), self._options.away_seconds)

    async def draft(self, key: str) -> int | None:
        """Return the message that grew before this send."""
        text = await self._notes.get(f"discord:draft:{key}")
        return None if text is None else int(text)

    async def note_draft(self, key: str, message: int) -> None:
        """Remember the message that grows."""
        await self._notes.put(f"discord:draft:{key}", str(message), self._options.away_seconds)
