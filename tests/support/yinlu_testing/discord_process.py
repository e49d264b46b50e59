"""A gateway process of its own, to be killed: ``python -m yinlu_testing.discord_process API GATEWAY VALKEY PREFIX``."""

from __future__ import annotations

import asyncio
import sys

from yinlu_testing.discord_house import House
from yinlu_testing.discord_loopback import Discord


async def main() -> None:
    """Run a house until the process is killed."""
    world = Discord()
    world.url, world.gateway_url, valkey, prefix = sys.argv[1:5]
    house = House(world, valkey, away_messages=1000, watch=0.05)
    house._prefix = prefix
    async with house.up(wait=False):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
