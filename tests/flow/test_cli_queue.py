"""`yinlu queue` and `yinlu worker` beside a running house, as separate processes."""

import json
import signal
import subprocess
import time

import pytest
from yinlu_testing.house import YINLU, RunningHouse, environment, yinlu

QUICK = {"YINLU_EMBEDDING": "hash"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house without models: only its queue is of interest."""
    folder = tmp_path_factory.mktemp("queue-house")
    with RunningHouse(folder / "data", folder / "log", **QUICK) as running:
        yield running


def queue(house, *words):
    """Run `yinlu queue ...` and return its JSON."""
    done = yinlu("queue", *words, "--data", str(house.data), "--json", **QUICK)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def lane(house, name="fast"):
    """Return one lane's figures."""
    return next(lane for lane in queue(house, "status")["lanes"] if lane["lane"] == name)


def test_jobs_are_put_paused_worked_on_and_drained(house):
    """A rehearsal waits while its lane is paused, is made by a worker when it is resumed, and drains."""
    queue(house, "pause", "fast")
    assert queue(house, "rehearse", "--jobs", "6", "--members", "3", "--seconds", "0.2") == {
        "put": 6,
        "refused": 0,
    }
    waiting = queue(house, "list", "waiting")["jobs"]
    assert [job["position"] for job in waiting] == [1, 2, 3, 4, 5, 6]
    assert len({job["person"] for job in waiting[:3]}) == 3, "members take turns"
    worker = subprocess.Popen(
        [*YINLU, "worker", "--data", str(house.data), "--lanes", "fast", "--side-by-side", "2"],
        env=environment(**QUICK),
        stdout=subprocess.DEVNULL,
    )
    try:
        time.sleep(1)
        assert lane(house)["waiting"] == 6, "a paused lane hands nothing out"
        queue(house, "resume", "fast")
        deadline = time.monotonic() + 30
        while lane(house)["done"] < 6 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert lane(house)["done"] == 6
        assert queue(house, "drain") == {"waiting": 0}
        assert lane(house)["paused"] and lane(house, "relax")["paused"]
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
    finally:
        worker.kill()


def test_what_is_not_there_or_makes_no_sense_is_said_in_a_sentence(house):
    """An unknown job, state, lane or kind ends with a sentence and code 1, not with a traceback."""
    for words in (
        ("queue", "retry", "nothing"),
        ("queue", "drop", "nothing"),
        ("queue", "list", "sleeping"),
        ("queue", "pause", "slow"),
        ("worker", "--kinds", "juggling"),
    ):
        done = yinlu(*words, "--data", str(house.data), **QUICK)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_a_worker_without_a_queue_says_where_one_comes_from(tmp_path):
    """No owner and no server: one sentence."""
    done = yinlu("worker", "--data", str(tmp_path / "empty"), **QUICK)
    assert done.returncode == 1
    assert "yinlu run" in done.stderr
    assert "YINLU_REDIS_URL" in done.stderr
