"""How Discord's places, members and messages are named in the house, and back."""

from __future__ import annotations

import re

import discord

from bot_core.identity import Locale, Origin, Person
from bot_core.ports.work import Outgoing

NAME = "discord"
PRIVATE = "private:"
Place = discord.abc.GuildChannel | discord.abc.PrivateChannel | discord.Thread | discord.PartialMessageable

_HAN = re.compile(r"[\u3400-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")


def origin_of(channel: Place | None, channel_id: int, guild: int | None, user: int) -> Origin:
    """Return where something was said; ``guild`` None is a private chat with ``user``."""
    if guild is None:
        return Origin(NAME, f"{PRIVATE}{user}", str(channel_id))
    if isinstance(channel, discord.Thread):
        return Origin(NAME, str(guild), str(channel.parent_id), str(channel_id))
    return Origin(NAME, str(guild), str(channel_id))


def target(origin: Origin) -> int:
    """Return the id of the channel or thread to write to."""
    return int(origin.thread or origin.channel)


def guild_of(origin: Origin) -> int | None:
    """Return the guild's id, None in private."""
    return None if is_private(origin) or not origin.place.isdigit() else int(origin.place)


def is_private(origin: Origin) -> bool:
    """Tell whether nobody else reads along."""
    return origin.place.startswith(PRIVATE)


def person_of(user: discord.abc.User) -> Person:
    """Return a member as the house knows them."""
    return Person(f"{NAME}:{user.id}", user.display_name)


def user_of(person: str) -> int | None:
    """Return a person's id at Discord; None for a member of another platform."""
    platform, _, number = person.partition(":")
    return int(number) if platform == NAME and number.isdigit() else None


def said_id(channel: int, message: int) -> str:
    """Return the id of an event that is a message."""
    return f"{channel}-{message}"


def message_of(event: str, channel: int) -> int | None:
    """Return the message that an event's key names, if it was said in this channel."""
    place, _, message = event.removeprefix(f"{NAME}:").partition("-")
    return int(message) if place == str(channel) and message.isdigit() else None


def chinese(text: str) -> bool:
    """Tell whether a text reads as Chinese."""
    return bool(_HAN.search(text)) and not _KANA.search(text)


def locale_of(outgoing: Outgoing) -> Locale:
    """Return the language a reply is written in."""
    if outgoing.record is not None:
        return outgoing.record.question.locale
    return Locale.ZH if chinese(outgoing.reply.text) else Locale.EN
