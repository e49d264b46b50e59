"""Discord's connection in bad weather: resumed, begun anew, slowed down, failing; nothing is lost, nothing comes twice."""

from __future__ import annotations

import asyncio
import time

import pytest
from yinlu_testing.discord_house import House, answered
from yinlu_testing.discord_loopback import BOT, CHANNEL, GUILD
from yinlu_testing.discord_people import guild, until

from bot_core.errors import EngineDown
from bot_core.replies import say

pytest_plugins = ["yinlu_testing.redis", "yinlu_testing.discord_fixtures"]


async def asks(alice, text):
    """Name the bot in the channel."""
    return await alice.says(f"<@{BOT}> {text}")


async def test_a_cut_connection_is_resumed(discord, house, alice):
    """A connection that breaks is resumed; what was said meanwhile is answered, each message once."""
    await asks(alice, "one")
    await answered(discord)
    await discord.gateway.cut()
    await asks(alice, "two")
    await until(lambda: discord.gateway.resumed == 1)
    await answered(discord, n=2)
    await house.quiet()
    assert [q.text for q in house.answerer.asked] == ["one", "two"]


async def test_op_7_resumes(discord, house, alice):
    """Told to reconnect, the bot resumes its session and goes on."""
    await discord.gateway.reconnect()
    await until(lambda: discord.gateway.resumed == 1)
    await asks(alice, "one")
    await answered(discord)
    assert len(discord.gateway.identified) == 1


async def test_op_9_begins_anew_and_catches_up(discord, house, alice):
    """A session that can't be resumed begins anew, and what was said meanwhile is caught up, once."""
    await asks(alice, "one")
    await answered(discord)
    await asyncio.sleep(0.25)  # until when we listened is noted
    said = alice.message(f"<@{BOT}> two")
    discord.gateway.first = [("GUILD_CREATE", guild(last_message=int(said["id"])))]
    await discord.gateway.invalidate(resumable=False)
    await answered(discord, n=2)
    await house.quiet()
    assert [q.text for q in house.answerer.asked] == ["one", "two"]
    assert len(discord.gateway.identified) == 2


async def test_op_9_that_can_be_resumed(discord, house, alice):
    """An invalid session that Discord says can be resumed is resumed."""
    await discord.gateway.invalidate(resumable=True)
    await until(lambda: discord.gateway.resumed == 1)
    await asks(alice, "one")
    await answered(discord)


@pytest.mark.parametrize("alive", [True, False])
async def test_a_missed_heartbeat(discord, valkey, alice, alive):
    """A gateway that falls silent is left within a heartbeat and ten seconds; nothing is handled twice."""
    discord.gateway.heartbeat = 0.3
    async with House(discord, valkey.url, heartbeat_timeout=1.0).up() as house:
        await asks(alice, "one")
        await answered(discord)
        discord.gateway.fall_silent()
        discord.gateway.refuse_resume = not alive
        began = time.monotonic()
        said = await asks(alice, "two")
        discord.gateway.first = [("GUILD_CREATE", guild(last_message=int(said["id"])))]
        await answered(discord, n=2)
        assert time.monotonic() - began < 0.3 + 10
        await house.quiet()
        assert [q.text for q in house.answerer.asked] == ["one", "two"]


async def test_an_event_twice_is_handled_once(discord, house, alice):
    """The same event again, after a resume or from a second connection, is not answered again."""
    said = await asks(alice, "one")
    await answered(discord)
    for _ in range(3):
        await discord.gateway.dispatch("MESSAGE_CREATE", said)
    await house.quiet()
    assert len(house.answerer.asked) == 1 and len(discord.said()) == 1


async def test_an_event_of_unknown_shape_is_passed_by(discord, house, alice, caplog):
    """An event that can't be read leaves a line in the log, and the connection stands."""
    await discord.gateway.dispatch("INTERACTION_CREATE", {"id": "1", "type": 2})
    await asks(alice, "one")
    await answered(discord)
    assert "an event could not be read" in caplog.text
    assert len(discord.gateway.identified) == 1 and discord.gateway.resumed == 0


# --- away --------------------------------------------------------------------------------------------------
async def test_what_was_said_while_away(discord, valkey, alice):
    """After a restart the bot answers what was said to it meanwhile, in channels and in private, and nothing else."""
    house = House(discord, valkey.url)
    async with house.up():
        await asks(alice, "one")
        await answered(discord)
        await alice.writes_privately("in private")
        await answered(discord, 5011)
    for n in range(150):
        alice.message(f"not for the bot {n}")
    last = alice.message(f"<@{BOT}> two")
    last = [last, *(alice.message(f"nor this {n}") for n in range(150))][-1]
    alice.message("more in private", 5011)
    discord.gateway.first = [("GUILD_CREATE", guild(last_message=int(last["id"])))]
    async with house.up():
        await answered(discord, n=2)
        await answered(discord, 5011, n=2)
        await house.quiet()
        assert sorted(q.text for q in house.answerer.asked) == ["more in private", "two"]


