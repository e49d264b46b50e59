"""/transcribe and /summarize: a long recording becomes a job; one message follows it, another brings what was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot_core.actions import Action, Press
from bot_core.codec import restore
from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.conversation import Context, Conversation
from bot_core.dispatch import Handled
from bot_core.errors import BadInput, NotFound
from bot_core.events import Attachment, Incoming, Invoked, Pressed
from bot_core.files import FileRef
from bot_core.identity import ADMIN, Locale, Words, short_id
from bot_core.ports.safety import Clock
from bot_core.ports.work import Job, JobQueue, JobState, JobView, Lane, Outgoing
from bot_core.recordings import KIND, Point, RecordingJob, Written, clock_time, recording_job
from bot_core.replies import Button, Document, Label, Part, Reply, Style, Text, say
from bot_handlers.imagine.following import conversation_of
from bot_handlers.imagine.words import duration
from bot_handlers.voice import words

RECORDING = Argument(
    "recording", Words("录音或视频文件", "A recording, or a video"), ArgumentKind.FILE, required=True
)
COMMANDS = (
    Command(
        "transcribe", Words("把一段录音写成文字和字幕", "Write a recording down, with times"), (RECORDING,)
    ),
    Command(
        "summarize", Words("写下一段录音，并列出要点", "Write a recording down and sum it up"), (RECORDING,)
    ),
)
AUDIBLE = ("audio/", "video/", "application/ogg", "application/octet-stream")
BYTES_A_SECOND = 4000  # of a recording whose length nobody knows yet
QUOTE = 160  # letters of a quote beside a point that is worded already


@dataclass(frozen=True, slots=True)
class RecordingOptions:
    """``hears`` tells whether anybody here can; ``waiting`` recordings of one member may wait or be written at once."""

    hears: bool = True
    waiting: int = 3
    most_bytes: int = 200_000_000


@dataclass(frozen=True, slots=True)
class RecordingHandler:
    """Takes /transcribe and /summarize, and ⏹ on the messages that follow their jobs."""

    queue: JobQueue
    clock: Clock
    options: RecordingOptions = RecordingOptions()

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return both commands, where recordings can be heard."""
        return COMMANDS if self.options.hears else ()

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Put a recording into the queue, or stop one; None for everything else."""
        match incoming.content:
            case Invoked(command="transcribe" | "summarize" as command) if self.options.hears:
                await self._put(incoming, conversation, command == "summarize")
            case Pressed(press=press) if press is not None and press.action is Action.STOP:
                if not await self._stopped(incoming, conversation, press):
                    return None
            case _:
                return None
        return Handled(KIND)

    async def _put(self, incoming: Incoming, conversation: Conversation, summary: bool) -> None:
        audio = self._audio(incoming.attachments)
        wish = RecordingJob(audio, incoming.locale, incoming.person.name, summary)
        key = f"{incoming.key}:{KIND}"
        job = Job(
            id=short_id(key),
            key=key,
            kind=KIND,
            profile=KIND,
            lane=Lane.FAST,
            person=incoming.person.id,
            community=conversation.community,
            origin=incoming.origin,
            cost=max(1.0, audio.size / BYTES_A_SECOND),
            payload=wish.payload(),
            created=self.clock.now(),
            event=f"{incoming.key}:0",
            most_waiting=self.options.waiting,
            most_open=self.options.waiting,
        )
        placed = await self.queue.put(job)
        view = JobView(job, placed.place.state, 0, placed.place.position)
        await conversation.send(status(view, placed.place.seconds, incoming.locale))

    def _audio(self, attachments: Sequence[Attachment]) -> FileRef:
        """Return the one recording. Raises BadInput."""
        if not attachments:
            raise BadInput("no recording", words.ATTACH)
        given = attachments[0]
        if not given.media_type.startswith(AUDIBLE) or given.file is None:
            raise BadInput(f"{given.media_type} is no recording", words.NOT_AUDIO)
        if given.size > self.options.most_bytes:
            raise BadInput(f"{given.size} bytes", words.too_big(self.options.most_bytes))
        return given.file

    async def _stopped(self, incoming: Incoming, conversation: Conversation, press: Press) -> bool:
        """Stop a recording's job; tell whether it was one. Raises NotAllowed for others than its owner and admins."""
        try:
            view = await self.queue.view(press.subject)
        except NotFound:
            return False
        if view.job.kind != KIND or view.job.community != conversation.community:
            return False
        await self.queue.cancel(press.subject, incoming.person.id, ADMIN in incoming.roles)
        await conversation.send(say(words.STOPPED.of(incoming.locale), private=True))
        return True


