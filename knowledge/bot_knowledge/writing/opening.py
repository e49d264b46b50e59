"""The beginning of a reply: a model's thinking aloud is dropped, its first line says whether it can answer."""

from __future__ import annotations

import re
from enum import StrEnum

_SAYS = re.compile(
    r"\s*[*`#\s]*ANSWER[*`]*\s*[:：]\s*[*`]*(yes|partly|no)\b[*`.。]*[ \t]*(?:[(（][^\n)）]*[)）])?[ \t]*\n?",
    re.IGNORECASE,
)
_LOOK = 80  # characters within which the line must stand
_THINK, _THOUGHT = "<think>", "</think>"


class Says(StrEnum):
    """What a model says of the passages."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Opening:
    """Holds a reply back until its beginning is understood; afterwards lets everything through."""

    def __init__(self, *, judged: bool = False) -> None:
        self.says: Says | None = None
        self._judged = judged  # a line ANSWER: is expected
        self._held = ""
        self._open = False

    def feed(self, text: str) -> str:
        """Add words; return those that belong to the reply."""
        if self._open:
            return text
        self._held += text
        return self._released(over=False)

    def finish(self) -> str:
        """Return what was held back when the reply is over."""
        return "" if self._open else self._released(over=True)

    def _released(self, *, over: bool) -> str:
        held = self._held.lstrip()
        if held.startswith(_THINK):
            _, found, rest = held.partition(_THOUGHT)
            if not found:
                return ""
            self._held = held = rest.lstrip()
        if not over and (not held or _THINK.startswith(held[: len(_THINK)])):
            return ""
        if self._judged:
            match = _SAYS.match(held)
            if not over and not self._settled(held, match):
                return ""
            if match:
                self.says = Says(match[1].lower())
                held = held[match.end() :]
        self._open = True
        self._held = ""
        return held

    def _settled(self, held: str, match: re.Match[str] | None) -> bool:
        """Say whether more words would not change what the beginning is."""
        if match:
            rest = held[match.end() :]
            remark = rest.startswith(("(", "（")) and len(rest) < _LOOK
            return held.endswith("\n") or (bool(rest) and not remark)
        return len(held) >= _LOOK or "\n" in held or not "ANSWER".startswith(held.strip("*`# ")[:6].upper())