async def test_what_is_too_much_is_told(discord, valkey, alice):
    """Beyond the bound of messages and age, one sentence says how many were left."""
    house = House(discord, valkey.url, away_messages=2)
    async with house.up():
        await alice.says(f"<@{BOT}> one", at=time.time() - 8500)
        await answered(discord)
    await house_heard(house, time.time() - 9000)
    alice.message(f"<@{BOT}> long ago", at=time.time() - 8000)
    lasts = [alice.message(f"<@{BOT}> {n}") for n in range(4)]
    discord.gateway.first = [("GUILD_CREATE", guild(last_message=int(lasts[-1]["id"])))]
    async with house.up():
        await answered(discord, n=3)
        await house.quiet()
        assert [q.text for q in house.answerer.asked] == ["2", "3"]
    told = [m["content"] for m in discord.said() if "I was away" in m["content"]]
    assert told == [
        "I was away and 3 messages for me were left. If you still need an answer, please send them again."
    ]


async def house_heard(house, at):
    """Set until when a house has listened."""
    from bot_queue.connection import StoreOptions, open_store
    from bot_queue.notes import RedisNotes

    async with open_store(house._url, StoreOptions(prefix=house._prefix)) as store:
        await RedisNotes(store).put("discord:heard:all", str(at), 1000)


# --- limits and failures -----------------------------------------------------------------------------------
async def test_commands_are_acknowledged_in_a_storm(discord, house, alice):
    """While every channel waits for a global limit, interactions are still acknowledged within a second."""
    discord.fail("POST", "/messages$", 429, retry_after=2.0, **{"global": True})
    await asks(alice, "one")
    await until(lambda: discord.of("POST", f"/channels/{CHANNEL}/messages"))
    asked = await alice.types("help")
    assert asked.took < 1
    await until(lambda: "/ask" in asked.original["content"])


async def test_a_long_limit_goes_back_to_the_outbox(discord, house, alice):
    """A limit too long to sleep through is kept with its time in the outbox; other channels go on meanwhile."""
    fault = discord.fail("*", r"/channels/200/", 429, times=1000, retry_after=40.0)
    await asks(alice, "one")
    await until(lambda: fault.hits)
    await house.quiet(0.3)
    assert (await house.outbox.counts()).pending == 1
    await alice.writes_privately("two")
    await answered(discord, 5011)
    assert fault.hits <= 3


async def test_errors_of_discord_are_tried_again(discord, valkey, alice):
    """A 500 is tried again until it is good; the answer comes once."""
    async with House(discord, valkey.url, draft_after=5.0).up() as house:
        discord.fail("POST", "/messages$", 500, times=2)
        await asks(alice, "one")
        await until(lambda: discord.said(), 15)
        await house.quiet()
    assert len(discord.said()) == 1


async def test_a_removed_bot(discord, house, alice, caplog):
    """Removed from the server amid an answer: a line in the log, the answer kept in the ledger, no storm."""
    discord.fail("*", "/channels/", 403, 50001, times=1000)
    await asks(alice, "one")
    await discord.gateway.dispatch("GUILD_DELETE", {"id": str(GUILD)})
    await until(lambda: house.ledger.records)
    await house.quiet(0.3)
    counts = await house.outbox.counts()
    assert (counts.failed, counts.pending) == (1, 0)
    assert len([c for c in discord.calls if c.status == 403]) <= 4
    assert "a send failed for good" in caplog.text and "removed from a server" in caplog.text


async def test_a_channel_that_is_closed_to_us(discord, house, alice):
    """Where the bot may not write, who asked reads the answer in a direct message that says why."""
    discord.fail("*", r"/channels/200/", 403, 50013, times=1000)
    await asks(alice, "one")
    message = await answered(discord, 5011)
    assert message["content"].startswith("I may not write in that channel")


async def test_a_member_who_leaves(discord, house, alice):
    """A member who left takes no direct message: the channel has a line, and nothing is tried again."""

    async def answer(incoming, conversation):
        await conversation.send(say("只给您看", private=True))
        return True

    house.listener.answer = answer
    discord.fail("POST", "/users/@me/channels", 403, 50278, times=10)
    await asks(alice, "one")
    told = await until(discord.said)
    assert "没法给您发私信" in told[0]["content"]
    assert (await house.outbox.counts()).failed == 0


async def test_a_store_that_is_away(discord, house, alice):
    """When the journal can't be reached, the member reads that, at once, in channel and command alike."""

    async def broken(incoming):
        raise EngineDown("redis", "the test says so")

    house.intake.accept = broken
    await asks(alice, "one")
    told = await until(discord.said)
    assert "briefly unreachable" in told[0]["content"]
    asked = await alice.types("ask", question="two")
    await until(lambda: "briefly unreachable" in asked.original["content"])


async def test_a_deleted_question(discord, house, alice):
    """A question that is deleted before its answer is answered all the same, and a deleted draft is begun again."""
    await asks(alice, "slow one")
    draft = await until(discord.said)
    discord.messages.pop(int(draft[0]["id"]))
    house.answerer.go.set()
    message = await answered(discord)
    assert message["id"] != draft[0]["id"]
