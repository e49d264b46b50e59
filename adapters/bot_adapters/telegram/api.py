"""Calls of the Bot API: paced, with errors in the house's terms, to wherever a group moved."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import telegram
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bot_adapters.telegram.errors import (
    BAD_ENTITIES,
    NO_THREAD,
    UNCHANGED,
    CallRefused,
    Flood,
    Moved,
    meaning,
    seconds_of,
)
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.pace import Pace
from bot_adapters.telegram.request import AiohttpRequest
from bot_adapters.telegram.wire import Json
from bot_core.errors import EngineDown
from bot_core.ports.work import Notes

log = logging.getLogger(__name__)

FLOODS = 5  # 429s in a row that one send sits out here


class LeanBot(telegram.Bot):
    """The library's Bot, with a call that hands the answer over as it came."""

    async def raw(self, method: str, data: Json, timeout: float | None = None) -> Any:  # noqa: ANN401 - JSON
        """Make a call. Raises TelegramError."""
        if timeout is None:
            return await self._post(method, data)
        return await self._post(method, data, read_timeout=timeout)


class Api:
    """The calls we make. ``name`` and ``id`` are the bot's own, known once it is open."""

    def __init__(self, token: str, options: TelegramOptions, pace: Pace, notes: Notes) -> None:
        self._token, self._options, self._pace, self._notes = token, options, pace, notes
        self._http = AiohttpRequest(options.timeout, options.upload_timeout)
        self._asking = AiohttpRequest(options.timeout, options.upload_timeout, connections=4)
        self.bot = LeanBot(
            token,
            base_url=f"{options.api_url.rstrip('/')}/bot",
            base_file_url=f"{options.files_root.rstrip('/')}/file/bot",
            request=self._http,
            get_updates_request=self._asking,
        )
        self.id, self.name = 0, ""
        self.me: Json = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Api]:
        """Open the connections; ``introduce`` comes after."""
        await self._http.initialize()
        await self._asking.initialize()
        try:
            yield self
        finally:
            await self._http.shutdown()
            await self._asking.shutdown()

    async def introduce(self) -> Json:
        """Learn who we are; raises EngineDown where Telegram can't be reached or the token is refused."""
        self.me = dict(await self.call("getMe"))
        self.id, self.name = int(self.me["id"]), str(self.me.get("username") or "")
        return self.me

    async def call(self, method: str, data: Json | None = None, timeout: float | None = None) -> Any:  # noqa: ANN401
        """Make a call that shows nothing in a chat. Raises the errors of ``errors``."""
        data = data or {}
        try:
            return await self.bot.raw(method, data, timeout)
        except RetryAfter as error:
            chat = data.get("chat_id")
            if isinstance(chat, int):
                await self._pace.stop(chat, seconds_of(error))
            raise meaning(method, error) from error
        except TelegramError as error:
            raise meaning(method, error) from error

    async def send(self, method: str, chat: int, data: Json) -> Any:  # noqa: ANN401 - JSON
        """Make a call that shows something in a chat: paced, patient, to wherever the group moved.

        Text that Telegram finds fault with goes without its marks, a send to a topic that is gone to the chat.
        Returns True where an edit would change nothing.
        """
        chat, floods = await self.address(chat), 0
        while True:
            await self._pace.wait(chat)
            try:
                return await self.call(method, {"chat_id": chat, **data})
            except Flood:
                floods += 1
                if floods > FLOODS:
                    raise
            except Moved as moved:
                await self.moved(chat, moved.chat)
                chat = moved.chat
            except CallRefused as error:
                if UNCHANGED in error.says:
                    return True
                data = _milder(data, error)

    async def address(self, chat: int) -> int:
        """Return the id that a chat has now."""
        if chat >= 0:
            return chat
        new = await self._notes.get(f"telegram:moved:{chat}")
        return int(new) if new else chat

    async def moved(self, old: int, new: int) -> None:
        """Remember that a group has another id."""
        await self._notes.put(f"telegram:moved:{old}", str(new), self._options.remember)

    async def download(self, file: str, limit: int) -> bytes:
        """Return a file of theirs; one byte more than ``limit`` where it is longer.

        Raises EngineDown, or CallRefused for files that bots can't have.
        """
        found = await self.call("getFile", {"file_id": file})
        path = str(found.get("file_path") or "")
        url = f"{self.bot.base_file_url}/{path}"
        try:
            return await self._http.download(url, limit)
        except BadRequest as error:
            raise meaning("file", error) from error
        except NetworkError as error:
            raise EngineDown("Telegram", str(error)) from error


def _milder(data: Json, error: CallRefused) -> Json:
    """Return a call without what Telegram did not take, or raise what it said."""
    marks = [name for name in ("entities", "caption_entities") if data.get(name)]
    if marks and any(part in error.says for part in BAD_ENTITIES):
        log.error("entities were refused", extra={"error": str(error)})
        return {name: value for name, value in data.items() if name not in marks}
    if data.get("message_thread_id") and any(part in error.says for part in NO_THREAD):
        return {
            name: value
            for name, value in data.items()
            if name not in ("message_thread_id", "reply_parameters")
        }
    raise error
