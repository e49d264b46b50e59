"""What one check of ``yinlu doctor`` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot_core.errors import YinluError
from bot_core.identity import Locale, Words

State = Literal["ok", "info", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Check:
    """``reachable`` is None where there is nothing to reach; ``todo`` says what to do, where something is."""

    id: str
    name: Words
    state: State
    detail: Words
    todo: Words | None = None
    configured: bool = True
    reachable: bool | None = None

    def plain(self, locale: Locale) -> dict[str, object]:
        """Return it as ``yinlu doctor --json`` prints it."""
        return {
            "id": self.id,
            "state": self.state,
            "configured": self.configured,
            "reachable": self.reachable,
            "detail": self.detail.of(locale),
            "todo": self.todo.of(locale) if self.todo else "",
        }


def same(text: str) -> Words:
    """Return words that need no translation: a path, a version."""
    return Words(text, text)


def unreachable(id: str, name: Words, error: Exception, todo: Words) -> Check:
    """Return the check of something that is configured and can't be reached."""
    if isinstance(error, YinluError):
        shown = Words(f"{error.words.zh} ({error})", f"{error.words.en} ({error})")
    else:
        shown = same(f"{type(error).__name__}: {error}"[:300])
    return Check(id, name, "failed", shown, todo, reachable=False)
