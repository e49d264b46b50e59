"""``/api/v1/attachments``: a member sends a picture, and gets a token to put into the next message."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, hdrs, web

from bot_adapters.web.attachments import Attachments
from bot_adapters.web.connection import Bucket
from bot_adapters.web.envelope import dump
from bot_adapters.web.guard import Guard
from bot_adapters.web.options import WebOptions
from bot_adapters.web.sentences import NEEDS_FIELD, NOT_YOURS, TooFast, fill
from bot_adapters.web.sessions import Sessions
from bot_adapters.web.uploads_api import BROKEN_FORM, TOO_LARGE, TooLarge
from bot_core.dispatch import Places
from bot_core.errors import BadInput, NotAllowed, UnknownCommunity
from bot_core.identity import Origin

PATH = "/api/v1/attachments"
AT_ONCE = 4  # bodies that are held in memory
ADDRESSES = 10_000  # whose pace is remembered
BEARER = re.compile(r"Bearer (v_[A-Za-z0-9_-]{22})\.(s_[A-Za-z0-9_-]{1,62})")


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Who asks over HTTP: ``Authorization: Bearer VISITOR.SESSION``, both as ``hello`` told them."""

    sessions: Sessions

    def visitor(self, request: web.Request) -> str:
        """Return the visitor's secret. Raises NotAllowed where the session is not theirs, or not ours."""
        found = BEARER.fullmatch(request.headers.get(hdrs.AUTHORIZATION, ""))
        if found is None or not self.sessions.is_session(found[2], found[1]):
            raise NotAllowed("no session, or another's", NOT_YOURS)
        return found[1]


@dataclass(frozen=True, slots=True)
class AttachmentsApi:
    """The handler; every picture is bounded before it is read, every address in its pace."""

    attachments: Attachments
    door: Doorkeeper
    places: Places
    guard: Guard
    options: WebOptions
    _bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _paces: dict[str, Bucket] = field(default_factory=dict)

    @property
    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [web.post(PATH, self.send)]

    async def send(self, request: web.Request) -> web.Response:
        """Take a form with one ``file``."""
        visitor = self.door.visitor(request)
        self._pace(self.guard.address(request))
        if request.content_type != "multipart/form-data":
            raise web.HTTPUnsupportedMediaType()
        community = await self.places.community(Origin("web", self.options.place, ""))
        if community is None:
            raise UnknownCommunity()
        async with self._bodies:
            try:
                async with asyncio.timeout(self.options.upload_seconds):
                    name, data = await self._file(request)
            except TimeoutError:
                raise web.HTTPRequestTimeout() from None
            except BROKEN_FORM:  # aiohttp's, for a form that is none
                raise BadInput("no form", fill(NEEDS_FIELD, name="file")) from None
            kept = await self.attachments.keep(community, visitor, name, data)
        headers = {hdrs.CACHE_CONTROL: "no-store"}
        return web.Response(text=dump(kept), status=201, content_type="application/json", headers=headers)

    def _pace(self, address: str) -> None:
        if len(self._paces) >= ADDRESSES:
            self._paces.pop(next(iter(self._paces)))
        wait = self._paces.setdefault(address, Bucket(self.options.attachments)).take()
        if wait:
            raise TooFast(wait)

    async def _file(self, request: web.Request) -> tuple[str, bytes]:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file":
                return part.filename or "", await self._bytes(part)
        raise BadInput("no file", fill(NEEDS_FIELD, name="file"))

    async def _bytes(self, part: BodyPartReader) -> bytes:
        most = self.options.attachment_bytes
        data = bytearray()
        while chunk := await part.read_chunk(65_536):
            data += chunk
            if len(data) > most:
                raise TooLarge(f"more than {most} bytes", fill(TOO_LARGE, n=most // 1_000_000))
        return bytes(data)
