"""The ledger port: what must survive, in SQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
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

    async def forget_person(self, persons: Sequence[str]) -> int:
        """Remove a person's questions, words and votes, keeping counted statistics; return the rows changed."""
        ...

    def export(self, community: str) -> AsyncIterator[VotedAnswer]:
        """Yield a community's voted answers, for training data."""
        ...
