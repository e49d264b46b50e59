"""Interactions that outlive their token, and how the adapter starts: over real sockets."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from yinlu_testing.discord_house import House, answered
from yinlu_testing.discord_loopback import BOT, CHANNEL, EPHEMERAL
from yinlu_testing.discord_people import guild, until

from bot_core.errors import SettingWrong
from bot_core.replies import Reply, Text, say

pytest_plugins = ["yinlu_testing.redis", "yinlu_testing.discord_fixtures"]


def labels(message):
    """Return the labels of a message's buttons, row by row."""
    return [[b["label"] for b in row["components"]] for row in message["components"]]


# --- the token's end ---------------------------------------------------------------------------------------
async def test_a_late_result_comes_as_a_message(discord, house, alice):
    """When the interaction's token is gone, the answer goes to the channel: where it grew, else as a new message."""
    asked = await alice.types("ask", question="slow ferry?")
    await until(lambda: "The ferry" in asked.original["content"])
    asked.expired = True
    house.answerer.go.set()
    message = await answered(discord)
    assert message["id"] == asked.original["id"]
    assert discord.calls[-1].path == f"/channels/{CHANNEL}/messages/{message['id']}"

    async def answer(incoming, conversation):
        await conversation.send(say("here it is"))
        return True

    house.listener.answer = answer
    discord.fail("PATCH", "/messages/@original", 401, 50027)
    await alice.types("ask", question="ferry?")
    late = await until(lambda: [m for m in discord.said() if m["content"] == "here it is"])
    assert late[0]["id"] not in {a.original["id"] for a in discord.asked.values()}


async def test_who_asked_in_private_is_answered_in_private(discord, house, alice, bob):
    """A private question whose token is gone is not answered for all to read."""
    asked = await alice.asks_about(bob.message("slow ferry?"))
    await until(lambda: "The ferry" in asked.original["content"])
    asked.expired = True
    house.answerer.go.set()
    message = await answered(discord, 5011)
    assert message["embeds"] and discord.said() == []
    await alice.presses(message, "👍")
    await until(lambda: house.ledger.cast)


async def test_a_late_private_result_comes_directly(discord, house, alice):
    """A private result whose token is gone comes as a direct message; where these are closed, the channel has a line."""

    async def answer(incoming, conversation):
        await go.wait()
        await conversation.send(say("for you alone", private=True))
        return True

    house.listener.answer = answer
    for n in (0, 1):
        go = asyncio.Event()
        asked = await alice.types("tide", place="pier")
        await until(lambda n=n: len(house.listener.got) > n)
        asked.expired = True
        if n:
            discord.fail("POST", r"/channels/5011/messages", 403, 50007)
        go.set()
        await house.quiet()
    assert [m["content"] for m in discord.said(5011)] == ["for you alone"]
    assert "can't send you a direct message" in discord.said()[-1]["content"]


async def test_a_command_that_discord_gave_up_is_still_answered(discord, house, alice):
    """Where the acknowledgement came too late, the answer is a message in the channel."""
    discord.fail("POST", "/callback", 404, 10062)
    task = asyncio.create_task(alice.types("ask", question="ferry?"))
    message = await answered(discord)
    assert "07:45 [1]." in message["content"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for asked in discord.asked.values():
        asked.expired = True


async def test_another_process_fills_what_was_promised(discord, valkey, alice):
    """The process that acknowledged goes down amid the answer; the next one fills the same message."""
    house = House(discord, valkey.url)
    async with house.up():
        asked = await alice.types("ask", question="slow ferry?")
        await until(lambda: "The ferry" in asked.original["content"])
    async with house.up():
        await until(lambda: house.answerer.asked)
        house.answerer.go.set()
        message = await answered(discord)
    assert message["id"] == asked.original["id"]
    assert len(discord.said()) == 1


async def test_a_failure_amid_the_words(discord, house, alice):
    """An answer that breaks while it grows leaves no half of itself behind, in channel, command or button."""

    async def answer(incoming, conversation):
        async with conversation.stream() as stream:
            await stream.write("half of it")
        await until(lambda: any("half" in m["content"] for m in discord.messages.values()))
        await conversation.send(Reply((Text("it broke"),), private=True, error="Broken"))
        return True

    await alice.says(f"<@{BOT}> ferry?")
    message = await answered(discord)
    house.listener.answer = answer
    await alice.says(f"<@{BOT}> break")
    await until(lambda: [m for m in discord.said() if m["content"] == "it broke"])
    for asked in (await alice.types("ask", question="break"), await alice.presses(message, "🔁")):
        await until(lambda asked=asked: asked.followups and asked.followups[-1]["content"] == "it broke")
        assert asked.followups[-1]["flags"] & EPHEMERAL
    await house.quiet()
    assert not any("half" in m["content"] for m in discord.messages.values())


# --- starting ----------------------------------------------------------------------------------------------
async def test_a_wrong_token_is_told_at_the_start(discord, valkey):
    """A token that Discord refuses ends the start with a sentence that names the setting."""
    with pytest.raises(SettingWrong, match="discord_token"):
        async with House(discord, valkey.url).up("bad"):
            pass


async def test_intents_that_are_off_are_told(discord, valkey, caplog):
    """Without the privileged intents the house stands, and the log says where to press."""
    discord.gateway.close_code = 4014
    async with House(discord, valkey.url).up(wait=False):
        await until(lambda: "Privileged Gateway Intents" in caplog.text)


async def test_discord_is_down_at_the_start(discord, valkey, alice):
    """A house starts while Discord is down, and connects when it is back."""
    down = discord.fail("GET", "/users/@me", 503, times=8)
    discord.gateway.first = [("GUILD_CREATE", guild())]
    async with House(discord, valkey.url, retry=0.05).up(wait=False) as house:
        down.times = 0
        await until(lambda: house.server.ready, 20)
        await alice.says(f"<@{BOT}> ferry?")
        await answered(discord)


async def test_shards_of_two_processes(discord, valkey, alice):
    """Two processes with a shard each identify one after the other, never within Discord's pause."""
    one = House(discord, valkey.url, shards=(0,), shard_count=2, identify_seconds=0.6)
    two = House(discord, valkey.url, shards=(1,), shard_count=2, identify_seconds=0.6)
    two._prefix, two.worker = one._prefix, "w2"
    async with asyncio.TaskGroup() as group:

        async def run(house):
            async with house.up():
                await asyncio.sleep(0.2)

        discord.gateway.first = [("GUILD_CREATE", guild())]
        group.create_task(run(one))
        group.create_task(run(two))
    (first, a), (second, b) = discord.gateway.identified
    assert sorted([a["shard"], b["shard"]]) == [[0, 2], [1, 2]]
    assert second - first >= 0.55
    assert discord.syncs == 1
    assert replace(one.options).shards == (0,)
