"""A Bot API of the tests' own on loopback: every call is checked against aiogram's models and the documented limits.

It keeps chats' messages, serves polling with offsets and calls webhooks, takes uploads and gives downloads, and fails
as told: 429 with retry_after, 5xx, refusals by method.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict, deque
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiogram.methods as methods
import aiohttp
from aiogram.types import BufferedInputFile
from aiohttp import web
from pydantic import ValidationError
from yinlu_testing.telegram_limits import problem_with
from yinlu_testing.telegram_values import BOT, TOKEN, chat_json, photo_json, user_json

ON_ITS_WAY = 0.1  # seconds in which a call of another process may have left before the refusal was known


class Loopback:
    """The server. ``calls`` are (method, parameters) in order, ``problems`` what was wrong with them."""

    def __init__(self):
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.times: list[float] = []
        self.problems: list[str] = []
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        self.updates: deque[dict[str, Any]] = deque()
        self.files: dict[str, bytes] = {}
        self.admins: dict[int, list[int]] = defaultdict(list)
        self.started: set[int] = set()  # users who opened a private chat
        self.strangers = False  # only those may be written to
        self.admin_of: set[int] = set()  # groups the bot is admin of
        self.refuse: dict[str, deque[tuple[int, dict[str, Any]]]] = defaultdict(deque)
        self.embargo: dict[int, float] = {}  # chat: until when (monotonic)
        self.told: dict[int, float] = {}  # chat: when it was refused
        self.early = 0
        self.me = {**BOT, "can_join_groups": True, "can_read_all_group_messages": False}
        self.webhook: dict[str, Any] = {}
        self.acknowledged = 0
        self._update = 1000
        self._message = 0
        self._ephemeral = 0
        self._news = asyncio.Event()
        self.root = ""

    # --- the server ----------------------------------------------------------------------------------------
    @asynccontextmanager
    async def serve(self, port: int = 0):
        """Serve while inside."""
        app = web.Application(client_max_size=60_000_000)
        app.router.add_route("*", f"/bot{TOKEN}/{{method}}", self._handle)
        app.router.add_get(f"/file/bot{TOKEN}/{{path:.+}}", self._file)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _file(self, request: web.Request) -> web.Response:
        data = self.files.get(request.match_info["path"])
        return web.Response(status=404) if data is None else web.Response(body=data)

    async def _handle(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        data = await self._parameters(request)
        if method == "getUpdates" and not self.refuse[method]:
            return await self._get_updates(data)
        self.calls.append((method, data))
        self.times.append(time.monotonic())
        self._validate(method, data)
        chat = data.get("chat_id")
        if isinstance(chat, int) and time.monotonic() < self.embargo.get(chat, 0.0):
            self.early += time.monotonic() - self.told.get(chat, 0.0) > ON_ITS_WAY
            return self._error(429, "Too Many Requests", retry_after=1)
        if self.refuse[method]:
            status, body = self.refuse[method].popleft()
            if status == 429 and isinstance(chat, int):
                self.told[chat] = time.monotonic()
                self.embargo[chat] = self.told[chat] + body["retry_after"]
            return self._error(status, **body)
        answer = getattr(self, f"_on_{method}", self._on_anything)(data)
        return (
            answer if isinstance(answer, web.Response) else web.json_response({"ok": True, "result": answer})
        )

    async def _parameters(self, request: web.Request) -> dict[str, Any]:
        if request.content_type == "application/json":
            return json.loads(await request.read() or b"{}")
        data: dict[str, Any] = {}
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                data[name] = value.file.read()
            else:
                try:
                    data[name] = json.loads(value)
                except ValueError:
                    data[name] = value
        return data

    def _error(self, status: int, description: str = "error", **parameters: Any) -> web.Response:
        body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
        if parameters:
            body["parameters"] = parameters
        return web.json_response(body, status=status)

    def _validate(self, method: str, data: dict[str, Any]) -> None:
        model = getattr(methods, method[0].upper() + method[1:], None)
        if model is None:
            self.problems.append(f"{method}: no such method")
            return
        known = set(model.model_fields)
        attached = {name for name in data if name not in known}
        media = json.dumps(data.get("media", ""), default=str)
        unknown = {name for name in attached if f"attach://{name}" not in media}
        if unknown:
            self.problems.append(f"{method}: no such parameters {sorted(unknown)}")
        wrapped = {
            name: BufferedInputFile(value, "file") if isinstance(value, bytes) else value
            for name, value in data.items()
            if name in known
        }
        try:
            model(**wrapped)
        except ValidationError as error:
            self.problems.append(f"{method}: {error}")
        if (problem := problem_with(method, data)) is not None:
            self.problems.append(f"{method}: {problem}")

    # --- methods -------------------------------------------------------------------------------------------
    def _on_anything(self, data: dict[str, Any]) -> Any:
        return True

    def _on_getMe(self, data: dict[str, Any]) -> Any:
        return self.me

    def _on_getWebhookInfo(self, data: dict[str, Any]) -> Any:
        return {
            "url": "",
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
            **self.webhook,
        }

    def _on_setWebhook(self, data: dict[str, Any]) -> Any:
        self.webhook = {"url": data["url"], "secret": data.get("secret_token", "")}
        return True

    def _on_deleteWebhook(self, data: dict[str, Any]) -> Any:
        self.webhook = {}
        return True

    def _on_getChatAdministrators(self, data: dict[str, Any]) -> Any:
        users = self.admins[data["chat_id"]]
        return [
            {"status": "administrator", "user": {"id": u, "is_bot": False, "first_name": "A"}} for u in users
        ]

    def _on_getFile(self, data: dict[str, Any]) -> Any:
        name = data["file_id"]
        if name not in self.files:
            return self._error(400, "Bad Request: file is too big")
        return {
            "file_id": name,
            "file_unique_id": name,
            "file_size": len(self.files[name]),
            "file_path": name,
        }

    def _on_sendChatAction(self, data: dict[str, Any]) -> Any:
        return self._closed(data["chat_id"]) or True

    def _on_sendMessageDraft(self, data: dict[str, Any]) -> Any:
        return True if data["chat_id"] > 0 else self._error(400, "Bad Request: PEER_ID_INVALID")

    def _sent(self, data: dict[str, Any], **content: Any) -> Any:
        chat = data["chat_id"]
        if (closed := self._closed(chat)) is not None:
            return closed
        hidden = data.get("ephemeral_message_parameters")
        if hidden and not self._may_hide(data, hidden):
            return self._error(400, "Bad Request: CHAT_ADMIN_REQUIRED")
        answered = (data.get("reply_parameters") or {}).get("message_id")
        if (
            answered
            and (chat, answered) not in self.messages
            and not data["reply_parameters"].get("allow_sending_without_reply")
        ):
            return self._error(400, "Bad Request: message to be replied not found")
        self._message += 1
        message = {
            "message_id": 0 if hidden else self._message,
            "date": int(time.time()),
            "chat": chat_json(chat),
            "from": BOT,
            **content,
        }
        if hidden:
            self._ephemeral += 1
            message |= {
                "ephemeral_message_id": self._ephemeral,
                "receiver_user": user_json(hidden["receiver_user_id"]),
            }
        markup = data.get("reply_markup")
        if markup and "inline_keyboard" in markup:
            message["reply_markup"] = markup
        if not hidden:
            self.messages[chat, message["message_id"]] = message
        return message

    def _may_hide(self, data: dict[str, Any], hidden: dict[str, Any]) -> bool:
        invited = hidden.get("callback_query_id") or (data.get("reply_parameters") or {}).get(
            "ephemeral_message_id"
        )
        return bool(invited) or data["chat_id"] in self.admin_of

    def _closed(self, chat: int) -> web.Response | None:
        if self.strangers and chat > 0 and chat not in self.started:
            return self._error(403, "Forbidden: bot can't initiate conversation with a user")
        return None

    def _on_sendMessage(self, data: dict[str, Any]) -> Any:
        return self._sent(data, text=data["text"], entities=data.get("entities", []))

    def _on_sendPhoto(self, data: dict[str, Any]) -> Any:
        return self._sent(data, photo=[photo_json("sent")], caption=data.get("caption", ""))

    def _on_sendDocument(self, data: dict[str, Any]) -> Any:
        return self._sent(
            data, document={"file_id": "d", "file_unique_id": "d"}, caption=data.get("caption", "")
        )

    def _on_sendVoice(self, data: dict[str, Any]) -> Any:
        return self._sent(
            data, voice={"file_id": "v", "file_unique_id": "v", "duration": data.get("duration", 0)}
        )

    def _on_sendAudio(self, data: dict[str, Any]) -> Any:
        return self._sent(
            data, audio={"file_id": "a", "file_unique_id": "a", "duration": data.get("duration", 0)}
        )

    def _on_sendMediaGroup(self, data: dict[str, Any]) -> Any:
        return [self._sent(data, photo=[photo_json("sent")]) for _ in data["media"]]

    def _on_editMessageText(self, data: dict[str, Any]) -> Any:
        message = self.messages.get((data["chat_id"], data["message_id"]))
        if message is None:
            return self._error(400, "Bad Request: message to edit not found")
        if "text" not in message:
            return self._error(400, "Bad Request: there is no text in the message to edit")
        new = {"text": data["text"], "entities": data.get("entities", [])}
        if all(message.get(k) == v for k, v in new.items()) and message.get("reply_markup") == data.get(
            "reply_markup"
        ):
            return self._error(400, "Bad Request: message is not modified: specified new message content ...")
        message.update(new)
        message["reply_markup"] = data.get("reply_markup")
        return message

    def _on_editMessageMedia(self, data: dict[str, Any]) -> Any:
        message = self.messages.get((data["chat_id"], data["message_id"]))
        if message is None:
            return self._error(400, "Bad Request: message to edit not found")
        message.pop("text", None)
        message |= {"photo": [photo_json("sent")], "caption": data["media"].get("caption", "")}
        message["reply_markup"] = data.get("reply_markup")
        return message

    def _on_editMessageCaption(self, data: dict[str, Any]) -> Any:
        message = self.messages[data["chat_id"], data["message_id"]]
        message["caption"] = data["caption"]
        return message

    def _on_editMessageReplyMarkup(self, data: dict[str, Any]) -> Any:
        message = self.messages.get((data["chat_id"], data["message_id"]))
        if message is None:
            return self._error(400, "Bad Request: message to edit not found")
        message["reply_markup"] = data.get("reply_markup")
        return message

    # --- updates -------------------------------------------------------------------------------------------
    def push(self, **update: Any) -> dict[str, Any]:
        """Add an update for whoever asks; return it."""
        self._update += 1
        made = {"update_id": self._update, **update}
        self.updates.append(made)
        self._news.set()
        return made

    async def _get_updates(self, data: dict[str, Any]) -> web.Response:
        offset = int(data.get("offset") or 0)
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        self.acknowledged = max(self.acknowledged, offset)
        if not self.updates and data.get("timeout"):
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), float(data["timeout"]))
        batch = list(self.updates)[: int(data.get("limit") or 100)]
        return web.json_response({"ok": True, "result": batch})

    async def call_webhook(
        self, http: aiohttp.ClientSession, url: str, update: dict[str, Any], secret: str
    ) -> int:
        """Bring an update to a webhook; return the status."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        async with http.post(url, json=update, headers=headers) as response:
            return response.status

    # --- looking -------------------------------------------------------------------------------------------
    def of(self, *names: str) -> list[dict[str, Any]]:
        """Return the parameters of all calls of these methods."""
        return [data for method, data in self.calls if method in names]

    @property
    def shown(self) -> list[str]:
        """Return what all messages say now, oldest first."""
        return [
            str(message.get("text") or message.get("caption") or "") for message in self.messages.values()
        ]
