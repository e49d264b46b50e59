"""kill -9 of a Telegram gateway amid updates, and storms of 429: nothing acknowledged is lost, nothing goes early."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

import aiohttp
import pytest
from yinlu_testing.servers import Server, prefix
from yinlu_testing.telegram_house import SECRET, TelegramHouse, echo
from yinlu_testing.telegram_loopback import Loopback
from yinlu_testing.telegram_values import chat_json, user_json

from bot_queue.connection import StoreOptions, open_store
from bot_queue.journal import RedisJournal
from bot_queue.outbox import RedisOutbox

pytestmark = pytest.mark.chaos

SIZES = [
    pytest.param(200, 2, id="short"),
    pytest.param(5000, 20, id="full", marks=[pytest.mark.slow, pytest.mark.timeout(400)]),
]


def free_port():
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def update(number):
    """Return an update that is unlike any other."""
    user = 700 + number % 40
    message = {
        "message_id": number,
        "date": int(time.time()),
        "chat": chat_json(user),
        "from": user_json(user),
    }
    return {"message": {**message, "text": f"m{number}"}}


class Gateway:
    """A process that is killed and started again; ``log`` has what it warned of."""

    def __init__(self, log, *arguments):
        self.log = log
        self.command = [sys.executable, "-m", "yinlu_testing.telegram_gateway", *map(str, arguments)]
        self.environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        self.process = None

    def start(self):
        """Start it."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stderr=log)

    def kill(self):
        """Kill it, and wait until it is gone."""
        self.process.kill()
        self.process.wait()


async def settled(server, name, total, api):
    """Wait until nothing is left to do; return the outbox's counts."""
    async with open_store(server.url, StoreOptions(prefix=name)) as store:
        journal, outbox = RedisJournal(store), RedisOutbox(store, {}, None, "test")
        deadline = time.monotonic() + 120
        while True:
            left, sends = await journal.counts(), await outbox.counts()
            idle = left.waiting + left.running + sends.pending + sends.sending == 0
            if idle and sends.sent + sends.uncertain + sends.failed >= total:
                return sends
            assert time.monotonic() < deadline, (left, sends, len(api.of("sendMessage")))
            await asyncio.sleep(0.1)


async def kill_amid(gateway, api, kills, chance):
    """Kill it when it is at work, that many times, then leave it running."""
    for _ in range(kills):
        before, deadline = len(api.calls), time.monotonic() + 60
        while len(api.calls) < before + 10:
            assert time.monotonic() < deadline and gateway.process.poll() is None
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02 + chance.random() * 0.1)
        gateway.kill()
        gateway.start()


def judge(api, counts, total, gateway):
    """Every update was answered; what was answered twice is what the log says may have been."""
    shown = Counter(data["text"] for data in api.of("sendMessage"))
    assert set(shown) == {f"Echo: m{n}" for n in range(1, total + 1)}
    twice = sum(shown.values()) - total
    counted = gateway.log.read_text().count("may have arrived")
    print(f"{twice} shown twice, {counted} counted as uncertain, of {total}")
    assert twice <= counted
    assert (counts.sent, counts.uncertain, counts.failed) == (total, 0, 0)
    assert api.problems == []


@pytest.mark.parametrize(("total", "kills"), SIZES)
async def test_a_poller_killed_amid_updates_loses_none(total, kills, tmp_path):
    """The offset moves over what the journal has: every update is answered, twice only where that is counted."""
    server, name = Server(durable=True), prefix()
    async with Loopback().serve() as api:
        gateway = Gateway(tmp_path / "log", api.root, server.url, name, 0)
        try:
            for number in range(1, total + 1):
                api.push(**update(number))
            gateway.start()
            await kill_amid(gateway, api, kills, random.Random(7))
            counts = await settled(server, name, total, api)
        finally:
            gateway.kill()
            server.close()
        judge(api, counts, total, gateway)


@pytest.mark.parametrize(("total", "kills"), SIZES)
async def test_a_webhook_killed_amid_updates_loses_none(total, kills, tmp_path):
    """Telegram brings an update until it reads 2xx, some of them twice: each is answered, as above."""
    server, name, port, chance = Server(durable=True), prefix(), free_port(), random.Random(8)
    async with Loopback().serve() as api, aiohttp.ClientSession() as http:
        gateway = Gateway(tmp_path / "log", api.root, server.url, name, port)
        url = f"http://127.0.0.1:{port}/telegram/webhook"

        async def bring(made):
            again = chance.random() < 0.1
            while True:
                status = 0
                with suppress(aiohttp.ClientError, ConnectionError):
                    status = await api.call_webhook(http, url, made, SECRET)
                if status == 200 and not again:
                    return
                again = again and status != 200
                await asyncio.sleep(0.02)

        async def bringer(queue):
            while queue:
                await bring(queue.pop())

        try:
            gateway.start()
            queue = [{"update_id": n, **update(n)} for n in range(total, 0, -1)]
            bringing = [asyncio.create_task(bringer(queue)) for _ in range(8)]
            await kill_amid(gateway, api, kills, chance)
            await asyncio.gather(*bringing)
            counts = await settled(server, name, total, api)
        finally:
            gateway.kill()
            server.close()
        judge(api, counts, total, gateway)


@pytest.mark.parametrize("storms", [4, pytest.param(40, marks=[pytest.mark.slow, pytest.mark.timeout(300)])])
async def test_a_storm_of_429_is_obeyed(storms):
    """Two processes, random 429s with retry_after: no send comes early, and every message arrives once."""
    server, name, chance = Server(durable=True), prefix(), random.Random(9)
    hook = {"webhook_url": "https://bot.example", "webhook_secret": SECRET, "listen": ("127.0.0.1", 0)}
    async with Loopback().serve() as api:
        homes = [TelegramHouse(api, server.url, name, **hook) for _ in range(2)]
        for home in homes:
            home.extra.append(echo)
        total = storms * 10
        try:
            async with homes[0].up(), homes[1].up():
                flood = (429, {"description": "Too Many Requests: retry after 1", "retry_after": 1})
                api.refuse["sendMessage"].extend([flood] * storms)
                for number in range(1, total + 1):
                    assert await chance.choice(homes).deliver({"update_id": number, **update(number)}) == 200
                counts = await settled(server, name, total, api)
        finally:
            server.close()
        shown = [text for text in api.shown if text.startswith("Echo")]
        assert api.early == 0 and len(shown) == len(set(shown)) == total
        assert counts.sent == total
