"""CPU per message of a chat adapter: a webhook call in, one message out to a fake Bot API on loopback.

Each contestant is a process of its own and reads its own processor time; the fake API and the caller are others. A message
is one webhook call with an update; back goes one ``sendMessage``. Ours passes the secret's check, the journal's
de-duplication, normalising, the place's community, button check, the limit per person, moderation, a handler, the outbox,
the send limits and the call. The echoes do the least that can be done: one answers in the HTTP response, one calls the API.
python-telegram-bot's Application and aiogram run their own dispatchers with one handler that answers.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing as mp
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.report import ROOT, save

sys.path.insert(0, str(ROOT / "tests" / "support"))

from yinlu_testing.servers import Server

from bot_adapters.telegram import TelegramAdapter, TelegramOptions
from bot_core.clock import SystemClock
from bot_core.conversation import Context, Conversation
from bot_core.dispatch import BoundPlaces, Dispatcher, Handled
from bot_core.events import Incoming
from bot_core.forms import Forms
from bot_core.identity import Origin
from bot_core.intake import Intake
from bot_core.middleware import LimitPersons, ModerateIncoming, VerifyPresses
from bot_core.ports.ledger import Community
from bot_core.ports.members import SpeakMode
from bot_core.ports.work import Rate
from bot_core.replies import say
from bot_core.tokens import Signer
from bot_ledger import MemoryLedger
from bot_media.files import MemoryFiles
from bot_queue.connection import open_store
from bot_queue.journal import MemoryJournal, RedisJournal
from bot_queue.limits import MemoryLimiter, MemoryLocks, RedisLimiter, RedisLocks
from bot_queue.notes import MemoryNotes, RedisNotes
from bot_queue.outbox import MemoryOutbox, RedisOutbox
from bot_safety import RuleModerator, tame

MESSAGES, ROUNDS, CLIENTS, WARM = 1600, 5, 16, 640
TOKEN, SECRET = "4242:benchmark", "a-secret-of-the-webhook"
HEADER = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
WORDS = (
    "How do I become a member?",
    "怎样加入社区，第一周要做什么？",
    "What is the quorum for a budget proposal, and who counts the votes?",
)
MANY = Rate(100_000, 1.0)
PERSONS = 200
ME = {"id": 4242, "is_bot": True, "first_name": "Bench", "username": "bench_bot", "can_join_groups": True,
      "can_read_all_group_messages": False, "supports_inline_queries": False}  # fmt: skip


# --- the contestants: each serves POST /telegram/webhook and sends to ``api`` ------------------------------------
@asynccontextmanager
async def _serving(*routes: web.RouteDef) -> AsyncIterator[int]:
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield int(runner.addresses[0][1])
    await runner.cleanup()


@asynccontextmanager
async def echo_response(api: str, redis: str) -> AsyncIterator[int]:
    """A bare echo: the body goes back in the response."""

    async def handle(request: web.Request) -> web.Response:
        return web.Response(text=await request.text())

    async with _serving(web.post("/telegram/webhook", handle)) as port:
        yield port


@asynccontextmanager
async def echo_bot(api: str, redis: str) -> AsyncIterator[int]:
    """A bare bot: the text goes back as a message."""
    async with aiohttp.ClientSession() as http:

        async def handle(request: web.Request) -> web.Response:
            message = (await request.json())["message"]
            call = {"chat_id": message["chat"]["id"], "text": message["text"]}
            async with http.post(f"{api}/bot{TOKEN}/sendMessage", json=call) as response:
                await response.read()
            return web.Response()

        async with _serving(web.post("/telegram/webhook", handle)) as port:
            yield port


@asynccontextmanager
async def application(api: str, redis: str) -> AsyncIterator[int]:
    """python-telegram-bot's own Application."""
    from telegram import Update
    from telegram.ext import Application, MessageHandler, filters

    async def answer(update: Update, context: object) -> None:
        assert update.message is not None
        await update.message.reply_text("Noted.")

    built = (
        Application.builder().token(TOKEN).base_url(f"{api}/bot").concurrent_updates(64).updater(None).build()
    )
    built.add_handler(MessageHandler(filters.TEXT, answer))

    async def handle(request: web.Request) -> web.Response:
        if request.headers.get("X-Telegram-Bot-Api-Secret-Token") != SECRET:
            return web.Response(status=401)
        update = Update.de_json(await request.json(), built.bot)
        await built.update_queue.put(update)
        return web.Response()

    async with built:
        await built.start()
        async with _serving(web.post("/telegram/webhook", handle)) as port:
            yield port
        await built.stop()


