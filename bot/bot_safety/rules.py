"""Word rules: what a community's list says, and how it becomes patterns that can't run away."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot_core.errors import BadInput
from bot_core.identity import Words
from bot_core.ports.safety import Decision
from bot_safety.normal import normal

MOST_RULES, MOST_WORDS, LONGEST_PATTERN = 100, 2000, 200
LONGEST_REPEAT, MOST_REPEATS = 30, 2
DIRECTIONS = ("both", "incoming", "outgoing")

_ALPHABETIC = (
    r"[^\W_\u2e80-\u9fff\uac00-\ud7af]"  # letters and digits of scripts that put spaces between words
)

# A pattern's pieces: an escape, a class, a repeat, the openings of groups, any other letter.
_PIECES = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<repeat>[*+?]|\{\d*,?\d*\})|(?P<special>\(\?(?!:))|(?P<close>\))|(?P<other>.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """Words and patterns of one category, and what to do about them.

    A rule keeps out of texts that hold one of ``unless``. Matching is on the normal form.
    """

    category: str
    decision: Decision
    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    direction: str = "both"
    matcher: re.Pattern[str] | None = field(init=False, compare=False, repr=False, default=None)
    exception: re.Pattern[str] | None = field(init=False, compare=False, repr=False, default=None)

    def __post_init__(self) -> None:
        pieces = [*_words(self.words), *(f"(?:{_checked(pattern)})" for pattern in self.patterns)]
        if pieces:
            object.__setattr__(self, "matcher", re.compile("|".join(pieces)))
        if self.unless:
            object.__setattr__(self, "exception", re.compile("|".join(_words(self.unless))))

    def applies(self, outgoing: bool) -> bool:
        """Tell whether it is meant for this direction."""
        return self.direction in ("both", "outgoing" if outgoing else "incoming")

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where it matches in a normal form."""
        if self.matcher is None or (self.exception is not None and self.exception.search(text)):
            return []
        return [match.span() for match in self.matcher.finditer(text) if match.end() > match.start()]


def parse_rules(text: str) -> tuple[Rule, ...]:
    """Read a community's list, as an admin stores it.

    A JSON list of ``{"category", "decision": allow | mask | review | refuse, "words": [...], "patterns": [...],
    "unless": [...], "direction": both | incoming | outgoing}``. Raises BadInput with what is wrong.
    """
    try:
        items = json.loads(text)
    except ValueError as error:
        raise _wrong(f"not JSON: {error}") from None
    if not isinstance(items, list) or len(items) > MOST_RULES:
        raise _wrong(f"a list of at most {MOST_RULES} rules is expected")
    return tuple(_rule(number, item) for number, item in enumerate(items, 1))


def _rule(number: int, item: object) -> Rule:
    if not isinstance(item, dict):
        raise _wrong(f"rule {number} is not an object")
    unknown = set(item) - {"category", "decision", "words", "patterns", "unless", "direction"}
    if unknown:
        raise _wrong(f"rule {number} has unknown fields: {', '.join(sorted(unknown))[:80]}")
    category, direction = item.get("category"), item.get("direction", "both")
    if not isinstance(category, str) or not 0 < len(category) <= 40:
        raise _wrong(f"rule {number} needs a category of 1 to 40 characters")
    if direction not in DIRECTIONS:
        raise _wrong(f"rule {number}: direction is one of {', '.join(DIRECTIONS)}")
    try:
        decision = Decision(item.get("decision", ""))
    except ValueError:
        raise _wrong(f"rule {number}: decision is one of {', '.join(Decision)}") from None
    words, patterns, unless = (_texts(number, name, item) for name in ("words", "patterns", "unless"))
    return Rule(category, decision, words, patterns, unless, direction)


def _texts(number: int, name: str, item: Mapping[str, Any]) -> tuple[str, ...]:
    texts = item.get(name, [])
    good = isinstance(texts, list) and len(texts) <= MOST_WORDS
    if not good or not all(isinstance(text, str) and 0 < len(text) <= LONGEST_PATTERN for text in texts):
        raise _wrong(
            f"rule {number}: {name} is a list of at most {MOST_WORDS} texts, 1 to 200 characters each"
        )
    return tuple(texts)


def _words(words: Sequence[str]) -> list[str]:
    """Return patterns of plain words: whole words where letters have spaces between them, else anywhere."""
    spaced, anywhere = [], []
    for word in words:
        text = normal(word).text.strip()
        if not text:
            raise _wrong(f"{word!r} has no letters")
        if any(unicodedata.category(letter) == "Lo" for letter in text):
            anywhere.append(r"[\W_]{0,2}".join(re.escape(letter) for letter in text if not letter.isspace()))
        else:
            spaced.append(r"[\s_-]{1,3}".join(re.escape(part) for part in text.split()))
    whole = [rf"(?<!{_ALPHABETIC})(?:{'|'.join(spaced)})(?!{_ALPHABETIC})"] if spaced else []
    return [*whole, *anywhere]


def _checked(pattern: str) -> str:
    """Refuse patterns whose matching could take more than about length x 1,000 steps."""
    repeats, before = 0, ""
    for piece in _PIECES.finditer(pattern):
        kind, text = str(piece.lastgroup), piece[0]
        if kind == "special":
            raise _wrong(f"{pattern!r}: only plain groups (?:...) and (...) are taken")
        if kind == "escape" and text[1].isdigit():
            raise _wrong(f"{pattern!r}: references are not taken")
        if kind == "repeat" and text != "?":
            numbers = [int(number) for number in re.findall(r"\d+", text)]
            repeats += 1
            if before == "close" or not numbers or text.endswith(",}") or max(numbers) > LONGEST_REPEAT:
                raise _wrong(
                    f"{pattern!r}: repeat single letters, at most {{0,{LONGEST_REPEAT}}} times, no * or +"
                )
        before = kind
    if repeats > MOST_REPEATS:
        raise _wrong(f"{pattern!r}: at most {MOST_REPEATS} repeats")
    try:
        re.compile(pattern)
    except re.error as error:
        raise _wrong(f"{pattern!r}: {error}") from None
    return pattern


def _wrong(detail: str) -> BadInput:
    return BadInput(
        f"moderation rules: {detail}",
        Words(f"审核规则有误：{detail}", f"The moderation rules are wrong: {detail}"),
    )
