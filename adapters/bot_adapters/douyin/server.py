"""The mini program's server half, as routes of the house's web server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import web

from bot_adapters.douyin.face import DouyinFace
from bot_adapters.douyin.logins import PLATFORM, Login, Logins
from bot_adapters.douyin.options import DouyinOptions
from bot_adapters.douyin.requests import DouyinGreeter, DouyinRequests, Gate
from bot_adapters.douyin.sentences import BAD_DATA
from bot_adapters.douyin.subscriptions import Subscriptions
from bot_adapters.douyin.uploads import Upload, bearer
from bot_adapters.douyin.userdata import opened, verified
from bot_adapters.douyin.webhooks import Webhooks
from bot_adapters.web.api import Accepts
from bot_adapters.web.boards import Boards
from bot_adapters.web.envelope import read_json, text_of
from bot_adapters.web.greeting import Examples
from bot_adapters.web.guard import Guard
from bot_adapters.web.invoking import Commands
from bot_adapters.web.options import WebOptions
from bot_adapters.web.sessions import Sessions
from bot_adapters.web.sockets import Sockets
from bot_adapters.web.voice import Voice
from bot_core.commands import Command
from bot_core.dispatch import Places
from bot_core.errors import BadInput
from bot_core.forms import Forms
from bot_core.ports.ledger import Ledger
from bot_core.ports.media import Files
from bot_core.ports.safety import Clock, Moderator
from bot_core.ports.work import Limiter, Notes
from bot_core.tokens import Signer

CLOSING = 3.0  # s that connections may take to say goodbye


@dataclass(frozen=True, slots=True)
class DouyinNeeds:
    """What the server is given of the house."""

    intake: Accepts
    face: DouyinFace
    ledger: Ledger
    signer: Signer
    places: Places
    clock: Clock
    secret: bytes
    clean: Callable[[str], str]
    examples: Examples
    files: Files
    moderator: Moderator
    limiter: Limiter
    notes: Notes
    subscriptions: Subscriptions
    commands: Sequence[Command] = ()
    forms: Forms | None = None
    boards: Boards | None = None


class DouyinServer:
    """Login, ``/douyin/ws`` and uploads. ``web_options`` are the page's; ``place`` becomes the mini program's id."""

    def __init__(
        self, needs: DouyinNeeds, logins: Logins, options: DouyinOptions, web_options: WebOptions
    ) -> None:
        self._needs, self._logins, self._options = needs, logins, options
        web_options = replace(web_options, place=options.app_id)
        self._guard = Guard(web_options)
        gate = Gate(logins, needs.limiter, options)
        sessions = Sessions(needs.secret)
        self._webhooks = Webhooks(needs.intake, logins, needs.notes, needs.clock, options)
        self._sockets = _sockets(needs, gate, sessions, self._guard, web_options)
        self._upload = Upload(
            gate,
            sessions,
            needs.face,
            needs.intake,
            needs.files,
            needs.moderator,
            needs.places,
            needs.clock,
            needs.clean,
            options,
            asyncio.Semaphore(options.uploads),
        )

    def __len__(self) -> int:
        """Return how many WebSockets are open."""
        return len(self._sockets)

    @property
    def routes(self) -> list[web.RouteDef]:
        """Return the routes, for the house's web server."""
        return [
            web.post("/douyin/api/login", self.login),
            web.post("/douyin/api/logout", self.logout),
            web.post("/douyin/api/voice", self._upload.voice),
            web.post("/douyin/api/pictures", self._upload.picture),
            web.post("/douyin/api/userdata", self.user_data),
            web.post("/douyin/api/subscriptions", self.subscribe),
            web.post("/douyin/webhook", self._webhooks.receive),
            web.get("/douyin/ws", self._sockets.serve, allow_head=False),
        ]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Speak while inside; at the end every connection goes with a word."""
        aloud = self._needs.face.aloud
        try:
            if aloud is None:
                yield
            else:
                async with aloud.open():
                    yield
        finally:
            await self._sockets.close(CLOSING)

    async def login(self, request: web.Request) -> web.Response:
        """Take ``{code, anonymous_code}``; a token in the header is the client's last one, which ends."""
        body = await _body(request)
        code, anonymous = text_of(body, "code", ""), text_of(body, "anonymous_code", "")
        made = await self._logins.login(
            code, anonymous, address=self._guard.address(request), before=bearer(request)
        )
        return web.json_response(_told(made), headers={"Cache-Control": "no-store"})

    async def logout(self, request: web.Request) -> web.Response:
        """End the session that the request carries."""
        await self._logins.end(bearer(request))
        return web.json_response({}, headers={"Cache-Control": "no-store"})

    async def user_data(self, request: web.Request) -> web.Response:
        """Check what the client got of ``tt.getUserInfo``: raw and signed, or sealed; answers what is true of it."""
        member = await self._logins.member(bearer(request))
        body, key = await _body(request), await self._logins.session_key(member)
        sealed = text_of(body, "encryptedData", "")
        if sealed:
            now = self._needs.clock.now().timestamp()
            value = opened(sealed, text_of(body, "iv"), key, self._options.app_id, now)
            if value.get("openId", member.openid) != member.openid:
                raise BadInput("another member's data", BAD_DATA)
        else:
            value = verified(text_of(body, "rawData"), text_of(body, "signature"), key)
        told = {name: value[name] for name in ("nickName", "avatarUrl", "language") if name in value}
        return web.json_response(told, headers={"Cache-Control": "no-store"})

    async def subscribe(self, request: web.Request) -> web.Response:
        """Tell the templates; keep the member's consent to those that ``accepted`` names."""
        member = await self._logins.member(bearer(request))
        accepted = (await _body(request)).get("accepted", [])
        if not isinstance(accepted, list) or len(accepted) > 2:
            raise BadInput("accepted")
        for subject in accepted:
            await self._needs.subscriptions.allow(member, str(subject))
        return web.json_response({"templates": self._needs.subscriptions.templates})


async def _body(request: web.Request) -> dict[str, object]:
    body = read_json(await request.read())
    if not isinstance(body, dict):
        raise BadInput("no object")
    return body


def _told(made: Login) -> dict[str, object]:
    return {"token": made.token, "seconds": int(made.seconds), "anonymous": made.member.anonymous}


def _sockets(
    needs: DouyinNeeds, gate: Gate, sessions: Sessions, guard: Guard, options: WebOptions
) -> Sockets:
    known = Commands(needs.commands)
    greeter = DouyinGreeter(
        needs.face.hub,
        sessions,
        needs.places,
        needs.ledger,
        needs.examples,
        options,
        needs.boards is not None,
        known,
        PLATFORM,
        gate=gate,
        face=needs.face,
    )
    requests = DouyinRequests(
        needs.intake,
        needs.face,
        needs.ledger,
        needs.signer,
        needs.places,
        needs.clock,
        needs.clean,
        greeter,
        options,
        needs.boards,
        known,
        needs.forms or Forms(()),
        Voice(options, needs.files, needs.face.aloud, platform=PLATFORM),
        gate=gate,
        shows=needs.face,
    )
    return Sockets(requests, guard, options, lambda kind: None, lambda code: None)
