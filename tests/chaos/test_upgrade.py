"""A data folder that the first program wrote is opened by today's, and nothing in it is lost."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from yinlu_testing.house import Client, RunningHouse, button, environment, yinlu

from bot_ledger.migrate import HEAD

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
FIRST = "36b36b5"  # the first commit with a command line: what it keeps is revision 0001
ROOMS = ("bot", "adapters", "handlers", "knowledge", "media", "queue")
QUICK = {"YINLU_EMBEDDING": "fast"}
FERRY = (
    "# Ferry\n\nThe ferry to Lantern Island leaves at 07:45 from pier four. A ticket costs three shells.\n"
)
QUESTION = "When does the ferry to Lantern Island leave?"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The first program, as PYTHONPATH."""
    folder = tmp_path_factory.mktemp("first")
    archive = folder / "tree.tar"
    command = ["git", "-C", str(ROOT), "archive", "--output", str(archive), FIRST, *ROOMS]
    if shutil.which("git") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("needs the repository with its history")
    with tarfile.open(archive) as tree:
        tree.extractall(folder, filter="data")
    return ":".join(str(folder / room) for room in ROOMS)


def known(**more):
    """Return the environment without settings that the first program did not have yet."""
    return {name: value for name, value in environment(**more).items() if name != "YINLU_WORKERS"}


def old(first, *words):
    """Run one of the first program's commands."""
    command = [sys.executable, "-m", "bot_app", *words]
    done = subprocess.run(
        command, env=known(PYTHONPATH=first, **QUICK), capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def revision(data):
    """Return the ledger's revision and how many answers are in it."""
    with sqlite3.connect(data / "ledger.sqlite3") as ledger:
        (version,) = ledger.execute("SELECT version_num FROM alembic_version").fetchone()
        (answers,) = ledger.execute("SELECT count(*) FROM answers").fetchone()
    return version, answers


def votes(data):
    """Return each vote's value and question, as today's program tells them."""
    told = json.loads(yinlu("votes", "--data", str(data), "--json", **QUICK).stdout)
    return [(vote["value"], vote["question"]) for vote in told["votes"]]


async def test_the_first_data_folder_is_brought_up_to_today(first, tmp_path, monkeypatch):
    """Documents are found, the answer of then keeps its vote, its button still works, and the tables are today's."""
    data, documents = tmp_path / "data", tmp_path / "documents"
    documents.mkdir()
    (documents / "ferry.md").write_text(FERRY)
    old(first, "ingest", str(documents), "--data", str(data))
    client = Client()
    with monkeypatch.context() as then_only:
        then_only.setattr("yinlu_testing.house.environment", known)
        with RunningHouse(data, tmp_path / "old.log", PYTHONPATH=first, **QUICK) as house:
            async with client.connected(house.url):
                then = await client.ask(QUESTION)
                voted = await client.send("vote", {"token": button(then, "vote_up")})
                await client.until("vote", voted)
            house.stop()
    assert revision(data) == ("0001", 1)

    said = json.loads(yinlu("ask", QUESTION, "--data", str(data), "--json", **QUICK).stdout)
    assert "07:45" in said["answer"]
    assert revision(data)[0] == HEAD
    assert votes(data) == [("up", QUESTION)]
    with RunningHouse(data, tmp_path / "new.log", **QUICK) as house:
        async with client.connected(house.url):
            voted = await client.send("vote", {"token": button(then, "vote_down")})
            await client.until("vote", voted)
            now = await client.ask("What does a ticket cost?")
        house.stop()
    assert "three shells" in now["text"]
    assert votes(data) == [("down", QUESTION)]
