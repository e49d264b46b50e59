"""Ports of what must not be lost: journal, outbox, queue, budgets, limits, locks, replayed frames."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot_core.answers import AnswerRecord
from bot_core.events import Incoming
from bot_core.files import FileRef
from bot_core.identity import Origin
from bot_core.replies import Reply


# --- journal -----------------------------------------------------------------------------------------------
class Receipt(StrEnum):
    """What became of an event that was offered to the journal."""

    NEW = "new"
    SEEN = "seen"  # its id was here before: nothing to do
    FULL = "full"  # the journal's bound is reached: tell the member, don't acknowledge


@dataclass(frozen=True, slots=True)
class Entry:
    """An event that this process must now handle; ``lease`` fences it, ``attempt`` counts from 1."""

    incoming: Incoming
    lease: str
    attempt: int
    received: datetime


@dataclass(frozen=True, slots=True)
class JournalCounts:
    """How much lies in the journal."""

    waiting: int
    running: int


class Journal(Protocol):
    """Events we will act on: received -> running -> done.

    In order within a conversation (``origin.conversation``), side by side across them, at most one running
    per conversation over all processes. The content of a done event is erased; its id is kept (24 h by
    default) to recognise redeliveries.
    """

    async def receive(self, incoming: Incoming, worker: str) -> tuple[Receipt, Entry | None]:
        """Store an event, durably, and only then return.

        When its conversation is idle the event is leased to ``worker`` at once and returned as an entry.
        """
        ...

    async def finish(self, entry: Entry, worker: str) -> Entry | None:
        """Mark done; return the same conversation's next event, leased, if there is one.

        Raises LeaseLost where another worker took the entry over meanwhile.
        """
        ...

    async def extend(self, entries: Sequence[Entry]) -> list[Entry]:
        """Heartbeat: renew these leases; return those that were lost."""
        ...

    async def take(self, worker: str, platforms: Sequence[str], limit: int) -> list[Entry]:
        """Lease events that nobody runs (left by a dead process, or waiting) of these platforms."""
        ...

    async def abandon(self, worker: str | None) -> int:
        """Give back every lease of ``worker`` (None: of all workers, for an owner that knows it is alone).

        Their events are handed out again by ``take`` at once instead of after the lease; returns how many.
        """
        ...

    async def counts(self) -> JournalCounts:
        """Return how much is waiting and running."""
        ...


# --- outbox ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Outgoing:
    """One send: a reply, where to, and what the ledger keeps of it. ``key`` makes it happen once."""

    event: str
    ordinal: int
    origin: Origin
    community: str
    person: str
    reply: Reply
    record: AnswerRecord | None = None

    @property
    def key(self) -> str:
        """Return the idempotency key."""
        return f"{self.event}#{self.ordinal}"


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """How sends stand; ``uncertain`` were cut off by a crash on a platform without idempotency keys."""

    pending: int
    sending: int
    sent: int
    uncertain: int
    failed: int


class Outbox(Protocol):
    """Every send passes here: stored under its key, recorded in the ledger, delivered by the face that owns it."""

    async def send(self, outgoing: Outgoing) -> bool:
        """Store a send; return False when its key was here before.

        Where this process has the face for ``origin.platform`` it is delivered before this returns;
        otherwise the process that has it is woken.
        """
        ...

    async def counts(self) -> OutboxCounts:
        """Return how many sends stand where."""
        ...


class FrameLog(Protocol):
    """What was sent to a session, numbered, so that a client that comes back misses nothing. Bounded."""

    async def append(self, session: str, frame: str) -> int:
        """Store a frame; return its number (from 1, without gaps)."""
        ...

    async def after(self, session: str, seq: int) -> list[tuple[int, str]]:
        """Return the frames after ``seq`` in order; raises NotFound where the session is unknown or they are gone."""
        ...

    async def last(self, session: str) -> int:
        """Return the highest number given, 0 for a session that has none."""
        ...


# --- limits, budgets, locks --------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``count`` in ``seconds``, bursts included."""

    count: int
    seconds: float


class Limiter(Protocol):
    """Counts over all processes."""

    async def take(self, key: str, rate: Rate, amount: int = 1) -> float:
        """Take ``amount``; return 0.0 when allowed, else the seconds until it would be (nothing is taken)."""
        ...


@dataclass(frozen=True, slots=True)
class Reservation:
    """An amount set aside in ``account`` under ``key``."""

    account: str
    key: str
    amount: float


@dataclass(frozen=True, slots=True)
class Balance:
    """An account: what was spent, what is set aside, what is allowed per period."""

    spent: float
    reserved: float
    allowed: float


class Budget(Protocol):
    """Spending caps; every call is atomic over all processes and safe to repeat with the same key."""

    async def allow(self, account: str, allowed: float, period: str) -> None:
        """Set the cap of ``account`` for ``period`` (e.g. ``2026-11``); a new period starts from zero."""
        ...

    async def reserve(self, account: str, key: str, amount: float) -> Reservation:
        """Set aside; raises JobRefused with the numbers where it would pass the cap."""
        ...

    async def settle(self, reservation: Reservation, actual: float) -> None:
        """Spend ``actual`` of the reservation, give back the rest."""
        ...

    async def refund(self, reservation: Reservation) -> None:
        """Give back all of the reservation."""
        ...

    async def balance(self, account: str) -> Balance:
        """Return where the account stands."""
        ...


class Locks(Protocol):
    """Locks over all processes."""

    def hold(self, name: str, seconds: float, wait: float = 0.0) -> AbstractAsyncContextManager[bool]:
        """Hold ``name``, renewed while inside; gives False when it could not be had within ``wait`` seconds."""
        ...


