"""The outbox: every send is stored, recorded, delivered once, and delivered later where it can't be now.

A send is PENDING when stored, SENDING from just before the face is asked (only for faces that are not
idempotent: for the others a repetition is harmless, so the mark is spared), then SENT, FAILED or, where a
crash or a stop fell between the two, UNCERTAIN. Sends of one conversation keep their order: a process claims
the conversation, not the send.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot_core.conversation import Face
from bot_core.errors import Broken, EngineDown, LimitReached, StorageFull, YinluError
from bot_core.ports.ledger import Ledger
from bot_core.ports.work import Notes, OutboxCounts, Outgoing
from bot_queue.connection import Store
from bot_queue.notes import RedisNotes
from bot_queue.shelf import Head, OutboxOptions, PutAnswer, RedisShelf, SendState, Shelf
from bot_queue.shelf_memory import MemoryShelf

__all__ = ["MemoryOutbox", "OutboxOptions", "RedisOutbox", "StoredOutbox"]

log = logging.getLogger(__name__)
NOTED = 7 * 86400.0  # seconds

# What an adapter may raise by mistake: such a send is set aside, and the others go on.
MISTAKES = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)


class StoredOutbox:
    """The Outbox port over a shelf. ``faces`` is looked up at every send; ``worker`` names this process."""

    def __init__(
        self,
        shelf: Shelf,
        faces: Mapping[str, Face],
        ledger: Ledger,
        worker: str,
        options: OutboxOptions,
        notes: Notes | None = None,
    ) -> None:
        self._shelf, self._faces, self._ledger = shelf, faces, ledger
        self._worker, self._options, self._notes = worker, options, notes
        self._heads: dict[str, Head] = {}  # what this process delivers now, by conversation
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}  # sends behind these
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = False

    async def send(self, outgoing: Outgoing) -> bool:
        """Store and, where the face is here, deliver; see the port. Raises EngineDown, StorageFull."""
        face = self._faces.get(outgoing.origin.platform)
        token = secrets.token_hex(8)
        answer = await self._shelf.put(outgoing, token, _claim(face, outgoing), self._worker)
        if answer is PutAnswer.SEEN:
            return False
        if answer is PutAnswer.FULL:
            raise StorageFull("the outbox")
        if answer is PutAnswer.MINE and face is not None:
            head = Head(outgoing, token, _claim(face, outgoing) or SendState.PENDING)
            await self._deliver(head, face, fresh=True)
        elif outgoing.origin.conversation in self._heads:
            behind: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(outgoing.origin.conversation, []).append(behind)
            await behind
        return True

    async def counts(self) -> OutboxCounts:
        """Return how many sends stand where."""
        return await self._shelf.counts()

    async def abandon(self, worker: str | None) -> int:
        """Make claims of ``worker`` (None: everybody's, for an owner that is alone) due at once."""
        return await self._shelf.abandon(worker)

    @asynccontextmanager
    async def pump(self) -> AsyncIterator[StoredOutbox]:
        """Deliver, while inside, what others stored for our faces and what dead processes left."""
        self._open = True
        watch = asyncio.create_task(self._watch(), name="outbox-watch")
        try:
            yield self
        finally:
            self._open = False
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=self._options.drain)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- one conversation ----------------------------------------------------------------------------------
    async def _deliver(self, head: Head, face: Face, fresh: bool = False) -> None:
        """Deliver a conversation's first send and those behind it, as long as the claim holds.

        A fresh one returns after the first; what came behind it meanwhile goes on in a task.
        """
        conversation = head.conversation
        following: Head | None = head
        handed_on = False
        try:
            while following is not None and not handed_on:
                self._heads[conversation] = following
                following = await self._one(following, face, fresh)
                if fresh and following is not None and self._open:
                    self._start(following, face)
                    handed_on = True
                fresh = False
        except (EngineDown, StorageFull) as error:
            log.warning("the outbox goes on after its lease", extra={"error": str(error)})
        finally:
            if not handed_on:
                self._heads.pop(conversation, None)
                for behind in self._waiting.pop(conversation, ()):
                    if not behind.done():
                        behind.set_result(None)

    def _start(self, head: Head, face: Face) -> None:
        task = asyncio.create_task(self._deliver(head, face), name=f"send-{head.outgoing.key}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _one(self, head: Head, face: Face, fresh: bool) -> Head | None:
        """Bring one send forward; return the next of its conversation, if it is ours to send."""
        outgoing = head.outgoing
        if head.state is SendState.SENDING and not fresh and not face.idempotent:
            log.warning("a send was cut off and may have arrived", extra={"send": outgoing.key})
            recorded = await self._record(outgoing)
            return await self._shelf.done(head, SendState.UNCERTAIN, "cut off", recorded)
        recorded = await self._record(outgoing)
        marked = face.idempotent or (fresh and head.state is SendState.SENDING)
        if not marked and not await self._shelf.sending(head):
            return None
        try:
            message = await face.deliver(outgoing)
        except asyncio.CancelledError:
            await self._cut(head, face, recorded)
            raise
        except YinluError as error:
            return await self._failed(head, error, recorded)
        except MISTAKES as error:
            log.exception("a face failed unexpectedly", extra={"send": outgoing.key})
            return await self._shelf.done(head, SendState.FAILED, type(error).__name__, recorded)
        await self._note(outgoing, message)
        return await self._shelf.done(head, SendState.SENT, message, recorded)

    async def _note(self, outgoing: Outgoing, message: str) -> None:
        """Remember which message follows a job, so that any process can edit it."""
        about = outgoing.reply.about
        if self._notes is None or not about or not message or outgoing.reply.made is not None:
            return
        try:
            await self._notes.put(f"message:{about}", message, NOTED)
        except Broken as error:
            log.warning("a message will not be found again", extra={"error": str(error)})

    async def _record(self, outgoing: Outgoing) -> bool:
        """Put the record into the ledger; delivery goes on without, the record follows later."""
        if outgoing.record is None:
            return True
        try:
            await self._ledger.record_answer(outgoing.record)
        except Broken as error:
            log.error("the ledger can't be written; it is tried again", extra={"error": str(error)})
            return False
        return True

    async def _failed(self, head: Head, error: YinluError, recorded: bool) -> Head | None:
        """Try again later, or give up where it can't help or was tried often enough."""
        key, limits = head.outgoing.key, self._options
        again = isinstance(error, Broken | LimitReached) or getattr(error, "retry_after", None) is not None
        if not again or head.tries + 1 >= limits.tries:
            log.error(
                "a send failed for good", extra={"send": key, "error": str(error), "tries": head.tries + 1}
            )
            return await self._shelf.done(head, SendState.FAILED, str(error)[:200], recorded)
        longest = min(limits.longest_backoff, limits.backoff * 2**head.tries)
        seconds = longest * (0.5 + random.random() / 2)  # noqa: S311 - jitter
        asked = getattr(error, "retry_after", None)
        if asked is not None:
            seconds = min(float(asked), limits.longest_retry_after) + random.random() * 0.1  # noqa: S311
        log.warning(
            "a send is tried again", extra={"send": key, "error": str(error), "seconds": round(seconds, 1)}
        )
        await self._shelf.later(head, seconds, counts=True)
        return None

    async def _cut(self, head: Head, face: Face, recorded: bool) -> None:
        """We were stopped amid a delivery: leave it as it must be read by whoever goes on."""
        ending = asyncio.create_task(self._cut_off(head, face, recorded))
        self._tasks.add(ending)
        ending.add_done_callback(self._tasks.discard)
        await asyncio.shield(ending)

    async def _cut_off(self, head: Head, face: Face, recorded: bool) -> None:
        try:
            if face.idempotent:
                await self._shelf.later(head, 0.0, counts=False)
                return
            following = await self._shelf.done(head, SendState.UNCERTAIN, "stopped", recorded)
            if following is not None:
                await self._shelf.later(following, 0.0, counts=False)
        except (EngineDown, StorageFull) as error:
            log.warning("the outbox goes on after its lease", extra={"error": str(error)})

    # --- the pump ------------------------------------------------------------------------------------------
    async def _watch(self) -> None:
        renew_every = self._options.lease / 3
        renewed = asyncio.get_running_loop().time()
        while True:
            platforms = list(self._faces)
            async with self._shelf.listen(platforms) as news:
                while platforms == list(self._faces):
                    news.clear()
                    wait = await self._look(platforms)
                    now = asyncio.get_running_loop().time()
                    if self._heads and now - renewed >= renew_every:
                        renewed = now
                        await self._quietly_renew()
                    try:
                        await asyncio.wait_for(news.wait(), wait)
                    except TimeoutError:
                        continue

    async def _look(self, platforms: list[str]) -> float:
        """Start what is due; return how long to wait before the next look."""
        poll, room = self._options.poll, self._options.side_by_side - len(self._tasks)
        try:
            await self._write_records()
            if not platforms or room <= 0:
                return poll
            soonest, heads = await self._shelf.claim(self._worker, platforms, secrets.token_hex(8), room)
        except (EngineDown, StorageFull) as error:
            log.warning("the outbox can't be reached", extra={"error": str(error)})
            return poll
        for head in heads:
            self._start(head, self._faces[head.outgoing.origin.platform])
        return poll if soonest < 0 else max(0.005, min(poll, soonest))

    async def _write_records(self) -> None:
        for outgoing in await self._shelf.records(16):
            if await self._record(outgoing):
                await self._shelf.recorded(outgoing)

    async def _quietly_renew(self) -> None:
        try:
            await self._shelf.renew(list(self._heads.values()))
        except (EngineDown, StorageFull) as error:
            log.warning("claims could not be renewed", extra={"error": str(error)})


def _claim(face: Face | None, outgoing: Outgoing) -> SendState | None:
    """Return the state a send gets with its claim: SENDING only where nothing but the face comes next."""
    if face is None:
        return None
    return SendState.PENDING if face.idempotent or outgoing.record is not None else SendState.SENDING


class RedisOutbox(StoredOutbox):
    """The Outbox port on Redis."""

    def __init__(
        self,
        store: Store,
        faces: Mapping[str, Face],
        ledger: Ledger,
        worker: str,
        options: OutboxOptions | None = None,
    ) -> None:
        options = options or OutboxOptions()
        super().__init__(RedisShelf(store, options), faces, ledger, worker, options, RedisNotes(store))


class MemoryOutbox(StoredOutbox):
    """The Outbox port's twin; outboxes that are given the same ``shelf`` share it like processes share a server."""

    def __init__(
        self,
        faces: Mapping[str, Face],
        ledger: Ledger,
        worker: str,
        options: OutboxOptions | None = None,
        shelf: MemoryShelf | None = None,
        notes: Notes | None = None,
    ) -> None:
        options = options or OutboxOptions()
        super().__init__(shelf or MemoryShelf(options), faces, ledger, worker, options, notes)
