"""What members see of a job while it waits and runs, and when it ends: in every place that this process serves.

One loop looks at the queue for all jobs and edits only messages that have something new to say, at a pace that
platforms bear. It keeps nothing that matters: after a restart it finds the messages again by the jobs' own notes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from bot_core.answers import Answer, AnswerRecord, Outcome, Question
from bot_core.conversation import Context, Conversation, Face
from bot_core.errors import Broken, LimitReached, NotFound, YinluError
from bot_core.identity import Locale, Words
from bot_core.pictures import KIND, picture_job
from bot_core.ports.safety import Clock
from bot_core.ports.work import JobQueue, JobState, JobView, Notes, Outgoing
from bot_core.replies import Reply
from bot_handlers.imagine.cards import pictures, status

log = logging.getLogger(__name__)

# Places at which a waiting job's message is edited: rarely where the wait is long.
RUNGS = (1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 18, 23, 29, 36, 45, 56, 70, 88, 110)
LOOKED_AT = 5000
LATE = 120.0  # seconds in which a job's message is told of its end: it may come late, its place may be full
TOLD_FOR = 3600.0  # seconds in which no second process says how a job ended


@dataclass(frozen=True, slots=True)
class PicturesOut:
    """Makes the message of a job that ended, for the finisher."""

    context: Context
    clock: Clock
    maker: Words

    def render(self, view: JobView, event: str, ordinal: int) -> Outgoing | None:
        """Return the new message with the pictures, or with why there are none; None where the status says it all."""
        if view.job.kind != KIND or view.state is JobState.CANCELLED:
            return None
        locale = picture_job(view.job.payload).locale
        job = view.job
        talk = conversation_of(self.context, view, locale)
        if view.state is JobState.DONE and view.result is not None:
            reply = talk.dress(pictures(view, self.maker, locale))
            return Outgoing(event, ordinal, job.origin, job.community, job.person, reply, self._record(view))
        reply = talk.dress(status(view, 0.0, locale))
        return Outgoing(event, ordinal, job.origin, job.community, job.person, reply)

    def _record(self, view: JobView) -> AnswerRecord:
        """Return what votes on the pictures refer to."""
        job, picture = view.job, picture_job(view.job.payload)
        question = Question(job.id, job.community, picture.last.prompt, picture.locale, job.person)
        made = Answer(job.id, Outcome.ANSWERED, "", model=f"picture:{job.profile.partition(':')[0]}")
        return AnswerRecord(question, made, self.clock.now(), job.origin.platform)


def conversation_of(context: Context, view: JobView, locale: Locale) -> Conversation:
    """Return the conversation that a job was asked for in."""
    job = view.job
    face = context.faces.get(job.origin.platform)
    return Conversation(context, face, job.origin, job.event, job.community, locale, job.person)


def _locale(view: JobView) -> Locale:
    return picture_job(view.job.payload).locale


class JobFollower:
    """Edits the messages that follow jobs of one kind, while open. ``every`` is the time between two looks, in seconds.

    ``status`` makes the message of a job (with the seconds it still waits), in the language that ``locale`` reads from it.
    """

    def __init__(
        self,
        queue: JobQueue,
        context: Context,
        notes: Notes,
        *,
        every: float = 1.0,
        between: float = 3.0,
        holder: str = "here",
        kind: str = KIND,
        status: Callable[[JobView, float, Locale], Reply] = status,
        locale: Callable[[JobView], Locale] = _locale,
    ) -> None:
        self._queue, self._context, self._notes = queue, context, notes
        self._kind, self._status, self._locale = kind, status, locale
        self._every, self._between, self._holder = every, between, holder
        self._shown: dict[str, _Shown] = {}
        self._ended: dict[str, tuple[JobView, float]] = {}  # and until when its message is looked for
        self._editing: dict[
            str, asyncio.Task[None]
        ] = {}  # by conversation: a slow place keeps no other waiting

    @asynccontextmanager
    async def open(self) -> AsyncIterator[JobFollower]:
        """Follow for as long as this is open."""
        task = asyncio.create_task(self._run(), name="job-follower")
        try:
            yield self
        finally:
            tasks = [task, *self._editing.values()]
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def ended(self, view: JobView) -> None:
        """Take note of a job that ended, also one that this process never saw live: its message says so soon."""
        if view.job.kind == self._kind and view.job.origin.platform in self._context.faces:
            self._ended[view.job.id] = view, asyncio.get_running_loop().time() + LATE

    async def look(self) -> None:
        """Bring every message up to date that is due."""
        live = await self._live()
        for job in [job for job in self._shown if job not in live]:
            del self._shown[job]
            if job not in self._ended:
                await self._gone(job)
        ended, self._ended = self._ended, {}
        for view, until in ended.values():
            await self._end(view, until)
        for view in live.values():
            await self._update(view)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Broken as error:
                log.warning("jobs can't be followed just now", extra={"error": str(error)})
            await asyncio.sleep(self._every)

    async def _live(self) -> dict[str, JobView]:
        faces: Mapping[str, Face] = self._context.faces
        found: dict[str, JobView] = {}
        for state in (JobState.WAITING, JobState.RUNNING):
            for view in await self._queue.listing(state, LOOKED_AT):
                if view.job.kind == self._kind and view.job.origin.platform in faces:
                    found[view.job.id] = view
        return found

    async def _update(self, view: JobView) -> None:
        """Edit one job's message where it says something new, not too often, and only where this process does it."""
        job, now = view.job.id, asyncio.get_running_loop().time()
        says = _says(view)
        before = self._shown.get(job)
        if self._busy(view):
            return
        if before is None:
            self._shown[job] = _Shown(says, now, self._locale(view))
            return
        if says == before.says or now - before.at < self._between or not await self._mine(job):
            return
        place = await self._queue.place(job) if view.state is JobState.WAITING else None
        reply = self._status(view, place.seconds if place else 0.0, before.locale)
        self._shown[job] = _Shown(says, now, before.locale)
        self._start(view, reply)

    async def _gone(self, job: str) -> None:
        """Look how a job ended that is no longer among the live ones."""
        try:
            view = await self._queue.view(job)
        except NotFound:
            return
        if view.state not in (JobState.WAITING, JobState.RUNNING):
            self.ended(view)

    async def _end(self, view: JobView, until: float) -> None:
        """Let the message say how it ended, once; the pictures come in a message of their own."""
        if await self._notes.get(f"message:{view.job.id}") is None:  # the job was quicker than its message
            if asyncio.get_running_loop().time() < until:
                self._ended.setdefault(view.job.id, (view, until))
            return
        if self._busy(view):
            self._ended.setdefault(view.job.id, (view, until))
        elif await self._notes.add(f"ended:{view.job.id}:{view.attempt}", self._holder, TOLD_FOR):
            self._start(view, self._status(view, 0.0, self._locale(view)), until)

    def _busy(self, view: JobView) -> bool:
        task = self._editing.get(view.job.origin.conversation)
        return task is not None and not task.done()

    def _start(self, view: JobView, reply: Reply, until: float = 0.0) -> None:
        """Edit beside the look at the queue; one edit at a time in a conversation."""
        if len(self._editing) > 1000:
            self._editing = {name: task for name, task in self._editing.items() if not task.done()}
        edit = self._edit(view, reply, until)
        self._editing[view.job.origin.conversation] = asyncio.create_task(edit, name=f"edit-{view.job.id}")

    async def _edit(self, view: JobView, reply: Reply, until: float) -> None:
        """Edit a job's message; how it ended is said again ``until`` then where the place takes nothing now."""
        locale = self._locale(view)
        try:
            message = await self._notes.get(f"message:{view.job.id}")
            if message is not None:
                await conversation_of(self._context, view, locale).edit(message, reply)
        except (Broken, LimitReached) as error:
            log.info("a job's message was not edited", extra={"job": view.job.id, "error": str(error)})
            if asyncio.get_running_loop().time() < until:
                with suppress(Broken):
                    await self._notes.drop(f"ended:{view.job.id}:{view.attempt}")
                self._ended.setdefault(view.job.id, (view, until))
        except YinluError as error:
            log.info("a job's message can't be edited", extra={"job": view.job.id, "error": str(error)})

    async def _mine(self, job: str) -> bool:
        """Tell whether this process follows the job: the first that says so, for a while."""
        name = f"follows:{job}"
        if await self._notes.add(name, self._holder, 15.0):
            return True
        mine = await self._notes.get(name) == self._holder
        if mine:
            await self._notes.put(name, self._holder, 15.0)
        return mine


@dataclass(frozen=True, slots=True)
class _Shown:
    says: str
    at: float
    locale: Locale


def _says(view: JobView) -> str:
    """Return what the message would say, coarsely: equal means nothing new."""
    if view.state is JobState.WAITING:
        return f"waiting {max((rung for rung in RUNGS if rung <= view.position), default=0)}"
    if view.progress is None:
        return view.state.value
    preview = view.progress.preview.key if view.progress.preview else ""
    return f"{view.state.value} {int(view.progress.fraction * 20)} {preview}"
