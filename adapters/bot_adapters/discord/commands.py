"""Slash commands and the message menu, derived from what handlers declare; sent only when they changed."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Sequence

from bot_adapters.discord.components import Json
from bot_adapters.discord.sentences import ASK_MENU
from bot_adapters.discord.wire import Wire
from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.identity import Words
from bot_core.ports.work import Locks, Notes

log = logging.getLogger(__name__)

SLASH, MENU = 1, 3
KINDS = {
    ArgumentKind.TEXT: 3,
    ArgumentKind.INTEGER: 4,
    ArgumentKind.FLAG: 5,
    ArgumentKind.MEMBER: 6,
    ArgumentKind.NUMBER: 10,
    ArgumentKind.FILE: 11,
}
NUMBERS = (ArgumentKind.INTEGER, ArgumentKind.NUMBER)
MANAGE_GUILD = str(1 << 5)
DESCRIPTION, CHOICES, CHOICE, OPTIONS, COMMANDS, LONGEST = 100, 25, 100, 25, 100, 6000
KEPT = 30 * 86400.0  # seconds that the hash of what was sent is known
_NAME = re.compile(r"^[-_\w]{1,32}$")


def declarations(commands: Sequence[Command]) -> list[Json]:
    """Return what Discord registers: a slash command for each declaration, and the menu to ask about a message.

    Raises ValueError for a name that Discord does not take.
    """
    made = [_command(command) for command in commands[:COMMANDS]]
    if any(command.name == "ask" for command in commands):
        menu: Json = {"type": MENU, "name": ASK_MENU.en, "name_localizations": _localized(ASK_MENU, 32)}
        made.append({**menu, "contexts": [0, 1], "integration_types": [0]})
    return made


def _command(command: Command) -> Json:
    _check(command.name)
    arguments = sorted(command.arguments[:OPTIONS], key=lambda argument: not argument.required)
    return {
        "type": SLASH,
        "name": command.name,
        **_described(command.description),
        "options": [_option(argument) for argument in arguments],
        "contexts": [0] if command.admin else [0, 1],
        "integration_types": [0],
        "default_member_permissions": MANAGE_GUILD if command.admin else None,
    }


def _option(argument: Argument) -> Json:
    _check(argument.name)
    option: Json = {
        "type": KINDS[argument.kind],
        "name": argument.name,
        **_described(argument.description),
        "required": argument.required,
    }
    if argument.choices:
        option["choices"] = [
            {"name": words.en[:CHOICE], "name_localizations": _localized(words, CHOICE), "value": value}
            for value, words in argument.choices[:CHOICES]
        ]
    elif argument.kind in NUMBERS:
        option |= _bounds(argument, "min_value", "max_value")
    elif argument.kind is ArgumentKind.TEXT:
        option |= {
            name: min(int(n), LONGEST) for name, n in _bounds(argument, "min_length", "max_length").items()
        }
    return option


def _bounds(argument: Argument, low: str, high: str) -> Json:
    whole = argument.kind is not ArgumentKind.NUMBER
    pairs = ((low, argument.minimum), (high, argument.maximum))
    return {name: int(value) if whole else value for name, value in pairs if value is not None}


def _described(words: Words) -> Json:
    localized = _localized(words, DESCRIPTION)
    return {"description": words.en[:DESCRIPTION], "description_localizations": localized}


def _localized(words: Words, longest: int) -> Json:
    zh, en = words.zh[:longest], words.en[:longest]
    return {"zh-CN": zh, "zh-TW": zh, "en-US": en, "en-GB": en}


def _check(name: str) -> None:
    if not _NAME.match(name) or name != name.lower():
        raise ValueError(f"{name!r} can't be a command's name on Discord")


def fingerprint(declared: list[Json]) -> str:
    """Return what changes when a declaration does."""
    return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()


class Sync:
    """Registers commands; one process at a time, and only where something changed."""

    def __init__(self, wire: Wire, notes: Notes, locks: Locks, commands: Sequence[Command]) -> None:
        self._wire, self._notes, self._locks = wire, notes, locks
        self.declared = declarations(commands)

    async def run(self, application: int) -> bool:
        """Register, unless what stands is the same; tell whether anything was sent."""
        key, now = f"discord:commands:{application}", fingerprint(self.declared)
        async with self._locks.hold(key, 30.0, wait=30.0) as held:
            if not held or await self._notes.get(key) == now:
                return False
            path = "/applications/{application_id}/commands"
            await self._wire.call("PUT", path, json=self.declared, application_id=application)
            await self._notes.put(key, now, KEPT)
        log.info("commands are registered", extra={"commands": len(self.declared)})
        return True
