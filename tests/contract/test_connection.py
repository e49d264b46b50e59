"""The store: scripts that were forgotten, servers that go and come back, full ones, Sentinel."""

import asyncio
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from yinlu_testing.core import event
from yinlu_testing.servers import VALKEY, Server, prefix

from bot_core.errors import EngineDown, SettingWrong, StorageFull
from bot_core.ports.work import Receipt
from bot_queue.connection import StoreOptions, open_store
from bot_queue.journal import RedisJournal

pytest_plugins = ["yinlu_testing.redis"]

HASTY = {"timeout": 0.5, "retries": 2, "backoff": 0.02}


@pytest.fixture
def server():
    """A durable server of one's own."""
    made = Server(durable=True)
    yield made
    made.close()


async def test_forgotten_scripts_are_sent_again(valkey):
    """SCRIPT FLUSH, as after a failover, is not noticed."""
    async with open_store(valkey.url, StoreOptions(prefix=prefix())) as store:
        journal = RedisJournal(store)
        await store.call("SCRIPT", "FLUSH")
        assert (await journal.receive(event(), "w"))[0] is Receipt.NEW


async def test_calls_keep_their_order(valkey):
    """A thousand made at once are done in the order in which they were made."""
    async with open_store(valkey.url, StoreOptions(prefix=prefix())) as store:
        key = f"{store.root}list"
        answers = await asyncio.gather(*(store.call("RPUSH", key, n) for n in range(1000)))
        assert answers == list(range(1, 1001))
        assert await store.call("LRANGE", key, 0, -1) == [str(n) for n in range(1000)]


async def test_nobody_there_is_said(tmp_path):
    """EngineDown within the retries; a URL that is none is a wrong setting."""
    with pytest.raises(EngineDown):
        async with open_store(f"unix://{tmp_path}/none", StoreOptions(**HASTY)):
            pass
    with pytest.raises(SettingWrong):
        async with open_store("http://example"):
            pass


async def test_a_server_that_restarts_is_found_again(server):
    """While it is away calls say so; afterwards they go on, and what was stored is there."""
    async with open_store(server.url, StoreOptions(prefix=prefix(), **HASTY)) as store:
        journal, said = RedisJournal(store), event()
        await journal.receive(said, "w")
        server.kill()
        answers = await asyncio.gather(
            *(journal.receive(said, "w") for _ in range(5)), return_exceptions=True
        )
        assert all(isinstance(answer, EngineDown) for answer in answers)
        server.start()
        assert await journal.receive(said, "w") == (Receipt.SEEN, None)


async def test_a_restart_within_the_retries_is_not_noticed(server):
    """A call that was cut off is sent again, and has happened once."""
    patient = StoreOptions(prefix=prefix(), timeout=2.0, retries=6, backoff=0.05)
    async with open_store(server.url, patient) as store:
        journal = RedisJournal(store)
        await journal.receive(event(), "w")
        server.kill()
        calling = asyncio.gather(*(journal.receive(event(channel=f"c{n}"), "w") for n in range(20)))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(server.start)
        assert all(receipt is Receipt.NEW and entry for receipt, entry in await calling)
        assert (await journal.counts()).running == 21


async def test_a_hanging_server_is_given_up(server):
    """SIGSTOP: EngineDown after the time-outs instead of waiting for ever."""
    async with open_store(
        server.url, StoreOptions(prefix=prefix(), timeout=0.2, retries=1, backoff=0.01)
    ) as store:
        server.process.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(EngineDown):
            await store.call("PING")
        assert time.monotonic() - started < 2
        server.process.send_signal(signal.SIGCONT)
        assert await store.call("PING") == "PONG"


