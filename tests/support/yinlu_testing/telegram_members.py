"""Members who act at the loopback of the Bot API, for a house that runs as a process of its own."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from yinlu_testing.telegram_house import ALICE
from yinlu_testing.telegram_loopback import Loopback
from yinlu_testing.telegram_values import chat_json, user_json


class Members:
    """Members at the loopback."""

    def __init__(self, api: Loopback) -> None:
        self.api = api

    def says(self, text: str, user: int = ALICE, chat: int | None = None, **fields: Any) -> None:
        """Send a message."""
        self.api._message += 1
        chat = user if chat is None else chat
        message = {
            "message_id": self.api._message,
            "date": int(time.time()),
            "chat": chat_json(chat),
            "from": user_json(user),
            "text": text,
            **fields,
        }
        if text.startswith("/"):
            length = len(text.split()[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        self.api.messages[(chat, message["message_id"])] = {"text": "", "theirs": True}
        self.api.push(message=message)

    def presses(self, message: dict[str, Any], label: str, user: int = ALICE) -> None:
        """Press the button of a message whose label holds this: a pressed one is marked."""
        markup = message["reply_markup"]
        (token, *_) = [
            b["callback_data"] for row in markup["inline_keyboard"] for b in row if label in b["text"]
        ]
        self.api._update += 1
        pressed = {
            "id": f"cb{self.api._update}",
            "from": user_json(user),
            "chat_instance": "1",
            "data": token,
            "message": message,
        }
        self.api.push(callback_query=pressed)

    async def reads(
        self, *words: str, chat: int = ALICE, seconds: float = 40.0, count: int = 1
    ) -> dict[str, Any]:
        """Wait for a message of ours that holds all these words; return the newest."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            ours = [m for (c, _), m in self.api.messages.items() if c == chat and "theirs" not in m]
            found = [
                m for m in ours if all(word in str(m.get("text") or m.get("caption") or "") for word in words)
            ]
            if len(found) >= count:
                return found[-1]
            await asyncio.sleep(0.05)
        raise AssertionError(f"nobody said {words}: {[m.get('text') or m.get('caption') for m in ours]}")
