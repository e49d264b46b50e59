"""The Ledger port's twin in memory, for tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from bot_core.answers import AnswerRecord, Turn, Vote
from bot_core.errors import NotFound, UnknownCommunity
from bot_core.ports.ledger import Community, VotedAnswer
from bot_core.ports.work import JobState, JobView
from bot_ledger.facts import MemoryFacts
from bot_ledger.reports import MemoryReports
from bot_ledger.statistics import Daily, fold

Key = tuple[str, str]  # community, id
K = TypeVar("K")
V = TypeVar("V")


class MemoryLedger(MemoryFacts, MemoryReports):
    """Keeps the same rows and rules as ``SqlLedger``, in dictionaries."""

    def __init__(self) -> None:
        MemoryFacts.__init__(self)
        MemoryReports.__init__(self)
        self._communities: dict[str, Community] = {}
        self._places: dict[tuple[str, str], str] = {}
        self._settings: dict[tuple[str, str], str] = {}
        self._jobs: dict[Key, JobView] = {}
        self._consent: dict[str, bool] = {}
        self._accounts: dict[str, str] = {}
        self._tallies: Counter[tuple[str, str, str, str]] = Counter()  # day, community, kind, name

    async def record_answer(self, record: AnswerRecord) -> None:
        """Keep an answer; the same id again changes nothing."""
        self._answers.setdefault((record.question.community, record.answer.id), record)

    async def answer(self, community: str, answer: str) -> AnswerRecord:
        """Return an answer of this community. Raises NotFound."""
        try:
            return self._answers[community, answer]
        except KeyError:
            raise NotFound(f"answer {answer[:40]}") from None

    async def turns(self, community: str, conversation: str, limit: int = 6) -> list[Turn]:
        """Return a conversation's last turns, oldest first."""
        turns: list[Turn] = []
        for record in await self.conversation_answers(community, conversation, limit):
            turns += (Turn("user", record.question.text), Turn("assistant", record.answer.text))
        return turns[-limit:] if limit > 0 else []

    async def conversation_answers(
        self, community: str, conversation: str, limit: int = 50
    ) -> list[AnswerRecord]:
        """Return a conversation's last answers, oldest first."""
        mine = [
            record
            for record in await self.answers(community, limit=len(self._answers))
            if record.question.conversation == conversation
        ]
        return mine[: max(0, limit)][::-1]

    async def answers(
        self, community: str | None, since: datetime | None = None, limit: int = 1000
    ) -> list[AnswerRecord]:
        """Return answers, newest first; None means all communities."""
        mine = [
            record
            for (owner, _), record in self._answers.items()
            if community in (None, owner) and (since is None or record.time >= since)
        ]
        mine.sort(key=lambda record: (record.time, record.answer.id), reverse=True)
        return mine[: max(0, limit)]

    async def vote(self, vote: Vote) -> None:
        """Keep a vote; the last one wins. Raises NotFound."""
        await self.answer(vote.community, vote.answer)
        key = (vote.community, vote.answer, vote.person)
        known = self._votes.get(key)
        if known is None or known.time <= vote.time:
            self._votes[key] = vote

    async def votes(
        self, community: str | None, since: datetime | None = None, limit: int = 1000
    ) -> list[VotedAnswer]:
        """Return votes with their answers, newest first."""
        mine = [
            vote
            for vote in self._votes.values()
            if community in (None, vote.community) and (since is None or vote.time >= since)
        ]
        mine.sort(key=lambda vote: (vote.time, vote.answer, vote.person), reverse=True)
        return [
            VotedAnswer(vote, self._answers[vote.community, vote.answer]) for vote in mine[: max(0, limit)]
        ]

    async def export(self, community: str) -> AsyncIterator[VotedAnswer]:
        """Yield a community's voted answers, oldest first, where asker and voter both consented."""
        for voted in reversed(await self.votes(community, limit=len(self._votes))):
            question = voted.record.question
            if await self.consent(voted.vote.person) and await self.consent(question.person):
                yield replace(voted, record=replace(voted.record, question=replace(question, history=())))

    async def add_community(self, community: Community) -> None:
        """Create a community; an existing one keeps its creation time and takes the names."""
        known = self._communities.get(community.id, community)
        self._communities[community.id] = replace(community, created=known.created)

    async def community(self, community: str) -> Community:
        """Return a community. Raises UnknownCommunity."""
        try:
            return self._communities[community]
        except KeyError:
            raise UnknownCommunity(community[:80]) from None

    async def communities(self) -> list[Community]:
        """Return all communities, oldest first."""
        return sorted(self._communities.values(), key=lambda community: (community.created, community.id))

    async def bind(self, platform: str, place: str, community: str) -> None:
        """Bind a place, replacing what was bound. Raises UnknownCommunity."""
        await self.community(community)
        self._places[platform, place] = community

    async def bound(self, platform: str, place: str) -> str | None:
        """Return the community a place is bound to."""
        return self._places.get((platform, place))

    async def setting(self, community: str, name: str) -> str | None:
        """Return a community's stored setting."""
        return self._settings.get((community, name))

    async def set_setting(self, community: str, name: str, value: str | None) -> None:
        """Store or (None) remove a community's setting."""
        if value is None:
            self._settings.pop((community, name), None)
        else:
            self._settings[community, name] = value

    async def record_job(self, view: JobView) -> None:
        """Keep a finished job; the same id again changes nothing."""
        self._jobs.setdefault((view.job.community, view.job.id), view)

    async def job(self, community: str, job: str) -> JobView:
        """Return a finished job. Raises NotFound."""
        try:
            return self._jobs[community, job]
        except KeyError:
            raise NotFound(f"job {job[:40]}") from None

    async def jobs(
        self, community: str, kind: str, person: str | None = None, limit: int = 100
    ) -> list[JobView]:
        """Return finished jobs that came to a result, newest first."""
        found = [
            view
            for (whose, _), view in self._jobs.items()
            if whose == community
            and view.job.kind == kind
            and view.state is JobState.DONE
            and person in (None, view.job.person)
        ]
        return sorted(found, key=lambda view: view.job.created, reverse=True)[:limit]

    async def remove_job(self, community: str, job: str) -> bool:
        """Forget a finished job; tell whether it was there."""
        return self._jobs.pop((community, job), None) is not None

    async def set_consent(self, person: str, consent: bool) -> None:
        """Store whether a person's votes and answered questions may be exported."""
        self._consent[person] = consent

    async def consent(self, person: str) -> bool:
        """Return it; False for a person who never said so."""
        behind = self._accounts.get(person, person)
        return self._consent.get(person, False) or self._consent.get(behind, False)

    async def link(self, account: str, person: str) -> None:
        """Say that ``account`` is ``person``'s, replacing what was said before."""
        self._consent.setdefault(person, False)
        self._accounts[account] = person

    async def person_of(self, account: str) -> str:
        """Return the person behind an account: the account itself where none was linked."""
        return self._accounts.get(account, account)

    async def accounts_of(self, person: str) -> list[str]:
        """Return the accounts that are linked to a person."""
        return sorted(account for account, behind in self._accounts.items() if behind == person)

    async def forget_person(self, persons: Sequence[str]) -> int:
        """Remove a person's questions, words, votes and jobs; only counts per day remain."""
        everyone = {*persons, *(self._accounts[person] for person in persons if person in self._accounts)}
        everyone |= {account for account, person in self._accounts.items() if person in everyone}
        asked = {key for key, record in self._answers.items() if record.question.person in everyone}
        voted = {key for key in self._votes if key[2] in everyone or key[:2] in asked}
        made = {key for key, view in self._jobs.items() if view.job.person in everyone}
        known = self._consent.keys() & everyone
        linked = self._accounts.keys() & everyone
        self._tallies.update(self._lines(asked, voted, made))
        _drop(self._answers, asked)
        _drop(self._votes, voted)
        _drop(self._jobs, made)
        _drop(self._consent, known)
        _drop(self._accounts, linked)
        facts = self.forget_facts(everyone)
        return len(asked) + len(voted) + len(made) + len(known) + len(linked) + facts

    async def daily(self, community: str | None, since: datetime) -> list[Daily]:
        """Return counts per day (UTC), forgotten persons' included, oldest first."""
        lines = Counter(self._lines(self._answers, self._votes, self._jobs)) + self._tallies
        first = since.astimezone(UTC).date().isoformat()
        return fold(
            (*line, count)
            for line, count in lines.items()
            if line[0] >= first and community in (None, line[1])
        )

    def _lines(
        self, answers: Iterable[Key], votes: Iterable[tuple[str, str, str]], jobs: Iterable[Key]
    ) -> Iterable[tuple[str, str, str, str]]:
        for key in answers:
            record = self._answers[key]
            yield _day(record.time), key[0], "answer", record.answer.outcome.value
        for vote in map(self._votes.__getitem__, votes):
            yield _day(vote.time), vote.community, "vote", vote.value.value
        for job in (self._jobs[key].job for key in jobs):
            yield _day(job.created), job.community, "job", job.kind


def _day(time: datetime) -> str:
    return time.astimezone(UTC).date().isoformat()


def _drop(rows: dict[K, V], keys: Iterable[K]) -> None:
    for key in keys:
        del rows[key]
