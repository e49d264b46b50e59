"""What the tests' own Discord tells of: ids, users, interactions, calls."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import web

Json = dict[str, Any]

BOT, APPLICATION, GUILD, CHANNEL, THREAD_OWNED = 900, 901, 100, 200, 300
EPOCH = 1420070400000
EPHEMERAL = 64
FLAGS = (1 << 18) | (1 << 14)
_numbers = count(1)


def snowflake(seconds: float | None = None) -> int:
    """Return an id made at this time (seconds since 1970)."""
    at = time.time() if seconds is None else seconds
    return (int(at * 1000) - EPOCH << 22) + next(_numbers) % 4_000_000


@dataclass
class Asked:
    """An interaction and what became of it."""

    id: int
    token: str
    channel: int
    sent: float = field(default_factory=time.monotonic)
    acknowledged: float | None = None
    kind: int | None = None
    ephemeral: bool = False
    modal: Json | None = None
    original: Json | None = None  # the message promised, answered or pressed
    message: Json | None = None
    expired: bool = False
    followups: list[Json] = field(default_factory=list)

    @property
    def took(self) -> float:
        """Return the seconds until it was acknowledged."""
        assert self.acknowledged is not None, "never acknowledged"
        return self.acknowledged - self.sent


@dataclass
class Fault:
    """What a route answers instead; ``times`` of them."""

    method: str
    path: str
    status: int
    body: Json
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    hits: int = 0


@dataclass
class Call:
    """One request, as it was taken."""

    method: str
    path: str
    data: Json
    files: list[tuple[str, bytes]]
    status: int
    at: float


def common() -> Json:
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    return {
        "timestamp": now, "edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [],
        "mention_roles": [], "pinned": False, "type": 0,
    }  # fmt: skip


async def body_of(request: web.Request) -> tuple[Any, list[tuple[str, bytes]]]:
    if not request.content_type.startswith("multipart/"):
        text = await request.text()
        return (json.loads(text) if text else {}), []
    data: Json = {}
    files: list[tuple[str, bytes]] = []
    async for part in await request.multipart():
        body = await part.read()  # type: ignore[union-attr]
        if part.name == "payload_json":  # type: ignore[union-attr]
            data = json.loads(body)
        else:
            assert part.name == f"files[{len(files)}]"  # type: ignore[union-attr]
            files.append((part.filename, bytes(body)))  # type: ignore[union-attr]
    return data, files


def user(id: int, name: str, bot: bool = False) -> Json:
    """Return a user as Discord tells of one."""
    return {
        "id": str(id), "username": name, "discriminator": "0", "global_name": name, "avatar": None, "bot": bot,
        "public_flags": 0,
    }  # fmt: skip
