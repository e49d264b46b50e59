"""What the operator's page needs of the house; ``bot_app.compose_watch`` fills it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot_core.answers import AnswerRecord, Vote
from bot_core.ports.knowledge import Answerer, Library
from bot_core.ports.ledger import Ledger, People
from bot_core.ports.safety import Clock
from bot_core.ports.work import Budget, JobQueue

Json = dict[str, Any]


class Asks(Protocol):
    """A person with what they asked; see bot_ledger.reports.Asker."""

    @property
    def person(self) -> str:
        """Return who."""
        ...

    @property
    def questions(self) -> int:
        """Return how many they asked."""
        ...

    @property
    def up(self) -> int:
        """Return the votes for the answers they got."""
        ...

    @property
    def down(self) -> int:
        """Return those against."""
        ...

    @property
    def last(self) -> datetime:
        """Return when they asked last."""
        ...


class GapLike(Protocol):
    """A question the documents don't answer; see bot_ledger.statistics.Gap."""

    @property
    def question(self) -> str:
        """Return its newest wording."""
        ...

    @property
    def count(self) -> int:
        """Return how often it was asked."""
        ...

    @property
    def last(self) -> datetime:
        """Return when last."""
        ...

    @property
    def answers(self) -> tuple[str, ...]:
        """Return the ids of its answers."""
        ...


class Reports(Protocol):
    """What is looked up for operators, in plain values."""

    async def today(self, community: str | None) -> Mapping[str, float]:
        """Return the day's counts by name."""
        ...

    async def week(self, community: str | None) -> Sequence[Json]:
        """Return a line per day, oldest first: day, answered, related, unknown, up, down, cost."""
        ...

    async def glance(self) -> Json:
        """Return what stands where, as ``yinlu top --json`` prints it."""
        ...

    async def found(
        self,
        community: str,
        limit: int,
        *,
        outcome: str = "",
        words: str = "",
        vote: str = "",
        person: str = "",
        before: datetime | None = None,
    ) -> list[AnswerRecord]:
        """Return answers, newest first."""
        ...

    async def votes_on(self, community: str, answers: Sequence[str]) -> list[Vote]:
        """Return votes on answers."""
        ...

    async def askers(self, community: str, since: datetime, limit: int) -> Sequence[Asks]:
        """Return who asked, most first."""
        ...

    async def gaps(self, community: str, since: datetime) -> Sequence[GapLike]:
        """Return unanswered questions, grouped by likeness, most asked first."""
        ...

    def export(self, community: str) -> AsyncIterator[Json]:
        """Yield training data: voted answers of those who agreed to it."""
        ...


class Store(Ledger, People, Protocol):
    """A ledger that knows persons and facts too."""


@dataclass(frozen=True, slots=True)
class OperatorNeeds:
    """``told`` tells members who waited that documents came, and returns how many; ``allowance`` is the setting's budget."""

    ledger: Store
    reports: Reports
    library: Library
    answerer: Answerer
    queue: JobQueue
    budget: Budget
    clock: Clock
    told: Callable[[str], Awaitable[int]]
    allowance: float = 0.0
