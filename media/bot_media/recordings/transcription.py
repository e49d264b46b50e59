"""Jobs of the kind ``recording``: hours heard piece by piece, kept between pieces, given back as files and main points."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from bot_core.codec import plain
from bot_core.errors import BadInput, Broken, ModelFailed, NotFound, Refused, YinluError
from bot_core.files import FileRef
from bot_core.identity import Locale, Words
from bot_core.ports.media import Files, Heard, Transcriber
from bot_core.ports.work import JobResult, Lease, Progress
from bot_core.recordings import Line, Point, RecordingJob, Written, recording_job
from bot_media.audio import Pcm, to_wav
from bot_media.audio.decode import RATE
from bot_media.checks.told import BrokenFor, RefusedTo
from bot_media.recordings.kept import Kept, SoFar
from bot_media.recordings.lines import as_subtitles, as_text, lines_of
from bot_media.recordings.points import weightiest
from bot_media.recordings.reader import LongReader
from bot_media.recordings.summarizer import Summarizer

log = logging.getLogger(__name__)
NOBODY = Words("这段录音里没有听到有人说话。", "Nobody speaks in this recording.")
GONE = Words("录音文件已经不在了，请再发一次。", "The recording is gone; please send it again.")
UNREADABLE = Words("这个任务的内容读不出来。", "This job can't be read.")
OPENING = 300  # letters of the transcript that the message shows


class Making(Protocol):
    """What is needed of a batch: its leases, which of them still count, and where to tell progress."""

    @property
    def leases(self) -> tuple[Lease, ...]:
        """Return the jobs."""
        ...

    @property
    def active(self) -> list[Lease]:
        """Return those that were not stopped."""
        ...

    async def progress(self, lease: Lease, progress: Progress) -> None:
        """Tell how far a job is."""
        ...


@dataclass(frozen=True, slots=True)
class TranscriptionOptions:
    """``piece`` seconds are heard at a time, cut where it is quiet; ``points`` at most in a summary; ``keep`` the audio."""

    piece: float = 28.0  # within what Whisper hears at once, so that each begins with its hint of punctuation
    points: int = 12
    keep: bool = False


class Transcription:
    """Writes recordings down. ``folder`` holds what it has so far; ``summarizer`` words the main points, if there is one."""

    def __init__(
        self,
        hears: Transcriber,
        files: Files,
        folder: Path,
        reader: LongReader | None = None,
        summarizer: Summarizer | None = None,
        options: TranscriptionOptions | None = None,
    ) -> None:
        self._hears, self._files, self._folder = hears, files, folder
        self._reader, self._summarizer = reader or LongReader(), summarizer
        self._options = options or TranscriptionOptions()

    async def __call__(self, batch: Making) -> Sequence[JobResult | YinluError]:
        """Return one result, or that job's own error with the member's sentence, per lease, in order."""
        return [await self._one(batch, lease) for lease in batch.leases]

    async def _one(self, batch: Making, lease: Lease) -> JobResult | YinluError:
        kept = Kept(self._folder, lease.job.id)
        try:
            job = recording_job(lease.job.payload)
        except ValueError as error:
            return BadInput(f"job {lease.job.id}: {error}", UNREADABLE)
        try:
            so_far = await self._heard(batch, lease, job, kept)
            result = await self._result(lease, job, so_far)
        except asyncio.CancelledError:
            if lease not in batch.active:  # stopped; else another worker goes on with it
                await asyncio.shield(asyncio.to_thread(kept.remove))
            raise
        except Refused as error:
            await asyncio.to_thread(kept.remove)
            return _told(error, job.locale, lease.job.id)
        except Broken as error:  # the next attempt goes on from here
            return _told(error, job.locale, lease.job.id)
        await asyncio.to_thread(kept.remove)
        if not self._options.keep:
            await self._files.delete(job.audio.key)
        return result

    async def _heard(self, batch: Making, lease: Lease, job: RecordingJob, kept: Kept) -> SoFar:
        """Return everything that was said, beginning where another worker stopped."""
        so_far = await self._begun(batch, lease, job, kept)
        samples = await asyncio.to_thread(np.memmap, kept.samples, "<i2", "r")
        while so_far.at < so_far.seconds:
            await batch.progress(lease, Progress("hearing", 0.98 * so_far.at / so_far.seconds))
            start = int(so_far.at * RATE)
            end = start + await asyncio.to_thread(piece_length, samples[start:], self._options.piece)
            heard = await self._piece(Pcm(samples[start:end].tobytes(), RATE))
            so_far.lines += lines_of(heard, so_far.at)
            so_far.language = so_far.language or (heard.language if heard.text else "")
            so_far.at = so_far.seconds if end >= len(samples) else end / RATE
            await asyncio.to_thread(kept.write, so_far)
        return so_far

    async def _begun(self, batch: Making, lease: Lease, job: RecordingJob, kept: Kept) -> SoFar:
        """Return what is there already, the recording decoded."""
        await asyncio.to_thread(kept.begin)
        so_far = await asyncio.to_thread(kept.read)
        if so_far.seconds:
            log.info("a recording goes on", extra={"job": lease.job.id, "at": so_far.at})
            return so_far
        await batch.progress(lease, Progress("reading", 0.0))
        try:
            audio = await self._files.read(job.audio.key)
        except NotFound:
            raise NotFound("a recording", GONE) from None
        so_far.seconds = await self._reader.read(audio, job.audio.media_type, kept.samples)
        await asyncio.to_thread(kept.write, so_far)
        return so_far

    async def _piece(self, pcm: Pcm) -> Heard:
        return await self._hears.transcribe(to_wav(pcm).data, "audio/wav")

    async def _result(self, lease: Lease, job: RecordingJob, so_far: SoFar) -> JobResult:
        if not so_far.lines:
            raise BadInput(f"job {lease.job.id}: no speech", NOBODY)
        points = await self._points(so_far) if job.summary else []
        stem = (job.audio.name.rpartition(".")[0] or "recording")[:60]
        files = [
            await self._file(as_text(so_far.lines), "text/plain", f"{stem}.txt"),
            await self._file(as_subtitles(so_far.lines), "application/x-subrip", f"{stem}.srt"),
        ]
        opening = " ".join(line.text for line in so_far.lines[:8])[:OPENING]
        written = Written(round(so_far.seconds, 2), so_far.language, opening, tuple(points))
        return JobResult(tuple(files), cast("dict[str, object]", plain(written)), round(so_far.seconds, 1))

    async def _points(self, so_far: SoFar) -> list[Point]:
        """Return more points for longer recordings, by the model where there is one that answers."""
        count = max(3, min(self._options.points, round(so_far.seconds / 90)))
        if self._summarizer is not None:
            try:
                return await self._summarizer.points(so_far.lines, count, so_far.language)
            except ModelFailed as error:
                log.warning("the summary is made of quotes alone", extra={"error": str(error)})
        return await asyncio.to_thread(weightiest, list[Line](so_far.lines), count)

    async def _file(self, text: str, media_type: str, name: str) -> FileRef:
        return await self._files.put(text.encode(), media_type, name)


def _told(error: YinluError, locale: Locale, job: str) -> YinluError:
    """Return the error with the member's sentence as its text: the queue keeps nothing else of it."""
    log.info("a recording was not written down", extra={"job": job, "error": str(error)})
    kind = RefusedTo if isinstance(error, Refused) else BrokenFor
    return kind(error.words.of(locale), error.words)


def piece_length(samples: NDArray[np.int16], seconds: float) -> int:
    """Return how many samples the next piece takes: to the quietest 0.2 s in its last quarter, so that no word is cut."""
    most = int(seconds * RATE)
    if len(samples) <= most:
        return len(samples)
    window, first = RATE // 5, most * 3 // 4
    tail = np.asarray(samples[first:most], np.float32)
    rows = tail[: len(tail) // window * window].reshape(-1, window)
    return first + int(np.argmin(np.square(rows).mean(axis=1))) * window + window // 2
