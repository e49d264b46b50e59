"""What the bot can do for members: roles, and direct messages."""

from __future__ import annotations

import logging
import time

from bot_adapters.discord.keys import NAME, PRIVATE, guild_of, user_of
from bot_adapters.discord.wire import Wire
from bot_core.errors import Refused, YinluError
from bot_core.identity import Origin, Person

log = logging.getLogger(__name__)

KNOWN = 300.0  # seconds
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
            found = await find_role(self._wire, guild, role)
            if found is None:
                log.warning("no such role", extra={"guild": guild, "role": role})
                return False
            await self._wire.call(method, ROLE, guild_id=guild, user_id=user, role_id=found)
        except Refused as error:
            log.warning("a role was not changed", extra={"guild": guild, "role": role, "error": str(error)})
            return False
        return True


async def find_role(wire: Wire, guild: int, wanted: str) -> int | None:
    """Return the id of the role with this id or name, as Discord has it now. Raises Refused, EngineDown."""
    roles = await wire.call("GET", "/guilds/{guild_id}/roles", guild_id=guild)
    given = [role for role in roles if int(role["id"]) != guild and not role.get("managed")]
    named = wanted.removeprefix("@").casefold()
    by_id = next((role for role in given if role["id"] == wanted), None)
    by_name = next((role for role in given if role["name"].casefold() == named), None)
    found = by_id or by_name
    return int(found["id"]) if found is not None else None


class Helpers:
    """Which role is named when a human is needed; known for a while, also of servers on other processes' shards."""

    def __init__(self, wire: Wire, wanted: str) -> None:
        self._wire, self._wanted = wire, wanted
        self._known: dict[int, tuple[float, int | None]] = {}

    async def role(self, guild: int) -> int | None:
        """Return the role's id in a server; None where there is none, or it can't be learnt."""
        until, role = self._known.get(guild, (0.0, None))
        if not self._wanted or time.monotonic() < until:
            return role
        try:
            role = await find_role(self._wire, guild, self._wanted)
        except YinluError as error:
            log.warning("the helpers' role is not known", extra={"guild": guild, "error": str(error)})
            return None
        self._known[guild] = (time.monotonic() + KNOWN, role)
        return role