def locale_of(view: JobView) -> Locale:
    """Return the language in which a recording was asked for."""
    return recording_job(view.job.payload).locale


def status(view: JobView, seconds: float, locale: Locale) -> Reply:
    """Return the message that follows a recording's job."""
    wish = recording_job(view.job.payload)
    text = f"{_title(wish, locale)}\n\n{_state(view, seconds, locale)}"
    rows: tuple[tuple[Button, ...], ...] = ()
    if view.state in (JobState.WAITING, JobState.RUNNING):
        rows = ((Button(words.STOP.of(locale), Action.STOP, view.job.id, style=Style.DANGER),),)
    return Reply((Text(text),), rows=rows, about=view.job.id)


def _title(wish: RecordingJob, locale: Locale) -> str:
    what = words.SUMMARY if wish.summary else words.TRANSCRIPT
    name = wish.audio.name or words.RECORDING.of(locale)
    return what.of(locale).format(name=name[:80], member=wish.member)


def _state(view: JobView, seconds: float, locale: Locale) -> str:
    match view.state:
        case JobState.WAITING:
            wait = duration(seconds, locale)
            return words.WAITING.of(locale).format(position=view.position, seconds=wait)
        case JobState.RUNNING:
            fraction = view.progress.fraction if view.progress else 0.0
            return words.HEARING.of(locale).format(percent=int(fraction * 100))
        case JobState.DONE:
            return words.DONE.of(locale)
        case JobState.CANCELLED:
            return words.STOPPED.of(locale)
        case _:
            return words.FAILED.of(locale).format(reason=_reason(view.reason))


def _reason(reason: str) -> str:
    """Return why a job failed without the error's class."""
    return reason.partition(": ")[2] or reason


@dataclass(frozen=True, slots=True)
class RecordingsOut:
    """Makes the message of a recording that ended, for the finisher."""

    context: Context

    def render(self, view: JobView, event: str, ordinal: int) -> Outgoing | None:
        """Return the message with what was written, or with why nothing was; None where the status says it all."""
        job = view.job
        if job.kind != KIND or view.state is JobState.CANCELLED:
            return None
        locale = locale_of(view)
        if view.state is JobState.DONE and view.result is not None:
            reply = written(view, locale)
        else:
            reply = Reply(status(view, 0.0, locale).parts)
        dressed = conversation_of(self.context, view, locale).dress(reply)
        return Outgoing(event, ordinal, job.origin, job.community, job.person, dressed)


def written(view: JobView, locale: Locale) -> Reply:
    """Return the message with a recording's main points or first words, and its files."""
    assert view.result is not None
    wish, found = recording_job(view.job.payload), restore(Written, view.result.data)
    head = words.LENGTH.of(locale).format(length=clock_time(found.seconds))
    shown = "\n".join(_point(point) for point in found.points) if found.points else f"> {found.opening}…"
    parts: list[Part] = [Text(f"{_title(wish, locale)}\n{head}\n\n{shown}")]
    parts += [Document(file) for file in view.result.files]
    return Reply(tuple(parts), label=Label.GENERATED)


def _point(point: Point) -> str:
    at = clock_time(point.start)
    if not point.text:
        return f"- **{at}** {point.quote}"
    quote = point.quote if len(point.quote) <= QUOTE else f"{point.quote[:QUOTE]}…"
    return f"- **{at}** {point.text}\n  “{quote}”"
