"""The ledger port: what must survive, in SQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot_core.answers import AnswerRecord, Turn, Vote
from bot_core.ports.work import JobView


@dataclass(frozen=True, slots=True)
class Community:
    """A tenant; ``name_zh``/``name_en`` are what members read."""

    id: str
    name_zh: str
    name_en: str
    created: datetime


@dataclass(frozen=True, slots=True)
class VotedAnswer:
    """A vote with the answer it is about."""

    vote: Vote
    record: AnswerRecord


class Ledger(Protocol):
    """Answers, votes, communities, places, persons, settings. Writes are idempotent; one writer at a time."""

    async def record_answer(self, record: AnswerRecord) -> None:
        """Keep an answer; the same id again changes nothing. Raises StorageFull, EngineDown."""
        ...

    async def answer(self, community: str, answer: str) -> AnswerRecord:
        """Return an answer of this community. Raises NotFound (other communities' answers included)."""
        ...

    async def turns(self, community: str, conversation: str, limit: int = 6) -> list[Turn]:
        """Return a conversation's last turns, oldest first."""
        ...

    async def conversation_answers(
        self, community: str, conversation: str, limit: int = 50
    ) -> list[AnswerRecord]:
        """Return a conversation's last answers, oldest first."""
        ...

    async def answers(
        self, community: str | None, since: datetime | None = None, limit: int = 1000
    ) -> list[AnswerRecord]:
        """Return answers, newest first; ``community`` None means all (for operators only)."""
        ...

    async def vote(self, vote: Vote) -> None:
        """Keep a vote; one per answer and person, the last one wins. Raises NotFound for an unknown answer."""
        ...

    async def votes(
        self, community: str | None, since: datetime | None = None, limit: int = 1000
    ) -> list[VotedAnswer]:
        """Return votes with their answers, newest first."""
        ...

    async def add_community(self, community: Community) -> None:
        """Create a community; an existing one keeps its creation time and takes the names."""
        ...

    async def community(self, community: str) -> Community:
        """Return a community. Raises UnknownCommunity."""
        ...

    async def communities(self) -> list[Community]:
        """Return all communities, oldest first."""
        ...

    async def bind(self, platform: str, place: str, community: str) -> None:
        """Bind a place to a community, replacing what was bound."""
        ...

    async def bound(self, platform: str, place: str) -> str | None:
        """Return the community a place is bound to."""
        ...

    async def setting(self, community: str, name: str) -> str | None:
        """Return a community's stored setting."""
        ...

    async def set_setting(self, community: str, name: str, value: str | None) -> None:
        """Store or (None) remove a community's setting."""
        ...

    async def record_job(self, view: JobView) -> None:
        """Keep a finished job; the same id again changes nothing."""
        ...

    async def job(self, community: str, job: str) -> JobView:
        """Return a finished job. Raises NotFound."""
        ...

    async def jobs(
        self, community: str, kind: str, person: str | None = None, limit: int = 100
    ) -> list[JobView]:
        """Return finished jobs that came to a result, newest first; ``person`` None means everybody's."""
        ...

    async def remove_job(self, community: str, job: str) -> bool:
        """Forget a finished job; tell whether it was there."""
        ...

    async def forget_person(self, persons: Sequence[str]) -> int:
        """Remove a person's questions, words and votes, keeping counted statistics; return the rows changed."""
        ...

    def export(self, community: str) -> AsyncIterator[VotedAnswer]:
        """Yield a community's voted answers, for training data."""
        ...


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a community keeps of a member: a step reached, a question handed over, a line of the audit.

    ``person`` is whom it is about: it goes when they ask to be forgotten. ``data`` is small JSON.
    """

    community: str
    kind: str
    id: str
    time: datetime
    person: str = ""
    state: str = ""
    data: Mapping[str, object] = field(default_factory=dict)


class Facts(Protocol):
    """Facts by community, kind and id. Every call is atomic over all processes."""

    async def keep(self, fact: Fact) -> None:
        """Store, replacing what had the same community, kind and id."""
        ...

    async def add(self, fact: Fact) -> bool:
        """Store unless it is there already; tell whether it was stored."""
        ...

    async def fact(self, community: str, kind: str, id: str) -> Fact | None:
        """Return one, or None."""
        ...

    async def facts(
        self,
        kind: str,
        community: str | None = None,
        *,
        person: str | None = None,
        state: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[Fact]:
        """Return those of a kind, oldest first; ``community`` None means all."""
        ...

    async def take(self, community: str, kind: str, id: str) -> bool:
        """Remove one; True for exactly one caller, False where it is not there."""
        ...

    async def count(self, community: str, kind: str, name: str, when: datetime) -> None:
        """Add one to a count of the day, of nobody in particular."""
        ...

    async def counted(self, community: str, kind: str, since: datetime) -> dict[str, int]:
        """Return the counts of a kind by name, from that day on."""
        ...


class People(Facts, Protocol):
    """What a ledger knows of persons besides: consent, and which accounts are one person's."""

    async def consent(self, person: str) -> bool:
        """Return whether their votes may be exported."""
        ...

    async def set_consent(self, person: str, consent: bool) -> None:
        """Store it."""
        ...

    async def link(self, account: str, person: str) -> None:
        """Say that ``account`` is ``person``'s."""
        ...

    async def person_of(self, account: str) -> str:
        """Return the person behind an account: the account itself where none was linked."""
        ...

    async def accounts_of(self, person: str) -> list[str]:
        """Return the accounts that are linked to a person."""
        ...

    async def forget_person(self, persons: Sequence[str]) -> int:
        """Remove what is kept of them, facts included; return the rows changed."""
        ...
