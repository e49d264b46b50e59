"""What operators decided about a person: blocked, or a budget of their own. And the day's counts that they read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC

from bot_core.conversation import Conversation
from bot_core.dispatch import Handled, Handler
from bot_core.errors import Broken, NotAllowed, Refused
from bot_core.events import Incoming, Invoked, Joined, Pressed, Spoke, Submitted
from bot_core.identity import Words
from bot_core.ports.ledger import Facts, Ledger
from bot_core.ports.safety import Clock
from bot_core.ports.work import Budget, Notes

BLOCKED, BUDGET = "blocked", "budget:"  # the operator's page writes the fact and the setting
TOLD_FOR = 6 * 3600.0  # seconds
NO = Words("管理员暂停了你在这里的使用。", "The administrators have paused your use of me here.")


@dataclass(frozen=True, slots=True)
class Blocked:
    """Takes nothing from who is blocked; says so once in a while. Stands behind OnePerson: accounts don't help."""

    facts: Facts
    notes: Notes

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        """Let pass who is not blocked. Raises NotAllowed."""
        community, person = conversation.community, incoming.person.id
        if not community or await self.facts.fact(community, BLOCKED, person) is None:
            return await inner(incoming, conversation)
        told = await self.notes.add(f"blocked:{community}:{person}", "1", TOLD_FOR)
        if told and not isinstance(incoming.content, Joined):
            raise NotAllowed("blocked", NO)
        return Handled("blocked")


@dataclass(frozen=True, slots=True)
class Allowances:
    """Gives each person their month's fast budget before they may spend it: their role's, or one of their own."""

    ledger: Ledger
    budget: Budget
    clock: Clock
    allowance: Callable[[Collection[str]], float]  # by roles: cost units a month; 0 is no bound
    remember: float = 60.0  # seconds
    _known: dict[tuple[str, str], float] = field(default_factory=dict)

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        """Allow, where something may be spent."""
        spends = isinstance(incoming.content, Invoked | Pressed | Submitted)
        if spends and conversation.community and (allowed := self.allowance(incoming.roles)):
            await self._allow(conversation.community, incoming.person.id, allowed)
        return await inner(incoming, conversation)

    async def _allow(self, community: str, person: str, allowed: float) -> None:
        moment = self.clock.now().astimezone(UTC)
        account, month = f"fast:{community}:{person}", moment.strftime("%Y-%m")
        if self._known.get((account, month), 0.0) > moment.timestamp():
            return
        own = await self.ledger.setting(community, BUDGET + person)
        await self.budget.allow(account, float(own) if own is not None else allowed, month)
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[account, month] = moment.timestamp() + self.remember


@dataclass(frozen=True, slots=True)
class Tallies:
    """Counts, of nobody in particular, what the ledger's rows don't tell: seconds of voice, failures."""

    facts: Facts
    clock: Clock

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        """Count one event."""
        if isinstance(incoming.content, Spoke) and incoming.content.seconds:
            await self._count(conversation, "voice", str(round(incoming.content.seconds)))
        done = False
        try:
            handled = await inner(incoming, conversation)
            done = True
            return handled
        except Refused:
            done = True
            raise
        finally:
            if not done:
                await self._count(conversation, "error", "failed")

    async def _count(self, conversation: Conversation, kind: str, name: str) -> None:
        with suppress(Broken):  # a count that is lost must not lose the event
            await self.facts.count(conversation.community, kind, name, self.clock.now())
