"""Moderators: by rules, none at all, and a guard for those that can fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot_core.clock import SystemClock
from bot_core.errors import YinluError
from bot_core.ports.safety import Clock, Decision, Moderator, Verdict
from bot_safety.normal import normal
from bot_safety.rules import Rule, parse_rules

log = logging.getLogger(__name__)

Read = Callable[[str, str], Awaitable[str | None]]
SETTING = "moderation"
UNAVAILABLE = "unavailable"
ALLOWED = Verdict(Decision.ALLOW)
SEVERITY = (Decision.ALLOW, Decision.MASK, Decision.REVIEW, Decision.REFUSE)

# What nobody would dispute, and only that; questions about reporting or forbidding it are answered.
BUILT_IN = (
    Rule(
        "minors",
        Decision.REFUSE,
        words=(
            "child porn",
            "child pornography",
            "kiddie porn",
            "preteen porn",
            "loli porn",
            "儿童色情",
            "幼女色情",
            "幼童色情",
            "未成年色情",
        ),
        unless=(
            "report",
            "reporting",
            "reported",
            "policy",
            "rules",
            "forbidden",
            "illegal",
            "举报",
            "举報",
            "禁止",
            "违法",
            "规定",
            "规则",
            "怎么处理",
        ),
        direction="incoming",
    ),
)


class RuleModerator:
    """Judges texts by word lists; the strictest rule that matches decides. Pictures it lets pass: it can't see.

    ``read(community, "moderation")`` brings a community's list (see ``parse_rules``; a ledger's ``setting``
    fits); it is read again after ``fresh`` seconds. Raises what ``read`` raises, and BadInput for a list
    that can't be read: put ``Guarded`` around it.
    """

    def __init__(
        self,
        read: Read | None = None,
        *,
        clock: Clock | None = None,
        fresh: float = 30.0,
        built_in: Sequence[Rule] = BUILT_IN,
    ) -> None:
        self._read, self._clock, self._fresh = read, clock or SystemClock(), fresh
        self._built_in = tuple(built_in)
        self._known: dict[str, tuple[float, str | None, tuple[Rule, ...]]] = {}

    async def text(self, community: str, text: str, *, outgoing: bool = False) -> Verdict:
        """Judge a text."""
        rules = [rule for rule in await self._rules(community) if rule.applies(outgoing)]
        if not rules:
            return ALLOWED
        form = normal(text)
        found = [(rule, spans) for rule in rules if (spans := rule.spans(form.text))]
        if not found:
            return ALLOWED
        worst = max((rule for rule, _ in found), key=lambda rule: SEVERITY.index(rule.decision))
        masked = [
            form.span(*span) for rule, spans in found if rule.decision is Decision.MASK for span in spans
        ]
        shown = _mask(text, masked) if worst.decision is Decision.MASK else ""
        return Verdict(worst.decision, worst.category, shown)

    async def picture(self, community: str, data: bytes, *, outgoing: bool = False) -> Verdict:
        """Let it pass."""
        return ALLOWED

    async def _rules(self, community: str) -> tuple[Rule, ...]:
        if self._read is None:
            return self._built_in
        now = self._clock.monotonic()
        known = self._known.get(community)
        if known is not None and now - known[0] < self._fresh:
            return known[2]
        stored = await self._read(community, SETTING)
        rules = known[2] if known is not None else ()
        if known is None or stored != known[1]:  # compiling a long list takes milliseconds
            rules = self._built_in + (parse_rules(stored) if stored else ())
        self._known[community] = (now, stored, rules)
        return rules


def _mask(text: str, spans: list[tuple[int, int]]) -> str:
    letters = list(text)
    for start, end in spans:
        letters[start:end] = "*" * (end - start)
    return "".join(letters)


class AllowAll:
    """Lets everything pass."""

    async def text(self, community: str, text: str, *, outgoing: bool = False) -> Verdict:
        """Let it pass."""
        return ALLOWED

    async def picture(self, community: str, data: bytes, *, outgoing: bool = False) -> Verdict:
        """Let it pass."""
        return ALLOWED


class MemoryModerator:
    """The twin for tests: a text that holds one of ``words``, or a picture that is listed, gets its verdict."""

    def __init__(
        self, words: Mapping[str, Verdict] | None = None, pictures: Mapping[bytes, Verdict] | None = None
    ) -> None:
        self._words, self._pictures = dict(words or {}), dict(pictures or {})

    async def text(self, community: str, text: str, *, outgoing: bool = False) -> Verdict:
        """Return the verdict of the first word that is in the text."""
        return next((verdict for word, verdict in self._words.items() if word in text), ALLOWED)

    async def picture(self, community: str, data: bytes, *, outgoing: bool = False) -> Verdict:
        """Return the listed verdict."""
        return self._pictures.get(data, ALLOWED)


class Guarded:
    """Decides for a moderator that fails or takes longer than ``seconds``: ``closed`` refuses, else it allows."""

    def __init__(self, moderator: Moderator, *, closed: bool, seconds: float = 5.0) -> None:
        self._moderator, self._closed, self._seconds = moderator, closed, seconds

    async def text(self, community: str, text: str, *, outgoing: bool = False) -> Verdict:
        """Judge a text."""
        return await self._guard(self._moderator.text(community, text, outgoing=outgoing), community)

    async def picture(self, community: str, data: bytes, *, outgoing: bool = False) -> Verdict:
        """Judge a picture."""
        return await self._guard(self._moderator.picture(community, data, outgoing=outgoing), community)

    async def _guard(self, judging: Awaitable[Verdict], community: str) -> Verdict:
        try:
            async with asyncio.timeout(self._seconds):
                return await judging
        except (YinluError, OSError, TimeoutError, ValueError) as error:
            log.error(
                "moderation failed",
                extra={
                    "community": community,
                    "closed": self._closed,
                    "error": f"{type(error).__name__}: {error}",
                },
            )
            return Verdict(Decision.REFUSE, UNAVAILABLE) if self._closed else ALLOWED
