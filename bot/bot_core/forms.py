"""Forms that a button opens: declared by handlers, shown by each platform in its own manner.

A platform with forms of its own (a modal) shows the whole form at once; one without asks field by field. What
was filled in comes back as ``Submitted`` with the button's token and the values by field name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from bot_core.actions import Press
from bot_core.identity import Locale, Words

NOTHING = Words("", "")


class FieldKind(Enum):
    """What a field takes."""

    LINE = "line"
    TEXT = "text"  # several lines
    CHOICE = "choice"  # one of ``choices``


@dataclass(frozen=True, slots=True)
class Field:
    """One field; ``choices`` are (value, words) pairs, ``longest`` counts characters."""

    name: str
    label: Words
    kind: FieldKind = FieldKind.LINE
    required: bool = True
    choices: tuple[tuple[str, Words], ...] = ()
    longest: int = 1000
    hint: Words = NOTHING
    value: str = ""  # what stands there at first


@dataclass(frozen=True, slots=True)
class Form:
    """A form of at most five fields (what the strictest platform shows)."""

    title: Words
    fields: tuple[Field, ...]


@runtime_checkable
class OpensForms(Protocol):
    """A handler some of whose buttons open a form instead of acting at once."""

    async def form(self, community: str, press: Press, locale: Locale) -> Form | None:
        """Return the form that ``press`` opens, None where it acts at once. Quick: a platform waits for it."""
        ...


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of all handlers; what adapters ask before they hand a press on."""

    handlers: Sequence[OpensForms]

    async def form(self, community: str, press: Press, locale: Locale) -> Form | None:
        """Return the first handler's form for ``press``, or None."""
        for handler in self.handlers:
            found = await handler.form(community, press, locale)
            if found is not None:
                return found
        return None
