"""Who may see the operator's page: a link that works once and for minutes, then a session that can be ended.

Tickets and sessions are facts of the ledger under the hash of their secret, so they hold in every process, and whoever
reads the ledger or a backup can't log in with what they find.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import hdrs, web

from bot_core.errors import LimitReached, NotAllowed
from bot_core.identity import Words, short_id
from bot_core.ports.ledger import Fact, Facts
from bot_core.ports.safety import Clock

TICKET, SESSION, HOUSE = "operator_ticket", "operator_session", ""  # kinds of facts, of no community
COOKIE, PATH, CSRF = "yinlu_operator", "/api/v1/operator", "X-Yinlu-Csrf"
MINUTES, HOURS = 10.0, 12.0
TRIES, TRIES_SECONDS = 10, 60.0
USED = Words(
    "这个链接已经用过或过期了。请在服务器上重新运行 yinlu admin link。",
    "This link was used before or is too old. Run yinlu admin link on the server again.",
)
LOGIN = Words(
    "请先登录：在服务器上运行 yinlu admin link，打开它给出的链接。",
    "Please log in: run yinlu admin link on the server and open the link it prints.",
)
FORGED = Words("页面已过期，请刷新后再试。", "The page is out of date. Reload it and try again.")


@dataclass(frozen=True, slots=True)
class Operator:
    """Who is logged in: ``id`` names the session in the audit, ``csrf`` goes with every change."""

    id: str
    name: str
    csrf: str
    until: float


class OperatorSessions:
    """Makes tickets, turns each into one session, recognises sessions, ends them."""

    def __init__(self, facts: Facts, clock: Clock, forwarded: bool = False) -> None:
        self._facts, self._clock, self._forwarded = facts, clock, forwarded
        self._tries: list[float] = []

    async def ticket(self, name: str, minutes: float = MINUTES) -> str:
        """Return a secret that opens one session within so many minutes, for ``name``."""
        secret = secrets.token_urlsafe(24)
        until = (self._clock.now() + timedelta(minutes=minutes)).timestamp()
        data: dict[str, object] = {"name": name[:60], "until": until}
        await self._facts.keep(Fact(HOUSE, TICKET, _hash(secret), self._clock.now(), data=data))
        return secret

    async def log_in(self, ticket: str) -> tuple[Operator, str]:
        """Return the operator and the session's secret. Raises NotAllowed, LimitReached."""
        self._slow_down()
        id = _hash(ticket)
        fact = await self._facts.fact(HOUSE, TICKET, id)
        if fact is None or not await self._facts.take(HOUSE, TICKET, id):
            raise NotAllowed("an unknown ticket", USED)
        now = self._clock.now()
        if float(str(fact.data["until"])) < now.timestamp():
            raise NotAllowed("an old ticket", USED)
        secret = secrets.token_urlsafe(32)
        until = (now + timedelta(hours=HOURS)).timestamp()
        data = {"name": fact.data["name"], "until": until}
        await self._facts.keep(Fact(HOUSE, SESSION, _hash(secret), now, data=data))
        return _operator(secret, str(fact.data["name"]), until), secret

    async def operator(self, request: web.BaseRequest) -> Operator:
        """Return who asks. Raises NotAllowed; a change needs the session's CSRF value as well."""
        secret = request.cookies.get(COOKIE, "")
        fact = await self._facts.fact(HOUSE, SESSION, _hash(secret)) if secret else None
        if fact is None or float(str(fact.data["until"])) < self._clock.now().timestamp():
            raise NotAllowed("no session", LOGIN)
        found = _operator(secret, str(fact.data["name"]), float(str(fact.data["until"])))
        given = request.headers.get(CSRF, "").encode()
        if request.method not in ("GET", "HEAD") and not hmac.compare_digest(given, found.csrf.encode()):
            raise NotAllowed("no csrf value", FORGED)
        return found

    async def sessions(self) -> list[Fact]:
        """Return the sessions that still hold; those that are over are removed."""
        now, holding = self._clock.now().timestamp(), []
        for fact in await self._facts.facts(SESSION, HOUSE, limit=1000):
            if float(str(fact.data["until"])) < now:
                await self._facts.take(HOUSE, SESSION, fact.id)
            else:
                holding.append(fact)
        return holding

    async def end(self, id: str | None) -> int:
        """End one session, or (None) all; return how many."""
        ended = 0
        for fact in await self.sessions():
            if id is None or fact.id[:12] == id:
                ended += await self._facts.take(HOUSE, SESSION, fact.id)
        return ended

    def set_cookie(self, request: web.BaseRequest, response: web.StreamResponse, secret: str) -> None:
        """Give the session to the browser, and to nothing else: no script and no other site has it."""
        https = request.scheme == "https"
        if self._forwarded:
            https = request.headers.get("X-Forwarded-Proto", "").lower() == "https"
        response.set_cookie(
            COOKIE,
            secret,
            max_age=int(HOURS * 3600),
            path=PATH,
            httponly=True,
            samesite="Strict",
            secure=https,
        )
        response.headers[hdrs.CACHE_CONTROL] = "no-store"

    def _slow_down(self) -> None:
        """A ticket can't be guessed (192 bits); the bound keeps those who try from costing anything."""
        now = self._clock.monotonic()
        self._tries = [at for at in self._tries if now - at < TRIES_SECONDS]
        if len(self._tries) >= TRIES:
            raise LimitReached(TRIES_SECONDS - (now - self._tries[0]))
        self._tries.append(now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _operator(secret: str, name: str, until: float) -> Operator:
    return Operator(_hash(secret)[:12], name, short_id("csrf", secret), until)
