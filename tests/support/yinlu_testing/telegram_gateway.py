"""A gateway process for chaos tests: python -m yinlu_testing.telegram_gateway API REDIS PREFIX PORT.

A house that echoes on Telegram, by webhook on PORT, by polling where PORT is 0. It runs until it is killed.
"""

import asyncio
import sys

from yinlu_testing.telegram_house import SECRET, TelegramHouse, echo

LEASE = 1.0


class There:
    """The platform, which another process has."""

    def __init__(self, root):
        self.root = root


async def main(root, redis, prefix, port):
    """Run."""
    hook = {"webhook_url": "https://bot.example", "webhook_secret": SECRET, "listen": ("127.0.0.1", port)}
    house = TelegramHouse(There(root), redis, prefix, lease=LEASE, poll_lock=LEASE, **(hook if port else {}))
    house.extra.append(echo)
    async with house.up():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], int(sys.argv[4])))
