"""``/api/v1/uploads``: admins send documents, see how each is, and take them away again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http import HttpProcessingError

from bot_adapters.web.envelope import Json, dump
from bot_adapters.web.locales import accepted
from bot_adapters.web.options import WebOptions
from bot_adapters.web.sentences import NEEDS_FIELD, fill
from bot_adapters.web.tickets import Tickets
from bot_adapters.web.uploads import Upload, Uploads
from bot_core.dispatch import Places
from bot_core.errors import BadInput, NotFound, UnknownCommunity
from bot_core.identity import Origin, Words

PATH = "/api/v1/uploads"
ROLE_LENGTH, MOST_ROLES = 64, 20
BROKEN_FORM = (ValueError, AssertionError, HttpProcessingError)
AT_ONCE = 2  # bodies that are held in memory
TOO_LARGE = Words("文件太大了，上限是 {n} MB。", "That file is too large; the limit is {n} MB.")


class UploadsApi:
    """Handlers; every one wants an admin's ticket."""

    def __init__(self, uploads: Uploads, tickets: Tickets, places: Places, options: WebOptions) -> None:
        self._uploads, self._tickets, self._places, self._options = uploads, tickets, places, options
        self._bodies = asyncio.Semaphore(AT_ONCE)

    @property
    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post(PATH, self.send),
            web.get(PATH, self.listed, allow_head=False),
            web.delete(PATH, self.remove),
        ]

    async def send(self, request: web.Request) -> web.Response:
        """Take a form with ``audience`` (roles, separated by commas; empty: everyone) and then its files."""
        self._tickets.check(request)
        if request.content_type != "multipart/form-data":
            raise web.HTTPUnsupportedMediaType()
        community = await self._community()
        async with self._bodies:
            try:
                async with asyncio.timeout(self._options.upload_seconds):
                    taken = await self._form(request, community)
            except TimeoutError:
                raise web.HTTPRequestTimeout() from None
            except BROKEN_FORM:  # aiohttp's, for a form that is none
                raise BadInput("no form", fill(NEEDS_FIELD, name="file")) from None
        return _json({"uploads": [self._uploads.row(upload) for upload in taken]}, 202)

    async def listed(self, request: web.Request) -> web.Response:
        """Tell how every upload is."""
        self._tickets.check(request)
        rows = await self._uploads.shown(await self._community(), accepted(request.headers))
        return _json({"uploads": rows, "largest": self._options.upload_bytes}, 200)

    async def remove(self, request: web.Request) -> web.Response:
        """Take one away: ``?source=uploads/NAME``."""
        self._tickets.check(request)
        source = request.query.get("source", "")
        removed = await self._uploads.remove(await self._community(), source)
        if not removed:
            raise NotFound(f"no upload {source[:80]!r}")
        return _json({"removed": removed}, 200)

    async def _form(self, request: web.Request, community: str) -> list[Upload]:
        taken: list[Upload] = []
        audience: tuple[str, ...] = ()
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise BadInput("a form within a form", fill(NEEDS_FIELD, name="file"))
            if part.name == "audience":
                audience = _roles((await self._bytes(part, 4_000)).decode("utf-8", "replace"))
            elif part.name == "file" and part.filename:
                data = await self._bytes(part, self._options.upload_bytes)
                taken.append(await self._uploads.take(community, part.filename, data, audience))
        if not taken:
            raise BadInput("no file", fill(NEEDS_FIELD, name="file"))
        return taken

    async def _bytes(self, part: BodyPartReader, most: int) -> bytes:
        data = bytearray()
        while chunk := await part.read_chunk(65_536):
            data += chunk
            if len(data) > most:
                raise TooLarge(f"more than {most} bytes", fill(TOO_LARGE, n=most // 1_000_000))
        return bytes(data)

    async def _community(self) -> str:
        community = await self._places.community(Origin("web", self._options.place, ""))
        if community is None:
            raise UnknownCommunity()
        return community


class TooLarge(BadInput):
    """A file beyond the setting's limit."""


def _roles(text: str) -> tuple[str, ...]:
    roles = sorted({role.strip() for role in text.replace("，", ",").split(",")} - {""})
    if len(roles) > MOST_ROLES or any(len(r) > ROLE_LENGTH or not r.isprintable() for r in roles):
        raise BadInput("audience", fill(NEEDS_FIELD, name="audience"))
    return tuple(roles)


def _json(body: Mapping[str, object] | Json, status: int) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(
        text=dump(dict(body)), status=status, content_type="application/json", headers=headers
    )
