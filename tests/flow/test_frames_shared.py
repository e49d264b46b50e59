"""Two gateways and one session: what either makes is seen at both, in order, without gaps."""

import asyncio
import json

import pytest
from yinlu_testing.servers import VALKEY, Server, prefix, until

from bot_adapters.web.hub import Hub
from bot_queue.connection import StoreOptions, open_store
from bot_queue.frames import MemoryFrameLog, RedisFrameLog


class Seen:
    """A connection that writes down what it is shown."""

    listening, ear = True, None

    def __init__(self):
        self.frames = []

    def offer(self, seq, stored):
        self.frames.append((seq, json.loads(stored)["n"]))

    def error(self, error, answers=""):
        raise error


@pytest.fixture(scope="module")
def server():
    """A Valkey of this module's own."""
    made = Server(VALKEY)
    yield made
    made.close()


async def joined(hub, session="s"):
    """Connect to a session that has nothing yet."""
    seen = Seen()
    async with hub.locked(session) as held:
        await hub.join(session, held, seen, await hub.frames.last(session))
    return seen


def numbered(n):
    """Return a frame."""
    return json.dumps({"n": n})


async def test_what_one_gateway_makes_is_seen_at_the_other(server):
    """Forty frames, made by two processes' hubs by turns and at once: both members see all, in the log's order."""
    options = StoreOptions(prefix=prefix())
    async with open_store(server.url, options) as one, open_store(server.url, options) as two:
        here, there = Hub(RedisFrameLog(one)), Hub(RedisFrameLog(two))
        ann, ben = await joined(here), await joined(there)
        await here.publish("s", numbered(0))
        await until(lambda: len(ben.frames) == 1)
        await asyncio.gather(*((here, there)[n % 2].publish("s", numbered(n)) for n in range(1, 40)))
        await until(lambda: len(ann.frames) == len(ben.frames) == 40)
        assert ann.frames == ben.frames
        assert [seq for seq, _ in ann.frames] == list(range(1, 41))
        assert {n for _, n in ann.frames} == set(range(40))
        for hub, seen in ((here, ann), (there, ben)):
            hub.leave("s", seen)
        await until(lambda: here.sessions == there.sessions == 0)


async def test_who_comes_later_changes_nothing_for_who_is_there(server):
    """A second tab joins at the newest frame; the first one is shown what another gateway made just before, once."""
    options = StoreOptions(prefix=prefix())
    async with open_store(server.url, options) as one, open_store(server.url, options) as two:
        here = Hub(RedisFrameLog(one))
        ann = await joined(here)
        for n in range(5):
            await RedisFrameLog(two).append("s", numbered(n))
        second = await joined(here)
        await here.publish("s", numbered(5))
        await until(lambda: len(ann.frames) == 6)
        assert [seq for seq, _ in ann.frames] == [1, 2, 3, 4, 5, 6]
        await until(lambda: second.frames[-1:] == [(6, 5)])


async def test_a_house_alone_sends_itself_no_news(server):
    """Where nobody else listens to a session, nothing is published; the memory log has no followers at all."""
    options = StoreOptions(prefix=prefix())
    async with open_store(server.url, options) as one, open_store(server.url, options) as other:
        hub = Hub(RedisFrameLog(one))
        seen = await joined(hub)
        topic = f"{one.root}news:f:s"
        await until(lambda: _subscribed(other, topic))
        before = await _published(other)
        for n in range(10):
            await hub.publish("s", numbered(n))
        assert len(seen.frames) == 10
        assert await _published(other) == before
    alone = Hub(MemoryFrameLog())
    await joined(alone)
    assert alone._channels["s"].follower is None


async def _subscribed(store, topic):
    return (await store.call("PUBSUB", "NUMSUB", topic))[1] == 1


async def _published(store):
    """Return how often PUBLISH ran on the server."""
    found = await store.call("INFO", "commandstats")
    assert "cmdstat_" in found
    return [line.split(",")[0] for line in found.splitlines() if line.startswith("cmdstat_publish:")]
