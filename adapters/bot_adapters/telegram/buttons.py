"""Presses on their way in: forms are opened, choices taken, everything else is handed in."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC

from bot_adapters.telegram.desk import Desk, NotTaken
from bot_adapters.telegram.errors import Gone
from bot_adapters.telegram.forms import CHOICE, Asker, FormWalk, Open
from bot_adapters.telegram.keyboard import WORDS
from bot_adapters.telegram.keys import Cause, Kind, origin_of, person_of
from bot_adapters.telegram.people import People
from bot_adapters.telegram.presses import Presses
from bot_adapters.telegram.sentences import BUSY, GONE_BUTTON, SENT_PRIVATELY
from bot_adapters.telegram.wire import Callback
from bot_core.actions import Action
from bot_core.dispatch import Places
from bot_core.errors import ForgedButton
from bot_core.events import Incoming, Pressed
from bot_core.forms import Forms
from bot_core.ports.safety import Clock
from bot_core.ports.work import Notes
from bot_core.tokens import Signer

log = logging.getLogger(__name__)

VOTES = (Action.VOTE_UP, Action.VOTE_DOWN, Action.REASON)


@dataclass(frozen=True, slots=True)
class Buttons:
    """Takes callback queries."""

    desk: Desk
    people: People
    presses: Presses
    walk: FormWalk
    forms: Forms
    signer: Signer
    places: Places
    notes: Notes
    clock: Clock

    async def take(self, press: Callback) -> None:
        """Hand in a press, or lead on the form it belongs to. Raises NotTaken, EngineDown."""
        if press.message is None:
            locale = await self.people.locale(press.user, origin_of(press.user.id))
            await self.presses.answer(press.id, GONE_BUTTON.of(locale))
            return
        incoming = await self._incoming(press)
        asker = Asker(
            press.message.chat.id, press.user.id, press.user.name, incoming.origin.thread, incoming.locale
        )
        if press.data.startswith(CHOICE):
            await self._chosen(press, asker, incoming)
        elif press.data.startswith(WORDS):
            token = press.data.removeprefix(WORDS)
            community = await self.places.community(incoming.origin) or ""
            await self._begin(press, asker, incoming, Open(token=token, note=True, community=community))
        else:
            await self._pressed(press, asker, incoming)

    async def _incoming(self, press: Callback) -> Incoming:
        message = press.message
        assert message is not None
        chat = message.chat.id
        place = await self.notes.get(f"telegram:for:{chat}:{message.id}") if chat > 0 else None
        origin = origin_of(chat, message.thread, int(place) if place else None)
        return Incoming(
            id=Cause(Kind.PRESS, chat, message.id, press.id).id,
            origin=origin,
            person=person_of(press.user.id, press.user.name),
            locale=await self.people.locale(press.user, origin),
            time=self.clock.now().astimezone(UTC),
            content=Pressed(press.data, str(message.id)),
            roles=await self.people.roles(press.user.id, int(place or chat)),
        )

    async def _pressed(self, press: Callback, asker: Asker, incoming: Incoming) -> None:
        community = await self.places.community(incoming.origin) or ""
        try:
            meant = self.signer.read(community, press.data)
        except ForgedButton:
            meant = None  # the house says so, in the member's language, and counts it
        if meant is not None and meant.action in VOTES:
            await self.presses.arrived(press)
        elif meant is not None and await self.forms.form(community, meant, incoming.locale) is not None:
            await self._begin(press, asker, incoming, Open(token=press.data, community=community))
            return
        await self._hand_in(press, incoming)

    async def _hand_in(self, press: Callback, incoming: Incoming) -> None:
        try:
            await self.desk.hand_in(incoming)
        except NotTaken:
            await self.presses.answer(press.id, BUSY.of(incoming.locale))
            raise
        self.presses.taken(press)

    async def _begin(self, press: Callback, asker: Asker, incoming: Incoming, open_: Open) -> None:
        open_ = replace(open_, place=incoming.origin.place, last=incoming.id)
        before = await self.walk.opened(asker.user, asker.user) or await self.walk.opened(
            asker.chat, asker.user
        )
        if before is not None and before.last == incoming.id:
            return  # a redelivery: the question stands there already
        try:
            aside = await self.walk.begin(asker, open_)
        except Gone as error:
            log.warning("a form could not be opened", extra={"error": str(error)})
            aside = False
        await self.presses.answer(press.id, SENT_PRIVATELY.of(incoming.locale) if aside else "")

    async def _chosen(self, press: Callback, asker: Asker, incoming: Incoming) -> None:
        assert press.message is not None
        open_ = await self.walk.opened(asker.chat, asker.user)
        if open_ is None or open_.prompt != press.message.id:
            await self.presses.answer(press.id, GONE_BUTTON.of(incoming.locale))
            return
        content = await self.walk.chosen(asker, open_, press.data, incoming.id)
        if content is not None:
            origin = self.walk.origin(asker, open_)
            await self.desk.hand_in(replace(incoming, origin=origin, content=content))
            await self.walk.close(asker)
        await self.presses.answer(press.id)
