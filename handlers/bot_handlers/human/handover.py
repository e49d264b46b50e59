"""The hand-over itself: kept in the ledger, posted to the helpers' place, answered across platforms."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from bot_core.conversation import Conversation
from bot_core.errors import NotFound
from bot_core.events import Incoming
from bot_core.identity import ADMIN, HELPER, Locale, Origin, Person, short_id
from bot_core.ports.ledger import Fact, Ledger, People
from bot_core.ports.safety import Clock
from bot_core.replies import Reply, Text
from bot_handlers.human import words as w
from bot_handlers.people.middleware import account_on

KIND = "handover"
HELPERS = "helpers"  # the community's setting: where its helpers sit, as JSON
TURNS = 6
OPEN = ("waiting", "taken", "answered")


@dataclass(frozen=True, slots=True)
class HandOvers:
    """Opens, finds and moves hand-overs. Nothing is held in memory: any process goes on with any of them."""

    ledger: Ledger
    people: People
    clock: Clock

    async def place(self, community: str) -> Origin | None:
        """Return where the community's helpers sit."""
        stored = await self.ledger.setting(community, HELPERS)
        return Origin(**json.loads(stored)) if stored else None

    async def set_place(self, community: str, origin: Origin | None) -> None:
        """Say where they sit."""
        stored = json.dumps(asdict(origin)) if origin is not None else None
        await self.ledger.set_setting(community, HELPERS, stored)

    async def helps(self, incoming: Incoming, community: str) -> bool:
        """Tell whether who speaks is a helper: by role, or because they are in the helpers' place."""
        if incoming.roles & {ADMIN, HELPER}:
            return True
        place = await self.place(community)
        return place is not None and place.conversation == incoming.origin.conversation

    async def find(self, community: str, id: str) -> Fact:
        """Return a hand-over. Raises NotFound."""
        fact = await self.people.fact(community, KIND, id)
        if fact is None:
            raise NotFound("a hand-over")
        return fact

    async def open(
        self, incoming: Incoming, conversation: Conversation, question: str, answer: str
    ) -> tuple[Fact, bool]:
        """Keep a new hand-over; return it and whether it is new. One per person and question."""
        community, person = conversation.community, incoming.person
        turns = await self.ledger.turns(community, incoming.origin.conversation, TURNS)
        data = {
            "question": question[:2000],
            "answer": answer[:4000],
            "turns": w.turns_text(turns),
            "name": person.name,
            "locale": incoming.locale.value,
            "origin": asdict(incoming.origin),
            "helper": "",
            "reminded": 0,
            "event": incoming.key,
        }
        id = short_id(KIND, community, person.id, question)
        fact = Fact(community, KIND, id, self.clock.now(), person.id, "waiting", data)
        if await self.people.add(fact):
            await self.people.count(community, KIND, "opened", fact.time)
            return fact, True
        known = await self.find(community, id)
        if known.state in OPEN:
            return known, False
        await self.people.keep(fact)
        return fact, True

    async def move(self, fact: Fact, state: str, **data: object) -> Fact:
        """Store a new state (counted by its name) and what came with it."""
        moved = replace(fact, state=state, data={**fact.data, **data})
        await self.people.keep(moved)
        if state != fact.state:
            await self.people.count(fact.community, KIND, state, self.clock.now())
        return moved

    async def post(self, fact: Fact, conversation: Conversation) -> bool:
        """Post to the helpers' place; False where there is none."""
        place = await self.place(fact.community)
        if place is None:
            return False
        there = conversation.elsewhere(place, person=fact.person)
        await there.send(w.posting(fact, conversation.locale))
        return True

    async def reach(self, fact: Fact, conversation: Conversation, helper: Person, text: str) -> None:
        """Bring a helper's words to who asked, where they asked."""
        locale = Locale(str(fact.data["locale"]))
        question = str(fact.data["question"])
        head = w.filled(w.ANSWERED, locale, helper=helper.name or "?", question=question[:100])
        origin = Origin(**fact.data["origin"])  # type: ignore[arg-type]  # what asdict wrote
        there = conversation.elsewhere(origin, person=fact.person, locale=locale)
        greeted = Person(await account_on(self.people, fact.person, origin.platform), str(fact.data["name"]))
        await there.send(Reply((Text(f"{head}\n\n{text}"),), about=fact.id, greets=greeted))
        await self.move(fact, "answered", helper=helper.name, said=text[:4000])
