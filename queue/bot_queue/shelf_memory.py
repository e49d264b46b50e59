"""The outbox's store in memory."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot_core.codec import encode
from bot_core.ports.work import OutboxCounts, Outgoing
from bot_queue.shelf import Head, OutboxOptions, PutAnswer, SendState


@dataclass(slots=True)
class _Kept:
    outgoing: Outgoing
    state: SendState
    size: int
    tries: int = 0


@dataclass(slots=True)
class _Line:
    keys: deque[str] = field(default_factory=deque)
    due: float = 0.0
    token: str = ""
    worker: str = ""


class MemoryShelf:
    """The shelf's twin; processes of a test share one."""

    def __init__(self, options: OutboxOptions, seconds: Callable[[], float] = time.monotonic) -> None:
        self._options, self._seconds = options, seconds
        self._sends: dict[str, _Kept] = {}
        self._lines: dict[str, _Line] = {}
        self._done: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._unrecorded: dict[str, float] = {}
        self._ended: Counter[SendState] = Counter()
        self._bytes = 0
        self._listeners: set[tuple[frozenset[str], asyncio.Event]] = set()

    async def put(self, outgoing: Outgoing, token: str, claim: SendState | None, worker: str) -> PutAnswer:
        """Store a send."""
        key, now = outgoing.key, self._seconds()
        while self._done and next(iter(self._done.values()))[0] <= now:
            self._done.popitem(last=False)
        if key in self._sends or key in self._done:
            return PutAnswer.SEEN
        size = len(encode(outgoing))
        if len(self._sends) >= self._options.most_sends or self._bytes + size > self._options.most_bytes:
            return PutAnswer.FULL
        self._bytes += size
        kept = self._sends[key] = _Kept(outgoing, SendState.PENDING, size)
        line = self._lines.setdefault(outgoing.origin.conversation, _Line())
        line.keys.append(key)
        if len(line.keys) > 1:
            return PutAnswer.QUEUED
        if claim is None:
            self._tell(outgoing.origin.platform)
            return PutAnswer.QUEUED
        kept.state, line.token, line.worker, line.due = claim, token, worker, now + self._options.lease
        return PutAnswer.MINE

    async def sending(self, head: Head) -> bool:
        """Note that it may have gone out."""
        line = self._lines.get(head.conversation)
        if line is None or line.token != head.token:
            return False
        self._sends[head.outgoing.key].state = SendState.SENDING
        return True

    async def done(self, head: Head, state: SendState, note: str, recorded: bool) -> Head | None:
        """Bring a send to its end."""
        line, key, now = self._lines.get(head.conversation), head.outgoing.key, self._seconds()
        if line is None or line.token != head.token:
            return None
        line.keys.popleft()
        self._ended[state] += 1
        self._done[key] = (now + self._options.keep, note)
        self._sends[key].state = state
        if recorded:
            self._bytes -= self._sends.pop(key).size
        else:
            self._unrecorded[key] = now
        if not line.keys:
            del self._lines[head.conversation]
            return None
        line.due = now + self._options.lease
        kept = self._sends[line.keys[0]]
        return Head(kept.outgoing, head.token, kept.state, kept.tries)

    async def later(self, head: Head, seconds: float, counts: bool) -> None:
        """Give the claim back."""
        line = self._lines.get(head.conversation)
        if line is None or line.token != head.token:
            return
        kept = self._sends[head.outgoing.key]
        kept.state, kept.tries = SendState.PENDING, kept.tries + counts
        line.token, line.worker, line.due = "", "", self._seconds() + seconds

    async def claim(
        self, worker: str, platforms: Sequence[str], token: str, limit: int
    ) -> tuple[float, list[Head]]:
        """Claim what is due."""
        now = self._seconds()
        heads: list[Head] = []
        ours = [line for line in self._lines.values() if self._platform(line) in platforms]
        for line in [line for line in ours if line.due <= now][:limit]:
            line.token, line.worker, line.due = f"{token}-{len(heads)}", worker, now + self._options.lease
            kept = self._sends[line.keys[0]]
            heads.append(Head(kept.outgoing, line.token, kept.state, kept.tries))
        return max(0.0, min((line.due for line in ours), default=now - 1) - now) if ours else -1.0, heads

    async def renew(self, heads: Sequence[Head]) -> None:
        """Renew claims."""
        for head in heads:
            line = self._lines.get(head.conversation)
            if line is not None and line.token == head.token:
                line.due = self._seconds() + self._options.lease

    async def abandon(self, worker: str | None) -> int:
        """Make claims due at once."""
        held = [line for line in self._lines.values() if line.worker and worker in (None, line.worker)]
        for line in held:
            line.token, line.worker, line.due = "", "", 0.0
        return len(held)

    async def records(self, limit: int) -> list[Outgoing]:
        """Return sends whose record the ledger lacks."""
        now = self._seconds()
        keys = [key for key, due in self._unrecorded.items() if due <= now][:limit]
        self._unrecorded.update(dict.fromkeys(keys, now + self._options.lease))
        return [self._sends[key].outgoing for key in keys]

    async def recorded(self, outgoing: Outgoing) -> None:
        """The ledger has it now."""
        if self._unrecorded.pop(outgoing.key, None) is not None:
            self._bytes -= self._sends.pop(outgoing.key).size

    async def counts(self) -> OutboxCounts:
        """Return how many sends stand where."""
        now = Counter(kept.state for key, kept in self._sends.items() if key not in self._unrecorded)
        now.update(self._ended)
        return OutboxCounts(*(now[state] for state in SendState))

    @asynccontextmanager
    async def listen(self, platforms: Sequence[str]) -> AsyncIterator[asyncio.Event]:
        """Give an event for these platforms."""
        listener = (frozenset(platforms), asyncio.Event())
        self._listeners.add(listener)
        try:
            yield listener[1]
        finally:
            self._listeners.discard(listener)

    def _platform(self, line: _Line) -> str:
        return self._sends[line.keys[0]].outgoing.origin.platform

    def _tell(self, platform: str) -> None:
        for platforms, event in self._listeners:
            if platform in platforms:
                event.set()
