"""Who speaks: the member, their language, their roles, and where the bot is asked to speak."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable

from bot_adapters.telegram.api import Api
from bot_adapters.telegram.keys import person_of
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.wire import Message, User
from bot_core.errors import YinluError
from bot_core.identity import ADMIN, HELPER, Locale, Origin, Person
from bot_core.ports.members import Speaking, SpeakMode
from bot_core.ports.safety import Clock

log = logging.getLogger(__name__)

KNOWN = 300.0  # seconds that a group's admins are remembered
UNKNOWN = 30.0  # seconds until they are asked for again after that failed

Locales = Callable[[Person, Origin], Awaitable[Locale | None]]


class People:
    """Knows members; ``locales`` answers what a member chose, None where nothing was chosen."""

    def __init__(
        self,
        api: Api,
        clock: Clock,
        speaking: Speaking,
        options: TelegramOptions,
        locales: Locales | None = None,
    ) -> None:
        self._api, self._clock, self._speaking, self._options = api, clock, speaking, options
        self._locales = locales
        self._admins: dict[int, tuple[float, frozenset[int]]] = {}
        self._helpers = {helper for helper in options.helpers if helper.isdigit()}
        self._named: re.Pattern[str] | None = None

    async def locale(self, user: User, origin: Origin) -> Locale:
        """Return the language to speak to a member."""
        chosen = await self._locales(person_of(user.id), origin) if self._locales else None
        return chosen or Locale.parse(user.language, self._options.locale)

    async def roles(self, user: int, chat: int, hidden: bool = False) -> frozenset[str]:
        """Return a member's roles in a chat; who writes as the group itself is one of its admins."""
        roles = {HELPER} if str(user) in self._helpers else set()
        if hidden or user in self._options.admins or (chat < 0 and user in await self.admins(chat)):
            roles.add(ADMIN)
        return frozenset(roles)

    async def admins(self, chat: int) -> frozenset[int]:
        """Return a group's admins, as Telegram has them."""
        now = self._clock.monotonic()
        until, admins = self._admins.get(chat, (0.0, frozenset()))
        if now < until:
            return admins
        try:
            found = await self._api.call("getChatAdministrators", {"chat_id": await self._api.address(chat)})
            admins, keep = frozenset(one["user"]["id"] for one in found), KNOWN
        except YinluError as error:
            log.warning("a group's admins are not known", extra={"chat": chat, "error": str(error)})
            keep = UNKNOWN
        if len(self._admins) > 10_000:
            self._admins.clear()
        self._admins[chat] = (now + keep, admins)
        return admins

    def changed(self, chat: int) -> None:
        """Ask for a group's admins anew."""
        self._admins.pop(chat, None)

    async def addressed(self, message: Message, origin: Origin, command: bool) -> bool:
        """Tell whether a message is for us: always in private, in groups by how the place set it."""
        if message.chat.private or message.ephemeral is not None:
            return True
        mode = await self._speaking.mode(origin)
        if mode is SpeakMode.OFF:
            return False
        return mode is SpeakMode.ALWAYS or command or self.ours(message.reply) or self.named(message.text)

    def ours(self, message: Message | None) -> bool:
        """Tell whether a message is one of ours."""
        return message is not None and message.sender is not None and message.sender.id == self._api.id

    def named(self, text: str) -> bool:
        """Tell whether a text names the bot."""
        pattern = self._name()
        return pattern is not None and "@" in text and pattern.search(text) is not None

    def unnamed(self, text: str) -> str:
        """Return a text without the bot's name."""
        pattern = self._name()
        if pattern is None or "@" not in text:
            return text
        return re.sub(" {2,}", " ", pattern.sub(" ", text)).strip() if pattern.search(text) else text

    def _name(self) -> re.Pattern[str] | None:
        if self._named is None and self._api.name:
            self._named = re.compile(rf"(?<![\w@])@{re.escape(self._api.name)}(?!\w)", re.IGNORECASE)
        return self._named
