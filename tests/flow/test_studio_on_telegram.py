"""The studio in the whole house on Telegram: a real `yinlu run` with its worker, a loopback Bot API, two members at once."""

import asyncio

import pytest
from yinlu_testing.studio_house import (
    StudioRun,
    carries,
    come_true,
    job_of,
    most_within,
    says_something_new,
)
from yinlu_testing.telegram_house import ALICE, BOB, GROUP
from yinlu_testing.telegram_loopback import Loopback
from yinlu_testing.telegram_members import Members
from yinlu_testing.telegram_values import TOKEN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PER_MINUTE = 20  # messages and edits that Telegram takes in one group
MINUTE = 59.0  # seconds: what left a minute apart may arrive a little closer together


@pytest.fixture
async def api():
    """The loopback."""
    async with Loopback().serve() as served:
        served.admins[GROUP] = [ALICE]
        served.started.update({ALICE, BOB})
        yield served
    assert served.problems == []


@pytest.fixture
async def studio(api, tmp_path):
    """A house whose group is bound to the sample community."""
    run = StudioRun(tmp_path, YINLU_TELEGRAM_TOKEN=TOKEN, YINLU_TELEGRAM_API_URL=api.root)
    await run.start()
    try:
        Members(api).says(f"/bind {await run.code()}", ALICE, GROUP)
        await asyncio.sleep(6)  # an unbound place is remembered for five seconds
        yield run
    finally:
        await run.stop()


def followed(api, words):
    """Return what the message that follows a job says now."""
    found = [m for m in api.messages.values() if words in str(m.get("text", "")) and "theirs" not in m]
    return str(found[-1]["text"]) if found else ""


def sent_pictures(api):
    """Return (caption, bytes) of every picture that was sent to the group."""
    return [(data["caption"], data["photo"]) for data in api.of("sendPhoto") if data["chat_id"] == GROUP]


async def test_two_members_draw_at_once(api, studio):
    """Imagine, grid, U2, V3, reroll by two at once, a restart and a worker's death in the middle; then a stop."""
    members = Members(api)
    members.says("/imagine a red fox by a lake --ar 3:2 --seed 7", ALICE, GROUP)
    members.says("/imagine two cats under the moon --seed 8", BOB, GROUP)
    hers = await members.reads("a red fox by a lake", "Drawn by", chat=GROUP)
    his = await members.reads("two cats under the moon", "Drawn by", chat=GROUP)
    members.presses(hers, "U2", ALICE)
    members.presses(his, "V3", BOB)
    single = await members.reads("Image #2", f"User {ALICE}", "Drawn by", chat=GROUP)
    await members.reads("two cats", "Variations by", f"User {BOB}", "Drawn by", chat=GROUP)

    members.presses(single, "🔍 4x", ALICE)  # seconds of work
    await come_true(studio.running)
    assert studio.kill_workers() == 1
    members.presses(hers, "🔄", BOB)
    await members.reads("Upscaled (4x)", "Drawn by", chat=GROUP, seconds=90)
    await members.reads("a red fox by a lake", f"User {BOB}", "Drawn by", chat=GROUP)

    members.presses(single, "🔎 2x", ALICE)
    await studio.kill()  # kill -9 of the house, its Valkey and its worker
    members.presses(his, "U1", BOB)  # nobody is there to take it
    await studio.start()
    await members.reads("Image #1", f"User {BOB}", "Drawn by", chat=GROUP, seconds=90)
    await members.reads("Zoom out 2x", "Drawn by", chat=GROUP, seconds=90)

    members.presses(single, "🔍 4x", ALICE)
    members.says("/imagine a green owl", ALICE, GROUP)
    waits = await members.reads("a green owl", chat=GROUP)
    members.presses(waits, "⏹", BOB)
    await come_true(lambda: len(api.of("answerCallbackQuery")) >= 8)
    assert "Stopped" not in followed(api, "a green owl")
    members.presses(waits, "⏹", ALICE)
    await come_true(lambda: "Stopped" in followed(api, "a green owl"))
    await members.reads("Upscaled (4x)", "Drawn by", chat=GROUP, seconds=90, count=2)

    pictures = sent_pictures(api)
    assert all(carries(data, job_of(caption)) for caption, data in pictures)
    assert len({job_of(caption) for caption, _ in pictures}) == len(pictures) == 9, "each once"
    assert not any("owl" in caption for caption, _ in pictures)
    check_edits(api)


def check_edits(api):
    """Hold what was edited against what Telegram bears, and against what was said before."""
    texts = {}
    for name, data in api.calls:
        if name == "editMessageText":
            texts.setdefault((data["chat_id"], data["message_id"]), []).append(data["text"])
    assert all(says_something_new(said) for said in texts.values()), texts
    times = [
        at
        for at, (name, data) in zip(api.times, api.calls, strict=True)
        if data.get("chat_id") == GROUP and name.startswith(("send", "edit")) and name != "sendChatAction"
    ]
    assert most_within(times, MINUTE) <= PER_MINUTE