async def test_a_full_server_is_said(server):
    """Out of memory is StorageFull, and reading goes on."""
    async with open_store(server.url, StoreOptions(prefix=prefix())) as store:
        journal = RedisJournal(store)
        await store.call("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(StorageFull):
            await journal.receive(event(), "w")
        await store.call("CONFIG", "SET", "maxmemory", "0")
        assert (await journal.receive(event(), "w"))[0] is Receipt.NEW


async def test_news_come_after_a_broken_line(server):
    """A listener hears again once the server is back."""
    async with (
        open_store(server.url, StoreOptions(prefix=prefix())) as store,
        store.news.listen("x") as heard,
    ):
        await asyncio.wait_for(heard.wait(), 5)
        server.kill()
        server.start()
        heard.clear()
        await asyncio.wait_for(heard.wait(), 5)
        await asyncio.sleep(0.05)
        heard.clear()
        await store.call("PUBLISH", f"{store.root}news:x", "")
        await asyncio.wait_for(heard.wait(), 2)


async def test_all_who_begin_to_listen_at_once_hear(valkey):
    """Nobody's topic is forgotten while the line is being opened."""
    async with open_store(valkey.url, StoreOptions(prefix=prefix())) as store:
        heard = []

        async def listen(n):
            async with store.news.listen(f"t{n}") as event_:
                for _ in range(2):  # the subscription, then the news
                    await asyncio.wait_for(event_.wait(), 5)
                    event_.clear()
                heard.append(n)

        async def speak():
            await asyncio.sleep(0.3)
            for n in range(40):
                await store.call("PUBLISH", f"{store.root}news:t{n}", "")

        await asyncio.gather(*(listen(n) for n in range(20)), _later(listen, range(20, 40)), speak())
        assert sorted(heard) == list(range(40))


async def _later(listen, numbers):
    await asyncio.sleep(0)
    await asyncio.gather(*(listen(n) for n in numbers))


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("secret", ["", "p@ss:word,7"], ids=["open", "secret"])
async def test_a_master_is_found_through_sentinel(secret):
    """sentinel://:secret@host:port,host:port/name leads to the master that the sentinels name; one of them is away."""
    ports, folder = (_free_port(), _free_port()), Path(tempfile.mkdtemp(prefix="yq-"))
    config = folder / "sentinel.conf"
    config.write_text(f"port {ports[1]}\nbind 127.0.0.1\nsentinel monitor yin 127.0.0.1 {ports[0]} 1\n")
    named = f":{quote(secret, safe='')}@" if secret else ""
    url = f"sentinel://{named}127.0.0.1:{_free_port()},127.0.0.1:{ports[1]}/yin"
    command = [
        str(VALKEY),
        "--port",
        str(ports[0]),
        "--save",
        "",
        "--dir",
        str(folder),
        "--requirepass",
        secret,
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    crew = [
        subprocess.Popen(command, **quiet),
        subprocess.Popen([str(VALKEY), str(config), "--sentinel"], **quiet),
    ]
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                async with open_store(url, StoreOptions(prefix=prefix())) as store:
                    assert (await RedisJournal(store).receive(event(), "w"))[0] is Receipt.NEW
                    return
            except EngineDown:
                assert time.monotonic() < deadline
    finally:
        for member in crew:
            member.kill()
            member.wait()


def _free_port():
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


@pytest.fixture
def cluster():
    """Two nodes with half of the slots each; returns both URLs."""
    ports = []
    while len(ports) < 2:
        port = _free_port()
        if port < 55_000 and port not in ports:  # the nodes talk to each other on port + 10,000
            ports.append(port)
    nodes = [
        Server(VALKEY, "--port", str(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes")
        for port in ports
    ]
    yield nodes, [f"redis://127.0.0.1:{port}" for port in ports]
    for node in nodes:
        node.close()


async def test_a_cluster_is_reached_through_any_of_its_nodes(cluster):
    """All keys have one hash tag and so one node; a client that came to another is sent there and stays."""
    from redis.asyncio import Redis

    nodes, urls = cluster
    ours = [Redis.from_url(node.url) for node in nodes]
    ports = [url.rsplit(":", 1)[1] for url in urls]
    for client, (first, last) in zip(ours, ((0, 8191), (8192, 16383)), strict=True):
        await client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
    await ours[0].execute_command("CLUSTER", "MEET", "127.0.0.1", ports[1])
    for client in ours:
        async with asyncio.timeout(20):
            while b"cluster_state:ok" not in await client.execute_command("CLUSTER", "INFO"):
                await asyncio.sleep(0.1)
    for url in urls:
        async with open_store(url, StoreOptions(prefix=prefix(), backoff=0.01)) as store:
            journal = RedisJournal(store)
            receipts = [(await journal.receive(event(f"{n}"), "w"))[0] for n in range(20)]
            assert receipts == [Receipt.NEW] * 20
            assert (await journal.counts()).waiting == 19
    for client in ours:
        await client.aclose()
