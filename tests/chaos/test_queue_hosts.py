"""Three hosts in network namespaces: one loses its line to Valkey for 30 seconds."""

import asyncio
import os
import shutil
import subprocess
import sys
import time

import pytest
from yinlu_testing.core import NOON
from yinlu_testing.servers import VALKEY, Server

from bot_core.identity import Origin, short_id
from bot_core.ports.work import Job, JobState, Lane
from bot_queue.connection import StoreOptions, open_store
from bot_queue.jobs import QueueOptions, RedisJobQueue

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

LEASE = 3.0
HUB, HOSTS = "yqa", ("yqb", "yqc")


def ip(*words):
    """Run ip."""
    return subprocess.run(["ip", *words], capture_output=True, text=True)


@pytest.fixture
def hosts():
    """A hub and two hosts, each on a wire of its own to it."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and iproute2 (apt-get install iproute2)")
    for name in (HUB, *HOSTS):
        if ip("netns", "add", name).returncode:
            pytest.skip("this machine does not let us make network namespaces")
    for number, name in enumerate(HOSTS, 1):
        ip("link", "add", f"{name}0", "netns", name, "type", "veth", "peer", f"{name}1", "netns", HUB)
        for space, wire, end in ((name, f"{name}0", 2), (HUB, f"{name}1", 1)):
            ip("-n", space, "addr", "add", f"10.77.{number}.{end}/24", "dev", wire)
            ip("-n", space, "link", "set", wire, "up")
    yield
    for name in (HUB, *HOSTS):
        ip("netns", "del", name)


def hire(number, name):
    """Start a worker process on a host."""
    command = [
        "ip", "netns", "exec", name, sys.executable, "-m", "yinlu_testing.queue_worker",
        f"redis://10.77.{number}.1:6399", "cut", str(LEASE), "0.3", "1000", name,
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def job(n):
    """Return job n."""
    return Job(
        short_id(f"h{n}"),
        f"h{n}",
        "k",
        "p",
        Lane.FAST,
        f"p{n % 20}",
        "c",
        Origin("t", "p", "c"),
        1.0,
        {},
        NOON,
    )


async def done(queue, total, seconds):
    """Wait until so many are done."""
    deadline = time.monotonic() + seconds
    while (await queue.status())[0].done < total:
        assert time.monotonic() < deadline, await queue.status()
        await asyncio.sleep(0.1)


@pytest.mark.timeout(240)
async def test_a_cut_of_thirty_seconds(hosts):
    """Its jobs are back within the lease and 2 s, others finish them, nothing is committed twice, and it works again."""
    server = Server(VALKEY, "--port", "6399", "--bind", "0.0.0.0", "--protected-mode", "no", inside=HUB)
    crew = []
    try:
        async with open_store(server.url, StoreOptions(prefix="cut")) as store:
            queue = RedisJobQueue(store, QueueOptions(lease=LEASE, most_waiting=10**6, most_open=10**6))
            crew = [hire(number, name) for number, name in enumerate(HOSTS, 1)]
            for n in range(1200):
                await queue.put(job(n))
            await done(queue, 60, 30)
            ip("-n", HUB, "link", "set", f"{HOSTS[0]}1", "down")
            cut = time.monotonic()
            held = {view.job.id for view in await queue.listing(JobState.RUNNING)}
            while held:
                left = {view.job.id for view in await queue.listing(JobState.RUNNING) if view.attempt == 1}
                held &= left
                assert time.monotonic() - cut <= LEASE + 2, f"{len(held)} jobs are still with the lost host"
                await asyncio.sleep(0.05)
            await asyncio.sleep(max(0.0, 30 - (time.monotonic() - cut)))
            ip("-n", HUB, "link", "set", f"{HOSTS[0]}1", "up")
            await done(queue, 1200, 120)
            await asyncio.sleep(LEASE)
            fast, _ = await queue.status()
            assert (fast.waiting, fast.running, fast.done, fast.failed) == (0, 0, 1200, 0)
            taken_over = [v for v in await queue.listing(JobState.DONE, 1200) if v.attempt > 1]
            assert len(taken_over) >= 4, "the cut hit nobody"
            crew[1].kill()
            crew[1].wait()
            for n in range(1200, 1220):
                await queue.put(job(n))
            await done(queue, 1220, 30)
    finally:
        for member in crew:
            member.kill()
            member.wait()
        server.close()
