"""The calls we make, each returning what Discord said or raising in the house's terms.

Channels go through the library's buckets and its global limit. Interactions have limits of their own, and must be
acknowledged while everything else waits: they go past these.
"""

from __future__ import annotations

import io
import json
import logging
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import aiohttp
import discord
from discord.http import HTTPClient, Route
from discord.webhook.async_ import async_context

from bot_adapters.discord.components import Json
from bot_adapters.discord.errors import CALL_ERRORS, PLATFORM, Closed, Missing, Slowed, TokenGone, meaning
from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.render import Page, Upload
from bot_core.errors import EngineDown

log = logging.getLogger(__name__)

WINDOW = 600.0  # seconds in which Discord counts refused requests
CALLBACK, EDIT = (
    "/interactions/{webhook_id}/{webhook_token}/callback",
    "/webhooks/{webhook_id}/{webhook_token}",
)


class Wire:
    """Calls Discord's REST API through the client's own session."""

    def __init__(self, client: discord.Client, options: DiscordOptions) -> None:
        self._client, self._options = client, options
        self._refused: deque[float] = deque()
        self._quiet = 0.0  # monotonic time until which interactions' messages wait after a 429
        self._private: dict[int, int] = {}

    @property
    def calm(self) -> bool:
        """Tell whether what may be left out (drafts, typing) should be: too much was refused lately."""
        edge = time.monotonic() - WINDOW
        while self._refused and self._refused[0] < edge:
            self._refused.popleft()
        return len(self._refused) < self._options.refusals

    @property
    def _http(self) -> HTTPClient:
        """Return the library's HTTP client. Raises EngineDown before it has logged in."""
        if self._client.http.token is None:
            raise EngineDown(PLATFORM, "not logged in")
        return self._client.http

    # --- channels ------------------------------------------------------------------------------------------
    async def create(self, channel: int, page: Page, extra: Mapping[str, Any] | None = None) -> Json:
        """Send a message to a channel; return it."""
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
        return await self._message(route, page, extra or {})

    async def change(self, channel: int, message: int, page: Page) -> Json:
        """Replace one of our messages."""
        route = Route(
            "PATCH", "/channels/{channel_id}/messages/{message_id}", channel_id=channel, message_id=message
        )
        return await self._message(route, page, {})

    async def delete(self, channel: int, message: int) -> None:
        """Take one of our messages away."""
        path = "/channels/{channel_id}/messages/{message_id}"
        await self.call("DELETE", path, channel_id=channel, message_id=message)

    async def typing(self, channel: int) -> None:
        """Show that we are at it, for ten seconds."""
        await self.call("POST", "/channels/{channel_id}/typing", channel_id=channel)

    async def private(self, user: int) -> int:
        """Return the channel of the private chat with a user."""
        if user not in self._private:
            data = await self.call("POST", "/users/@me/channels", json={"recipient_id": str(user)})
            self._private[user] = int(data["id"])
        return self._private[user]

    async def call(
        self, method: str, path: str, *, json: object = None, params: Json | None = None, **ids: int
    ) -> Any:  # noqa: ANN401 - JSON of any shape
        """Make any other call."""
        given: Json = {} if json is None else {"json": json}
        if params is not None:
            given["params"] = params
        try:
            return await self._http.request(Route(method, path, metadata=None, **ids), **given)
        except CALL_ERRORS as error:
            raise self._meaning(f"{method} {path}", error) from error

    async def _message(self, route: Route, page: Page, extra: Mapping[str, Any]) -> Json:
        data, files, form = _parts(page, extra)
        what = f"{route.method} {route.path}"
        try:
            if files:
                return dict(await self._http.request(route, form=form, files=files))
            return dict(await self._http.request(route, json=data))
        except CALL_ERRORS as error:
            raise self._meaning(what, error) from error

    # --- interactions --------------------------------------------------------------------------------------
    async def acknowledge(self, interaction: int, token: str, kind: int, data: Json | None = None) -> None:
        """Answer an interaction's first and only callback."""
        body: Json = {"type": kind} if data is None else {"type": kind, "data": data}
        await self._hook("POST", CALLBACK, interaction, token, Page(body))

    async def original(self, application: int, token: str, page: Page) -> Json:
        """Fill the message that a deferral promised."""
        return await self._hook("PATCH", f"{EDIT}/messages/@original", application, token, page)

    async def withdraw(self, application: int, token: str) -> None:
        """Take back the message that a deferral promised."""
        await self._hook("DELETE", f"{EDIT}/messages/@original", application, token, None)

    async def follow(self, application: int, token: str, page: Page) -> Json:
        """Send a further message in answer to an interaction."""
        return await self._hook("POST", EDIT, application, token, page, {"wait": "true"})

    async def follow_change(self, application: int, token: str, message: int, page: Page) -> Json:
        """Replace a message that answered an interaction."""
        return await self._hook("PATCH", f"{EDIT}/messages/{message}", application, token, page)

    async def _hook(
        self, method: str, path: str, id: int, token: str, page: Page | None, params: Json | None = None
    ) -> Json:
        if path != CALLBACK and (left := self._quiet - time.monotonic()) > 0:
            raise Slowed(left, f"{method} {path}")
        data, files, form = _parts(page, {}) if page is not None else (None, [], [])
        route = Route(method, path, webhook_id=id, webhook_token=token)
        body: Json = {"multipart": form, "files": files} if files else {"payload": data}
        try:
            said = await async_context.get().request(route, self._session, params=params, **body)
        except CALL_ERRORS as error:
            meant = self._meaning(f"{method} {path}", error)
            if isinstance(meant, Slowed):
                self._quiet = time.monotonic() + meant.retry_after
            if isinstance(meant, Missing | Closed) and meant_token(error):
                raise TokenGone(str(meant)) from error
            raise meant from error
        return dict(said) if isinstance(said, dict) else {}

    @property
    def _session(self) -> aiohttp.ClientSession:
        session: aiohttp.ClientSession = self._http._HTTPClient__session  # type: ignore[attr-defined]
        return session

    def _meaning(self, what: str, error: BaseException) -> Exception:
        if isinstance(error, discord.HTTPException) and error.status in (401, 403, 404, 429):
            self._refused.append(time.monotonic())
        return meaning(what, error)


def meant_token(error: BaseException) -> bool:
    """Tell whether a refusal of a webhook's route is about its token rather than about one message."""
    return isinstance(error, discord.HTTPException) and error.code not in (10008, 50013)


def _parts(page: Page, extra: Mapping[str, Any]) -> tuple[Json, list[discord.File], list[Json]]:
    """Return a message's JSON, and where it has files, the form that carries both."""
    data: Json = {**page.data, **extra}
    files = [discord.File(io.BytesIO(upload.data), filename=upload.name) for upload in page.uploads]
    if not files:
        return data, [], []
    data["attachments"] = [
        {"id": n, "filename": upload.name, **upload.extra} for n, upload in enumerate(page.uploads)
    ]
    form: list[Json] = [{"name": "payload_json", "value": json.dumps(data, ensure_ascii=False)}]
    form += [_part(n, file, upload) for n, (file, upload) in enumerate(zip(files, page.uploads, strict=True))]
    return data, files, form


def _part(n: int, file: discord.File, upload: Upload) -> Json:
    return {
        "name": f"files[{n}]",
        "value": file.fp,
        "filename": file.filename,
        "content_type": upload.media_type,
    }
