"""CPU per message through the whole house, beside a bare aiohttp echo in the same run.

The server is its own process and reads its own processor time; the client is another process. A message is one
WebSocket frame in; back come `received` and the reply. The house checks the envelope, the origin and the limits, keeps
the event in the journal, finds its community, runs every middleware, signs the buttons, passes the outbox and numbers
the frames. The echo sends the frame back.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing as mp
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from multiprocessing.connection import Connection

import aiohttp
from aiohttp import web

from benchmarks.report import ROOT, save

sys.path.insert(0, str(ROOT / "tests" / "support"))

from yinlu_testing.servers import Server

from bot_adapters.web import WebFace, WebOptions, WebServer
from bot_core.clock import SystemClock
from bot_core.conversation import Context, Conversation
from bot_core.dispatch import BoundPlaces, Dispatcher, Handled
from bot_core.events import Incoming
from bot_core.intake import Intake
from bot_core.middleware import LimitPersons, ModerateIncoming, VerifyPresses
from bot_core.ports.ledger import Community
from bot_core.ports.work import Rate
from bot_core.replies import say
from bot_core.tokens import Signer
from bot_ledger import MemoryLedger
from bot_queue.connection import open_store
from bot_queue.frames import MemoryFrameLog, RedisFrameLog
from bot_queue.journal import MemoryJournal, RedisJournal
from bot_queue.limits import MemoryLimiter, RedisLimiter
from bot_queue.outbox import MemoryOutbox, RedisOutbox
from bot_safety import RuleModerator, clean_text

MESSAGES, ROUNDS, CLIENTS = 1600, 5, 16
WORDS = (
    "How do I become a member?",
    "怎样加入社区，第一周要做什么？",
    "What is the quorum for a budget proposal, and who counts the votes?",
)
MANY = Rate(100_000, 1.0)


async def echo_app() -> web.Application:
    """A bare echo."""

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=await request.text())

    app = web.Application()
    app.router.add_get("/ws", serve)
    app.router.add_post("/", answer)
    return app


@asynccontextmanager
async def echo(_: str) -> AsyncIterator[str]:
    """Serve the echo."""
    runner = web.AppRunner(await echo_app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def house(url: str) -> AsyncIterator[str]:
    """Serve the house with a handler that answers a fixed sentence; ``url`` empty means the in-memory twins."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(url)) if url else None
        ledger, clock, signer = MemoryLedger(), SystemClock(), Signer({1: b"s" * 32}, 1)
        await ledger.add_community(Community("bench", "bench", "bench", clock.now()))
        await ledger.bind("web", "page", "bench")
        face = WebFace(RedisFrameLog(store) if store else MemoryFrameLog(), signer)
        faces = {"web": face}
        outbox = RedisOutbox(store, faces, ledger, "w") if store else MemoryOutbox(faces, ledger, "w")
        limiter = RedisLimiter(store) if store else MemoryLimiter()
        layers = (
            VerifyPresses(signer),
            LimitPersons(limiter, MANY, MANY),
            ModerateIncoming(RuleModerator(ledger.setting)),
        )
        places = BoundPlaces(ledger, clock.monotonic)

        async def answer(incoming: Incoming, conversation: Conversation) -> Handled:
            await conversation.send(say("Noted."))
            return Handled("bench")

        dispatcher = Dispatcher(Context(outbox, signer), faces, places, layers, [answer])
        intake = Intake(RedisJournal(store) if store else MemoryJournal(), dispatcher, clock, "w", ["web"])
        options = WebOptions(port=0, messages=MANY, per_address=1000)
        server = WebServer(
            intake=intake, face=face, ledger=ledger, signer=signer, places=places, clock=clock,
            secret=secrets.token_bytes(16), clean=clean_text, examples=_none, options=options,
        )  # fmt: skip
        await stack.enter_async_context(server)
        await stack.enter_async_context(outbox.pump())
        await stack.enter_async_context(intake.open())
        yield server.urls[0]


async def _none(community: str, locale: object) -> list[str]:
    return []


def serve(kind: str, url: str, pipe: Connection) -> None:
    """Serve in this process; send the address, then the processor seconds used whenever asked."""

    async def main() -> None:
        async with (house if kind == "house" else echo)(url) as address:
            pipe.send(address)
            while await asyncio.to_thread(pipe.recv):
                pipe.send(time.process_time())

    asyncio.run(main())


async def drive(address: str, kind: str, messages: int) -> None:
    """Send messages from several clients, each waiting for its answer."""
    async with aiohttp.ClientSession() as http:
        await asyncio.gather(*(_client(http, address, kind, messages // CLIENTS) for _ in range(CLIENTS)))


async def _client(http: aiohttp.ClientSession, address: str, kind: str, messages: int) -> None:
    if kind == "echo-http":
        for n in range(messages):
            async with http.post(
                f"{address}/", json={"type": "ask", "data": WORDS[n % len(WORDS)]}
            ) as response:
                await response.read()
        return
    async with http.ws_connect(f"{address}/ws") as socket:
        if kind == "house":
            await socket.send_json(
                {"v": 1, "id": "h", "type": "hello", "data": {"locale": "en", "client": "bench"}}
            )
            await socket.receive()
        for n in range(messages):
            text = WORDS[n % len(WORDS)]
            await socket.send_json({"v": 1, "id": f"c{n}", "type": "ask", "data": {"text": text}})
            while json.loads((await socket.receive()).data)["type"] not in ("message", "ask", "error"):
                pass


def measure(kind: str, url: str) -> list[float]:
    """Return CPU milliseconds per message of the server, one figure per round."""
    ours, theirs = mp.get_context("spawn").Pipe()
    process = mp.get_context("spawn").Process(target=serve, args=(kind, url, theirs), daemon=True)
    process.start()
    if not ours.poll(60):
        raise RuntimeError("the server did not start")
    address = ours.recv()
    asyncio.run(asyncio.wait_for(drive(address, kind, 640), 60))  # warm
    figures = []
    for _ in range(ROUNDS):
        ours.send(True)
        before = ours.recv()
        asyncio.run(asyncio.wait_for(drive(address, kind, MESSAGES), 120))
        ours.send(True)
        figures.append((ours.recv() - before) / (MESSAGES // CLIENTS * CLIENTS) * 1000)
    ours.send(False)
    process.join(10)
    process.kill()
    return figures


def main() -> None:
    """Measure the echo, the house on twins, and the house on a durable Valkey."""
    server = Server(durable=True)
    try:
        found = {
            "bare aiohttp echo, HTTP request": measure("echo-http", ""),
            "bare aiohttp echo, WebSocket frame": measure("echo", ""),
            "the house, in-memory journal and outbox": measure("house", ""),
            "the house, durable (Valkey, appendfsync always)": measure("house", server.url),
        }
    finally:
        server.close()
    base = statistics.median(found["bare aiohttp echo, HTTP request"])
    rows = [
        (
            name,
            f"{statistics.median(figures):.3f}",
            f"{min(figures):.3f}-{max(figures):.3f}",
            f"{statistics.median(figures) / base:.1f}x",
        )
        for name, figures in found.items()
    ]
    notes = f"{ROUNDS} rounds of {MESSAGES} messages from {CLIENTS} clients; Valkey's own processor time is not in it."
    save(
        "messages",
        "CPU per message",
        "python -m benchmarks messages",
        ("what", "CPU ms per message, median", "range", "of the HTTP echo"),
        rows,
        {"cpu_ms": found, "messages": MESSAGES, "rounds": ROUNDS},
        notes,
    )


if __name__ == "__main__":
    main()
