"""One-time codes: 8 characters, 15 minutes, used once; only their hash is stored."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot_core.errors import LimitReached, NotFound
from bot_core.identity import Words, short_id
from bot_core.ports.ledger import Fact, Facts
from bot_core.ports.safety import Clock
from bot_core.ports.work import Limiter, Rate

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is misread: 31^8 codes, 8.5e11
LENGTH = 8
WRONG = Words(
    "这个代码不对或已经过期。代码 15 分钟内有效，只能用一次。",
    "That code is wrong or too old. Codes hold for 15 minutes and work once.",
)
GUESSES = Rate(5, 900)  # a person's guesses, over all processes
ALL_GUESSES = Rate(200, 900)  # everybody's: many accounts don't make a faster search


@dataclass(frozen=True, slots=True)
class Codes:
    """Makes codes for a purpose (``bind``, ``link``) and takes each once."""

    facts: Facts
    limiter: Limiter
    clock: Clock
    valid: timedelta = timedelta(minutes=15)
    guesses: Rate = field(default=GUESSES)

    async def create(
        self, purpose: str, subject: str, person: str = "", data: Mapping[str, object] | None = None
    ) -> str:
        """Return a new code for ``subject`` (a community, a person); ``person`` is whose it is."""
        await self._sweep()
        code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        given = {"subject": subject, **(data or {})}
        await self.facts.keep(
            Fact("", "code", _hash(purpose, code), self.clock.now(), person, purpose, given)
        )
        return code

    async def take(self, purpose: str, code: str, person: str) -> str:
        """Return the subject of a code and use it up. Raises NotFound with its sentence, LimitReached."""
        for key, rate in ((person, self.guesses), ("everybody", ALL_GUESSES)):
            wait = await self.limiter.take(f"code:{purpose}:{key}", rate)
            if wait > 0:
                raise LimitReached(wait)
        id = _hash(purpose, code.strip().upper().replace("-", ""))
        found = await self.facts.fact("", "code", id)
        if found is None or self._old(found.time) or not await self.facts.take("", "code", id):
            raise NotFound("a code", WRONG)
        return str(found.data["subject"])

    def _old(self, made: datetime) -> bool:
        return self.clock.now() - made >= self.valid

    async def _sweep(self) -> None:
        for fact in await self.facts.facts("code", "", limit=50):
            if self._old(fact.time):
                await self.facts.take("", "code", fact.id)


def _hash(purpose: str, code: str) -> str:
    return short_id("code", purpose, code)
