"""Where the outbox keeps its sends: what it asks of a store, and the store on Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot_core.codec import decode, encode
from bot_core.ports.work import OutboxCounts, Outgoing
from bot_queue.connection import Store


class SendState(StrEnum):
    """Where a send stands. PENDING -> SENDING -> SENT, UNCERTAIN or FAILED; SENDING -> PENDING to try again."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"  # cut off by a crash where the platform takes no idempotency key
    FAILED = "failed"


class PutAnswer(StrEnum):
    """What became of a put."""

    SEEN = "seen"
    FULL = "full"
    MINE = "mine"  # stored, and the caller has the claim on its conversation
    QUEUED = "queued"  # stored, behind others or for another process


@dataclass(frozen=True, slots=True)
class OutboxOptions:
    """Bounds; times in seconds."""

    lease: float = 30.0
    poll: float = 0.5
    tries: int = 8
    backoff: float = 0.5
    longest_backoff: float = 60.0
    longest_retry_after: float = 3600.0
    most_sends: int = 10_000
    most_bytes: int = 128 * 1024 * 1024
    keep: int = 24 * 3600  # how long a key is known
    side_by_side: int = 64
    drain: float = 8.0


@dataclass(frozen=True, slots=True)
class Head:
    """A conversation's first send, claimed under ``token``; ``tries`` failed before."""

    outgoing: Outgoing
    token: str
    state: SendState = SendState.PENDING
    tries: int = 0

    @property
    def conversation(self) -> str:
        """Return what the claim is on."""
        return self.outgoing.origin.conversation


class Shelf(Protocol):
    """The outbox's store; every call is atomic."""

    async def put(self, outgoing: Outgoing, token: str, claim: SendState | None, worker: str) -> PutAnswer:
        """Store a send; with ``claim`` the conversation is claimed where it is idle, the send in that state."""
        ...

    async def sending(self, head: Head) -> bool:
        """Note that it may have gone out from here on; False where the claim is lost."""
        ...

    async def done(self, head: Head, state: SendState, note: str, recorded: bool) -> Head | None:
        """Bring a send to its end and return the conversation's next, if the claim still holds."""
        ...

    async def later(self, head: Head, seconds: float, counts: bool) -> None:
        """Give the claim back; the same send is due after ``seconds``."""
        ...

    async def claim(
        self, worker: str, platforms: Sequence[str], token: str, limit: int
    ) -> tuple[float, list[Head]]:
        """Claim what is due; return also the seconds until the next falls due (-1 for never)."""
        ...

    async def renew(self, heads: Sequence[Head]) -> None:
        """Renew claims."""
        ...

    async def abandon(self, worker: str | None) -> int:
        """Make one worker's (or everybody's) claims due at once."""
        ...

    async def records(self, limit: int) -> list[Outgoing]:
        """Return sends whose record the ledger lacks, to this caller alone for a lease."""
        ...

    async def recorded(self, outgoing: Outgoing) -> None:
        """The ledger has it now."""
        ...

    async def counts(self) -> OutboxCounts:
        """Return how many sends stand where."""
        ...

    def listen(self, platforms: Sequence[str]) -> AbstractAsyncContextManager[asyncio.Event]:
        """Give an event that is set when another process stored something for one of these platforms."""
        ...


class RedisShelf:
    """The shelf on Redis: one round trip per call, the server's clock."""

    def __init__(self, store: Store, options: OutboxOptions) -> None:
        self._store, self._options = store, options
        self._lease = int(options.lease * 1000)

    async def put(self, outgoing: Outgoing, token: str, claim: SendState | None, worker: str) -> PutAnswer:
        """Store a send."""
        origin, bounds = outgoing.origin, self._options
        answer = await self._store.run(
            "outbox_put", outgoing.key, origin.conversation, origin.platform, encode(outgoing), token, claim or "",
            self._lease, bounds.most_sends, bounds.most_bytes, worker,
        )  # fmt: skip
        return PutAnswer(answer)

    async def sending(self, head: Head) -> bool:
        """Note that it may have gone out."""
        return bool(await self._store.run("outbox_sending", head.outgoing.key, head.conversation, head.token))

    async def done(self, head: Head, state: SendState, note: str, recorded: bool) -> Head | None:
        """Bring a send to its end."""
        answer = await self._store.run(
            "outbox_done", head.outgoing.key, head.conversation, head.token, state, note, int(not recorded),
            self._options.keep, self._lease, head.outgoing.origin.platform,
        )  # fmt: skip
        if answer[0] != "next":
            return None
        _, _, body, following, tries = answer
        return Head(decode(Outgoing, body), head.token, SendState(following), int(tries))

    async def later(self, head: Head, seconds: float, counts: bool) -> None:
        """Give the claim back."""
        key, platform = head.outgoing.key, head.outgoing.origin.platform
        delay = int(seconds * 1000)
        await self._store.run(
            "outbox_later", key, head.conversation, platform, head.token, delay, int(counts)
        )

    async def claim(
        self, worker: str, platforms: Sequence[str], token: str, limit: int
    ) -> tuple[float, list[Head]]:
        """Claim what is due."""
        soonest, found = await self._store.run("outbox_claim", worker, token, self._lease, limit, *platforms)
        heads = [Head(decode(Outgoing, b), t, SendState(s), int(k)) for _, t, _, b, s, k in found]
        return (int(soonest) / 1000 if int(soonest) >= 0 else -1.0), heads

    async def renew(self, heads: Sequence[Head]) -> None:
        """Renew claims."""
        flat = [part for h in heads for part in (h.conversation, h.outgoing.origin.platform, h.token)]
        await self._store.run("outbox_renew", self._lease, *flat)

    async def abandon(self, worker: str | None) -> int:
        """Make claims due at once."""
        return int(await self._store.run("outbox_abandon", worker or ""))

    async def records(self, limit: int) -> list[Outgoing]:
        """Return sends whose record the ledger lacks."""
        return [decode(Outgoing, b) for _, b in await self._store.run("outbox_records", self._lease, limit)]

    async def recorded(self, outgoing: Outgoing) -> None:
        """The ledger has it now."""
        await self._store.run("outbox_recorded", outgoing.key)

    async def counts(self) -> OutboxCounts:
        """Return how many sends stand where."""
        values = await self._store.call("HMGET", f"{self._store.root}o:n", *SendState)
        return OutboxCounts(*(int(value or 0) for value in values))

    @asynccontextmanager
    async def listen(self, platforms: Sequence[str]) -> AsyncIterator[asyncio.Event]:
        """Give an event for these platforms."""
        async with self._store.news.listen(*(f"o:{platform}" for platform in platforms)) as event:
            yield event
