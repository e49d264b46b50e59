"""Small stores in memory that outlive the "process" of a test: a new server on the same twins is a restart."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from bot_core.answers import AnswerRecord, Turn, Vote
from bot_core.errors import EngineDown, LeaseLost, NotFound, UnknownCommunity
from bot_core.events import Incoming
from bot_core.ports.ledger import Community, VotedAnswer
from bot_core.ports.work import Entry, JobView, JournalCounts, Receipt


class TwinJournal:
    """A Journal: in order within a conversation, each id once, ``room`` events at most."""

    def __init__(self, room: int = 1000) -> None:
        self.room = room
        self.seen: set[str] = set()
        self.waiting: dict[str, deque[Incoming]] = defaultdict(deque)
        self.running: dict[str, Entry] = {}
        self._leases = 0

    def _lease(self, conversation: str) -> Entry | None:
        if conversation in self.running or not self.waiting[conversation]:
            return None
        self._leases += 1
        entry = Entry(self.waiting[conversation].popleft(), f"l{self._leases}", 1, datetime.now(UTC))
        self.running[conversation] = entry
        return entry

    async def receive(self, incoming: Incoming, worker: str) -> tuple[Receipt, Entry | None]:
        """Store it."""
        if incoming.key in self.seen:
            return Receipt.SEEN, None
        if len(self.running) + sum(map(len, self.waiting.values())) >= self.room:
            return Receipt.FULL, None
        self.seen.add(incoming.key)
        self.waiting[incoming.origin.conversation].append(incoming)
        return Receipt.NEW, self._lease(incoming.origin.conversation)

    async def finish(self, entry: Entry, worker: str) -> Entry | None:
        """Mark done."""
        conversation = entry.incoming.origin.conversation
        if self.running.get(conversation) != entry:
            raise LeaseLost(entry.incoming.key, entry.attempt)
        del self.running[conversation]
        return self._lease(conversation)

    async def extend(self, entries: Sequence[Entry]) -> list[Entry]:
        """Nothing is ever lost here."""
        return []

    async def take(self, worker: str, platforms: Sequence[str], limit: int) -> list[Entry]:
        """Lease what waits."""
        leased = (self._lease(conversation) for conversation in list(self.waiting))
        return [entry for entry in leased if entry is not None]

    async def abandon(self, worker: str | None) -> int:
        """Put running events back in front."""
        count = len(self.running)
        for conversation, entry in self.running.items():
            self.waiting[conversation].appendleft(entry.incoming)
        self.running.clear()
        return count

    async def counts(self) -> JournalCounts:
        """Return how much lies here."""
        return JournalCounts(sum(map(len, self.waiting.values())), len(self.running))


class TwinFrames:
    """A FrameLog of ``kept`` frames per session; ``down`` makes it unreachable."""

    def __init__(self, kept: int = 500) -> None:
        self.kept = kept
        self.down = False
        self.sessions: dict[str, list[tuple[int, str]]] = {}

    def _reach(self) -> None:
        if self.down:
            raise EngineDown("redis", "the test says so")

    async def append(self, session: str, frame: str) -> int:
        """Number it."""
        self._reach()
        frames = self.sessions.setdefault(session, [])
        seq = (frames[-1][0] if frames else 0) + 1
        frames.append((seq, frame))
        del frames[: -self.kept]
        return seq

    async def after(self, session: str, seq: int) -> list[tuple[int, str]]:
        """Return what came after."""
        self._reach()
        frames = self.sessions.get(session)
        if not frames or seq < frames[0][0] - 1:
            raise NotFound(session)
        return [entry for entry in frames if entry[0] > seq]

    async def last(self, session: str) -> int:
        """Return the highest number."""
        self._reach()
        frames = self.sessions.get(session)
        return frames[-1][0] if frames else 0


class TwinLedger:
    """The part of a Ledger that a conversation needs."""

    def __init__(self, *communities: Community) -> None:
        self.known = {community.id: community for community in communities}
        self.records: dict[str, AnswerRecord] = {}
        self.cast: dict[tuple[str, str], Vote] = {}
        self.settings: dict[tuple[str, str], str | None] = {}

    async def record_answer(self, record: AnswerRecord) -> None:
        """Keep it once."""
        self.records.setdefault(record.answer.id, record)

    async def answer(self, community: str, answer: str) -> AnswerRecord:
        """Return one of this community's."""
        record = self.records.get(answer)
        if record is None or record.question.community != community:
            raise NotFound(answer)
        return record

    async def turns(self, community: str, conversation: str, limit: int = 6) -> list[Turn]:
        """Return the last turns."""
        turns: list[Turn] = []
        for record in await self.conversation_answers(community, conversation):
            turns += [Turn("user", record.question.text), Turn("assistant", record.answer.text)]
        return turns[-limit:]

    async def conversation_answers(
        self, community: str, conversation: str, limit: int = 50
    ) -> list[AnswerRecord]:
        """Return a conversation's answers."""
        asked = [r for r in self.records.values() if r.question.conversation == conversation]
        return [r for r in asked if r.question.community == community][-limit:]

    async def answers(
        self, community: str | None, since: datetime | None = None, limit: int = 1000
    ) -> list[AnswerRecord]:
        """Return all, newest first."""
        found = [r for r in self.records.values() if community in (None, r.question.community)]
        return found[::-1][:limit]

    async def vote(self, vote: Vote) -> None:
        """Keep a person's last vote."""
        await self.answer(vote.community, vote.answer)
        self.cast.pop((vote.answer, vote.person), None)
        self.cast[vote.answer, vote.person] = vote

    async def votes(
        self, community: str | None, since: datetime | None = None, limit: int = 1000
    ) -> list[VotedAnswer]:
        """Return votes, newest first."""
        found = [vote for vote in self.cast.values() if community in (None, vote.community)]
        kept = [vote for vote in found if since is None or vote.time >= since]
        return [VotedAnswer(vote, self.records[vote.answer]) for vote in kept[::-1][:limit]]

    async def community(self, community: str) -> Community:
        """Return one."""
        if community not in self.known:
            raise UnknownCommunity(community)
        return self.known[community]

    async def communities(self) -> list[Community]:
        """Return all."""
        return list(self.known.values())

    async def add_community(self, community: Community) -> None:
        """Keep one."""
        self.known[community.id] = community

    async def bind(self, platform: str, place: str, community: str) -> None:
        """Not part of this twin."""
        raise NotImplementedError

    async def bound(self, platform: str, place: str) -> str | None:
        """Not part of this twin."""
        raise NotImplementedError

    async def setting(self, community: str, name: str) -> str | None:
        """Return a value that was set, or None."""
        return self.settings.get((community, name))

    async def set_setting(self, community: str, name: str, value: str | None) -> None:
        """Keep a value."""
        self.settings[community, name] = value

    async def record_job(self, view: JobView) -> None:
        """Not part of this twin."""
        raise NotImplementedError

    async def job(self, community: str, job: str) -> JobView:
        """No jobs."""
        raise NotFound(job)

    async def forget_person(self, persons: Sequence[str]) -> int:
        """Not part of this twin."""
        raise NotImplementedError

    async def export(self, community: str) -> AsyncIterator[VotedAnswer]:
        """Yield voted answers."""
        for voted in await self.votes(community):
            yield voted
