"""Discord's gateway process killed, and Discord in a storm: nothing is lost, nothing comes early."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import Counter

import pytest
from yinlu_testing.discord_house import House, answer_in
from yinlu_testing.discord_loopback import BOT
from yinlu_testing.discord_people import Member, guild, until
from yinlu_testing.servers import VALKEY, Server, prefix

pytest_plugins = ["yinlu_testing.redis", "yinlu_testing.discord_fixtures"]
pytestmark = pytest.mark.chaos


async def _process(discord, valkey, name):
    command = [sys.executable, "-m", "yinlu_testing.discord_process"]
    arguments = [discord.url, discord.gateway_url, valkey.url, name]
    return await asyncio.create_subprocess_exec(
        *command, *arguments, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )


def _references(discord):
    whole = [m for m in discord.said() if answer_in(m)]
    return Counter(m["message_reference"]["message_id"] for m in whole if "message_reference" in m)


KILLS, BETWEEN = 20, 250


@pytest.mark.slow
async def test_the_gateway_process_is_killed_amid_updates(discord):
    """Killed with -9 twenty times amid 5,000 messages, the process that follows answers every one of them, once."""
    chance, name, said = random.Random(4), prefix(), []
    valkey = Server(VALKEY, durable=True)
    members = [Member(discord, 20 + n, f"m{n}") for n in range(12)]
    for kills in range(KILLS + 1):
        last = max(discord.messages, default=None)
        discord.gateway.first = [("GUILD_CREATE", guild(last_message=last))]
        began = len(discord.gateway.identified)
        process = await _process(discord, valkey, name)
        await until(lambda began=began: len(discord.gateway.identified) > began, 20)
        for n in range(BETWEEN if kills < KILLS else 0):
            said.append(await members[n % 12].says(f"<@{BOT}> question {kills}.{n}"))
            await asyncio.sleep(chance.random() * 0.02)
        if kills < KILLS:
            process.kill()
            await process.wait()
            for session in discord.gateway.sessions.values():
                session.socket = None
    try:
        await until(lambda: len(_references(discord)) == len(said), 300)
    finally:
        process.kill()
        await process.wait()
        valkey.close()
    twice = {id: n for id, n in _references(discord).items() if n > 1}
    print(f"\n{len(said)} messages, {KILLS} kills: {len(_references(discord))} answered, {len(twice)} twice")
    assert set(_references(discord)) == {m["id"] for m in said}
    assert len(twice) <= KILLS  # at most what each kill cut off amid its send


@pytest.mark.parametrize("announced", [True, False])
async def test_a_storm_of_429(discord, valkey, announced):
    """60 answers into a channel that takes five in 0.5 s: retry_after is obeyed to the end, few requests are refused."""
    discord.limit, discord.announces = (5, 0.5), announced
    members = [Member(discord, 20 + n, f"m{n}") for n in range(60)]
    async with House(discord, valkey.url, draft_after=5.0).up() as house:
        await asyncio.gather(*(m.says(f"<@{BOT}> question {n}") for n, m in enumerate(members)))
        await until(lambda: len(discord.said()) == 60, 30)
        await house.quiet()
    print(
        f"\nannounced {announced}: {discord.invalid} refused of {len(discord.calls)}, {discord.early} early"
    )
    assert discord.early == 0
    assert discord.invalid <= 100  # 1 % of what bars a bot for a while
    assert len(_references(discord)) == 60


async def test_a_storm_of_drafts(discord, valkey):
    """Many answers grow in one channel at a time: drafts share its limit and give way, the answers come whole."""
    discord.limit = (5, 0.5)
    members = [Member(discord, 20 + n, f"m{n}") for n in range(15)]
    async with House(discord, valkey.url, draft_interval=0.1).up() as house:
        await asyncio.gather(*(m.says(f"<@{BOT}> slow {n}") for n, m in enumerate(members)))
        await until(lambda: len(house.answerer.asked) > 0)
        await asyncio.sleep(0.3)
        house.answerer.go.set()
        await until(lambda: len(_references(discord)) == 15, 30)
        await house.quiet()
    assert discord.early == 0 and discord.invalid <= 100


async def test_two_processes_get_the_same_events(discord, valkey):
    """Two connections that both hear everything, as when one is replaced: every message is answered once."""
    one, two = House(discord, valkey.url), House(discord, valkey.url)
    two._prefix, two.worker = one._prefix, "w2"
    two.ledger = one.ledger
    members = [Member(discord, 20 + n, f"m{n}") for n in range(20)]
    async with one.up(), two.up():
        await asyncio.gather(*(m.says(f"<@{BOT}> question {n}") for n, m in enumerate(members)))
        await until(lambda: len(_references(discord)) == 20, 20)
        await one.quiet(0.4)
    assert set(_references(discord).values()) == {1} and len(discord.said()) == 20


async def test_fifty_commands_at_once(discord, valkey):
    """Fifty members use a command in the same moment: each is acknowledged within a second, and answered."""
    members = [Member(discord, 20 + n, f"m{n}") for n in range(50)]
    async with House(discord, valkey.url, draft_after=5.0).up():
        asked = await asyncio.gather(*(m.types("ask", question=f"q{n}") for n, m in enumerate(members)))
        await until(lambda: all("07:45" in one.original["content"] for one in asked), 20)
    took = sorted(one.took for one in asked)
    print(f"\nacknowledged: median {took[25] * 1000:.0f} ms, slowest {took[-1] * 1000:.0f} ms")
    assert took[-1] < 1
