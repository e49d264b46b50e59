"""A gateway process for chaos tests: python -m yinlu_testing.queue_gateway URL PREFIX FOLDER TOTAL.

It reads updates 0..TOTAL like a platform that keeps an offset: the offset moves once the journal has the update.
Each update is answered through the outbox, by a face that takes no idempotency keys and notes what it showed.
"""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from yinlu_testing.core import RecordingFace, event

from bot_core.clock import SystemClock
from bot_core.identity import Origin
from bot_core.intake import Intake, IntakeOptions
from bot_core.ports.work import Outgoing
from bot_core.replies import say
from bot_queue.connection import StoreOptions, open_store
from bot_queue.journal import JournalOptions, RedisJournal
from bot_queue.outbox import OutboxOptions, RedisOutbox

LEASE = 1.0


class FileFace(RecordingFace):
    """Notes each key on a line of its own."""

    def __init__(self, path):
        super().__init__(idempotent=False)
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def deliver(self, outgoing):
        """Show it, which takes a moment."""
        await asyncio.sleep(0.002)
        os.write(self.file, f"{outgoing.key}\n".encode())
        await asyncio.sleep(0.001)
        return outgoing.key


class Answers:
    """A dispatcher that answers each update once."""

    def __init__(self, outbox):
        self.outbox = outbox

    async def handle(self, incoming):
        """Send one reply."""
        await self.outbox.send(Outgoing(incoming.key, 0, incoming.origin, "c", "p", say("ok")))

    async def tell(self, incoming, words):
        """Not needed here."""


async def main(url, name_space, folder, total):
    """Run until every update was read and nothing is left to do."""
    worker, offset = f"g{os.getpid()}", Path(folder, "offset")
    async with open_store(url, StoreOptions(prefix=name_space)) as store:
        journal = RedisJournal(store, JournalOptions(lease=LEASE))
        outbox = RedisOutbox(
            store,
            {"test": FileFace(Path(folder, "shown"))},
            None,
            worker,
            OutboxOptions(lease=LEASE, poll=0.1),
        )
        options = IntakeOptions(poll=0.1, heartbeat=LEASE / 4, too_old=3600)
        intake = Intake(journal, Answers(outbox), SystemClock(), worker, ["test"], options)
        async with outbox.pump(), intake.open():
            at = int(offset.read_text()) if offset.exists() else 0
            while at < total:
                batch = [
                    replace(
                        event(), id=str(n), origin=Origin("test", "p", f"c{n % 50}"), time=datetime.now(UTC)
                    )
                    for n in range(at, min(total, at + 20))
                ]
                await asyncio.gather(*(intake.accept(one) for one in batch))
                at += len(batch)
                moved = offset.with_suffix(f".{os.getpid()}")
                moved.write_text(str(at))
                moved.replace(offset)
            while True:
                left, sends = await journal.counts(), await outbox.counts()
                if left.waiting + left.running + sends.pending + sends.sending == 0:
                    break
                await asyncio.sleep(0.1)
    Path(folder, "finished").write_text("")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
