"""Who a member is: the platform's one-time code becomes a session of ours, of which only a hash is kept.

jscode2session: developer.open-douyin.com, "code2Session" (v2). The platform's ``session_key`` stays in ``notes`` under
the member's hash; it is replaced at each login, as the platform replaces it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field

from bot_adapters.douyin.options import DAY, DouyinOptions
from bot_adapters.douyin.sentences import NEEDS_CODE, USED_CODE, WRONG_CODE, LoginNeeded
from bot_adapters.douyin.wire import Json, Wire, part, text
from bot_adapters.web.sessions import person_of
from bot_core.errors import BadInput, EngineDown, LimitReached
from bot_core.identity import Person
from bot_core.ports.safety import Clock
from bot_core.ports.work import Limiter, Notes

PLATFORM = "douyin"
WRONG = {40018: "code", 40019: "anonymous_code"}
CODE_SECONDS = 3600.0
LONGEST_CODE = 512


@dataclass(frozen=True, slots=True)
class Member:
    """Who a session belongs to; ``visitor`` is derived from the openid and stays the same."""

    visitor: str = field(repr=False)
    openid: str = field(repr=False)
    anonymous: bool = False

    @property
    def person(self) -> Person:
        """Return the member as the house knows them."""
        return person_of(self.visitor, PLATFORM)


@dataclass(frozen=True, slots=True)
class Login:
    """A session that was just made; ``token`` is told to the client once."""

    token: str = field(repr=False)
    member: Member
    seconds: float


@dataclass(frozen=True, slots=True)
class Logins:
    """Makes, finds and ends sessions; ``secret`` turns openids into visitors and survives restarts."""

    wire: Wire
    notes: Notes
    limiter: Limiter
    clock: Clock
    options: DouyinOptions
    secret: bytes = field(repr=False)

    async def login(self, code: str, anonymous_code: str, *, address: str = "", before: str = "") -> Login:
        """Turn a code into a session; ``before`` is the client's last token, which ends with this.

        Raises BadInput for a wrong or used code, LimitReached, EngineDown.
        """
        given = code or anonymous_code
        if not given or len(code) > LONGEST_CODE or len(anonymous_code) > LONGEST_CODE:
            raise BadInput("no code", NEEDS_CODE)
        wait = await self.limiter.take(f"douyin:login:{address}", self.options.login_rate)
        if wait:
            raise LimitReached(wait)
        used = "douyin:code:" + _hash(given)
        if not await self.notes.add(used, "1", CODE_SECONDS):
            raise BadInput("a code that was used", USED_CODE)
        try:
            data = await self._asked(code, anonymous_code)
        except EngineDown:
            await self.notes.drop(used)  # it may never have arrived
            raise
        return await self._made(data, before)

    async def member(self, token: object) -> Member:
        """Return whose session this is. Raises LoginNeeded."""
        if not isinstance(token, str) or not token.startswith("d_") or len(token) > 64:
            raise LoginNeeded("no token")
        kept = await self.notes.get(_session(token))
        if kept is None:
            raise LoginNeeded("an unknown session")
        value = json.loads(kept)
        member = Member(value["visitor"], value["openid"], value["anonymous"])
        gone = await self.notes.get(_gone(member.person))
        if gone is not None and value["made"] <= float(gone):
            raise LoginNeeded("a member who was removed")
        return member

    def known(self, openid: str) -> Member:
        """Return the member that an openid is."""
        return Member(self._visitor(openid, False), openid)

    async def session_key(self, member: Member) -> str:
        """Return the platform's key of a member's newest login. Raises LoginNeeded."""
        kept = await self.notes.get(_platform_key(member.person))
        if not kept:
            raise LoginNeeded("no session_key")
        return kept

    async def openid(self, person: str) -> str | None:
        """Return a member's openid, for what is sent to them."""
        return await self.notes.get(f"douyin:openid:{person}")

    async def end(self, token: str) -> None:
        """End one session."""
        await self.notes.drop(_session(token))

    async def remove(self, person: Person) -> None:
        """End all sessions of a member and forget their keys; a new login lets them in again."""
        now = repr(self.clock.now().timestamp())
        await self.notes.put(_gone(person), now, self.options.session_days * DAY)
        await self.notes.drop(_platform_key(person))
        await self.notes.drop(f"douyin:openid:{person.id}")

    async def _asked(self, code: str, anonymous_code: str) -> Json:
        body: Json = {"appid": self.options.app_id, "secret": self.options.secret}
        body |= {"code": code} if code else {}
        body |= {"anonymous_code": anonymous_code} if anonymous_code else {}
        answer = await self.wire.post(f"{self.options.api_url}/api/apps/v2/jscode2session", body)
        error = answer.get("err_no")
        if error in WRONG:
            raise BadInput(f"the platform refused the {WRONG[int(str(error))]}", WRONG_CODE)
        if error != 0:
            raise EngineDown("douyin", f"jscode2session err_no {error!r}"[:80])
        return part(answer, "data")

    async def _made(self, data: Json, before: str) -> Login:
        openid, key = text(data, "openid"), text(data, "session_key")
        anonymous = not openid
        openid = openid or text(data, "anonymous_openid")
        if not openid:
            raise EngineDown("douyin", "jscode2session without an openid")
        member = Member(self._visitor(openid, anonymous), openid, anonymous)
        seconds = self.options.session_days * DAY
        token = "d_" + secrets.token_urlsafe(32)
        made = self.clock.now().timestamp()
        value = {"visitor": member.visitor, "openid": openid, "anonymous": anonymous, "made": made}
        await self.notes.put(_session(token), json.dumps(value), seconds)
        if key:
            await self.notes.put(_platform_key(member.person), key, seconds)
        await self.notes.put(f"douyin:openid:{member.person.id}", openid, 180 * DAY)
        if before:
            await self.end(before)
        return Login(token, member, seconds)

    def _visitor(self, openid: str, anonymous: bool) -> str:
        """Return what stands for an openid: the form of the page's visitors, 128 bits that only we can make."""
        about = f"douyin visitor\x1f{self.options.app_id}\x1f{int(anonymous)}\x1f{openid}"
        tag = hmac.new(self.secret, about.encode(), hashlib.sha256).digest()[:16]
        return "v_" + base64.urlsafe_b64encode(tag).rstrip(b"=").decode()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _session(token: str) -> str:
    return "douyin:session:" + _hash(token)


def _platform_key(person: Person) -> str:
    return f"douyin:key:{person.id}"


def _gone(person: Person) -> str:
    return f"douyin:gone:{person.id}"