class Notes(Protocol):
    """Short-lived facts that all processes of an adapter share, e.g. which interaction answers an event."""

    async def put(self, key: str, value: str, seconds: float) -> None:
        """Keep ``value`` (at most 16 KB) for ``seconds``, replacing what was there."""
        ...

    async def add(self, key: str, value: str, seconds: float) -> bool:
        """Keep ``value`` unless the key is there already; tell whether it was kept."""
        ...

    async def get(self, key: str) -> str | None:
        """Return what is kept, or None."""
        ...

    async def drop(self, key: str) -> None:
        """Forget; a missing key is no error."""
        ...


# --- the schedule of slow work -----------------------------------------------------------------------------
class Lane(StrEnum):
    """How a job is paid for and ordered."""

    FAST = "fast"
    RELAX = "relax"


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # set aside with a reason after its attempts, or refused by the maker
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of slow work.

    ``id`` is 24 hex digits; ``key`` makes a put idempotent; ``profile`` names what can be batched together
    (equal profile, equal batch); ``cost`` is in the profile's own unit (pixels x steps, seconds of audio) and
    is what fairness counts; ``weight`` multiplies a person's share. ``payload`` is small JSON, files by reference.
    """

    id: str
    key: str
    kind: str
    profile: str
    lane: Lane
    person: str
    community: str
    origin: Origin
    cost: float
    payload: Mapping[str, object]
    created: datetime
    weight: float = 1.0
    event: str = ""  # the event it answers: results are sent under its key
    account: str = ""  # the budget that pays, empty for none
    most_waiting: int = 0  # of this person, where that is less than the queue's own bound; 0: that bound
    most_open: int = 0  # the same, of those that wait or run


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands in its lane: ``position`` 1 is next, 0 is running; ``seconds`` is an estimate."""

    job: str
    state: JobState
    position: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Placed:
    """The answer to a put."""

    job: str
    new: bool  # False: this key was put before
    place: Place


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's right to one job until ``until``; ``attempt`` fences everything it writes."""

    job: Job
    attempt: int
    worker: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: ``fraction`` 0..1, a stage's name, perhaps a preview."""

    stage: str
    fraction: float
    preview: FileRef | None = None


@dataclass(frozen=True, slots=True)
class JobResult:
    """What came out: files by reference and small JSON."""

    files: tuple[FileRef, ...] = ()
    data: Mapping[str, object] = field(default_factory=dict)
    actual_cost: float | None = None


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One line of a job's story, as followers see it."""

    job: str
    state: JobState
    attempt: int
    progress: Progress | None = None
    result: JobResult | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """One lane at a glance; ``waiting_cost`` in cost units, ``oldest`` in seconds."""

    lane: Lane
    waiting: int
    running: int
    done: int
    failed: int
    paused: bool
    waiting_cost: float
    oldest: float


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with where it stands, for lists."""

    job: Job
    state: JobState
    attempt: int
    position: int
    reason: str = ""
    progress: Progress | None = None
    result: JobResult | None = None


@dataclass(frozen=True, slots=True)
class BatchRule:
    """How a profile batches: at most ``largest`` at once; waiting ``patience`` seconds for companions pays."""

    largest: int = 1
    patience: float = 0.0


class JobQueue(Protocol):
    """The fair, fenced, batching schedule of slow work."""

    async def put(self, job: Job) -> Placed:
        """Accept a job; raises JobRefused with the numbers where a bound is reached."""
        ...

    async def claim(
        self,
        worker: str,
        kinds: Sequence[str],
        lanes: Sequence[Lane],
        rules: Mapping[str, BatchRule],
        wait: float,
    ) -> list[Lease]:
        """Lease a batch of compatible jobs (equal profile), waiting up to ``wait`` seconds for the first."""
        ...

    async def heartbeat(self, leases: Sequence[Lease]) -> dict[str, str]:
        """Renew leases; return, by job id, ``cancelled`` or ``lost`` for those that should stop."""
        ...

    async def progress(self, lease: Lease, progress: Progress) -> None:
        """Tell how far it is; raises LeaseLost."""
        ...

    async def commit(self, lease: Lease, result: JobResult) -> None:
        """Finish with a result; raises LeaseLost, and then nothing was written."""
        ...

    async def fail(self, lease: Lease, reason: str, retry: bool = True) -> None:
        """Give up this attempt; set aside when attempts are used up or ``retry`` is False. Raises LeaseLost."""
        ...

    async def release(self, leases: Sequence[Lease]) -> None:
        """Give jobs back untouched (drain); the attempt does not count."""
        ...

    async def cancel(self, job: str, person: str, admin: bool = False) -> JobState:
        """Cancel a waiting job, ask a running one to stop. Raises NotFound, NotAllowed for others than owner and admins."""
        ...

    async def place(self, job: str) -> Place:
        """Return where a job stands, exactly. Raises NotFound."""
        ...

    async def view(self, job: str) -> JobView:
        """Return a job with its state. Raises NotFound."""
        ...

    def follow(self, job: str) -> AsyncIterator[JobEvent]:
        """Yield what happens to a job, beginning with now, until it is done, failed or cancelled."""
        ...

    async def status(self) -> list[LaneStatus]:
        """Return every lane at a glance."""
        ...

    async def listing(self, state: JobState, limit: int = 100) -> list[JobView]:
        """List jobs in a state, waiting ones in the order they will run."""
        ...

    async def retry(self, job: str) -> Placed:
        """Put a job that was set aside back into its lane. Raises NotFound."""
        ...

    async def drop(self, job: str) -> None:
        """Remove a job that was set aside. Raises NotFound."""
        ...

    async def pause(self, lane: Lane, paused: bool) -> None:
        """Stop or go on handing out jobs of a lane."""
        ...
