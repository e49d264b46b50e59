"""What the bot may do in Discord: roles, and what the doctor says of its rights and settings."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from yinlu_testing.discord_house import QUICK, House, answered
from yinlu_testing.discord_loopback import BOT, CHANNEL, GUILD
from yinlu_testing.discord_people import STAFF, guild, until

from bot_adapters.discord import DiscordOptions, examine, invite
from bot_adapters.discord.commands import declarations
from bot_core.identity import Origin, Person
from bot_core.ports.work import Outgoing
from bot_core.replies import Picture, Reply, Text, say
from bot_handlers.ask import COMMANDS

pytest_plugins = ["yinlu_testing.redis", "yinlu_testing.discord_fixtures"]


async def test_members_port(discord, house, alice):
    """Roles are given and taken by name or id where the bot may; direct chats are opened."""
    members, place, her = (
        house.parts.members,
        Origin("discord", str(GUILD), str(CHANNEL)),
        Person("discord:11"),
    )
    assert await members.grant(place, her, "Staff") and await members.revoke(place, her, str(STAFF))
    assert discord.roles == [("grant", 11, STAFF), ("revoke", 11, STAFF)]
    assert not await members.grant(place, her, "no such role")
    assert not await members.grant(place, her, str(GUILD))
    assert not await members.grant(place, Person("telegram:11"), "staff")
    discord.fail("PUT", "/roles/", 403, 50013)
    assert not await members.grant(place, her, "staff")
    assert await members.direct(her) == Origin("discord", "private:11", "5011")
    assert not await members.admit(place, her)


# --- the doctor --------------------------------------------------------------------------------------------
async def test_the_doctor(discord):
    """The doctor says what is right, and what to press where it is not, changing nothing."""
    options = DiscordOptions(api_url=discord.url, gateway_url=discord.gateway_url)
    discord.commands = declarations(COMMANDS)
    found = await examine("good", options, COMMANDS)
    assert {f.state for f in found} == {"ok"}
    discord.flags, discord.guild_permissions, discord.commands = 0, 1 << 11, []
    found = await examine("good", options, COMMANDS)
    by = {(f.id, f.state): f for f in found}
    assert "MESSAGE CONTENT INTENT" in by["intent", "failed"].todo.en or len(found) > 4
    assert (
        "Embed Links" in by["rights", "warning"].shown.en and invite(901) in by["rights", "warning"].todo.zh
    )
    assert ("commands", "warning") in by
    assert [f.state for f in await examine("bad", options)] == ["failed"]
    nowhere = DiscordOptions(api_url="http://127.0.0.1:9/api/v10")
    assert [f.id for f in await examine("good", nowhere)] == ["reach"]
    assert discord.syncs == 0 and QUICK.label


# --- what Discord refuses ----------------------------------------------------------------------------------
async def test_a_refused_message_goes_out_plainly(discord, house, alice, caplog):
    """Should Discord refuse a message's form, its words go out alone, and the log has a line."""
    discord.fail("*", r"/messages(/\d+)?$", 400, 50035, times=2)
    await alice.says(f"<@{BOT}> ferry?")
    sent = await until(discord.said)
    await house.quiet()
    assert "07:45" in sent[0]["content"]
    assert "a message was refused" in caplog.text
    assert (await house.outbox.counts()).failed == 0


async def test_files_that_discord_finds_too_large(discord, house, alice):
    """A server that takes less than we think gets the words without the files."""
    picture = await house.files.put(b"\x89PNG" + bytes(50), "image/png", "grid.png")

    async def answer(incoming, conversation):
        await conversation.send(Reply((Text("look"), Picture(picture, "a fox"))))
        return True

    house.listener.answer = answer
    discord.fail("POST", "/messages$", 413, 40005)
    await alice.says(f"<@{BOT}> show me")
    sent = await until(discord.said)
    assert sent[0]["content"] == "look" and not sent[0]["attachments"]


async def test_a_press_while_places_are_unknown(discord, house, alice):
    """When it can't be learnt in time whether a button opens a form, the press is acknowledged and counts."""
    await alice.says(f"<@{BOT}> ferry?")
    message = await answered(discord)

    async def slowly(origin):
        await asyncio.sleep(30)

    real, house.places.community = house.places.community, slowly
    pressing = asyncio.create_task(alice.presses(message, "👎"))
    await asyncio.sleep(0.3)
    house.places.community = real
    pressed = await pressing
    assert pressed.kind == 6 and pressed.took < 1
    await until(lambda: house.ledger.cast)


async def test_before_the_login_sends_wait(discord, valkey):
    """What is sent before Discord was reached waits in the outbox, and goes out when it is."""
    house = House(discord, valkey.url)
    down = discord.fail("GET", "/users/@me", 503, times=1000)
    house.options = replace(house.options, retry=0.05)
    discord.gateway.first = [("GUILD_CREATE", guild())]
    opening = asyncio.create_task(opened(house, discord))
    await asyncio.sleep(0.2)
    down.times = 0
    assert await opening == "hello"


async def opened(house, discord):
    """Run a house, send a word through its outbox, return what arrives."""
    async with house.up(wait=False):
        origin = Origin("discord", str(GUILD), str(CHANNEL))
        await house.outbox.send(Outgoing("other:1", 0, origin, "harbour", "discord:11", say("hello")))
        return (await until(discord.said, 20))[0]["content"]
