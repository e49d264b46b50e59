"""What every event passes after its button was verified: one person behind many accounts, rights, presence."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot_core.conversation import Conversation
from bot_core.dispatch import Handled, Handler
from bot_core.events import Incoming
from bot_core.identity import ADMIN, Locale
from bot_core.ports.ledger import Fact, Ledger, People
from bot_core.ports.safety import Clock

PRIVATE = "private:"  # how the place of a private chat begins, on every platform
SEEN = "seen"
LANGUAGE = "language"
ADMINS = "admins"  # the community's setting: person ids, separated by spaces or commas


def is_private(incoming: Incoming) -> bool:
    """Tell whether it was said in a private chat."""
    return incoming.origin.place.startswith(PRIVATE)


@dataclass(frozen=True, slots=True)
class OnePerson:
    """Replaces the account by the person it is linked to: votes, limits and budgets count the person."""

    people: People

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        person = await self.people.person_of(incoming.person.id)
        if person != incoming.person.id:
            incoming = replace(incoming, person=replace(incoming.person, id=person))
            conversation = conversation.elsewhere(conversation.origin, person=person)
        return await inner(incoming, conversation)


@dataclass(frozen=True, slots=True)
class Languages:
    """The language that each person chose; ``locale_of`` is what adapters may ask too."""

    people: People
    clock: Clock

    async def locale_of(self, person: str) -> Locale | None:
        """Return what the person behind an account chose, None where they never did."""
        fact = await self.people.fact("", LANGUAGE, await self.people.person_of(person))
        return Locale(fact.state) if fact is not None else None

    async def choose(self, person: str, locale: Locale) -> None:
        """Remember it."""
        await self.people.keep(Fact("", LANGUAGE, person, self.clock.now(), person, locale.value))

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        chosen = await self.locale_of(incoming.person.id)
        if chosen is not None and chosen is not incoming.locale:
            incoming = replace(incoming, locale=chosen)
            conversation = conversation.elsewhere(
                conversation.origin, person=conversation.person, locale=chosen
            )
        return await inner(incoming, conversation)


@dataclass(frozen=True, slots=True)
class Rights:
    """Gives ADMIN to those whom the community's setting ``admins`` names, by person or account."""

    ledger: Ledger
    people: People

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        if conversation.community and ADMIN not in incoming.roles:
            named = await self.ledger.setting(conversation.community, ADMINS) or ""
            persons = [await self.people.person_of(name) for name in named.replace(",", " ").split()]
            if incoming.person.id in persons:
                incoming = replace(incoming, roles=incoming.roles | {ADMIN})
        return await inner(incoming, conversation)


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """Remembers, at most once an hour, that a person spoke in a community's bound place.

    It is the proof by which a private chat may choose that community; private chats themselves prove nothing.
    """

    people: People
    clock: Clock
    every: timedelta = timedelta(hours=1)
    remember: int = 10_000  # persons
    _last: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        if conversation.community and not is_private(incoming):
            await self._record(conversation.community, incoming.person.id)
        return await inner(incoming, conversation)

    async def _record(self, community: str, person: str) -> None:
        key, now = (community, person), self.clock.monotonic()
        last = self._last.get(key)
        if last is not None and now - last < self.every.total_seconds():
            return
        self._last[key] = now
        self._last.move_to_end(key)
        while len(self._last) > self.remember:
            self._last.popitem(last=False)
        await self.people.keep(Fact(community, SEEN, person, self.clock.now(), person))


async def shared(people: People, person: str) -> list[str]:
    """Return the communities where a person was seen, in a fixed order."""
    return sorted({fact.community for fact in await people.facts(SEEN, person=person)})


async def account_on(people: People, person: str, platform: str) -> str:
    """Return the account of a person on a platform: what its adapter knows them by."""
    for account in (person, *await people.accounts_of(person)):
        if account.startswith(f"{platform}:"):
            return account
    return person
