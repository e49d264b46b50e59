"""kill -9 of a gateway amid updates: what it acknowledged is answered once, or counted as uncertain."""

import os
import random
import subprocess
import sys
import time
from collections import Counter

import pytest
from yinlu_testing.servers import Server, prefix

from bot_core.ports.work import OutboxCounts
from bot_queue.connection import StoreOptions, open_store
from bot_queue.outbox import RedisOutbox

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize(
    ("total", "kills"),
    [pytest.param(400, 3, id="short"), pytest.param(5000, 20, id="full", marks=pytest.mark.slow)],
)
async def test_a_gateway_killed_amid_updates_loses_none(tmp_path, total, kills):
    """Each update is shown exactly once, save those whose send was cut off: these are counted, and never repeated."""
    server, name_space, chance = Server(durable=True), prefix(), random.Random(6)
    command = [
        sys.executable,
        "-m",
        "yinlu_testing.queue_gateway",
        server.url,
        name_space,
        str(tmp_path),
        str(total),
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    shown, gateway, killed = tmp_path / "shown", None, 0
    try:
        deadline = time.monotonic() + 240
        while not (tmp_path / "finished").exists():
            assert time.monotonic() < deadline
            if gateway is None:
                size = shown.stat().st_size if shown.exists() else 0
                gateway = subprocess.Popen(command, env=environment)
                while not shown.exists() or shown.stat().st_size == size:
                    assert gateway.poll() is None or (tmp_path / "finished").exists()
                    if (tmp_path / "finished").exists():
                        break
                    time.sleep(0.005)
            if killed < kills:
                time.sleep(0.05 + chance.random() * 0.15)
                gateway.kill()
                gateway.wait()
                gateway, killed = None, killed + 1
            else:
                time.sleep(0.05)
        counted = Counter(shown.read_text().split())
        async with open_store(server.url, StoreOptions(prefix=name_space)) as store:
            counts: OutboxCounts = await RedisOutbox(store, {}, None, "test").counts()
        assert max(counted.values()) == 1, "something was shown twice"
        missing = total - len(counted)
        assert 0 <= missing <= counts.uncertain
        assert counts.sent + counts.uncertain == total and counts.failed == 0
        print(f"{killed} kills, {missing} missing, {counts.uncertain} uncertain of {total}")
    finally:
        if gateway is not None:
            gateway.kill()
            gateway.wait()
        server.close()
