"""The whole house on servers instead of the embedded engines: Debian's Redis and PostgreSQL, by two settings."""

import json

import pytest
from yinlu_testing.house import Client, RunningHouse, button, yinlu
from yinlu_testing.servers import DEBIAN, Server

pytest_plugins = ["yinlu_testing.postgres"]
pytestmark = [pytest.mark.redis, pytest.mark.postgres]


@pytest.fixture
def servers(postgres):
    """The settings of a house on both."""
    redis = Server(DEBIAN)
    yield {
        "YINLU_REDIS_URL": redis.url,
        "YINLU_DATABASE_URL": postgres.create(),
        "YINLU_EMBEDDING": "fast",
    }
    redis.close()


async def test_ask_vote_and_come_back(servers, tmp_path):
    """Asked, voted, killed, come back: the session goes on, the vote is in PostgreSQL, no Valkey of ours runs."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/ferry.md").write_text(
        "# Ferry\n\nThe ferry to Lantern Island leaves at 07:45 from pier four.\n"
    )
    data = tmp_path / "data"
    done = yinlu("ingest", "docs", "--data", str(data), "--json", cwd=tmp_path, **servers)
    assert json.loads(done.stdout)["added"] == 1, done.stderr
    client = Client()
    with RunningHouse(data, tmp_path / "log", **servers) as house:
        async with client.connected(house.url):
            answered = await client.ask("When does the ferry to Lantern Island leave?")
            assert "07:45" in answered["text"]
            await client.send("vote", {"token": button(answered, "vote_up")})
            await client.until("vote")
        assert house.valkey() is None
        house.kill()
        house.start()
        async with client.connected(house.url):
            assert client.frames[-1]["data"]["resumed"] is True
    assert not (data / "ledger.sqlite3").exists()
    votes = json.loads(yinlu("votes", "--data", str(data), "--json", **servers).stdout)["votes"]
    assert [vote["value"] for vote in votes] == ["up"]
    doctor = json.loads(yinlu("doctor", "--data", str(data), "--json", **servers).stdout)
    assert "fail" not in json.dumps(doctor).lower()
