"""Who comes: members, those who ask to be let in, and the bot itself into a group; and groups that move."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bot_adapters.telegram.api import Api
from bot_adapters.telegram.desk import Desk
from bot_adapters.telegram.keys import PLATFORM, Kind, origin_of, person_of
from bot_adapters.telegram.people import People
from bot_adapters.telegram.wire import JoinRequest, Membership, Message, User
from bot_core.events import Content, Incoming, Invoked, Joined
from bot_core.identity import Origin
from bot_core.ports.work import Notes

log = logging.getLogger(__name__)

SAME = 120.0  # seconds in which two tidings of one member's coming are one

Moved = Callable[[str, str, str], Awaitable[None]]


class Arrivals:
    """Takes comings and goings. ``moved(platform, old place, new place)`` keeps a group's community when it moves."""

    def __init__(self, desk: Desk, people: People, api: Api, notes: Notes, moved: Moved) -> None:
        self._desk, self._people, self._api, self._notes, self._moved = desk, people, api, notes, moved

    async def service(self, message: Message) -> bool:
        """Take what a service message tells; False where it is an ordinary message."""
        if message.moved_to is not None:
            await self._move(message.chat.id, message.moved_to)
        elif message.moved_from is not None:
            await self._move(message.moved_from, message.chat.id)
        else:
            for user in message.joined:
                if not user.bot:
                    await self._joined(message.chat.id, user, message.date)
            return bool(message.joined)
        return True

    async def member(self, change: Membership) -> None:
        """Take a change of somebody's standing."""
        self._people.changed(change.chat.id)
        if change.after and not change.before and not change.user.bot:
            await self._joined(change.chat.id, change.user, change.date)

    async def ourselves(self, change: Membership) -> None:
        """Take a change of our own standing: who adds us to a group is told what to do next."""
        self._people.changed(change.chat.id)
        if change.chat.private:
            log.info("a private chat", extra={"open": change.after})
        elif change.before and not change.after:
            log.warning("removed from a group", extra={"chat": change.chat.id})
        elif change.after and not change.before and change.chat.kind != "channel":
            log.info("added to a group", extra={"chat": change.chat.id})
            id = f"{Kind.ADDED}:{change.chat.id}:0:{change.date}"
            await self._hand_in(id, origin_of(change.chat.id), change.by, change.date, Invoked("help"))

    async def request(self, request: JoinRequest) -> None:
        """Take a request to be let in: it is answered in the private chat, on behalf of the group."""
        origin = origin_of(request.user_chat, place=request.chat.id)
        id = f"{Kind.REQUEST}:{request.chat.id}:{request.user.id}:{request.date}"
        await self._hand_in(id, origin, request.user, request.date, Joined(request=True))

    async def _joined(self, chat: int, user: User, date: int) -> None:
        """Both a service message and a change of standing tell of one coming: the first one's id counts."""
        id, key = f"{Kind.JOINED}:{chat}:{user.id}:{date}", f"telegram:joined:{chat}:{user.id}"
        if not await self._notes.add(key, id, SAME):
            id = await self._notes.get(key) or id
        await self._hand_in(id, origin_of(chat), user, date, Joined())

    async def _hand_in(self, id: str, origin: Origin, user: User, date: int, content: Content) -> None:
        incoming = Incoming(
            id=id,
            origin=origin,
            person=person_of(user.id, user.name),
            locale=await self._people.locale(user, origin),
            time=datetime.fromtimestamp(date, UTC),
            content=content,
            roles=await self._people.roles(user.id, int(origin.place) if _group(origin) else 0),
        )
        await self._desk.hand_in(incoming)

    async def _move(self, old: int, new: int) -> None:
        log.info("a group moved", extra={"old": old, "new": new})
        await self._api.moved(old, new)
        await self._moved(PLATFORM, str(old), str(new))


def _group(origin: Origin) -> bool:
    return origin.place.startswith("-")
