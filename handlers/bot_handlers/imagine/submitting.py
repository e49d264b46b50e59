"""The way into the queue: words are judged and bounds are looked at first, so that a refusal costs nobody a place."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC

from bot_core.conversation import Conversation
from bot_core.errors import JobRefused, Moderated
from bot_core.events import Incoming
from bot_core.files import FileRef
from bot_core.identity import Words
from bot_core.pictures import SEEDS, PictureJob
from bot_core.ports.ledger import Ledger
from bot_core.ports.safety import Clock, Decision, Moderator
from bot_core.ports.work import Budget, Job, JobQueue, JobView, Lane, Reservation
from bot_core.prompt import Prompt
from bot_handlers.imagine import wishes, words
from bot_handlers.imagine.cards import status
from bot_handlers.imagine.options import StudioOptions
from bot_handlers.imagine.preferences import PreferenceStore
from bot_handlers.imagine.wishes import Asker

REFUSED = (Decision.REFUSE, Decision.REVIEW)  # nobody is there to review before it is drawn


def refused(category: str) -> Moderated:
    """Return the refusal of a picture's words; it says that nothing was queued."""
    error = Moderated(category)
    if category != "unavailable":
        error.words = words.AGAINST_RULES
    return error


def too_much(limit: str, have: float, allowed: float) -> JobRefused:
    """Return the refusal of a job for a member's bound; the sentence names the numbers and a way on."""
    error, said = JobRefused(limit, have, allowed), words.BOUNDS.get(limit)
    if said is not None:
        numbers = {"have": f"{have:g}", "allowed": f"{allowed:g}"}
        error.words = Words(said.zh.format(**numbers), said.en.format(**numbers))
    return error


@dataclass(frozen=True, slots=True)
class Submitter:
    """Puts picture jobs into the queue and tells where they stand. Without a moderator all words pass."""

    queue: JobQueue
    ledger: Ledger
    budget: Budget
    clock: Clock
    options: StudioOptions
    moderator: Moderator | None = None

    async def asker(self, incoming: Incoming, conversation: Conversation) -> tuple[Asker, str]:
        """Return who asks, as jobs need it, and their suffix."""
        kept = await PreferenceStore(self.ledger).get(conversation.community, incoming.person.id)
        limits = self.options.limits(incoming.roles)
        account = f"fast:{conversation.community}:{incoming.person.id}" if limits.budget else ""
        lane = Lane(kept.lane) if limits.fast else Lane.RELAX
        asker = Asker(incoming, conversation.community, lane, self.clock.now(), account)
        return asker, kept.suffix

    async def remixes(self, incoming: Incoming, conversation: Conversation) -> bool:
        """Tell whether a member wants to be asked for other words at V."""
        return (await PreferenceStore(self.ledger).get(conversation.community, incoming.person.id)).remix

    async def judged(self, community: str, prompts: Sequence[Prompt]) -> None:
        """Have the words judged. Raises Moderated."""
        if self.moderator is None:
            return
        for text in dict.fromkeys(str(replace(prompt, seed=None)) for prompt in prompts):
            verdict = await self.moderator.text(community, text)
            if verdict.decision in REFUSED:
                raise refused(verdict.category)

    async def all(
        self, prompts: Sequence[Prompt], inputs: tuple[FileRef, ...], asker: Asker, conversation: Conversation
    ) -> None:
        """Put every variant and repeat of fresh prompts. Raises JobRefused at the first that has no room."""
        number = 0
        for prompt in prompts:
            single = replace(prompt, repeat=1)
            for _ in range(prompt.repeat):
                wish = wishes.root(single, inputs, asker, self.options, new_seed())
                await self.one(wish, asker, conversation, number)
                number += 1

    async def one(self, wish: PictureJob, asker: Asker, conversation: Conversation, number: int) -> None:
        """Put one job and send the message that follows it. Raises JobRefused."""
        job = wishes.queued(wish, asker, self.options, number)
        counted = await self._counted(job, wish, asker.incoming.roles)
        try:
            placed = await self.queue.put(job)
        except JobRefused as error:
            await counted.give_back()
            raise too_much(error.limit, error.have, error.allowed) from error
        await counted.keep()
        view = JobView(job, placed.place.state, 0, placed.place.position)
        await conversation.send(status(view, placed.place.seconds, conversation.locale))

    async def _counted(self, job: Job, wish: PictureJob, roles: Collection[str]) -> _Counted:
        """Count a job's pictures to the member's day. Raises JobRefused."""
        allowed = self.options.limits(roles).a_day
        counted = _Counted(self.budget, f"pictures:{job.community}:{job.person}", job.id, allowed)
        day = self.clock.now().astimezone(UTC).strftime("%Y-%m-%d")
        await counted.take(wish.last.action.pictures, day)
        return counted


@dataclass(slots=True)
class _Counted:
    """Pictures counted to a day's account: kept or given back."""

    budget: Budget
    account: str
    key: str
    allowed: int  # 0 is no bound
    _taken: Reservation | None = None

    async def take(self, pictures: int, day: str) -> None:
        if not self.allowed:
            return
        await self.budget.allow(self.account, float(self.allowed), day)
        try:
            self._taken = await self.budget.reserve(self.account, self.key, float(pictures))
        except JobRefused as error:
            raise too_much("day", error.have - pictures, error.allowed) from error

    async def keep(self) -> None:
        if self._taken is not None:
            await self.budget.settle(self._taken, self._taken.amount)

    async def give_back(self) -> None:
        if self._taken is not None:
            await self.budget.refund(self._taken)


def new_seed() -> int:
    """Return a seed that nobody asked for."""
    return secrets.randbelow(SEEDS)
