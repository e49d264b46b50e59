"""Values of the Bot API that tests write often."""

from __future__ import annotations

from typing import Any

TOKEN = "4242:loopback"
BOT = {"id": 4242, "is_bot": True, "first_name": "Yinlu", "username": "yinlu_bot"}


def user_json(user: int, name: str = "", language: str = "en") -> dict[str, Any]:
    """Return a user."""
    return {"id": user, "is_bot": False, "first_name": name or f"User {user}", "language_code": language}


def chat_json(chat: int) -> dict[str, Any]:
    """Return a chat: private for positive ids."""
    if chat > 0:
        return {"id": chat, "type": "private", "first_name": f"User {chat}"}
    return {"id": chat, "type": "supergroup", "title": "Harbour"}


def photo_json(file: str, size: int = 100) -> dict[str, Any]:
    """Return one size of a photo."""
    return {"file_id": file, "file_unique_id": file, "width": 90, "height": 60, "file_size": size}
