"""kill -9 of the whole house at bad moments: what was acknowledged is there, what was asked is answered."""

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import suppress

import psutil
import pytest
from yinlu_testing.house import YINLU, Client, RunningHouse, button, environment
from yinlu_testing.house import yinlu as command

pytestmark = pytest.mark.chaos

QUICK = {"YINLU_EMBEDDING": "fast"}  # these tests are about what survives, not about how well it is found

FERRY = (
    "# Ferry\n\nThe ferry to Lantern Island leaves at 07:45 from pier four. A ticket costs three shells.\n"
)


def yinlu(*words):
    """Run one command, quickly."""
    return command(*words, **QUICK)


@pytest.fixture(scope="module")
def docs(tmp_path_factory):
    """A small community's documents."""
    folder = tmp_path_factory.mktemp("given") / "docs"
    folder.mkdir()
    (folder / "ferry.md").write_text(FERRY)
    for n in range(12):
        (folder / f"topic{n}.md").write_text(
            f"# Topic {n}\n\n"
            + "\n\n".join(
                f"## Part {m}\n\nRule {n}-{m} says that lamp {n * 7 + m} is lit at {m}:30." for m in range(6)
            )
        )
    return folder


@pytest.fixture(scope="module")
def stocked(tmp_path_factory, docs):
    """A data folder in which the documents are ingested; copied by each test."""
    folder = tmp_path_factory.mktemp("stocked") / "data"
    done = yinlu("ingest", str(docs), "--data", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def house(stocked, tmp_path):
    """A house on its own copy of the data folder."""
    data = tmp_path / "data"
    shutil.copytree(stocked, data, ignore=lambda _, names: [name for name in names if name.endswith(".sock")])
    running = RunningHouse(data, tmp_path / "log", **QUICK)
    with running:
        yield running


async def test_a_question_that_was_received_is_answered_after_kill_9(house):
    """Killed right after `received`: the next owner answers it in the same session, once."""
    client = Client()
    random.seed(5)
    for round_ in range(4):
        async with client.connected(house.url):
            sent = await client.send("ask", {"text": "When does the ferry leave?"})
            await client.until("progress", sent)
            await asyncio.sleep(random.random() * 0.05 * round_)
            house.kill()
        house.start()
        async with client.connected(house.url):
            have = [frame for frame in client.frames if frame["type"] == "done" and frame.get("id") == sent]
            done = have[0] if have else await client.until("done", sent)
            assert "07:45" in done["data"]["text"]
    asked = [frame["id"] for frame in client.frames if frame["type"] == "done"]
    assert len(asked) == len(set(asked)) == 4


async def test_a_vote_that_was_acknowledged_is_kept(house):
    """Killed right after the vote's acknowledgement: `yinlu votes` shows it with its reason."""
    client = Client()
    async with client.connected(house.url):
        done = await client.ask("When does the ferry leave?")
        await client.send(
            "vote", {"token": button(done, "vote_down"), "reason": "outdated", "words": "new timetable"}
        )
        await client.until("vote")
        house.kill()
    shown = yinlu("votes", "--data", str(house.data), "--json")
    (vote,) = json.loads(shown.stdout)["votes"]
    assert (vote["value"], vote["reason"], vote["words"]) == ("down", "outdated", "new timetable")
    assert vote["question"] == "When does the ferry leave?"


def test_ingest_killed_at_any_moment_can_be_repeated(docs, tmp_path):
    """kill -9 in the middle of `yinlu ingest`, several times: the next whole run leaves a complete index."""
    data = tmp_path / "data"
    random.seed(11)
    for _ in range(3):
        process = subprocess.Popen(
            [*YINLU, "ingest", str(docs), "--data", str(data), "--json"],
            env=environment(**QUICK),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(1.0 + random.random() * 3)
        process.kill()
        process.wait()
    done = yinlu("ingest", str(docs), "--data", str(data), "--json")
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts["added"] + counts["updated"] + counts["unchanged"] == 13
    assert counts["failed"] == []
    again = json.loads(yinlu("ingest", str(docs), "--data", str(data), "--json").stdout)
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 13)
    asked = json.loads(yinlu("ask", "What does a ferry ticket cost?", "--data", str(data), "--json").stdout)
    assert "three shells" in asked["answer"]
    texts = [passage["text"] for passage in asked["retrieved"]]
    assert len(texts) == len(set(texts)), "a passage was indexed twice"


async def test_valkey_killed_is_restarted_with_its_data(house):
    """Valkey dies under a running house: it comes back, and sessions go on where they were."""
    client = Client()
    async with client.connected(house.url):
        await client.ask("When does the ferry leave?")
        valkey = house.valkey()
        assert valkey is not None
        valkey.kill()
        for _ in range(100):
            await asyncio.sleep(0.1)
            if (house.valkey() or valkey).pid != valkey.pid:
                break
    async with client.connected(house.url):
        assert client.frames[-1]["data"]["resumed"] is True
        done = await client.ask("What does a ferry ticket cost?")
        assert "three shells" in done["text"]


def test_a_second_run_is_refused_with_the_owners_pid(house):
    """Two owners of one data folder can't be; the second says who the first is."""
    second = yinlu("run", "--port", "0", "--data", str(house.data))
    assert second.returncode == 1
    assert str(house.pid) in second.stderr


def test_commands_work_beside_a_running_house(house):
    """ask, votes, documents and doctor go through the control socket."""
    asked = yinlu("ask", "When does the ferry leave?", "--data", str(house.data), "--json")
    assert "07:45" in json.loads(asked.stdout)["answer"]
    assert yinlu("votes", "--data", str(house.data), "--json").returncode == 0
    listed = yinlu("documents", "list", "--data", str(house.data), "--json")
    assert "ferry.md" in listed.stdout
    assert yinlu("doctor", "--data", str(house.data), "--json").returncode == 0


def test_sigterm_leaves_nothing_behind(house):
    """SIGTERM ends the house and its Valkey within 10 s."""
    valkey = house.valkey()
    assert valkey is not None
    assert house.stop() < 10
    assert not valkey.is_running() or valkey.status() == psutil.STATUS_ZOMBIE


async def test_sigterm_in_the_middle_of_a_question_answers_or_keeps_it(house):
    """A question that was received is answered before the end, or by the next owner."""
    client = Client()
    async with client.connected(house.url):
        sent = await client.send("ask", {"text": "What does a ferry ticket cost?"})
        await client.until("progress", sent)
        os.kill(house.pid, signal.SIGTERM)
        assert house.process is not None
        await asyncio.to_thread(house.process.wait, 15)
    house.start()
    async with client.connected(house.url):
        if not any(frame["type"] == "done" for frame in client.frames):
            await client.until("done", sent)
    assert [frame["id"] for frame in client.frames if frame["type"] == "done"] == [sent]


@pytest.fixture
def small_disk(tmp_path):
    """A tmpfs of 256 MB; needs root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"a small tmpfs can't be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


async def test_a_full_disk_is_told_and_loses_nothing(stocked, small_disk, tmp_path):
    """With no byte left a question gets a sentence, not silence; with room again all goes on, votes kept."""
    data = small_disk / "data"
    subprocess.run(["cp", "-r", "--sparse=always", str(stocked), str(data)], check=True)
    client = Client()
    with RunningHouse(data, tmp_path / "log", **QUICK) as house:
        async with client.connected(house.url):
            done = await client.ask("When does the ferry leave?")
            await client.send("vote", {"token": button(done, "vote_up")})
            await client.until("vote")
            filler = small_disk / "filler"
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while file.write(b"x" * 4096):
                    pass
            told = await _asks_on_a_full_disk(client)
            assert told["type"] in ("error", "done"), told
            filler.unlink()
            await asyncio.sleep(2)
        async with client.connected(house.url):
            done = await client.ask("What does a ferry ticket cost?")
            assert "three shells" in done["text"]
    shown = json.loads(yinlu("votes", "--data", str(data), "--json").stdout)["votes"]
    assert [vote["value"] for vote in shown] == ["up"]


def test_ingesting_onto_a_disk_that_is_almost_full_is_refused_in_time(docs, small_disk):
    """One sentence and no crash; with room again the same command goes through."""
    (small_disk / "filler").write_bytes(b"x" * 100_000_000)
    data = small_disk / "data"
    refused = yinlu("ingest", str(docs), "--data", str(data), "--json")
    assert refused.returncode == 1
    assert "disk is full" in refused.stderr + refused.stdout
    (small_disk / "filler").unlink()
    done = yinlu("ingest", str(docs), "--data", str(data), "--json")
    assert json.loads(done.stdout)["added"] == 13


async def _asks_on_a_full_disk(client):
    sent = await client.send("ask", {"text": "What does a ferry ticket cost?"})
    while True:
        frame = await client.receive(30)
        if frame.get("id") == sent and frame["type"] in ("error", "done"):
            return frame
