"""The whole house on a chat platform: a real `yinlu run` with its worker, a loopback of the Bot API, members who act."""

import asyncio
import json

import pytest
from yinlu_testing.house import RunningHouse, yinlu
from yinlu_testing.telegram_house import ALICE, BOB, GROUP
from yinlu_testing.telegram_loopback import Loopback
from yinlu_testing.telegram_members import Members
from yinlu_testing.telegram_values import TOKEN


@pytest.fixture
async def api():
    """The loopback."""
    async with Loopback().serve() as served:
        served.admins[GROUP] = [ALICE]
        served.started.update({ALICE, BOB})
        yield served
    assert served.problems == []


@pytest.mark.slow
async def test_a_group_is_bound_asks_and_draws(api, tmp_path):
    """Bound by a code, asked, answered with sources; drawn, picked, and drawn on after kill -9."""
    more = {
        "YINLU_TELEGRAM_TOKEN": TOKEN,
        "YINLU_TELEGRAM_API_URL": api.root,
        "YINLU_EMBEDDING": "fast",
        "YINLU_WORKERS": "1",
    }
    house = RunningHouse(tmp_path / "data", tmp_path / "log", **more)
    members = Members(api)
    await asyncio.to_thread(house.start)
    try:
        members.says("/ask How long is a proposal voted on?", BOB, GROUP)
        await members.reads("/bind", chat=BOB)  # set-up help is for the asker alone
        made = await asyncio.to_thread(
            yinlu, "admin", "code", "sample", "--json", "--data", str(tmp_path / "data"), **more
        )
        code = json.loads(made.stdout)["code"]
        members.says(f"/bind {code}", ALICE, GROUP)
        await asyncio.sleep(6)  # an unbound place is remembered for five seconds
        members.says("/ask How long is a proposal voted on?", BOB, GROUP)
        answer = await members.reads("7 days", chat=GROUP)
        assert answer["reply_markup"]["inline_keyboard"]
        members.says("/imagine a red fox by a lake --ar 3:2", BOB, GROUP)
        grid = await members.reads("a red fox by a lake", "seed", chat=GROUP)
        assert grid.get("photo")
        members.presses(grid, "U2", ALICE)
        await members.reads("Image #2", chat=GROUP)
        await asyncio.to_thread(house.kill)
        members.presses(grid, "V3", BOB)
        await asyncio.to_thread(house.start)
        await members.reads("Variations by", "seed", chat=GROUP)
    finally:
        await asyncio.to_thread(house.stop)
