"""Who speaks: their language and their roles."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable

import discord

from bot_adapters.discord.keys import chinese, person_of
from bot_adapters.discord.options import DiscordOptions
from bot_core.identity import ADMIN, HELPER, Locale, Origin, Person

REMEMBERED = 10_000
RESERVED = {ADMIN, HELPER}

Locales = Callable[[Person, Origin], Awaitable[Locale | None]]


class People:
    """Knows members; ``locales`` answers what a member chose, None where nothing was chosen."""

    def __init__(self, options: DiscordOptions, locales: Locales | None = None) -> None:
        self._options, self._locales = options, locales
        self._clients: OrderedDict[int, Locale] = OrderedDict()

    async def locale(
        self,
        user: discord.abc.User,
        origin: Origin,
        *,
        client: discord.Locale | None = None,
        guild: discord.Locale | None = None,
        text: str = "",
    ) -> Locale:
        """Return the language to speak: chosen, the member's app's, the text's, the server's."""
        chosen = await self._locales(person_of(user), origin) if self._locales else None
        if client is not None:
            self._remember(user.id, Locale.parse(str(client), self._options.locale))
        if chosen is not None:
            return chosen
        if client is not None:
            return self._clients[user.id]
        if chinese(text):
            return Locale.ZH
        if user.id in self._clients:
            return self._clients[user.id]
        return Locale.parse(str(guild) if guild is not None else None, self._options.locale)

    def _remember(self, user: int, locale: Locale) -> None:
        self._clients[user] = locale
        self._clients.move_to_end(user)
        if len(self._clients) > REMEMBERED:
            self._clients.popitem(last=False)

    def roles(self, user: discord.abc.User) -> frozenset[str]:
        """Return a member's roles by name and id, and what they mean to us. Nobody becomes an admin by a role's name."""
        if not isinstance(user, discord.Member):
            return frozenset()
        roles = [role for role in user.roles if not role.is_default()]
        found = {str(role.id) for role in roles} | {role.name for role in roles if role.name not in RESERVED}
        rights = user.guild_permissions
        if rights.administrator or rights.manage_guild:
            found.add(ADMIN)
        if self._options.helper_role and role_named(roles, self._options.helper_role) is not None:
            found.add(HELPER)
        return frozenset(found)


def role_named(roles: Iterable[discord.Role], wanted: str) -> discord.Role | None:
    """Return the role with this id, or else this name."""
    found = list(roles)
    by_id = next((role for role in found if str(role.id) == wanted), None)
    named = wanted.removeprefix("@").casefold()
    return by_id or next((role for role in found if role.name.casefold() == named), None)
