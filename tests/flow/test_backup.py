"""Backup and restore: taken while the house runs, whole and checked, or refused."""

import gzip
import io
import json
import stat
import tarfile

import pytest
from yinlu_testing.house import Client, RunningHouse, button, yinlu

PAGE = "# Harbour\n\n## Membership\n\nThe fee is thirty-one euro a year, paid in March.\n"


@pytest.fixture(scope="module")
def backed(tmp_path_factory):
    """A house that answered, was voted on and drew, its backup taken while it runs, and an answer's button."""
    folder = tmp_path_factory.mktemp("backed")
    (folder / "docs").mkdir()
    (folder / "docs" / "harbour.md").write_text(PAGE)
    data, archive = folder / "data", folder / "yinlu.tar.gz"
    with RunningHouse(data, folder / "log") as house:
        assert yinlu("ingest", str(folder / "docs"), "--data", str(data)).returncode == 0
        visitor, done = _asked(house.url)
        made = yinlu("backup", str(archive), "--data", str(data), "--json")
        assert made.returncode == 0, made.stderr
        assert json.loads(made.stdout)["left_out"] == []
        assert not list(data.glob("backup-*"))
    return archive, visitor, done


def _asked(url):
    import asyncio

    async def ask():
        visitor = Client()
        async with visitor.connected(url):
            done = await visitor.ask("How much is the membership fee?")
            await visitor.send("vote", {"token": button(done, "vote_up")})
            await visitor.until("vote")
        return visitor, done

    return asyncio.run(ask())


async def test_what_was_restored_goes_on(backed, tmp_path):
    """Answers, votes, sessions and buttons from before work on the restored folder, on another path."""
    archive, visitor, done = backed
    data = tmp_path / "elsewhere" / "data"
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    restored = yinlu("restore", str(archive), "--data", str(data))
    assert restored.returncode == 0, restored.stderr
    assert "yinlu run" in restored.stdout
    with RunningHouse(data, tmp_path / "log") as house:
        async with visitor.connected(house.url):
            again = await visitor.ask("How much is the membership fee?")
            assert (again["outcome"], again["text"]) == (done["outcome"], done["text"])
            assert "thirty-one euro" in again["text"]
            await visitor.send("vote", {"token": button(done, "vote_down")})
            await visitor.until("vote")
        (vote,) = json.loads(yinlu("votes", "--data", str(data), "--json").stdout)["votes"]
        assert (vote["value"], vote["question"]) == ("down", "How much is the membership fee?")


def test_a_backup_without_a_running_house(backed, tmp_path):
    """The same archive's folder is backed up while nothing runs; its keys can be left out."""
    data = tmp_path / "data"
    assert yinlu("restore", str(backed[0]), "--data", str(data)).returncode == 0
    made = yinlu("backup", str(tmp_path / "two.tar.gz"), "--no-keys", "--data", str(data))
    assert made.returncode == 0, made.stderr
    assert "signing keys" in made.stdout
    with tarfile.open(tmp_path / "two.tar.gz") as tar:
        names = tar.getnames()
    assert "keys.json" not in names
    assert {"ledger.sqlite3", "knowledge/manifest.sqlite3", "manifest.json"} <= set(names)
    assert any(name.startswith("valkey/appendonlydir/") for name in names)


def test_only_into_an_empty_folder(backed, tmp_path):
    """A folder that holds anything stays as it is."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine").write_text("x")
    refused = yinlu("restore", str(backed[0]), "--data", str(tmp_path / "data"))
    assert refused.returncode == 1
    assert "not empty" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    over = yinlu("backup", str(backed[0]), "--data", str(tmp_path / "other"))
    assert over.returncode == 1
    assert "already" in over.stderr


def _rewritten(archive, target, change):
    with tarfile.open(archive) as old, tarfile.open(target, "w:gz") as new:
        for member in old:
            data = change(member, old.extractfile(member).read())
            if data is not None:
                member.size = len(data)
                new.addfile(member, io.BytesIO(data))


def _flip(member, data):
    return bytes([data[0] ^ 1]) + data[1:] if member.name == "keys.json" else data


def _drop(member, data):
    return None if member.name == "keys.json" else data


def _lead_out(member, data):
    member.name = "../escaped" if member.name == "keys.json" else member.name
    return data


def _newer(member, data):
    return json.dumps({**json.loads(data), "format": 99}).encode() if member.name == "manifest.json" else data


@pytest.mark.parametrize("change", [_flip, _drop, _lead_out, _newer])
def test_an_altered_archive_is_refused(backed, tmp_path, change):
    """One sentence, and nothing is left behind: a changed byte, a missing file, a name that leads out, a newer format."""
    bad = tmp_path / "bad.tar.gz"
    _rewritten(backed[0], bad, change)
    _refused(bad, tmp_path)


@pytest.mark.parametrize("part", [0, 100, 0.5, -20])
def test_a_cut_archive_is_refused(backed, tmp_path, part):
    """Wherever it ends: nothing, no header, half of it, all but its last bytes."""
    whole = backed[0].read_bytes()
    (tmp_path / "bad.tar.gz").write_bytes(whole[: int(part * len(whole)) if part == 0.5 else part])
    _refused(tmp_path / "bad.tar.gz", tmp_path)


def test_something_else_is_refused(tmp_path):
    """Words, and a tar of another program."""
    (tmp_path / "bad.tar.gz").write_bytes(gzip.compress(b"hello" * 1000))
    _refused(tmp_path / "bad.tar.gz", tmp_path)


def _refused(archive, folder):
    refused = yinlu("restore", str(archive), "--data", str(folder / "data"))
    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
    assert str(archive) in refused.stderr
    assert [path.name for path in folder.iterdir()] == [archive.name]
