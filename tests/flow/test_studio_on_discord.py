"""The studio in the whole house on Discord: a real `yinlu run` with its worker, a loopback Discord, two members at once."""

import asyncio

import aiohttp
import pytest
import yinlu_testing.discord_routes  # noqa: F401 - registers the routes
from yinlu_testing.discord_data import CHANNEL
from yinlu_testing.discord_house import check
from yinlu_testing.discord_loopback import Discord
from yinlu_testing.discord_people import Member, guild
from yinlu_testing.house import Client
from yinlu_testing.studio_house import StudioRun, carries, come_true, job_of, most_within, says_something_new

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def labels(message):
    """Return a message's labels."""
    return [button["label"] for row in message["components"] for button in row["components"]]


def connected(discord):
    """Tell whether a house listens."""
    return any(session.socket is not None for session in discord.gateway.sessions.values())


def picture(message):
    """Return the bytes of a message's picture."""
    return bytes.fromhex(message["files"][0])


class Room:
    """A channel, as its members see it."""

    def __init__(self, discord):
        self.discord = discord

    def saying(self, *words):
        """Return our messages that hold all these words now."""
        return [m for m in self.discord.said(CHANNEL) if all(word in m["content"] for word in words)]

    async def reads(self, *words, seconds=60.0, count=1):
        """Wait for so many messages that hold all these words; return the newest."""
        return (await come_true(lambda: self.saying(*words)[count - 1 :], seconds))[-1]

    async def gets(self, *words, seconds=60.0, count=1):
        """Wait for so many messages with pictures and these words; return the newest."""
        return (
            await come_true(lambda: [m for m in self.saying(*words) if m["files"]][count - 1 :], seconds)
        )[-1]

    def followed(self, prompt):
        """Return the message that follows a prompt's job."""
        (found,) = [m for m in self.saying(prompt) if not m["files"]]
        return found


@pytest.fixture
async def discord():
    """The loopback; after the test nothing was refused for its form and nobody pinged."""
    async with Discord().serve() as served:
        served.gateway.first = [("GUILD_CREATE", guild())]
        yield served
    check(served)


@pytest.fixture
async def studio(discord, tmp_path):
    """A house whose server is bound to the sample community."""
    run = StudioRun(
        tmp_path,
        YINLU_DISCORD_TOKEN="good",
        YINLU_DISCORD_API_URL=discord.url,
        YINLU_DISCORD_GATEWAY_URL=discord.gateway_url,
        YINLU_ADMINS="discord:11",
        YINLU_LOG_FORMAT="text",
    )
    await run.start()
    try:
        await come_true(lambda: connected(discord) and discord.commands)
        boss = Member(discord, 11, "boss")
        await boss.types("bind", code=await run.code())
        await asyncio.sleep(6)  # an unbound place is remembered for five seconds
        yield run
    finally:
        await run.stop()


async def test_two_members_draw_at_once(discord, studio):
    """Imagine, place, grid, U2, V3, reroll, stop, by two at once; a restart and a worker's death in the middle."""
    room, alice, bob = Room(discord), Member(discord, 21, "alice"), Member(discord, 22, "bob", locale="zh-CN")
    await asyncio.gather(
        alice.types("imagine", prompt="a red fox by a lake --ar 3:2 --seed 7"),
        bob.types("imagine", prompt="两只猫在月亮下 --seed 8"),
    )
    hers, his = await room.gets("a red fox by a lake"), await room.gets("两只猫在月亮下")
    assert "alice" in hers["content"]
    assert "bob" in his["content"]
    assert {"U1", "U2", "🔄", "V3", "👍"} <= set(labels(hers))
    for grid in (hers, his):
        assert carries(picture(grid), job_of(grid["content"]))
    await come_true(lambda: "Done" in room.followed("a red fox")["content"])
    await come_true(lambda: "画好了" in room.followed("两只猫")["content"])

    await asyncio.gather(alice.presses(hers, "U2"), bob.presses(his, "V3"))
    single = await room.gets("Image #2", "alice")
    varied = await room.gets("变化", "bob")
    assert carries(picture(single), job_of(single["content"]))
    assert carries(picture(varied), job_of(varied["content"]))

    await studio.kill()  # kill -9 of the house, its Valkey and its worker
    discord.gateway.first = [("GUILD_CREATE", guild())]
    await studio.start()
    await come_true(lambda: connected(discord))
    await bob.presses(hers, "🔄")  # a button from before, pressed by somebody else
    again = await room.gets("a red fox by a lake", "bob")
    assert carries(picture(again), job_of(again["content"]))
    await alice.presses(single, "🔎 2x")
    await room.gets("Zoom out 2x", "alice")


