"""The gateway half of a Discord of the tests' own: identify, heartbeat, dispatch, resume, op 7 and op 9."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

Json = dict[str, Any]


class Session:
    """What a client may resume: its events, numbered."""

    def __init__(self, id: str, shard: list[int] | None) -> None:
        self.id, self.shard = id, shard
        self.events: list[Json] = []
        self.socket: web.WebSocketResponse | None = None


class Gateway:
    """Serves sockets; ``hello`` holds what a new session is told at first."""

    def __init__(self, heartbeat: float = 41.25) -> None:
        self.heartbeat = heartbeat  # seconds
        self.sessions: dict[str, Session] = {}
        self.identified: list[tuple[float, Json]] = []  # when, and the payload
        self.resumed = 0
        self.beats = 0
        self.silent: set[web.WebSocketResponse] = set()  # no heartbeat is acknowledged here, nothing is sent
        self.refuse_resume = False
        self.ready: Json = {}
        self.first: list[tuple[str, Json]] = []
        self.close_code: int | None = None  # instead of READY
        self._ids = count(1)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Talk to one client until it goes."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await self._send(socket, {"op": 10, "d": {"heartbeat_interval": int(self.heartbeat * 1000)}})
        session: Session | None = None
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            frame = json.loads(message.data)
            if frame["op"] == 1:
                self.beats += 1
                await self._send(socket, {"op": 11})
            elif frame["op"] == 2:
                session = await self._identify(socket, frame["d"])
            elif frame["op"] == 6:
                session = await self._resume(socket, frame["d"])
        if session is not None and session.socket is socket:
            session.socket = None
        return socket

    async def _identify(self, socket: web.WebSocketResponse, data: Json) -> Session | None:
        self.identified.append((time.monotonic(), data))
        if self.close_code is not None:
            await socket.close(code=self.close_code)
            return None
        session = Session(f"s{next(self._ids)}", data.get("shard"))
        self.sessions[session.id] = session
        session.socket = socket
        ready = {**self.ready, "session_id": session.id, "shard": data.get("shard")}
        await self._event(session, "READY", ready)
        for name, payload in self.first:
            await self._event(session, name, payload)
        return session

    async def _resume(self, socket: web.WebSocketResponse, data: Json) -> Session | None:
        session = self.sessions.get(data["session_id"])
        if session is None or self.refuse_resume:
            await self._send(socket, {"op": 9, "d": False})
            return None
        self.resumed += 1
        session.socket = socket
        for event in session.events:
            if event["s"] > data["seq"]:
                await self._send(socket, event)
        await self._event(session, "RESUMED", {})
        return session

    async def dispatch(self, name: str, payload: Json) -> None:
        """Send an event to every session; sessions without a socket get it when they resume."""
        for session in self.sessions.values():
            await self._event(session, name, payload)

    async def reconnect(self) -> None:
        """Op 7 to everybody."""
        await self._all({"op": 7, "d": None})

    async def invalidate(self, resumable: bool) -> None:
        """Op 9 to everybody; sessions that can't be resumed are forgotten."""
        if not resumable:
            dead, self.sessions = self.sessions, {}
            for session in dead.values():
                if session.socket is not None:
                    await self._send(session.socket, {"op": 9, "d": False})
            return
        await self._all({"op": 9, "d": True})

    def fall_silent(self) -> None:
        """Say nothing more on the connections that stand, and close none."""
        self.silent |= {session.socket for session in self.sessions.values() if session.socket is not None}

    async def cut(self) -> None:
        """Drop every connection without a word."""
        for session in self.sessions.values():
            if session.socket is not None and session.socket._req is not None:
                transport = session.socket._req.transport
                if transport is not None:
                    transport.abort()
                session.socket = None
        await asyncio.sleep(0)

    async def _all(self, frame: Json) -> None:
        for session in list(self.sessions.values()):
            if session.socket is not None:
                await self._send(session.socket, frame)

    async def _event(self, session: Session, name: str, payload: Json) -> None:
        event = {"op": 0, "s": len(session.events) + 1, "t": name, "d": payload}
        session.events.append(event)
        if session.socket is not None:
            await self._send(session.socket, event)

    async def _send(self, socket: web.WebSocketResponse, frame: Json) -> None:
        if not socket.closed and socket not in self.silent:
            await socket.send_str(json.dumps(frame))
