"""Who speaks, where, and in which language."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Locale(StrEnum):
    """A language that members are spoken to in."""

    ZH = "zh"
    EN = "en"

    @classmethod
    def parse(cls, tag: str | None, default: Locale | None = None) -> Locale:
        """Read a language tag such as ``zh-Hans-CN``; anything but Chinese falls back to ``default`` (English)."""
        tag = (tag or "").lower()
        if tag.startswith("zh"):
            return cls.ZH
        if tag.startswith("en"):
            return cls.EN
        return default or cls.EN


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence for members, in every language we speak."""

    zh: str
    en: str

    def of(self, locale: Locale) -> str:
        """Return the sentence in ``locale``."""
        return self.zh if locale is Locale.ZH else self.en


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was said: enough to answer there, also after a restart.

    ``platform`` names an adapter; ``place`` is the guild, chat, mini program or page host that is bound
    to one community; ``channel`` the room within it; ``thread`` a topic within the channel.
    """

    platform: str
    place: str
    channel: str
    thread: str | None = None

    @property
    def conversation(self) -> str:
        """Return the key within which events are handled strictly in order."""
        return "/".join(part for part in (self.platform, self.place, self.channel, self.thread) if part)


@dataclass(frozen=True, slots=True)
class Person:
    """A member as one platform knows them; ``id`` is unique over all platforms, e.g. ``web:3f9a``."""

    id: str
    name: str = ""


ADMIN = "admin"  # among an event's roles: may change the community's settings
HELPER = "helper"  # among an event's roles: answers what the documents don't


def short_id(*parts: str) -> str:
    """Return 24 hex digits (96 bits) that depend on ``parts`` alone: the id form that fits a button."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=12).hexdigest()