async def test_a_job_outlives_its_worker_and_its_house(discord, studio):
    """A worker is killed at a job, then the house at another: both are drawn, each once, each with its own message."""
    room, alice, bob = Room(discord), Member(discord, 21, "alice"), Member(discord, 22, "bob")
    await alice.types("imagine", prompt="three balloons over a field")
    single = await room.gets("three balloons")
    await alice.presses(single, "U1")
    large = await room.gets("Image #1")
    await alice.presses(large, "🔍 4x")  # seconds of work
    await come_true(studio.running)
    assert studio.kill_workers() == 1
    await bob.types("imagine", prompt="a lighthouse in a storm")
    await room.gets("Upscaled (4x)", seconds=90)
    await room.gets("a lighthouse in a storm")
    await alice.presses(large, "🔍 4x")
    await come_true(studio.running)
    await studio.kill()
    await studio.start()
    await come_true(lambda: connected(discord))
    await room.gets("Upscaled (4x)", seconds=90, count=2)
    assert len([m for m in room.saying("a lighthouse") if m["files"]]) == 1
    await come_true(lambda: not room.saying("drawing") and not room.saying("waiting"))
    for message in discord.said(CHANNEL):
        texts = [data["content"] for _, data in message["edits"] if "content" in data]
        assert says_something_new(texts), texts
        assert most_within([at for at, _ in message["edits"]], 5.0) <= 5


async def test_only_who_asked_stops(discord, studio):
    """Waiting or running, a job ends by its owner's press, not by another's; its message says so, and no picture comes."""
    room, alice, bob = Room(discord), Member(discord, 21, "alice"), Member(discord, 22, "bob")
    await alice.types("imagine", prompt="a slow whale")
    grid = await room.gets("a slow whale")
    await alice.presses(grid, "U1")
    large = await room.gets("Image #1")
    await alice.presses(large, "🔍 4x")
    await alice.types("imagine", prompt="a green owl")
    running = await room.reads("Upscaled (4x)")
    waits = await room.reads("a green owl")
    refused = await bob.presses(waits, "⏹ Stop")
    await come_true(lambda: refused.followups or refused.message)
    assert "⏹ Stop" in labels(room.followed("a green owl"))
    await come_true(studio.running)
    await asyncio.gather(alice.presses(waits, "⏹ Stop"), alice.presses(running, "⏹ Stop"))
    await come_true(lambda: "Stopped" in room.followed("a green owl")["content"])
    await come_true(lambda: "Stopped" in room.followed("Upscaled (4x)")["content"])
    await bob.types("imagine", prompt="a yellow boat")  # what comes next is drawn
    await room.gets("a yellow boat")
    assert not [m for m in room.saying("a green owl") if m["files"]]
    assert not [m for m in room.saying("Upscaled (4x)") if m["files"]]


async def shown(client, *words, seconds=60):
    """Wait for a message on the page that holds all these words."""
    async with asyncio.timeout(seconds):
        while True:
            data = (await client.until("message", seconds=seconds))["data"]
            if all(word in data["text"] for word in words):
                return data


def token(data, label):
    """Return the token of a button on the page."""
    return next(b["token"] for row in data["buttons"] for b in row if b["label"] == label)


async def test_a_grid_begun_here_is_continued_on_the_page(discord, studio):
    """The same linked person finds it in their gallery on the page, goes on there, and shows the result here again."""
    room, alice, page = Room(discord), Member(discord, 21, "alice"), Client()
    async with page.connected(studio.house.url):
        await page.send("invoke", {"command": "link", "arguments": {}})
        code = (await shown(page, "`"))["text"].split("`")[1]
        await alice.types("link", code=code)
        await alice.types("imagine", prompt="a red fox by a lake --seed 7")
        grid = await room.gets("a red fox by a lake")
        await page.send("invoke", {"command": "gallery", "arguments": {"whose": "mine"}})
        mine = await shown(page, "a red fox by a lake", "1 in all")
        await page.send("press", {"token": token(mine, "1 ▶"), "message": mine["message"]})
        same = await shown(page, f"job {job_of(grid['content'])}")
        await page.send("press", {"token": token(same, "U2"), "message": same["message"]})
        single = await shown(page, "Image #2", "Drawn by")
        async with (
            aiohttp.ClientSession() as http,
            http.get(studio.house.url + single["parts"][0]["url"]) as got,
        ):
            assert carries(await got.read(), job_of(single["text"]))
        await alice.types("show", job=single["made"])
        again = await room.reads("Image #2", f"job {job_of(single['text'])}")
        await come_true(lambda: again["attachments"])
        assert len(room.saying("Image #2")) == 1, "what was drawn on the page came here only when asked for"
