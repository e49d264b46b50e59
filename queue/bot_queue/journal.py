"""The journal: events that were acknowledged, until they are done. On Redis, and in memory."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot_core.codec import decode, encode
from bot_core.errors import LeaseLost
from bot_core.events import Incoming
from bot_core.ports.work import Entry, JournalCounts, Receipt
from bot_queue.connection import Store


@dataclass(frozen=True, slots=True)
class JournalOptions:
    """Bounds; times in seconds. ``lease`` is how long a dead process's events lie still."""

    lease: float = 30.0
    remember: int = 24 * 3600
    most_events: int = 10_000
    most_bytes: int = 64 * 1024 * 1024


def _at(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)


class RedisJournal:
    """The Journal port on Redis: one round trip per call, the server's clock."""

    def __init__(self, store: Store, options: JournalOptions | None = None) -> None:
        self._store, self._options = store, options or JournalOptions()
        self._lease = int(self._options.lease * 1000)

    async def receive(self, incoming: Incoming, worker: str) -> tuple[Receipt, Entry | None]:
        """Store an event; see the port."""
        origin, lease, bounds = incoming.origin, secrets.token_hex(8), self._options
        answer = await self._store.run(
            "journal_receive", incoming.key, origin.conversation, origin.platform, encode(incoming), worker,
            lease, self._lease, bounds.most_events, bounds.most_bytes,
        )  # fmt: skip
        receipt = Receipt(answer[0])
        if len(answer) == 1:
            return receipt, None
        return receipt, Entry(incoming, lease, 1, _at(answer[1]))

    async def finish(self, entry: Entry, worker: str) -> Entry | None:
        """Erase an event and lease the next; see the port."""
        lease = secrets.token_hex(8)
        answer = await self._store.run(
            "journal_finish",
            entry.incoming.key,
            entry.lease,
            worker,
            lease,
            self._lease,
            self._options.remember,
        )
        if answer[0] == "lost":
            raise LeaseLost(entry.incoming.key, entry.attempt)
        if answer[0] == "none":
            return None
        _, _, body, received, attempt = answer
        return Entry(decode(Incoming, body), lease, int(attempt), _at(received))

    async def extend(self, entries: Sequence[Entry]) -> list[Entry]:
        """Renew leases; see the port."""
        flat = [part for e in entries for part in (e.incoming.key, e.lease, e.incoming.origin.platform)]
        lost = await self._store.run("journal_extend", self._lease, *flat)
        return [entries[int(index)] for index in lost]

    async def take(self, worker: str, platforms: Sequence[str], limit: int) -> list[Entry]:
        """Lease what nobody runs; see the port."""
        if not platforms or limit <= 0:
            return []
        token = secrets.token_hex(8)
        taken = await self._store.run("journal_take", worker, self._lease, limit, token, *platforms)
        return [Entry(decode(Incoming, b), lease, int(n), _at(t)) for _, b, t, n, lease in taken]

    async def abandon(self, worker: str | None) -> int:
        """Give back leases; see the port."""
        return int(await self._store.run("journal_abandon", worker or ""))

    async def counts(self) -> JournalCounts:
        """Return how much lies here."""
        total, running = await self._store.run("journal_counts")
        return JournalCounts(waiting=total - running, running=running)


@dataclass(slots=True)
class _Kept:
    entry: Entry
    size: int
    worker: str | None = None
    until: float = 0.0


class MemoryJournal:
    """The Journal port's twin; ``seconds`` is its clock."""

    def __init__(
        self, options: JournalOptions | None = None, seconds: Callable[[], float] = time.time
    ) -> None:
        self._options, self._seconds = options or JournalOptions(), seconds
        self._events: dict[str, _Kept] = {}
        self._lines: dict[str, deque[str]] = {}
        self._done: OrderedDict[str, float] = OrderedDict()
        self._bytes = 0

    async def receive(self, incoming: Incoming, worker: str) -> tuple[Receipt, Entry | None]:
        """Store an event; see the port."""
        key, conversation = incoming.key, incoming.origin.conversation
        self._forget()
        if key in self._events or key in self._done:
            return Receipt.SEEN, None
        size = len(encode(incoming))
        if len(self._events) >= self._options.most_events or self._bytes + size > self._options.most_bytes:
            return Receipt.FULL, None
        self._bytes += size
        self._events[key] = _Kept(Entry(incoming, "", 0, self._now()), size)
        line = self._lines.setdefault(conversation, deque())
        line.append(key)
        return Receipt.NEW, self._hand(key, worker) if len(line) == 1 else None

    async def finish(self, entry: Entry, worker: str) -> Entry | None:
        """Erase an event and lease the next; see the port."""
        key = entry.incoming.key
        kept = self._events.get(key)
        if kept is None or kept.entry.lease != entry.lease:
            raise LeaseLost(key, entry.attempt)
        conversation = entry.incoming.origin.conversation
        self._bytes -= self._events.pop(key).size
        self._done[key] = self._seconds() + self._options.remember
        line = self._lines[conversation]
        line.popleft()
        if not line:
            del self._lines[conversation]
            return None
        return self._hand(line[0], worker)

    async def extend(self, entries: Sequence[Entry]) -> list[Entry]:
        """Renew leases; see the port."""
        lost = []
        for entry in entries:
            kept = self._events.get(entry.incoming.key)
            if kept is None or kept.entry.lease != entry.lease:
                lost.append(entry)
            else:
                kept.until = self._seconds() + self._options.lease
        return lost

    async def take(self, worker: str, platforms: Sequence[str], limit: int) -> list[Entry]:
        """Lease what nobody runs; see the port."""
        now = self._seconds()
        heads = [line[0] for line in self._lines.values()]
        free = [
            key
            for key in heads
            if self._events[key].until <= now
            and self._events[key].entry.incoming.origin.platform in platforms
        ]
        return [self._hand(key, worker) for key in free[: max(0, limit)]]

    async def abandon(self, worker: str | None) -> int:
        """Give back leases; see the port."""
        held = [kept for kept in self._events.values() if kept.worker and worker in (None, kept.worker)]
        for kept in held:
            kept.worker, kept.until, kept.entry = None, 0.0, replace(kept.entry, lease="")
        return len(held)

    async def counts(self) -> JournalCounts:
        """Return how much lies here."""
        now = self._seconds()
        running = sum(kept.until > now for kept in self._events.values())
        return JournalCounts(waiting=len(self._events) - running, running=running)

    def _hand(self, key: str, worker: str) -> Entry:
        kept = self._events[key]
        kept.entry = replace(kept.entry, lease=secrets.token_hex(8), attempt=kept.entry.attempt + 1)
        kept.worker, kept.until = worker, self._seconds() + self._options.lease
        return kept.entry

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._seconds(), UTC)

    def _forget(self) -> None:
        now = self._seconds()
        while self._done and next(iter(self._done.values())) <= now:
            self._done.popitem(last=False)
