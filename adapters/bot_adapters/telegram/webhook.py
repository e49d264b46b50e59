"""Being called by Telegram: a secret compared in constant time, and a 2xx only for what the journal has."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from urllib.parse import urlsplit

from aiohttp import web

from bot_adapters.telegram.api import Api
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.updates import KINDS, Updates
from bot_core.errors import SettingWrong, StartRefused, YinluError

log = logging.getLogger(__name__)

HEADER = "X-Telegram-Bot-Api-Secret-Token"
PATH = "/telegram/webhook"


class Webhook:
    """The route, and what makes Telegram call it."""

    def __init__(self, token: str, api: Api, updates: Updates, options: TelegramOptions) -> None:
        self._api, self._updates, self._options = api, updates, options
        self.secret = options.webhook_secret or sha256(f"webhook {token}".encode()).hexdigest()
        self._expected = self.secret.encode()
        self.path = urlsplit(options.webhook_url).path.rstrip("/") or PATH
        self.refused = 0  # calls that did not know the secret
        self.port = 0

    @property
    def url(self) -> str:
        """Return the address that Telegram is told; without a path of its own it gets ours."""
        return self._options.webhook_url.rstrip("/") + (
            "" if urlsplit(self._options.webhook_url).path.strip("/") else PATH
        )

    def routes(self) -> list[web.RouteDef]:
        """Return the route for a server of the house's."""
        return [web.post(self.path, self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        """Take one update."""
        given = request.headers.get(HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._expected):
            self.refused += 1
            log.warning("a webhook call without the secret", extra={"refused": self.refused})
            return web.Response(status=401)
        if not self._api.id:  # until we know our name, nothing can be told to be for us
            return web.Response(status=503, headers={"Retry-After": "5"})
        if (request.content_length or 0) > self._options.body:
            return web.Response(status=413)
        try:
            update = json.loads(await self._body(request))
        except ValueError:
            return web.Response(status=400)
        if not isinstance(update, dict):
            return web.Response(status=400)
        try:
            await self._updates.take(update)
        except YinluError as error:
            log.warning("an update waits", extra={"update": update.get("update_id"), "error": str(error)})
            return web.Response(status=503, headers={"Retry-After": "5"})
        return web.Response()

    async def _body(self, request: web.Request) -> bytes:
        body = bytearray()
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > self._options.body:
                raise ValueError("the body is too large")
        return bytes(body)

    async def announce(self) -> None:
        """Tell Telegram where we are. Raises SettingWrong where it does not take the address."""
        data = {
            "url": self.url,
            "secret_token": self.secret,
            "allowed_updates": list(KINDS),
            "max_connections": self._options.connections,
        }
        try:
            await self._api.call("setWebhook", data)
        except YinluError as error:
            if "setWebhook" in str(error) and "bad webhook" in str(error).lower():
                raise SettingWrong(
                    "YINLU_TELEGRAM_WEBHOOK_URL", "a public https:// address", self.url
                ) from error
            raise
        log.info("Telegram calls us", extra={"path": self.path})

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen on an address of our own while inside, where the options name one."""
        if self._options.listen is None:
            yield
            return
        app = web.Application(client_max_size=self._options.body)
        app.add_routes(self.routes())
        runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            host, port = self._options.listen
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                raise StartRefused(f"can't listen on {host}:{port} for Telegram: {error.strerror}") from error
            self.port = int(runner.addresses[0][1])
            yield
        finally:
            await runner.cleanup()
