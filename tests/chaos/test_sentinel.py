"""deploy/redis with passwords: a primary, a replica, three Sentinels; the primary is killed and the queue goes on."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from yinlu_testing.core import NOON
from yinlu_testing.servers import DEBIAN, until

from bot_core.errors import Broken
from bot_core.identity import Origin, short_id
from bot_core.ports.work import Job, Lane
from bot_queue.connection import StoreOptions, open_store
from bot_queue.jobs import QueueOptions, RedisJobQueue

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.slow,
    pytest.mark.redis,
    pytest.mark.skipif(shutil.which(DEBIAN) is None, reason="needs Debian's redis-server"),
]

FILES = Path(__file__).resolve().parents[2] / "deploy/redis"


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Servers:
    """Processes of redis-server on the project's own files, with other ports and folders."""

    def __init__(self, folder):
        self.folder, self.running = folder, {}

    def start(self, name, source, *more, sentinel=False, **changed):
        """Start one: ``changed`` are lines of the file by their first word."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        text = (FILES / source).read_text()
        for word, value in {"dir": home, **changed}.items():
            text, found = re.subn(rf"^{word} .*$", f"{word} {value}", text, flags=re.MULTILINE)
            assert found == 1, word
        (home / "redis.conf").write_text("\n".join([text, *more, ""]))
        command = [DEBIAN, str(home / "redis.conf"), *(["--sentinel"] if sentinel else [])]
        self.running[name] = subprocess.Popen(
            command, stdout=(home / "log").open("wb"), stderr=subprocess.STDOUT
        )

    def close(self):
        """Kill them all."""
        for process in self.running.values():
            process.kill()
            process.wait()


def asked(port, *words, secret="redis/secret"):
    """Return what redis-cli says."""
    command = ["redis-cli", "-p", str(port), *words]
    environment = {**os.environ, "REDISCLI_AUTH": secret}
    return subprocess.run(command, capture_output=True, text=True, timeout=10, env=environment).stdout


def watched(port, *words):
    """Return what a Sentinel says."""
    return asked(port, "sentinel", *words, secret="watch+word")


LOCKED = ("requirepass redis/secret", "masterauth redis/secret")


@pytest.fixture
def house_of_redis(tmp_path):
    """A primary with a replica and three Sentinels that have found each other."""
    servers = Servers(tmp_path)
    first, second, *watching = (free_port() for _ in range(5))
    try:
        servers.start("first", "redis.conf", *LOCKED, port=first)
        servers.start("second", "redis.conf", f"replicaof 127.0.0.1 {first}", *LOCKED, port=second)
        for number, port in enumerate(watching):
            monitor = f"monitor yinlu 127.0.0.1 {first} 2"
            keys = (
                "requirepass watch+word",
                "sentinel sentinel-pass watch+word",
                "sentinel auth-pass yinlu redis/secret",
            )
            servers.start(f"sentinel{number}", "sentinel.conf", *keys, sentinel=True, port=port, **{
                "sentinel monitor": monitor.removeprefix("monitor "),
                "sentinel down-after-milliseconds": "yinlu 1000",
                "sentinel failover-timeout": "yinlu 5000",
            })  # fmt: skip
        yield servers, first, second, watching
    finally:
        servers.close()


def job(n):
    """Return job n."""
    return Job(
        short_id(f"s{n}"),
        f"s{n}",
        "k",
        "p",
        Lane.FAST,
        f"p{n % 5}",
        "c",
        Origin("t", "p", "c"),
        1.0,
        {},
        NOON,
    )


async def put_until_taken(queue, n, seconds=40):
    """Put a job as a gateway does: again, with the same key, until it is stored."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                return await queue.put(job(n))
            except Broken:
                await asyncio.sleep(0.2)


@pytest.mark.timeout(180)
async def test_the_queue_goes_on_after_its_primary_was_killed(house_of_redis):
    """The replica is made primary, by the Sentinels' address alone; what was acknowledged before is there."""
    servers, first, second, watching = house_of_redis
    await until(lambda: "connected_slaves:1" in asked(first, "info", "replication"), 20)
    for port in watching:
        await until(lambda port=port: watched(port, "ckquorum", "yinlu").startswith("OK 3"), 30)
        await until(lambda port=port: f"{second}" in watched(port, "replicas", "yinlu"), 20)
    hosts = ",".join(f"127.0.0.1:{port}" for port in watching)
    url = f"sentinel://:redis%2Fsecret@{hosts}/yinlu?sentinel_password=watch%2Bword"
    async with open_store(url, StoreOptions(prefix="sentinel")) as store:
        queue = RedisJobQueue(store, QueueOptions(most_waiting=10**6, most_open=10**6))
        for n in range(100):
            await put_until_taken(queue, n)
        await until(lambda: _copied(first), 10)
        servers.running["first"].kill()
        servers.running["first"].wait()
        clock = asyncio.get_running_loop().time
        begun = clock()
        # The new primary has no replica, so by min-replicas-to-write it takes nothing yet.
        await until(lambda: "role:master" in asked(second, "info", "replication"), 40)
        took = clock() - begun
        servers.start("third", "redis.conf", f"replicaof 127.0.0.1 {second}", *LOCKED, port=free_port())
        await put_until_taken(queue, 100)
        fast, _ = await queue.status()
        assert fast.waiting == 101
        print({"fail-over": round(took, 1), "writes again": round(clock() - begun, 1)})


def _copied(port):
    """Say whether the replica has everything that the primary has."""
    told = asked(port, "info", "replication")
    primary = re.search(r"master_repl_offset:(\d+)", told)
    replica = re.search(r"slave0:.*offset=(\d+)", told)
    return bool(primary and replica and primary[1] == replica[1])
