"""Where and when the bot speaks: a community that is paused, channels that are set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot_core.conversation import Conversation
from bot_core.dispatch import Handled, Handler
from bot_core.events import Incoming, Joined, Said, Spoke
from bot_core.identity import ADMIN, Origin, Words
from bot_core.ports.ledger import Ledger
from bot_core.ports.members import SpeakMode
from bot_core.ports.work import Notes
from bot_core.replies import say

PAUSED = "paused"  # the community's setting
RESTING = Words("我在这里暂停了，管理员恢复后再来。", "I am paused here until an administrator resumes me.")
TOLD_FOR = 6 * 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Pausing:
    """Keeps quiet in a paused community: says so once to each channel; administrators' commands still work."""

    ledger: Ledger
    notes: Notes

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        community = conversation.community
        if not community or await self.ledger.setting(community, PAUSED) != "yes":
            return await inner(incoming, conversation)
        if ADMIN in incoming.roles and not isinstance(incoming.content, Said | Spoke | Joined):
            return await inner(incoming, conversation)
        if await self.notes.add(f"paused:{community}:{incoming.origin.conversation}", "1", TOLD_FOR):
            await conversation.send(say(RESTING.of(incoming.locale)))
        return Handled("paused")


def speak_setting(origin: Origin) -> str:
    """Return the name of the setting that says when the bot speaks in a channel."""
    return f"speak:{origin.platform}:{origin.channel}"


@dataclass(frozen=True, slots=True)
class LedgerSpeaking:
    """The core's ``Speaking`` over the ledger's settings, remembered for a few seconds."""

    ledger: Ledger
    now: Callable[[], float]
    remember: float = 5.0  # seconds
    _known: dict[Origin, tuple[float, SpeakMode]] = field(default_factory=dict)

    async def mode(self, origin: Origin) -> SpeakMode:
        """Return when the bot answers there; MENTION where nothing was set."""
        until, mode = self._known.get(origin, (0.0, SpeakMode.MENTION))
        if self.now() < until:
            return mode
        community = await self.ledger.bound(origin.platform, origin.place)
        stored = await self.ledger.setting(community, speak_setting(origin)) if community else None
        mode = SpeakMode(stored) if stored in list(SpeakMode) else SpeakMode.MENTION
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[origin] = (self.now() + self.remember, mode)
        return mode
