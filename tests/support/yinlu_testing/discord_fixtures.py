"""Fixtures of the tests over a loopback Discord; a module names them, and those of ``redis``, in pytest_plugins."""

from __future__ import annotations

import pytest
import pytest_asyncio
from yinlu_testing.discord_house import House, check
from yinlu_testing.discord_loopback import Discord
from yinlu_testing.discord_people import Member


@pytest_asyncio.fixture
async def discord():
    """A Discord that took no bad payload, pinged nobody, and had every interaction acknowledged within 1 s."""
    async with Discord().serve() as world:
        yield world
    check(world)


@pytest_asyncio.fixture
async def house(discord, valkey):
    """A house that is connected."""
    async with House(discord, valkey.url).up() as one:
        yield one


@pytest.fixture
def alice(discord):
    """A member."""
    return Member(discord, 11, "alice")


@pytest.fixture
def bob(discord):
    """Another member, whose client speaks Chinese."""
    return Member(discord, 12, "bob", locale="zh-CN")
