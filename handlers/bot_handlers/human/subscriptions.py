""" "Tell me when it is answered": kept in the ledger, asked again when the knowledge grew; reminders to helpers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from bot_core.answers import AnswerRecord, Outcome, Question
from bot_core.conversation import Context, Conversation
from bot_core.errors import YinluError
from bot_core.events import Incoming
from bot_core.identity import Locale, Origin, Person, short_id
from bot_core.ports.knowledge import Answerer
from bot_core.ports.ledger import Fact, Ledger, People
from bot_core.ports.safety import Clock
from bot_core.replies import Reply, Text
from bot_handlers.ask import reply_of
from bot_handlers.human import words as w
from bot_handlers.human.handover import KIND as HANDOVER
from bot_handlers.human.handover import HandOvers
from bot_handlers.people.middleware import account_on

log = logging.getLogger(__name__)
KIND = "subscription"
AT_ONCE = 50  # questions asked again in one go
REMINDERS = (timedelta(hours=1), timedelta(hours=24))  # after that, /waiting still lists it


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Who waits for which question."""

    context: Context
    answerer: Answerer
    ledger: Ledger
    people: People
    clock: Clock

    async def add(self, incoming: Incoming, conversation: Conversation, question: str) -> None:
        """Subscribe who speaks to a question, to be told where they are."""
        data = {
            "question": question,
            "name": incoming.person.name,
            "locale": incoming.locale.value,
            "origin": asdict(incoming.origin),
            "roles": sorted(incoming.roles),
        }
        community, person = conversation.community, incoming.person.id
        id = short_id(KIND, community, person, question)
        await self.people.add(Fact(community, KIND, id, self.clock.now(), person, "waiting", data))

    async def tell(self, community: str) -> int:
        """Ask what is waited for again; tell those whose question is answered now. Returns how many."""
        waiting = await self.people.facts(KIND, community, state="waiting", limit=AT_ONCE)
        return sum([await self._told(fact) for fact in waiting])

    async def _told(self, fact: Fact) -> bool:
        locale = Locale(str(fact.data["locale"]))
        origin = Origin(**fact.data["origin"])  # type: ignore[arg-type]  # what asdict wrote
        event = f"told:{fact.id}:{int(fact.time.timestamp())}"
        question = Question(
            id=short_id(event),
            community=fact.community,
            text=str(fact.data["question"]),
            locale=locale,
            person=fact.person,
            conversation=origin.conversation,
            audience=frozenset(fact.data["roles"]),  # type: ignore[call-overload]
        )
        answer = await self.answerer.answer(question)
        if answer.outcome is not Outcome.ANSWERED:
            return False
        face = self.context.faces.get(origin.platform)
        there = Conversation(self.context, face, origin, event, fact.community, locale, fact.person)
        reply = reply_of(answer, locale)
        head = w.filled(w.TOLD, locale, question=question.text[:100])
        greeted = Person(await account_on(self.people, fact.person, origin.platform), str(fact.data["name"]))
        reply = replace(reply, parts=(Text(head), *reply.parts), greets=greeted)
        await there.send(reply, AnswerRecord(question, answer, self.clock.now(), origin.platform))
        return await self.people.take(fact.community, KIND, fact.id)


@dataclass(frozen=True, slots=True)
class Reminders:
    """Now and then: tells who waited, reminds helpers (twice at most, after an hour and a day)."""

    subscriptions: Subscriptions
    handovers: HandOvers
    context: Context
    every: float = 600.0  # seconds

    async def remind(self, community: str) -> int:
        """Remind the helpers of what waits longest; returns how many reminders were sent."""
        place = await self.handovers.place(community)
        if place is None:
            return 0
        sent = 0
        for fact in await self.handovers.people.facts(HANDOVER, community, state="waiting"):
            done = int(str(fact.data.get("reminded", 0)))
            if done >= len(REMINDERS) or self.handovers.clock.now() - fact.time < REMINDERS[done]:
                continue
            await self._remind(fact, place, done)
            sent += 1
        return sent

    async def _remind(self, fact: Fact, place: Origin, done: int) -> None:
        locale = Locale(str(fact.data["locale"]))
        event = f"remind:{fact.id}:{int(fact.time.timestamp())}:{done}"
        face = self.context.faces.get(place.platform)
        there = Conversation(self.context, face, place, event, fact.community, locale, fact.person)
        text = w.filled(w.REMINDER, locale, question=str(fact.data["question"])[:500])
        await there.send(Reply((Text(text),), rows=(w.helper_row(fact.id, locale),), about=fact.id))
        await self.handovers.move(fact, fact.state, reminded=done + 1)

    async def once(self) -> None:
        """Go through all communities."""
        for community in await self.handovers.ledger.communities():
            try:
                await self.remind(community.id)
                await self.subscriptions.tell(community.id)
            except YinluError as error:
                log.error("reminders failed", extra={"community": community.id, "error": str(error)})

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Run beside everything else until left."""

        async def go_on() -> None:
            while True:
                await self.handovers.clock.sleep(self.every)
                await self.once()

        task = asyncio.create_task(go_on())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
