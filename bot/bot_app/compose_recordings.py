"""Long recordings put together: the handler and its messages in the house, what writes them down in a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from bot_app.compose_models import address, secret
from bot_app.compose_voice import open_transcriber
from bot_app.settings import Settings
from bot_core.conversation import Context
from bot_core.ports.media import Files
from bot_core.ports.safety import Clock
from bot_core.ports.work import JobQueue, Notes, Outgoing
from bot_core.recordings import KIND
from bot_handlers.imagine.following import JobFollower
from bot_handlers.voice.recordings import (
    RecordingHandler,
    RecordingOptions,
    RecordingsOut,
    locale_of,
    status,
)
from bot_knowledge.models.chat import open_chat
from bot_knowledge.models.endpoints import ChatEndpoint
from bot_media.recordings import LongReader, Summarizer, Transcription, TranscriptionOptions
from bot_media.recordings.reader import LONG
from bot_queue.board import Ended
from bot_queue.finisher import result_key

Render = Callable[[Ended], Awaitable[Outgoing | None]]


@dataclass(frozen=True, slots=True)
class RecordingParts:
    """What the house takes of long recordings."""

    handler: RecordingHandler
    follower: JobFollower
    render: Render


def open_recordings(
    queue: JobQueue, notes: Notes, clock: Clock, context: Context, holder: str, *, hears: bool
) -> RecordingParts:
    """Put them together; ``holder`` names this process, ``hears`` tells whether speech can be heard here."""
    follower = JobFollower(queue, context, notes, holder=holder, kind=KIND, status=status, locale=locale_of)
    out = RecordingsOut(context)

    async def render(ended: Ended) -> Outgoing | None:
        follower.ended(ended.view)
        return out.render(ended.view, *result_key(ended))

    handler = RecordingHandler(queue, clock, RecordingOptions(hears=hears))
    return RecordingParts(handler, follower, render)


def first_of(renders: Sequence[Render]) -> Render:
    """Return a render that asks each in turn; the first that makes a message wins."""

    async def render(ended: Ended) -> Outgoing | None:
        made = [await one(ended) for one in renders]
        return next((outgoing for outgoing in made if outgoing is not None), None)

    return render


@asynccontextmanager
async def opened_transcription(settings: Settings, files: Files) -> AsyncIterator[Transcription]:
    """Give what writes recordings down in a worker; no model is loaded or connected before the first."""
    async with AsyncExitStack() as stack:
        hears = await open_transcriber(stack, settings)
        reader = LongReader(replace(LONG, seconds=settings.recording_minutes * 60.0))
        options = TranscriptionOptions(keep=settings.keep_recordings)
        folder, model = settings.data / "recordings", settings.models.summary
        summarizer: Summarizer | None = None
        if model is not None:
            endpoint = ChatEndpoint(
                "summary", model.model, address(model), secret(model), provider=model.provider
            )
            summarizer = Summarizer(await stack.enter_async_context(open_chat(endpoint)))
        yield Transcription(hears, files, folder, reader, summarizer, options)
