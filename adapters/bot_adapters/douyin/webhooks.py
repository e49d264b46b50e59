"""What the platform tells us: signed events, each acted on once, answered well within its 5 s.

Signature: ``X-Douyin-Signature`` is the hex SHA-1 of the app's secret and the raw body; ``Msg-Id`` names a delivery.
An event older than ``options.event_age`` is refused, so that none comes back after its id was forgotten.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from bot_adapters.douyin.face import IM
from bot_adapters.douyin.logins import PLATFORM, Logins
from bot_adapters.douyin.options import DouyinOptions
from bot_adapters.douyin.wire import Json, number, part, text
from bot_adapters.web.api import Accepts
from bot_core.errors import Broken
from bot_core.events import Incoming, Said
from bot_core.identity import Origin
from bot_core.ports.safety import Clock
from bot_core.ports.work import Notes, Receipt

log = logging.getLogger(__name__)

MESSAGE = "im_receive_msg"
LEFT = ("unauthorize", "im_unauthorize", "user_cancel_auth")
CHALLENGE = "verify_webhook"
LONGEST_ID = 128
KEPT = 172_800.0  # s that a private conversation can be answered in


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The handler of ``POST /douyin/webhook``."""

    intake: Accepts
    logins: Logins
    notes: Notes
    clock: Clock
    options: DouyinOptions

    async def receive(self, request: web.Request) -> web.Response:
        """Take an event: 200 when it is stored or was here before, 401 forged, 400 late or broken, 503 try again."""
        raw = await request.read()
        if not self._signed(raw, request.headers.get("X-Douyin-Signature", "")):
            log.warning("a webhook with a wrong signature")
            return _answer({}, 401)
        event = _object(raw)
        if event is None:
            return _answer({}, 400)
        if event.get("event") == CHALLENGE:
            return _answer({"challenge": _content(event).get("challenge")})
        name = request.headers.get("Msg-Id", "")
        if not 0 < len(name) <= LONGEST_ID or not name.isascii() or not self._fresh(event):
            log.info("a webhook that is late or has no id")
            return _answer({}, 400)
        try:
            async with asyncio.timeout(self.options.webhook_seconds):
                return _answer({}, 200 if await self._taken(name, event) else 503)
        except (TimeoutError, Broken) as error:
            log.warning("a webhook could not be stored", extra={"error": type(error).__name__})
            return _answer({}, 503)

    def _signed(self, raw: bytes, given: str) -> bool:
        expected = hashlib.sha1(self.options.secret.encode() + raw).hexdigest()  # noqa: S324 - the platform's choice
        return hmac.compare_digest(expected.encode(), given.encode())

    def _fresh(self, event: Json) -> bool:
        happened = _when(event)
        if happened is None:
            return event.get("event") != MESSAGE  # only what can be repeated harmlessly may have no time
        return abs(self.clock.now().timestamp() - happened) <= self.options.event_age

    async def _taken(self, name: str, event: Json) -> bool:
        kind, openid = text(event, "event"), text(event, "from_user_id")
        if kind in LEFT and openid:
            if await self.notes.add(f"douyin:event:{name}", "1", 2 * self.options.event_age):
                await self.logins.remove(self.logins.known(openid).person)
            return True
        if kind != MESSAGE:
            log.info("an event that nobody asked for", extra={"event_kind": kind[:40]})
            return True
        incoming = await self._message(name, event, openid)
        if incoming is None:
            return True
        return await self.intake.accept(incoming) is not Receipt.FULL

    async def _message(self, name: str, event: Json, openid: str) -> Incoming | None:
        """Return a private message as an event of ours, None for what is no text."""
        content = _content(event)
        said = text(content, "text").strip()
        conversation = text(content, "conversation_short_id") or text(content, "conversation_id")
        if text(content, "message_type") != "text" or not said or not openid or not conversation:
            return None
        member = self.logins.known(openid)
        channel = IM + hashlib.sha256(conversation.encode()).hexdigest()[:24]
        route = {
            "openid": openid,
            "conversation": conversation,
            "message": text(content, "server_message_id"),
        }
        await self.notes.put(f"douyin:im:{channel}", json.dumps(route), KEPT)
        when = _when(event) or self.clock.now().timestamp()
        return Incoming(
            id=f"{IM}{name}",
            origin=Origin(PLATFORM, self.options.app_id, channel),
            person=member.person,
            locale=self.options.locale,
            time=datetime.fromtimestamp(when, UTC),
            content=Said(said[:4000]),
        )


def _when(event: Json) -> float | None:
    """Return when an event happened, in Unix seconds; the platform writes seconds or milliseconds."""
    value = number(_content(event).get("create_time")) or number(event.get("create_time"))
    if value is None:
        return None
    return value / 1000 if value > 100_000_000_000 else float(value)


def _content(event: Json) -> Json:
    """Return an event's content, which is an object or JSON within a text."""
    content = event.get("content")
    if isinstance(content, str):
        return _object(content.encode()) or {}
    return part(event, "content")


def _object(raw: bytes) -> Json | None:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _answer(body: Json, status: int = 200) -> web.Response:
    return web.json_response(body, status=status)
