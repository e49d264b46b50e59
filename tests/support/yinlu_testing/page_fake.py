"""A small house behind the page: docs/protocol.md on a real socket, with scripted answers.

Run it to work on the page: ``python -m yinlu_testing.page_fake --port 8099``.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import WSMsgType, web
from yinlu_testing.page_script import Json, Script, script_for

STATIC = Path(__file__).parents[3] / "adapters/bot_adapters/web/static"
POLICY = (
    "default-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; media-src 'self' blob:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
WORDS = {
    "zh": {
        "name": "海灯社区",
        "examples": [
            "提案要多少人投票才有效？",
            "怎样加入社区？",
            "活动经费怎么申请？",
            "钱包的助记词丢了怎么办？",
        ],
        "notice": "回答由程序生成，可能有误，请以来源原文为准。",
        "thanks": "已记下，谢谢。",
    },
    "en": {
        "name": "Harbour Light",
        "examples": [
            "How do I write a proposal?",
            "How do I join?",
            "Who pays for events?",
            "What is a steward?",
        ],
        "notice": "Answers are generated and can be wrong; the sources are what counts.",
        "thanks": "Noted, thank you.",
    },
}


@dataclass
class FakeSession:
    """One conversation: its frames, its handled requests, and who listens."""

    id: str
    frames: list[Json] = field(default_factory=list)
    turns: list[Json] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)

    async def emit(self, type_: str, data: Json, id_: str | None = None) -> None:
        """Number a frame, keep it, send it to every connection."""
        frame: Json = {"v": 1, "session": self.id, "seq": len(self.frames) + 1, "type": type_, "data": data}
        if id_:
            frame["id"] = id_
        self.frames.append(frame)
        for socket in list(self.sockets):
            await _send(socket, frame)


async def _send(socket: web.WebSocketResponse, frame: Json) -> None:
    if not socket.closed:
        try:
            await socket.send_json(frame)
        except (ConnectionError, RuntimeError):
            return


class FakeHouse:
    """The server's side of the page. ``gate`` holds gated answers in the middle until it is set."""

    def __init__(self, pace: float = 0.004) -> None:
        self.pace = pace  # seconds between deltas
        self.gate = asyncio.Event()
        self.sessions: dict[str, FakeSession] = {}
        self.received: list[Json] = []  # every request, as it came
        self.refuse = False  # new connections are turned away
        self.refuse_votes = ""  # votes are answered by this error
        self.board: Json | None = None  # what board frames tell; None: no queue
        self.forgotten = 0  # frames that are no longer replayed
        self._connected: set[asyncio.Transport] = set()
        self._numbers = itertools.count(1)
        self._tokens: dict[str, tuple[str, str]] = {}  # token -> (action, what)

    def app(self) -> web.Application:
        """Return the application that serves the page and the socket."""
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_get("/ws", self._socket)
        app.router.add_static("/static", STATIC)
        app.on_response_prepare.append(_policy)
        return app

    def asked(self, type_: str = "ask") -> list[Json]:
        """Return the requests of a type that came."""
        return [frame for frame in self.received if frame["type"] == type_]

    async def cut(self) -> None:
        """Break every connection as a dying server does: no close frame."""
        for transport in list(self._connected):
            transport.abort()
        for session in self.sessions.values():
            session.sockets.clear()

    async def change_board(self, board: Json) -> None:
        """Show another board to everybody."""
        self.board = board
        for session in self.sessions.values():
            for socket in list(session.sockets):
                await _send(socket, {"v": 1, "session": session.id, "type": "board", "data": board})

    def forget(self) -> None:
        """Lose every session, as a server without its data would."""
        for session in self.sessions.values():
            for task in session.running.values():
                task.cancel()
        self.sessions.clear()

    async def _index(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.refuse:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(max_msg_size=65536)
        await socket.prepare(request)
        transport = request.transport
        assert transport is not None
        self._connected.add(transport)
        session: FakeSession | None = None
        locale = "zh"
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = json.loads(message.data)
            self.received.append(frame)
            if frame["type"] == "hello":
                locale = frame["data"].get("locale", "zh")
                session = await self._greet(socket, frame, locale)
            elif session is not None:
                await self._handle(session, socket, frame, locale)
        self._connected.discard(transport)
        if session is not None:
            session.sockets.discard(socket)
        return socket

    async def _greet(self, socket: web.WebSocketResponse, frame: Json, locale: str) -> FakeSession:
        data, words = frame["data"], WORDS[locale]
        known = self.sessions.get(data.get("session", ""))
        session = known or FakeSession(f"s_{secrets.token_hex(8)}")
        self.sessions[session.id] = session
        hello = {
            "visitor": data.get("visitor") or f"v_{secrets.token_hex(8)}",
            "resumed": known is not None,
            "last": len(session.frames),
            "community": {"id": "default", "name": words["name"]},
            "locale": locale,
            "examples": words["examples"],
            "notice": words["notice"],
            "limits": {"question": 2000, "frame": 65536, "audio_seconds": 60},
            "features": {"images": False, "voice": False, "queue": self.board is not None},
        }
        await _send(
            socket, {"v": 1, "id": frame["id"], "session": session.id, "type": "hello", "data": hello}
        )
        for old in session.frames[max(data.get("after", 0), self.forgotten) if known else 0 :]:
            await _send(socket, old)
        session.sockets.add(socket)
        return session

    async def _handle(
        self, session: FakeSession, socket: web.WebSocketResponse, frame: Json, locale: str
    ) -> None:
        id_, type_, data = frame["id"], frame["type"], frame["data"]
        if id_ in session.seen:
            return
        session.seen.add(id_)
        match type_:
            case "ask":
                self._start(session, id_, data["text"])
            case "press":
                self._start(session, id_, self._tokens[data["token"]][1])
            case "vote" if self.refuse_votes:
                error = {"code": "ForgedButton", "text": self.refuse_votes, "retry_after": None}
                await session.emit("error", error, id_)
            case "vote":
                action, answer = self._tokens[data["token"]]
                value = {"vote_up": "up", "vote_down": "down"}[action]
                said = {
                    "answer": answer,
                    "value": value,
                    "reason": data.get("reason"),
                    "text": WORDS[locale]["thanks"],
                }
                await session.emit("vote", said, id_)
            case "cancel":
                task = session.running.get(data["of"])
                if task is not None:
                    task.cancel()
            case "history":
                await session.emit("history", {"turns": session.turns}, id_)
            case "board" if self.board is not None:
                told: Json = {"v": 1, "id": id_, "session": session.id, "type": "board", "data": self.board}
                await _send(socket, told)
            case "ping":
                await _send(socket, {"v": 1, "id": id_, "session": session.id, "type": "pong", "data": {}})

    def _start(self, session: FakeSession, id_: str, question: str) -> None:
        session.running[id_] = asyncio.create_task(self._answer(session, id_, question))

    async def _answer(self, session: FakeSession, id_: str, question: str) -> None:
        answer = secrets.token_hex(12)
        script = script_for(question)
        said = ""
        try:
            for stage in ("received", "searching", "reading", "writing"):
                await session.emit("progress", {"stage": stage}, id_)
                await asyncio.sleep(self.pace * 4)
            if script.error:
                await session.emit("error", script.error, id_)
                return
            for piece in _pieces(script.text):
                if script.gate and len(said) > len(script.text) / 2:
                    await self.gate.wait()
                await session.emit("delta", {"answer": answer, "offset": len(said), "text": piece}, id_)
                said += piece
                await asyncio.sleep(self.pace)
            await session.emit("sources", {"answer": answer, "items": script.sources}, id_)
            await self._done(session, id_, answer, question, script)
        except asyncio.CancelledError:
            done = {
                "answer": answer,
                "outcome": "stopped",
                "text": said,
                "label": "generated",
                "buttons": [],
                "follow_ups": [],
            }
            await session.emit("done", done, id_)

    async def _done(self, session: FakeSession, id_: str, answer: str, question: str, script: Script) -> None:
        labels = (("👍", "vote_up", answer), ("👎", "vote_down", answer), ("🔁", "regenerate", question))
        buttons = [
            {"label": label, "token": self._token(action, what), "action": action, "style": "plain"}
            for label, action, what in labels
        ]
        done = {
            "answer": answer,
            "outcome": script.outcome,
            "text": script.text,
            "reason": script.reason,
            "label": "generated",
            "buttons": [buttons],
            "follow_ups": [
                {"text": text, "token": self._token("follow_up", text)} for text in script.follow_ups
            ],
        }
        turn = {"id": answer, "question": question, "answer": script.text, "outcome": script.outcome}
        session.turns.append(
            {
                **turn,
                "time": "2026-01-01T12:00:00Z",
                "sources": script.sources,
                "buttons": [buttons],
                "vote": None,
            }
        )
        await session.emit("done", done, id_)

    def _token(self, action: str, what: str) -> str:
        token = f"t{next(self._numbers)}"
        self._tokens[token] = (action, what)
        return token


def _pieces(text: str) -> list[str]:
    step = max(6, len(text) // 60)
    return [text[at : at + step] for at in range(0, len(text), step)]


async def _policy(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"


@asynccontextmanager
async def serving(house: FakeHouse, port: int = 0) -> AsyncIterator[str]:
    """Serve the house on the loopback; yield its address."""
    runner = web.AppRunner(house.app(), shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        house.forget()
        await runner.cleanup()


async def _main(port: int) -> None:
    house = FakeHouse(pace=0.03)
    house.gate.set()
    async with serving(house, port) as address:
        print(address)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    asyncio.run(_main(parser.parse_args().port))
