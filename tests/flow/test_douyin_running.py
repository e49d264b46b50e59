"""The whole house with its mini program: a real `yinlu run` with its worker, Douyin's hosts on loopback, one member."""

import asyncio
import json

import aiohttp
import pytest
from yinlu_testing.douyin_house import DouyinHouse, Phone
from yinlu_testing.douyin_loopback import APP, SECRET, DouyinLoopback
from yinlu_testing.house import RunningHouse

from bot_media.labels.metadata import aigc_of


@pytest.fixture
async def outside(tmp_path):
    """Return the platform, the running house, and what a phone needs of them."""
    platform = DouyinLoopback()
    async with platform.serve(), aiohttp.ClientSession() as http:
        more = {
            "YINLU_DOUYIN_APP_ID": APP,
            "YINLU_DOUYIN_SECRET": SECRET,
            "YINLU_DOUYIN_API_URL": platform.root,
            "YINLU_DOUYIN_OPEN_URL": platform.root,
            "YINLU_EMBEDDING": "fast",
            "YINLU_WORKERS": "1",
        }
        running = RunningHouse(tmp_path / "data", tmp_path / "log", **more)
        await asyncio.to_thread(running.start)
        house = DouyinHouse()
        house.platform, house.http, house.url = platform, http, running.url
        try:
            yield house, running
        finally:
            await asyncio.to_thread(running.stop)


async def _frame(phone: Phone, true, seconds: float = 90.0):
    """Wait for a frame."""
    async with asyncio.timeout(seconds):
        while True:
            frame = await phone.socket.receive_json()
            phone.got.append(frame)
            if true(frame):
                return frame


@pytest.mark.slow
async def test_a_member_asks_draws_and_finds_every_label(outside, tmp_path):
    """Answered with sources and the visible label, drawn with the hidden one; recorded; all again after kill -9."""
    house, running = outside
    async with house.phone("alice", locale="en") as alice:
        done = await alice.asks("How long is a proposal voted on?")
        assert done["type"] == "done" and "7 days" in done["data"]["text"], done
        assert done["data"]["text"].endswith("(AI-generated content)")
        await alice.says("invoke", command="imagine", arguments={"prompt": "a red fox by a lake"})
        shown = await _frame(alice, lambda f: any(p["kind"] == "picture" for p in f["data"].get("parts", ())))
        picture = next(part for part in shown["data"]["parts"] if part["kind"] == "picture")
        async with house.http.get(house.url + picture["url"]) as answer:
            data = await answer.read()
        record = aigc_of(data)
        assert record is not None and record["Label"] == "1" and record["ContentProducer"]
        (tmp_path / "fox.png").write_bytes(data)
        token, session, last = alice.token, alice.session, max(f.get("seq", 0) for f in alice.got)
    calls = house.platform.calls
    assert calls["/api/v2/tags/text/antidirt"] > 2 and calls["/api/apps/v1/censor/image/"] >= 1
    lines = [
        json.loads(line)
        for file in (running.data / "douyin-records").iterdir()
        for line in file.read_text().splitlines()
    ]
    assert {"text", "picture"} <= {line["kind"] for line in lines}
    await asyncio.to_thread(running.kill)
    await asyncio.to_thread(running.start)
    house.url = running.url
    async with house.phone(token=token, locale="en") as again:
        hello = await again.hello(session=session, after=last)
        assert hello["data"]["resumed"] is True
        assert (await again.asks("How long is a proposal voted on?"))["type"] == "done"
    assert SECRET not in (tmp_path / "log").read_text() and token not in (tmp_path / "log").read_text()
