"""From an adapter to the dispatcher: stored, then acknowledged, then handled, once, in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from bot_core.dispatch import STOPPED, TOO_OLD
from bot_core.errors import Broken, LeaseLost
from bot_core.events import Incoming
from bot_core.identity import Words
from bot_core.ports.safety import Clock
from bot_core.ports.work import Entry, Journal, Receipt

log = logging.getLogger(__name__)


class Dispatches(Protocol):
    """What the intake needs of the dispatcher."""

    async def handle(self, incoming: Incoming) -> object:
        """Answer an event."""
        ...

    async def tell(self, incoming: Incoming, words: Words) -> None:
        """Send one sentence."""
        ...


@dataclass(frozen=True, slots=True)
class IntakeOptions:
    """Times in seconds."""

    side_by_side: int = 64  # events handled at once in this process
    poll: float = 1.0  # how often events of dead processes are looked for
    heartbeat: float = 5.0  # well below the journal's lease
    too_old: float = 6 * 3600.0  # an event older than this gets a notice, not a late action
    drain: float = 8.0  # how long running events may finish at shutdown


class Intake:
    """The journal's runner in one process."""

    def __init__(
        self,
        journal: Journal,
        dispatcher: Dispatches,
        clock: Clock,
        worker: str,
        platforms: Sequence[str],
        options: IntakeOptions | None = None,
    ) -> None:
        self._journal, self._dispatcher, self._clock, self._worker = journal, dispatcher, clock, worker
        self._platforms = platforms  # read at every look: adapters may come later
        self._options = options or IntakeOptions()
        self._room = asyncio.Semaphore(self._options.side_by_side)
        self._chains: set[asyncio.Task[None]] = set()
        self._running: dict[str, tuple[Entry, asyncio.Task[object]]] = {}
        self._stopped: set[str] = set()
        self._open = False
        self._over = False  # given back what ran here: what comes now is another process's

    async def accept(self, incoming: Incoming) -> Receipt:
        """Store an event; when this returns NEW or SEEN the platform may be told that we have it."""
        receipt, entry = await self._journal.receive(incoming, self._worker)
        if entry is not None and self._over:
            await self._journal.abandon(self._worker)
        elif entry is not None:
            self._start(entry)
        return receipt

    def stop(self, key: str) -> bool:
        """Stop the event with this key if it runs here; its member reads that it was stopped."""
        running = self._running.get(key)
        if running is None:
            return False
        self._stopped.add(key)
        running[1].cancel()
        return True

    @property
    def running(self) -> int:
        """Return how many events are being handled in this process."""
        return len(self._running)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Intake]:
        """Run while inside; at the end running events get ``drain`` seconds, then go back to the journal."""
        self._open, self._over = True, False
        watch = asyncio.create_task(self._watch(), name="intake-watch")
        try:
            yield self
        finally:
            self._open = False
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            await self._drain()

    async def _drain(self) -> None:
        if self._chains:
            await asyncio.wait(self._chains, timeout=self._options.drain)
        left = list(self._chains)
        for chain in left:
            chain.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self._over = True
        try:
            await self._journal.abandon(self._worker)
        except Broken as error:
            log.warning("leases run out by themselves", extra={"error": str(error)})

    def _start(self, entry: Entry) -> None:
        chain = asyncio.create_task(self._chain(entry), name=f"event-{entry.incoming.key}")
        self._chains.add(chain)
        chain.add_done_callback(self._chains.discard)

    async def _chain(self, first: Entry) -> None:
        """Handle an event and, as long as they come, its conversation's next ones."""
        entry: Entry | None = first
        while entry is not None:
            async with self._room:
                await self._handle(entry)
            try:
                entry = await self._journal.finish(entry, self._worker)
            except LeaseLost as error:
                log.warning("another process took the event over", extra={"error": str(error)})
                return
            except Broken as error:
                log.error("an event could not be marked done", extra={"error": str(error)})
                return
            if entry is not None and not self._open:
                return  # given back by abandon()

    async def _handle(self, entry: Entry) -> None:
        incoming = entry.incoming
        age = (self._clock.now() - entry.received).total_seconds()
        if age > self._options.too_old:
            log.warning("too old to act on", extra={"event": incoming.key, "age": age})
            await self._dispatcher.tell(incoming, TOO_OLD)
            return
        task = asyncio.create_task(self._dispatcher.handle(incoming))
        self._running[incoming.key] = (entry, task)
        try:
            await task
        except asyncio.CancelledError:
            if incoming.key not in self._stopped:
                task.cancel()
                raise
            await self._dispatcher.tell(incoming, STOPPED)
        finally:
            self._stopped.discard(incoming.key)
            del self._running[incoming.key]

    async def _watch(self) -> None:
        """Renew what runs here, and take over what runs nowhere."""
        due = self._clock.monotonic() + self._options.heartbeat
        while True:
            try:
                if self._clock.monotonic() >= due:
                    due = self._clock.monotonic() + self._options.heartbeat
                    await self._renew()
                await self._take()
            except Broken as error:
                log.warning("the journal can't be reached", extra={"error": str(error)})
            await self._clock.sleep(self._options.poll)

    async def _renew(self) -> None:
        entries = [entry for entry, _ in self._running.values()]
        for lost in await self._journal.extend(entries) if entries else ():
            running = self._running.get(lost.incoming.key)
            if running is not None and running[0].lease == lost.lease:
                log.warning("lease lost", extra={"event": lost.incoming.key})
                running[1].cancel()

    async def _take(self) -> None:
        room = self._options.side_by_side - len(self._chains)
        if room <= 0:
            return
        for entry in await self._journal.take(self._worker, list(self._platforms), room):
            self._start(entry)
