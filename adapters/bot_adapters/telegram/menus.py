"""The commands that Telegram offers while members type: per language and place, set only when they changed."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from hashlib import sha256

from bot_adapters.telegram.api import Api
from bot_adapters.telegram.errors import Flood
from bot_adapters.telegram.keyboard import shortened
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.wire import Json
from bot_core.commands import Command
from bot_core.errors import YinluError
from bot_core.identity import Locale
from bot_core.ports.safety import Clock
from bot_core.ports.work import Notes

log = logging.getLogger(__name__)

SENDABLE = re.compile(r"[a-z0-9_]{1,32}")
MOST = 100
SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")


class Menus:
    """Sets commands. Names that Telegram can't offer (upper case, dashes) work when typed all the same."""

    def __init__(self, api: Api, notes: Notes, clock: Clock, options: TelegramOptions) -> None:
        self._api, self._notes, self._clock, self._options = api, notes, clock, options

    async def settle(self, commands: Sequence[Command]) -> None:
        """Set what differs from what we set last; failures are logged, the bot works without menus."""
        for scope in SCOPES:
            for language in ("", *(locale.value for locale in Locale)):
                try:
                    await self._patiently(scope, language, commands)
                except YinluError as error:
                    log.warning("commands could not be set", extra={"scope": scope, "error": str(error)})
                    return

    async def _patiently(self, scope: str, language: str, commands: Sequence[Command]) -> None:
        try:
            await self._settle(scope, language, commands)
        except Flood as error:
            await self._clock.sleep(error.retry_after)
            await self._settle(scope, language, commands)

    async def _settle(self, scope: str, language: str, commands: Sequence[Command]) -> None:
        locale = Locale(language) if language else self._options.locale
        offered = [self._offer(one, locale, scope) for one in commands if _belongs(one, scope)][:MOST]
        data: Json = {"scope": {"type": scope}, "commands": offered}
        if language:
            data["language_code"] = language
        body = json.dumps(data, ensure_ascii=False, sort_keys=True)
        mark, key = sha256(body.encode()).hexdigest(), f"telegram:menu:{self._api.id}:{scope}:{language}"
        if await self._notes.get(key) == mark:
            return
        await self._api.call("setMyCommands", data)
        await self._notes.put(key, mark, self._options.remember)
        log.info("commands are set", extra={"scope": scope, "language": language, "count": len(offered)})

    def _offer(self, command: Command, locale: Locale, scope: str) -> Json:
        words = command.description.of(locale) or command.name
        made: Json = {"command": command.name, "description": shortened(words, 256)}
        if command.private and self._options.ephemeral and scope.startswith(("all_group", "all_chat")):
            made["is_ephemeral"] = True  # in groups, what is asked in private is not seen by others
        return made


def _belongs(command: Command, scope: str) -> bool:
    if not SENDABLE.fullmatch(command.name):
        return False
    return not command.admin or scope == "all_chat_administrators"
