"""Douyin's two hosts on loopback: logins, tokens, content safety, subscription messages; failing as told."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections import Counter
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

APP, SECRET = "tt0123456789abcdef01", "the-app-secret-of-the-tests"
BAD_WORD = "坏词"
BAD_PICTURE = b"forbidden picture"


class DouyinLoopback:
    """``codes`` are the codes that are good, and whose; ``mood`` of a path: slow, down, lying, empty, refused."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.keys: dict[str, str] = {}  # newest session_key by openid
        self.calls: Counter[str] = Counter()
        self.mood: dict[str, str] = {}
        self.tokens: dict[str, set[str]] = {"access": set(), "client": set()}
        self.sent: list[dict[str, Any]] = []  # subscription messages and private ones
        self.lifetime = 7200
        self.problems: list[str] = []
        self.root = ""

    def code(self, openid: str) -> str:
        """Return a new one-time code of a member."""
        code = secrets.token_hex(8)
        self.codes[code] = openid
        return code

    @asynccontextmanager
    async def serve(self):
        """Serve while inside."""
        app = web.Application(client_max_size=20_000_000, middlewares=[self._moody])
        app.add_routes(
            [
                web.post("/api/apps/v2/jscode2session", self._session),
                web.post("/api/apps/v2/token", self._access),
                web.post("/oauth/client_token/", self._client),
                web.post("/api/v2/tags/text/antidirt", self._text),
                web.post("/api/apps/v1/censor/image/", self._picture),
                web.post("/api/notification/v2/subscription/notify_user/", self._notify),
                web.post("/im/send/msg/", self._send),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.root = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    @web.middleware
    async def _moody(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls[request.path] += 1
        mood = self.mood.get(request.path, "")
        if mood == "slow":
            await asyncio.sleep(30)
        if mood == "down":
            return web.Response(status=502, text="bad gateway")
        if mood == "lying":
            return web.json_response({"log_id": "x", "data": [{"code": 0, "predicts": []}], "err_no": 0})
        if mood == "empty":
            return web.json_response({"log_id": "x", "data": []})
        if mood == "html":
            return web.Response(text="<html>all is well</html>")
        return await handler(request)

    async def _session(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("appid") != APP:
            return web.json_response({"err_no": 40015, "err_tips": "bad appid", "log_id": "l"})
        if body.get("secret") != SECRET:
            return web.json_response({"err_no": 40017, "err_tips": "bad secret", "log_id": "l"})
        name, wrong = ("code", 40018) if body.get("code") else ("anonymous_code", 40019)
        openid = self.codes.pop(body.get(name, ""), None)
        if openid is None:
            return web.json_response({"err_no": wrong, "err_tips": f"bad {name}", "log_id": "l"})
        key = self.keys[openid] = base64.b64encode(secrets.token_bytes(16)).decode()
        anonymous = name == "anonymous_code"
        data = {
            "session_key": key,
            "openid": "" if anonymous else openid,
            "anonymous_openid": openid if anonymous else "",
            "unionid": "",
        }
        return web.json_response({"err_no": 0, "err_tips": "success", "log_id": "l", "data": data})

    async def _access(self, request: web.Request) -> web.Response:
        body = await request.json()
        if (body.get("appid"), body.get("secret")) != (APP, SECRET):
            return web.json_response({"err_no": 40017, "err_tips": "bad secret"})
        token = self._token("access")
        await asyncio.sleep(0.05)
        data = {"access_token": token, "expires_in": self.lifetime}
        return web.json_response({"err_no": 0, "err_tips": "success", "data": data})

    async def _client(self, request: web.Request) -> web.Response:
        body = await request.json()
        if (body.get("client_key"), body.get("client_secret")) != (APP, SECRET):
            return web.json_response({"data": {"error_code": 10003}, "message": "error"})
        token = self._token("client")
        await asyncio.sleep(0.05)
        data = {"access_token": token, "expires_in": self.lifetime, "error_code": 0, "description": ""}
        return web.json_response({"data": data, "message": "success"})

    def _token(self, kind: str) -> str:
        token = secrets.token_hex(12)
        self.tokens[kind].add(token)
        return token

    def _known(self, request: web.Request, kind: str, header: str) -> bool:
        return request.headers.get(header, "") in self.tokens[kind]

    async def _text(self, request: web.Request) -> web.Response:
        if not self._known(request, "access", "X-Token"):
            return web.json_response({"error_id": "x", "code": 401, "message": "bad token"}, status=401)
        body = await request.json()
        data = [
            {
                "code": 0,
                "msg": "success",
                "data_id": str(n),
                "predicts": [
                    {"prob": 1, "hit": BAD_WORD in task["content"], "model_name": "short_content_antidirt"}
                ],
            }
            for n, task in enumerate(body["tasks"])
        ]
        return web.json_response({"log_id": "l", "data": data})

    async def _picture(self, request: web.Request) -> web.Response:
        if not self._known(request, "client", "access-token"):
            return web.json_response({"err_no": 28001008, "err_msg": "bad token"}, status=401)
        body = await request.json()
        if body.get("app_id") != APP or bool(body.get("image")) == bool(body.get("image_data")):
            return web.json_response({"err_no": 28001007, "err_msg": "bad parameters"})
        hit = BAD_PICTURE in base64.b64decode(body.get("image_data", ""))
        return web.json_response(
            {
                "err_no": 0,
                "err_msg": "",
                "predicts": [{"model_name": "porn", "hit": hit}, {"model_name": "ad", "hit": False}],
            }
        )

    async def _notify(self, request: web.Request) -> web.Response:
        if not self._known(request, "client", "access-token"):
            return web.json_response({"err_no": 28001008, "err_msg": "bad token"}, status=401)
        body = await request.json()
        if not body.get("msg_id") or not body.get("open_id") or not isinstance(body.get("data"), dict):
            self.problems.append(json.dumps(body))
        self.sent.append(body)
        return web.json_response({"err_no": 0, "err_msg": "", "log_id": "l"})

    async def _send(self, request: web.Request) -> web.Response:
        if not self._known(request, "client", "access-token"):
            return web.json_response({"err_no": 28001008, "err_msg": "bad token"}, status=401)
        self.sent.append({"open_id": request.query.get("open_id"), **(await request.json())})
        return web.json_response({"err_no": 0, "err_msg": "", "data": {"msg_id": "m"}})
