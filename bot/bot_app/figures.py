"""The house at a glance, read from what all its processes share: for /metrics, ``yinlu top``, /status and operators."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import psutil

from bot_core.errors import Broken
from bot_core.ports.knowledge import Library
from bot_core.ports.safety import Clock
from bot_core.ports.work import Journal, Outbox
from bot_ledger.spending import Spent
from bot_ledger.statistics import Daily
from bot_queue.connection import Store
from bot_queue.jobs import RedisJobQueue

INDEX_KEPT = 30.0  # seconds for which the index's sizes are not read again
PATIENCE = 2.0  # seconds for one part of a glance: what is away must not hide the rest


class Reports(Protocol):
    """What is read of the ledger."""

    async def daily(self, community: str | None, since: datetime) -> list[Daily]:
        """Return counts per day."""
        ...

    async def spent(self, community: str | None, since: datetime) -> list[Spent]:
        """Return what models cost per day."""
        ...


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """One lane of the queue; ``cost`` in its unit, ``oldest`` in seconds, ``expired`` leases since ever."""

    lane: str
    waiting: int
    running: int
    done: int
    failed: int
    expired: int
    paused: bool
    cost: float
    oldest: float


@dataclass(frozen=True, slots=True)
class Glance:
    """What stands where, now; sizes in bytes, ages in seconds. ``troubles`` names the parts that did not answer."""

    lanes: tuple[LaneFigures, ...] = ()
    journal: Mapping[str, int] = field(default_factory=dict)
    outbox: Mapping[str, int] = field(default_factory=dict)
    outbox_age: float = 0.0
    documents: int = 0
    passages: int = 0
    communities: int = 0
    embedding: int = 0
    memory: Mapping[str, int] = field(default_factory=dict)
    today: Mapping[str, float] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()


class Figures:
    """Reads glances; ``embedding`` tells how many documents still wait for their better embedding."""

    def __init__(
        self,
        ledger: Reports,
        library: Library,
        queue: RedisJobQueue,
        store: Store,
        journal: Journal,
        outbox: Outbox,
        clock: Clock,
        embedding: Callable[[], Awaitable[Mapping[str, int]]],
    ) -> None:
        self._ledger, self._library, self._queue, self._store = ledger, library, queue, store
        self._journal, self._outbox, self._clock, self._embedding = journal, outbox, clock, embedding
        self._index = (float("-inf"), (0, 0, 0))
        self._due: dict[tuple[str, str], float] = {}  # sends at once: when we first saw that they wait

    async def read(self) -> Glance:
        """Return the glance; what can't be reached is left out and named."""
        troubles: list[str] = []

        async def part(name: str, reading: Awaitable[dict[str, Any]]) -> dict[str, Any]:
            try:
                async with asyncio.timeout(PATIENCE):
                    return await reading
            except (Broken, TimeoutError):
                troubles.append(name)
                return {}

        parts: list[dict[str, Any]] = [
            await part("queue", self._lanes()),
            await part("sends", self._sends()),
            await part("documents", self._documents()),
            await part("ledger", self._today()),
            {"memory": await asyncio.to_thread(memory)},
        ]
        found = {name: value for read in parts for name, value in read.items()}
        return Glance(**found, troubles=tuple(troubles))

    async def _lanes(self) -> dict[str, object]:
        lanes = await self._queue.status()
        names = [f"expired:{lane.lane}" for lane in lanes]
        counted = await self._store.call("HMGET", f"{self._store.root}q:n", *names) if names else []
        return {
            "lanes": tuple(
                LaneFigures(
                    s.lane.value, s.waiting, s.running, s.done, s.failed, int(expired or 0), s.paused,
                    s.waiting_cost, s.oldest,
                )
                for s, expired in zip(lanes, counted, strict=True)
            )
        }  # fmt: skip

    async def _sends(self) -> dict[str, object]:
        journal, outbox = await self._journal.counts(), await self._outbox.counts()
        return {
            "journal": {"waiting": journal.waiting, "running": journal.running},
            "outbox": {
                name: getattr(outbox, name) for name in ("pending", "sending", "sent", "uncertain", "failed")
            },
            "outbox_age": await self._overdue(),
        }

    async def _overdue(self) -> float:
        """Return for how long the oldest send that is due has been due."""
        now, oldest, seen = self._clock.now().timestamp(), 0.0, set()
        root = f"{self._store.root}o:"
        for raw in await self._store.call("SMEMBERS", f"{root}p"):
            platform = _text(raw)
            first = await self._store.call("ZRANGE", f"{root}due:{platform}", 0, 0, "WITHSCORES")
            if not first:
                continue
            flat = first[0] if isinstance(first[0], list | tuple) else first
            key, due = (platform, _text(flat[0])), float(flat[1]) / 1000
            seen.add(key)
            since = due if due > 0 else self._due.setdefault(key, now)
            oldest = max(oldest, now - since)
        self._due = {key: since for key, since in self._due.items() if key in seen}
        return oldest

    async def _documents(self) -> dict[str, object]:
        until, (communities, documents, passages) = self._index
        if time.monotonic() >= until:
            held = [await self._library.documents(name) for name in await self._library.communities()]
            communities, documents = len(held), sum(map(len, held))
            passages = sum(info.passages for infos in held for info in infos)
            self._index = (time.monotonic() + INDEX_KEPT, (communities, documents, passages))
        waiting = sum((await self._embedding()).values())
        return {
            "communities": communities,
            "documents": documents,
            "passages": passages,
            "embedding": waiting,
        }

    async def _today(self) -> dict[str, object]:
        return {"today": await today(self._ledger, self._clock, None)}


async def today(ledger: Reports, clock: Clock, community: str | None) -> dict[str, float]:
    """Return the day's counts (UTC): questions by outcome, votes, jobs by kind, tokens and cost."""
    start = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found: dict[str, float] = {"questions": 0, "answered": 0, "related": 0, "unknown": 0, "up": 0, "down": 0}
    for day in await ledger.daily(community, start):
        for name, count in (*day.answers.items(), *day.votes.items()):
            found[name] = found.get(name, 0) + count
        for kind, count in day.jobs.items():
            found[f"jobs_{kind}"] = found.get(f"jobs_{kind}", 0) + count
        found["questions"] += day.questions
    spent = await ledger.spent(community, start)
    found["tokens"] = sum(line.prompt_tokens + line.completion_tokens for line in spent)
    found["cost"] = sum(line.cost for line in spent)
    return found


def memory() -> dict[str, int]:
    """Return resident bytes of this process and of those that it keeps, by what they are."""
    own = psutil.Process()
    found = {"house": own.memory_info().rss}
    for child in own.children(recursive=True):
        try:
            name, words, size = child.name(), " ".join(child.cmdline()), child.memory_info().rss
        except psutil.Error:
            continue
        kind = "valkey" if "valkey" in name else "worker" if "bot_app worker" in words else "other"
        found[kind] = found.get(kind, 0) + size
    return found


def plain(glance: Glance) -> dict[str, object]:
    """Return a glance as JSON, as ``yinlu top --json`` prints it."""
    lanes = [{name: getattr(lane, name) for name in LaneFigures.__slots__} for lane in glance.lanes]
    rest = ("outbox_age", "documents", "passages", "communities", "embedding")
    return {
        "lanes": lanes,
        "journal": dict(glance.journal),
        "outbox": dict(glance.outbox),
        **{name: getattr(glance, name) for name in rest},
        "memory": dict(glance.memory),
        "today": dict(glance.today),
        "troubles": list(glance.troubles),
    }


def _text(raw: object) -> str:
    return raw.decode() if isinstance(raw, bytes) else str(raw)
