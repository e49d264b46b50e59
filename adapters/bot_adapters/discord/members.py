"""What the bot can do for members: roles, and direct messages."""

from __future__ import annotations

import logging

from bot_adapters.discord.keys import NAME, PRIVATE, guild_of, user_of
from bot_adapters.discord.wire import Wire
from bot_core.errors import Refused
from bot_core.identity import Origin, Person

log = logging.getLogger(__name__)

ROLE = "/guilds/{guild_id}/members/{user_id}/roles/{role_id}"


class DiscordMembers:
    """The Members port on Discord. Admission is the server's own: ``admit`` and ``decline`` do nothing."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def grant(self, origin: Origin, person: Person, role: str) -> bool:
        """Give a role by id or name; False where the bot may not, or there is none. Raises EngineDown."""
        return await self._change("PUT", origin, person, role)

    async def revoke(self, origin: Origin, person: Person, role: str) -> bool:
        """Take a role away, likewise."""
        return await self._change("DELETE", origin, person, role)

    async def admit(self, origin: Origin, person: Person) -> bool:
        """Discord lets no bot decide who comes in."""
        return False

    async def decline(self, origin: Origin, person: Person) -> bool:
        """Discord lets no bot decide who comes in."""
        return False

    async def direct(self, person: Person) -> Origin | None:
        """Return the private chat with a member. That they take messages shows only when one is sent."""
        user = user_of(person.id)
        if user is None:
            return None
        try:
            return Origin(NAME, f"{PRIVATE}{user}", str(await self._wire.private(user)))
        except Refused as error:
            log.info("no private chat", extra={"error": str(error)})
            return None

    async def _change(self, method: str, origin: Origin, person: Person, role: str) -> bool:
        guild, user = guild_of(origin), user_of(person.id)
        if guild is None or user is None:
            return False
        try:
            found = await self._role(guild, role)
            if found is None:
                log.warning("no such role", extra={"guild": guild, "role": role})
                return False
            await self._wire.call(method, ROLE, guild_id=guild, user_id=user, role_id=found)
        except Refused as error:
            log.warning("a role was not changed", extra={"guild": guild, "role": role, "error": str(error)})
            return False
        return True

    async def _role(self, guild: int, wanted: str) -> int | None:
        """Return a role's id as Discord has it now; the role of everyone is none that can be given."""
        roles = await self._wire.call("GET", "/guilds/{guild_id}/roles", guild_id=guild)
        given = [role for role in roles if int(role["id"]) != guild and not role.get("managed")]
        named = wanted.removeprefix("@").casefold()
        by_id = next((role for role in given if role["id"] == wanted), None)
        by_name = next((role for role in given if role["name"].casefold() == named), None)
        found = by_id or by_name
        return int(found["id"]) if found is not None else None
