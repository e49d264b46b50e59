"""The platform's two app tokens: one renewal for all processes, early enough that none is used past its end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from bot_adapters.douyin.options import DouyinOptions
from bot_adapters.douyin.wire import Json, Wire, number, part, text
from bot_core.errors import EngineDown
from bot_core.ports.safety import Clock
from bot_core.ports.work import Locks, Notes

EARLY = 600.0  # s before its end at which a token is renewed
WAIT = 10.0  # s that a request waits for another process's renewal


class Kind(StrEnum):
    """Which token."""

    ACCESS = "access"  # developer.toutiao.com
    CLIENT = "client"  # open.douyin.com


@dataclass(frozen=True, slots=True)
class AppTokens:
    """Both tokens, kept in ``notes`` and renewed under a lock that all processes share."""

    wire: Wire
    notes: Notes
    locks: Locks
    clock: Clock
    options: DouyinOptions

    async def access(self) -> str:
        """Return the token of the mini program's API. Raises EngineDown."""
        return await self._token(Kind.ACCESS)

    async def client(self) -> str:
        """Return the token of the open platform. Raises EngineDown."""
        return await self._token(Kind.CLIENT)

    async def post(self, kind: Kind, url: str, header: str, body: Json) -> Json:
        """Ask with a token; once more with a new one where the platform refuses it. Raises EngineDown."""
        token = await self._token(kind)
        answer = await self.wire.allowed(url, body, {header: token})
        if answer is not None:
            return answer
        await self.expired(kind, token)
        return await self.wire.post(url, body, {header: await self._token(kind)})

    async def expired(self, kind: Kind, token: str) -> None:
        """Forget a token that the platform refused, unless another has taken its place."""
        if await self._kept(kind) == token:
            await self.notes.drop(self._key(kind))

    async def _token(self, kind: Kind) -> str:
        kept = await self._kept(kind)
        if kept:
            return kept
        async with self.locks.hold(f"douyin:token:{self.options.app_id}:{kind}", 15.0, WAIT) as held:
            kept = await self._kept(kind)
            if kept:
                return kept
            if not held:
                raise EngineDown("douyin", f"the {kind} token is being renewed")
            return await self._renew(kind)

    async def _kept(self, kind: Kind) -> str:
        value = await self.notes.get(self._key(kind))
        if not value:
            return ""
        kept = json.loads(value)
        return str(kept["token"]) if float(kept["until"]) > self.clock.now().timestamp() else ""

    async def _renew(self, kind: Kind) -> str:
        data = await self._asked(kind)
        token, seconds = text(data, "access_token"), number(data.get("expires_in"))
        if not token or not seconds or seconds <= 0:
            raise EngineDown("douyin", f"no {kind} token: {_why(data)}")
        good = seconds - min(EARLY, seconds * 0.1)
        until = self.clock.now().timestamp() + good
        await self.notes.put(self._key(kind), json.dumps({"token": token, "until": until}), good)
        return token

    async def _asked(self, kind: Kind) -> Json:
        options = self.options
        if kind is Kind.ACCESS:
            url, names = f"{options.api_url}/api/apps/v2/token", ("appid", "secret")
        else:
            url, names = f"{options.open_url}/oauth/client_token/", ("client_key", "client_secret")
        body: Json = {
            names[0]: options.app_id,
            names[1]: options.secret,
            "grant_type": "client_credential",
        }
        answer = await self.wire.post(url, body)
        return part(answer, "data") or answer

    def _key(self, kind: Kind) -> str:
        return f"douyin:token:{self.options.app_id}:{kind}"


def _why(data: Json) -> str:
    return f"err_no {data.get('err_no', data.get('error_code'))!r}"[:60]
