"""A Discord of the tests' own on a loopback socket: REST and gateway, strict about what it takes."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from yinlu_testing.discord_data import (
    APPLICATION,
    BOT,
    CHANNEL,
    EPHEMERAL,
    FLAGS,
    GUILD,
    Asked,
    Call,
    Fault,
    body_of,
    common,
    snowflake,
    user,
)
from yinlu_testing.discord_gateway import Gateway
from yinlu_testing.discord_rules import (
    command_faults,
    component_faults,
    message_faults,
    modal_faults,
    pinged,
)

Json = dict[str, Any]


class Discord:
    """The world: one server (guild) with channels, members and messages."""

    def __init__(self, heartbeat: float = 41.25) -> None:
        self.gateway = Gateway(heartbeat)
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.violations: list[str] = []
        self.invalid = 0
        self.pings: list[str] = []
        self.asked: dict[str, Asked] = {}
        self.messages: dict[int, Json] = {}
        self.nonces: dict[str, Json] = {}
        self.commands: list[Json] = []
        self.syncs = 0
        self.roles: list[tuple[str, int, int]] = []
        self.cdn: dict[str, bytes] = {}
        self.flags = FLAGS
        self.guild_permissions = 8
        self.in_servers = True  # the bot was invited
        self.at_once = 1
        self.direct: dict[int, int] = {}
        self.limit: tuple[int, float] | None = None  # messages per seconds in a channel; beyond is a 429
        self.announces = True  # tells of its limits beforehand
        self.early = 0
        self._window: dict[str, list[float]] = {}
        self._closed_until: dict[str, float] = {}
        self.url = ""
        self.gateway_url = ""

    # --- what tests look at --------------------------------------------------------------------------------
    def said(self, channel: int = CHANNEL) -> list[Json]:
        """Return our messages in a channel that all see, oldest first."""
        ours = [m for m in self.messages.values() if m["author"]["id"] == str(BOT)]
        return [m for m in ours if m["channel_id"] == str(channel) and not m["flags"] & EPHEMERAL]

    def of(self, method: str, path: str) -> list[Call]:
        """Return the calls of a route."""
        return [call for call in self.calls if call.method == method and re.search(path, call.path)]

    def fail(self, method: str, path: str, status: int, code: int = 0, times: int = 1, **more: Any) -> Fault:
        """Let the next calls of a route fail."""
        headers = more.pop("headers", {})
        body = {"code": code, "message": "the test says so", **more}
        fault = Fault(method, path, status, body, times, headers)
        self.faults.append(fault)
        return fault

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Discord]:
        """Listen on a free port while inside."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/gw", self.gateway.serve)
        app.router.add_get("/gw/", self.gateway.serve)
        app.router.add_get("/cdn/{name}", self._file)
        app.router.add_route("*", "/api/v10/{path:.*}", self._rest)
        runner = web.AppRunner(app, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.url, self.gateway_url = f"http://127.0.0.1:{port}/api/v10", f"ws://127.0.0.1:{port}/gw/"
        self.root = f"http://127.0.0.1:{port}"
        self.gateway.ready = {
            "v": 10,
            "user": user(BOT, "yinlu", bot=True),
            "guilds": [{"id": str(GUILD), "unavailable": True}],
            "resume_gateway_url": self.gateway_url,
            "application": {"id": str(APPLICATION), "flags": self.flags},
            "_trace": [],
        }
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _file(self, request: web.Request) -> web.Response:
        body = self.cdn.get(request.match_info["name"])
        return web.Response(status=404) if body is None else web.Response(body=body)

    # --- the door ------------------------------------------------------------------------------------------
    async def _rest(self, request: web.Request) -> web.Response:
        path, method = "/" + request.match_info["path"], request.method
        data, files = await body_of(request)
        status, body, headers = await self._answer(method, path, data, files, request)
        self.calls.append(Call(method, path, data, files, status, time.monotonic()))
        self.invalid += status in (401, 403, 404, 429)
        if status == 204:
            return web.Response(status=204)
        text = json.dumps(body).encode()
        return web.Response(status=status, body=text, headers={"Content-Type": "application/json", **headers})

    async def _answer(
        self, method: str, path: str, data: Any, files: list[tuple[str, bytes]], request: web.Request
    ) -> tuple[int, Any, dict[str, str]]:
        for fault in self.faults:
            if fault.hits < fault.times and fault.method in (method, "*") and re.search(fault.path, path):
                fault.hits += 1
                return fault.status, fault.body, {"Via": "1.1 google", **fault.headers}
        hook = path.startswith(("/webhooks/", "/interactions/"))
        if not hook and request.headers.get("Authorization") != "Bot good":
            return 401, {"code": 0, "message": "401: Unauthorized"}, {}
        limited = self._limited(method, path)
        if limited is not None:
            return limited
        for wanted, pattern, handler in ROUTES:
            found = re.fullmatch(pattern, path)
            if wanted == method and found:
                status, body = await handler(self, *(int(g) if g.isdigit() else g for g in found.groups()),
                                             data=data, files=files, query=request.query)  # fmt: skip
                return status, body, self._headers(method, path)
        self.violations.append(f"no route {method} {path}")
        return 404, {"code": 0, "message": "404"}, {}

    def _bucket(self, method: str, path: str) -> str | None:
        found = re.fullmatch(r"/channels/(\d+)/messages(/\d+)?", path)
        if self.limit is None or not found or method not in ("POST", "PATCH"):
            return None
        return f"{method}-{found[1]}"

    def _limited(self, method: str, path: str) -> tuple[int, Json, dict[str, str]] | None:
        bucket = self._bucket(method, path)
        if bucket is None or self.limit is None:
            return None
        now, (most, seconds) = time.monotonic(), self.limit
        self.early += now < self._closed_until.get(bucket, 0.0) - 0.005
        taken = self._window.setdefault(bucket, [])
        taken[:] = [at for at in taken if at > now - seconds]
        if len(taken) < most:
            taken.append(now)
            return None
        wait = taken[0] + seconds - now
        self._closed_until[bucket] = now + wait
        body = {"message": "You are being rate limited.", "retry_after": round(wait, 3), "global": False}
        return 429, body, {"Via": "1.1 google", "Retry-After": f"{wait:.3f}", **self._headers(method, path)}

    def _headers(self, method: str, path: str) -> dict[str, str]:
        bucket = self._bucket(method, path)
        if bucket is None or self.limit is None or not self.announces:
            return {}
        most, seconds = self.limit
        taken = self._window.get(bucket) or [time.monotonic()]
        after = max(0.0, taken[0] + seconds - time.monotonic())
        return {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(max(0, most - len(taken))),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": bucket.partition("-")[0],
        }

    # --- messages ------------------------------------------------------------------------------------------
    def refuse(self, faults: list[str], data: Json) -> tuple[int, Json] | None:
        """Note what is wrong with a payload, and refuse it."""
        if not faults:
            return None
        self.violations += [f"{fault}: {json.dumps(data)[:300]}" for fault in faults]
        return 400, {"code": 50035, "message": f"Invalid Form Body {faults}"}

    def put(self, channel: int, data: Json, files: list[tuple[str, bytes]]) -> Json:
        """Keep a message of the bot's."""
        id = snowflake()
        described = data.get("attachments") or []
        message = {
            "id": str(id),
            "channel_id": str(channel),
            "author": user(BOT, "yinlu", bot=True),
            "content": data.get("content") or "",
            "embeds": data.get("embeds") or [],
            "components": data.get("components") or [],
            "flags": data.get("flags") or 0,
            "attachments": [
                {
                    **described[n],
                    "id": str(n),
                    "filename": name,
                    "size": len(body),
                    "url": "",
                    "proxy_url": "",
                }
                for n, (name, body) in enumerate(files)
            ],
            "files": [body.hex() for _, body in files],
            "edits": [],
            **common(),
        }
        if "message_reference" in data:
            message["message_reference"] = {"channel_id": str(channel), **data["message_reference"]}
        self.messages[id] = message
        self.pings += pinged(data)
        return message

    def edit(self, message: Json, data: Json, files: list[tuple[str, bytes]]) -> Json:
        """Change a message; fields that are not given stay."""
        message["edits"].append((time.monotonic(), data))
        message |= {name: data[name] for name in ("content", "embeds", "components") if name in data}
        if files:
            message["attachments"] = [{"filename": name, "size": len(body)} for name, body in files]
        return message


Handler = Callable[..., Awaitable[tuple[int, Any]]]
ROUTES: list[tuple[str, str, Handler]] = []


def route(method: str, pattern: str) -> Callable[[Handler], Handler]:
    """Answer a route; its groups are given in order."""

    def add(handler: Handler) -> Handler:
        ROUTES.append((method, pattern, handler))
        return handler

    return add


def check_components(rows: list[Json]) -> list[str]:
    """Return what is wrong with components alone."""
    return component_faults(rows)


__all__ = [
    "Asked",
    "Discord",
    "check_components",
    "command_faults",
    "message_faults",
    "modal_faults",
    "route",
]
