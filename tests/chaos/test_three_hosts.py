"""Two gateways and a worker on three hosts (network namespaces), one Redis between them: lines are cut and come back."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from yinlu_testing.cluster import KEYS
from yinlu_testing.house import YINLU, environment
from yinlu_testing.postgres import postgres as postgres_fixture
from yinlu_testing.servers import DEBIAN, Server

from bot_app.rehearsal import rehearsal_job
from bot_core.ports.work import Lane
from bot_queue.connection import open_store
from bot_queue.jobs import RedisJobQueue

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.skipif(shutil.which(DEBIAN) is None, reason="needs Debian's redis-server"),
]
postgres = postgres_fixture

HUB, HOSTS = "yta", ("ytb", "ytc", "ytd")
PORT = 6398
FERRY = (
    "# Ferry\n\nThe ferry to Lantern Island leaves at 07:45 from pier four. A ticket costs three shells.\n"
)
ASK = """
import http.client, json, sys
line = http.client.HTTPConnection("127.0.0.1", 8080, timeout=float(sys.argv[1]))
line.request("POST", "/api/v1/ask", json.dumps({"question": sys.argv[2]}), {"Content-Type": "application/json"})
answer = line.getresponse()
print(json.dumps([answer.status, answer.read().decode()]))
"""


def ip(*words):
    """Run ip."""
    return subprocess.run(["ip", *words], capture_output=True, text=True)


@pytest.fixture
def hosts():
    """A hub and three hosts, each on a wire of its own to it."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and iproute2 (apt-get install iproute2)")
    for name in (HUB, *HOSTS):
        if ip("netns", "add", name).returncode:
            pytest.skip("this machine does not let us make network namespaces")
        ip("-n", name, "link", "set", "lo", "up")
    for number, name in enumerate(HOSTS, 1):
        ip("link", "add", f"{name}0", "netns", name, "type", "veth", "peer", f"{name}1", "netns", HUB)
        for space, wire, end in ((name, f"{name}0", 2), (HUB, f"{name}1", 1)):
            ip("-n", space, "addr", "add", f"10.78.{number}.{end}/24", "dev", wire)
            ip("-n", space, "link", "set", wire, "up")
    yield
    for name in (HUB, *HOSTS):
        ip("netns", "del", name)


def line(name, up):
    """Plug a host's wire in, or pull it out."""
    ip("-n", HUB, "link", "set", f"{name}1", "up" if up else "down")


class Host:
    """A program of the house on a host."""

    def __init__(self, number, name, folder, database, *words):
        self.name, self.log = name, folder / f"{name}.log"
        data = folder / name
        data.mkdir(mode=0o700)
        (folder / "files").mkdir(exist_ok=True)
        (data / "files").symlink_to(folder / "files")
        settings = {
            "YINLU_REDIS_URL": f"redis://10.78.{number}.1:{PORT}/0",
            "YINLU_DATABASE_URL": database,
            "YINLU_SIGNING_KEYS": KEYS,
            "YINLU_EMBEDDING": "hash",
            "YINLU_WATCH": f"{folder / 'documents'}=default",
            "YINLU_COMMUNITY": "default",
            "YINLU_WORDS_PER_MINUTE": "100000",
        }
        command = ["ip", "netns", "exec", name, *YINLU, *words, "--data", str(data)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=environment(**settings), stdout=log, stderr=subprocess.STDOUT
            )

    def ask(self, question, seconds=10.0):
        """Ask from this host itself; return the status, 0 where nothing came, and the text."""
        command = ["ip", "netns", "exec", self.name, sys.executable, "-I", "-c", ASK, str(seconds), question]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 20)
        return tuple(json.loads(done.stdout)) if done.returncode == 0 else (0, done.stderr)

    def knows(self, seconds):
        """Wait until it answers from the documents; return how long that took."""
        begun = time.monotonic()
        while True:
            status, text = self.ask("When does the ferry to Lantern Island leave?")
            if status == 200 and "07:45" in text:
                return time.monotonic() - begun
            assert time.monotonic() - begun < seconds, (status, text, self.log.read_text()[-2000:])
            time.sleep(0.3)

    def end(self, seconds=15):
        """Send SIGTERM; return how long it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(seconds)
        return time.monotonic() - begun


@pytest.mark.timeout(240)
async def test_hosts_lose_their_lines_and_come_back(hosts, tmp_path, postgres):
    """The others go on; who was cut off says so, and answers again when its line is back; every job is made once."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "ferry.md").write_text(FERRY)
    listening = ("--port", str(PORT), "--bind", "0.0.0.0", "--protected-mode", "no")
    redis = Server(DEBIAN, *listening, durable=True, inside=HUB)
    database, running = postgres.create(), []
    try:
        run = ("run", "--port", "8080")
        first, second = (Host(n, HOSTS[n - 1], tmp_path, database, *run) for n in (1, 2))
        worker = Host(3, HOSTS[2], tmp_path, database, "worker")
        running = [first, second, worker]
        for gateway in (first, second):
            await asyncio.to_thread(gateway.knows, 60)
        async with open_store(redis.url) as store:
            queue = RedisJobQueue(store)
            for n in range(60):
                await queue.put(rehearsal_job("hosts", n, f"m{n % 6}", 0.2, Lane.FAST, datetime.now(UTC)))
            line(first.name, up=False)
            line(worker.name, up=False)
            cut = await asyncio.to_thread(first.ask, "What does a ticket cost?", 6.0)
            assert cut[0] != 200
            for n in range(10):
                status, text = await asyncio.to_thread(second.ask, f"When does the ferry leave on day {n}?")
                assert status == 200, text
            line(first.name, up=True)
            line(worker.name, up=True)
            back = await asyncio.to_thread(first.knows, 15)
            async with asyncio.timeout(90):
                while (await queue.status())[0].done < 60:
                    await asyncio.sleep(0.3)
            fast, _ = await queue.status()
            assert (fast.waiting, fast.running, fast.done, fast.failed) == (0, 0, 60, 0)
        drains = [await asyncio.to_thread(host.end) for host in running]
        assert max(drains) <= 10, drains
        print({"back after": round(back, 1), "drains": [round(seconds, 1) for seconds in drains]})
    finally:
        for host in running:
            if host.process.poll() is None:
                host.process.kill()
                host.process.wait()
        redis.close()
