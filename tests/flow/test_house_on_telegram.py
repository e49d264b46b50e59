"""The whole house on a chat platform: a real `yinlu run` with its worker, a loopback of the Bot API, members who act."""

import asyncio
import json
import time

import pytest
from yinlu_testing.house import RunningHouse, yinlu
from yinlu_testing.telegram_house import ALICE, BOB, GROUP
from yinlu_testing.telegram_loopback import Loopback
from yinlu_testing.telegram_values import TOKEN, chat_json, user_json


class Members:
    """Members at the loopback."""

    def __init__(self, api):
        self.api = api

    def says(self, text, user=ALICE, chat=None, **fields):
        """Send a message."""
        self.api._message += 1
        chat = user if chat is None else chat
        message = {
            "message_id": self.api._message,
            "date": int(time.time()),
            "chat": chat_json(chat),
            "from": user_json(user),
            "text": text,
            **fields,
        }
        if text.startswith("/"):
            length = len(text.split()[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        self.api.messages[(chat, message["message_id"])] = {"text": "", "theirs": True}
        self.api.push(message=message)

    def presses(self, message, label, user=ALICE):
        """Press the button of a message whose label begins so."""
        markup = message["reply_markup"]
        (token, *_) = [
            b["callback_data"]
            for row in markup["inline_keyboard"]
            for b in row
            if b["text"].startswith(label)
        ]
        self.api._update += 1
        pressed = {
            "id": f"cb{self.api._update}",
            "from": user_json(user),
            "chat_instance": "1",
            "data": token,
            "message": message,
        }
        self.api.push(callback_query=pressed)

    async def reads(self, *words, chat=ALICE, seconds=40.0, count=1):
        """Wait for a message of ours that holds all these words; return the newest."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            ours = [m for (c, _), m in self.api.messages.items() if c == chat and "theirs" not in m]
            found = [
                m for m in ours if all(word in str(m.get("text") or m.get("caption") or "") for word in words)
            ]
            if len(found) >= count:
                return found[-1]
            await asyncio.sleep(0.05)
        raise AssertionError(f"nobody said {words}: {[m.get('text') or m.get('caption') for m in ours]}")


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
