"""Recordings and pictures over HTTP (``tt.uploadFile``): whole, bounded, judged, stored, then asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from bot_adapters.douyin.audio import measured
from bot_adapters.douyin.face import DouyinFace
from bot_adapters.douyin.logins import PLATFORM, Member
from bot_adapters.douyin.options import DouyinOptions
from bot_adapters.douyin.requests import Gate
from bot_adapters.douyin.sentences import NO_FORM, NO_PICTURE, TOO_LARGE, TOO_LONG, LoginNeeded, fill
from bot_adapters.web.api import Accepts
from bot_adapters.web.envelope import ID
from bot_adapters.web.sentences import Busy
from bot_adapters.web.sessions import Sessions, channel_of
from bot_adapters.web.stored import media_type
from bot_adapters.web.uploads_api import BROKEN_FORM, TooLarge
from bot_core.dispatch import Places
from bot_core.errors import BadInput, LimitReached, Moderated
from bot_core.events import Attachment, Content, Incoming, Invoked, Said, Spoke
from bot_core.identity import Locale, Origin
from bot_core.ports.media import Files
from bot_core.ports.safety import Clock, Decision, Moderator
from bot_core.ports.work import Receipt

PICTURES = ("image/jpeg", "image/png", "image/webp")
GRACE = 0.5  # s: a recorder that stops at its limit writes its last frames
SMALL = 8_192  # bytes of a field of the form
FIELDS = ("session", "id", "text", "locale")


@dataclass(slots=True)
class Form:
    """What an upload brought."""

    data: bytes = b""
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upload:
    """Handlers of ``/douyin/api/voice`` and ``/douyin/api/pictures``."""

    gate: Gate
    sessions: Sessions
    face: DouyinFace
    intake: Accepts
    files: Files
    moderator: Moderator
    places: Places
    clock: Clock
    clean: Callable[[str], str]
    options: DouyinOptions
    bodies: asyncio.Semaphore

    async def voice(self, request: web.Request) -> web.Response:
        """Take a recording; the answer comes over the WebSocket of ``session``, under ``id``."""
        member = await self._member(request)
        form = await self._form(request, self.options.audio_bytes)
        kind, seconds = measured(form.data)
        if seconds is not None and seconds > self.options.audio_seconds + GRACE:
            raise BadInput(f"{seconds:.1f} s", fill(TOO_LONG, round(self.options.audio_seconds)))
        channel = self._channel(member, form)
        await self.gate.admit(member, "voice upload")
        stored = await self.files.put(form.data, kind, "voice")
        return await self._asked(member, form, channel, Spoke(stored, seconds))

    async def picture(self, request: web.Request) -> web.Response:
        """Take a picture, with words about it or a command of the text's first line."""
        member = await self._member(request)
        form = await self._form(request, self.options.picture_bytes)
        kind = media_type(form.data)
        if kind not in PICTURES:
            raise BadInput("no picture", NO_PICTURE)
        channel = self._channel(member, form)
        content = _content(self.clean(form.fields.get("text", "")))
        await self.gate.admit(member, "invoke" if isinstance(content, Invoked) else "ask")
        community = await self.places.community(Origin(PLATFORM, self.options.app_id, channel)) or ""
        verdict = await self.moderator.picture(community, form.data)
        if verdict.decision is not Decision.ALLOW:
            raise Moderated(verdict.category)
        stored = await self.files.put(form.data, kind, "picture")
        attached = Attachment("picture", kind, len(form.data), stored)
        return await self._asked(member, form, channel, content, (attached,))

    async def _member(self, request: web.Request) -> Member:
        member = await self.gate.logins.member(bearer(request))
        wait = await self.gate.limiter.take(f"douyin:upload:{member.person.id}", self.options.upload_rate)
        if wait:
            raise LimitReached(wait)
        return member

    async def _form(self, request: web.Request, most: int) -> Form:
        if request.content_type != "multipart/form-data":
            raise web.HTTPUnsupportedMediaType()
        async with self.bodies:
            try:
                async with asyncio.timeout(self.options.upload_seconds):
                    form = await _read(request, most)
            except TimeoutError:
                raise web.HTTPRequestTimeout() from None
            except (*BROKEN_FORM, ConnectionError):  # aiohttp's, for a form that is none or was cut
                raise BadInput("a broken form", NO_FORM) from None
        if not form.data:
            raise BadInput("no file", NO_FORM)
        return form

    def _channel(self, member: Member, form: Form) -> str:
        session = form.fields.get("session", "")
        if not self.sessions.is_session(session, member.visitor):
            raise LoginNeeded("another's conversation, or none")
        if not ID.fullmatch(form.fields.get("id", "")):
            raise BadInput("id", NO_FORM)
        return channel_of(session)

    async def _asked(
        self,
        member: Member,
        form: Form,
        channel: str,
        content: Content,
        attached: tuple[Attachment, ...] = (),
    ) -> web.Response:
        """Store the event and tell so; a repeated ``id`` is the same request."""
        incoming = Incoming(
            id=f"{channel}:{form.fields['id']}",
            origin=Origin(PLATFORM, self.options.app_id, channel),
            person=member.person,
            locale=Locale.parse(form.fields.get("locale"), self.options.locale),
            time=self.clock.now(),
            content=content,
            attachments=attached,
        )
        receipt = await self.intake.accept(incoming)
        if receipt is Receipt.FULL:
            raise Busy("the journal is full")
        if receipt is Receipt.NEW:
            await self.face.received(channel, incoming.key)
        return web.json_response(
            {"id": form.fields["id"], "received": True}, headers={"Cache-Control": "no-store"}
        )


def bearer(request: web.Request) -> str:
    """Return the session of ours that a request carries."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme == "Bearer" else ""


def _content(text: str) -> Content:
    """Read ``/imagine words`` as the command, anything else as words."""
    if text.startswith("/imagine "):
        return Invoked("imagine", {"prompt": text.removeprefix("/imagine ").strip()})
    return Said(text)


async def _read(request: web.Request, most: int) -> Form:
    form = Form()
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise BadInput("a form within a form", NO_FORM)
        if part.name == "file" and not form.data:
            form.data = await _bytes(part, most)
        elif part.name in FIELDS:
            form.fields[part.name] = (await _bytes(part, SMALL)).decode("utf-8", "replace")
    return form


async def _bytes(part: BodyPartReader, most: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(65_536):
        data += chunk
        if len(data) > most:
            raise TooLarge(f"more than {most} bytes", fill(TOO_LARGE, max(1, most // 1_000_000)))
    return bytes(data)
