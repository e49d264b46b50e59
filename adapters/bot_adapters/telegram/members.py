"""The Members port on Telegram: who asked to join is let in or turned down; roles there are none."""

from __future__ import annotations

import logging

from bot_adapters.telegram.api import Api
from bot_adapters.telegram.keys import origin_of, user_of
from bot_core.errors import Refused
from bot_core.identity import Origin, Person

log = logging.getLogger(__name__)


class TelegramMembers:
    """What can be done for a member. Telegram has admins and titles, but no roles that a bot could give."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def grant(self, origin: Origin, person: Person, role: str) -> bool:
        """Return False: there are no roles here."""
        log.info("no roles on this platform", extra={"role": role})
        return False

    async def revoke(self, origin: Origin, person: Person, role: str) -> bool:
        """Return False: there are no roles here."""
        return False

    async def admit(self, origin: Origin, person: Person) -> bool:
        """Let in who asked to join the group that ``origin`` belongs to."""
        return await self._decide("approveChatJoinRequest", origin, person)

    async def decline(self, origin: Origin, person: Person) -> bool:
        """Turn down who asked to join."""
        return await self._decide("declineChatJoinRequest", origin, person)

    async def direct(self, person: Person) -> Origin | None:
        """Return the private chat; None where the member never opened one, or closed it to us."""
        user = user_of(person.id)
        if user is None:
            return None
        try:
            await self._api.call("sendChatAction", {"chat_id": user, "action": "typing"})
        except Refused as error:
            log.info("no private chat", extra={"error": str(error)})
            return None
        return origin_of(user)

    async def _decide(self, method: str, origin: Origin, person: Person) -> bool:
        user = user_of(person.id)
        if user is None or not origin.place.startswith("-"):
            return False
        try:
            chat = await self._api.address(int(origin.place))
            await self._api.call(method, {"chat_id": chat, "user_id": user})
        except Refused as error:
            log.warning("a request to join could not be settled", extra={"error": str(error)})
            return False
        return True