@asynccontextmanager
async def aiogram(api: str, redis: str) -> AsyncIterator[int]:
    """aiogram's Dispatcher behind its own webhook handler."""
    from aiogram import Bot
    from aiogram import Dispatcher as Theirs
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.types import Message
    from aiogram.webhook.aiohttp_server import SimpleRequestHandler

    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(api)))
    dispatcher = Theirs()

    @dispatcher.message()
    async def answer(message: Message) -> None:
        await message.answer("Noted.")

    handler = SimpleRequestHandler(dispatcher, bot, secret_token=SECRET, handle_in_background=False)
    async with _serving(web.post("/telegram/webhook", handler.handle)) as port:
        yield port
    await bot.session.close()


class _Speaks:
    async def mode(self, origin: Origin) -> SpeakMode:
        return SpeakMode.MENTION


async def _stays(platform: str, old: str, new: str) -> None:
    return None


@asynccontextmanager
async def ours(api: str, redis: str) -> AsyncIterator[int]:
    """The house with this adapter; ``redis`` empty means the in-memory twins."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        store = await enter(open_store(redis)) if redis else None
        ledger, clock, signer = MemoryLedger(), SystemClock(), Signer({1: b"s" * 32}, 1)
        await ledger.add_community(Community("bench", "bench", "bench", clock.now()))
        for person in range(PERSONS):
            await ledger.bind("telegram", f"private:{1000 + person}", "bench")
        places, faces = BoundPlaces(ledger, clock.monotonic, remember=600.0), {}
        limiter = RedisLimiter(store) if store else MemoryLimiter()
        options = TelegramOptions(
            api_url=api, webhook_url="https://bench.example", webhook_secret=SECRET, listen=("127.0.0.1", 0),
            per_second=100_000, per_chat=100_000, per_group=100_000,
        )  # fmt: skip
        telegram = TelegramAdapter(
            TOKEN, signer=signer, places=places, forms=Forms(()), speaking=_Speaks(), commands=(), files=MemoryFiles(),
            notes=RedisNotes(store) if store else MemoryNotes(), limiter=limiter,
            locks=RedisLocks(store) if store else MemoryLocks(), clock=clock, tame=tame, moved=_stays, options=options,
        )  # fmt: skip
        faces["telegram"] = telegram.face
        outbox = RedisOutbox(store, faces, ledger, "w") if store else MemoryOutbox(faces, ledger, "w")
        layers = (
            VerifyPresses(signer),
            LimitPersons(limiter, MANY, MANY),
            ModerateIncoming(RuleModerator(ledger.setting)),
        )

        async def answer(incoming: Incoming, conversation: Conversation) -> Handled:
            await conversation.send(say("Noted."))
            return Handled("bench")

        dispatcher = Dispatcher(Context(outbox, signer, faces), faces, places, layers, [answer])
        intake = Intake(
            RedisJournal(store) if store else MemoryJournal(), dispatcher, clock, "w", ["telegram"]
        )
        await enter(telegram.connected())
        await enter(outbox.pump())
        await enter(intake.open())
        await enter(telegram.open(intake.accept))
        while not telegram.ready:
            await asyncio.sleep(0.01)
        yield telegram.webhook.port


Contestant = Callable[[str, str], AbstractAsyncContextManager[int]]
CONTESTANTS: dict[str, tuple[Contestant, bool, bool]] = {  # what, sends to the API, durable
    "bare aiohttp echo (answer in the response)": (echo_response, False, False),
    "bare aiohttp echo bot (answer through the API)": (echo_bot, True, False),
    "Yinlu, in-memory journal and outbox": (ours, True, False),
    "Yinlu, durable (Valkey, appendfsync always)": (ours, True, True),
    "python-telegram-bot Application": (application, True, False),
    "aiogram Dispatcher": (aiogram, True, False),
}


# --- processes -------------------------------------------------------------------------------------------
def serve(name: str, api: str, redis: str, pipe: Connection) -> None:
    """Run a contestant in this process; send its port, then the processor seconds used whenever asked."""

    async def main() -> None:
        async with CONTESTANTS[name][0](api, redis) as port:
            pipe.send(port)
            while await asyncio.to_thread(pipe.recv):
                pipe.send(time.process_time())

    asyncio.run(main())


def platform(pipe: Connection) -> None:
    """Run the fake Bot API; send its address, then the number of messages it got whenever asked."""
    got = [0]

    async def handle(request: web.Request) -> web.Response:
        data = await request.read()
        if request.match_info["method"].lower() != "sendmessage":
            return web.json_response({"ok": True, "result": ME if "getMe" in request.path else True})
        got[0] += 1
        chat = {"id": 1000, "type": "private", "first_name": "A"}
        result = {"message_id": got[0], "date": 1_700_000_000, "chat": chat, "from": ME, "text": "Noted."}
        assert data
        return web.json_response({"ok": True, "result": result})

    async def main() -> None:
        app = web.Application()
        app.router.add_route("*", f"/bot{TOKEN}/{{method}}", handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
        while await asyncio.to_thread(pipe.recv):
            pipe.send(got[0])

    asyncio.run(main())


def _started(target: Callable[..., None], *arguments: object) -> tuple[Any, Connection]:
    ours_, theirs = mp.get_context("spawn").Pipe()
    process = mp.get_context("spawn").Process(target=target, args=(*arguments, theirs), daemon=True)
    process.start()
    if not ours_.poll(60):
        raise RuntimeError("a process did not start")
    return process, ours_


def _asked(pipe: Connection) -> Any:  # noqa: ANN401 - whatever the process counts
    pipe.send(True)
    return pipe.recv()


async def drive(port: int, first: int, messages: int) -> None:
    """Call the webhook from several clients, each waiting for its response."""
    url = f"http://127.0.0.1:{port}/telegram/webhook"
    async with aiohttp.ClientSession(headers=HEADER) as http:

        async def client(which: int) -> None:
            for number in range(first + which, first + messages, CLIENTS):
                async with http.post(url, json=_update(number)) as response:
                    await response.read()
                    if response.status != 200:
                        raise RuntimeError(f"HTTP {response.status}")

        await asyncio.gather(*(client(which) for which in range(CLIENTS)))


def _update(number: int) -> dict[str, object]:
    person = 1000 + number % PERSONS
    who = {"id": person, "first_name": "Ann"}
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": int(time.time()),
            "chat": {**who, "type": "private"},
            "from": {**who, "is_bot": False, "language_code": "en"},
            "text": WORDS[number % len(WORDS)],
        },
    }


def measure(name: str, api: str, counter: Connection, redis: str) -> list[float]:
    """Return CPU milliseconds per message, one figure per round; every message must have been answered."""
    process, pipe = _started(serve, name, api, redis)
    port, sends = pipe.recv(), CONTESTANTS[name][1]
    figures, number = [], 1
    try:
        for messages in (WARM, *[MESSAGES] * ROUNDS):
            base, before = _asked(counter), _asked(pipe)
            asyncio.run(asyncio.wait_for(drive(port, number, messages), 120))
            number += messages
            deadline = time.monotonic() + 60
            while sends and _asked(counter) < base + messages:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{name}: {_asked(counter) - base} of {messages} answered")
                time.sleep(0.02)
            figures.append((_asked(pipe) - before) / messages * 1000)
    finally:
        pipe.send(False)
        process.join(10)
        process.kill()
    return figures[1:]


def main() -> None:
    """Measure every contestant in one run."""
    server = Server(durable=True)
    platform_process, counter = _started(platform)
    api = counter.recv()
    try:
        found = {
            name: measure(name, api, counter, server.url if durable else "")
            for name, (_, _, durable) in CONTESTANTS.items()
        }
    finally:
        server.close()
        platform_process.kill()
    medians = {name: statistics.median(figures) for name, figures in found.items()}
    bare, bot, theirs = (medians[name] for name in [*list(found)[:2], "python-telegram-bot Application"])
    rows = [
        (name, f"{medians[name]:.3f}", f"{min(figures):.3f}-{max(figures):.3f}", f"{medians[name] / bot:.1f}x",
         f"{medians[name] / bare:.1f}x", f"{medians[name] / theirs:.2f}x")
        for name, figures in found.items()
    ]  # fmt: skip
    save(
        "adapters",
        "CPU per message of a chat adapter",
        "python -m benchmarks adapters",
        (
            "what",
            "CPU ms per message, median",
            "range",
            "of the echo bot",
            "of the bare echo",
            "of Application",
        ),
        rows,
        {"cpu_ms": found, "messages": MESSAGES, "rounds": ROUNDS, "versions": _versions()},
        f"{ROUNDS} rounds of {MESSAGES} messages from {CLIENTS} clients and {PERSONS} persons, each answered by one "
        "message through the fake API. Valkey's own processor time is not in it.",
    )
    print(json.dumps(medians))


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("aiohttp", "python-telegram-bot", "aiogram")}


if __name__ == "__main__":
    main()
