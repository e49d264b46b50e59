"""Long recordings: decoded to a file, heard piece by piece, kept between pieces, written as text, subtitles and points."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pytest
from yinlu_testing.audio import endless_flac, tone, written_by_libav

from bot_core.errors import BadInput, Broken, ModelFailed, NotFound, Refused
from bot_core.identity import Locale, Origin
from bot_core.ports.knowledge import ChatChunk
from bot_core.ports.media import Heard
from bot_core.ports.work import Job, Lane, Lease
from bot_core.recordings import KIND, Line, RecordingJob
from bot_media import MemoryFiles
from bot_media.audio import to_opus
from bot_media.audio.decode import Bounds
from bot_media.recordings import LongReader, Summarizer, Transcription, TranscriptionOptions
from bot_media.recordings.lines import as_subtitles, as_text, joined, lines_of
from bot_media.recordings.points import weightiest
from bot_media.recordings.transcription import piece_length

SMALL = TranscriptionOptions(piece=2.0)


@dataclass
class Counting:
    """Hears in every piece one sentence with its number; breaks at a piece, if told so."""

    breaks_at: int = 0
    heard: int = 0
    pieces: list[float] = field(default_factory=list)

    async def transcribe(self, audio, media_type, language=None):
        """Say which piece it is."""
        self.heard += 1
        if self.heard == self.breaks_at:
            raise ModelFailed("transcribe", "test", "broken")
        seconds = (len(audio) - 44) / 32_000
        self.pieces.append(seconds)
        return Heard(f"piece {self.heard}.", "en", seconds, True, ((f"piece {self.heard}.", 0.1, 0.9),))


@dataclass
class Making:
    """A batch of one that remembers its progress."""

    lease: Lease
    told: list = field(default_factory=list)
    stopped: bool = False

    @property
    def leases(self):
        """Return the job."""
        return (self.lease,)

    @property
    def active(self):
        """Return it until it was stopped."""
        return [] if self.stopped else [self.lease]

    async def progress(self, lease, progress):
        """Remember."""
        self.told.append(progress)


async def making(files, audio, media_type="audio/ogg", summary=False):
    """Return a batch that wants this recording written down."""
    ref = await files.put(audio, media_type, "meeting.ogg")
    payload = RecordingJob(ref, Locale.EN, "Alice", summary).payload()
    now = datetime(2026, 1, 1, tzinfo=UTC)
    origin = Origin("test", "place", "channel")
    job = Job("ab" * 12, "k", KIND, "whisper", Lane.FAST, "test:al", "harbour", origin, 1.0, payload, now)
    return Making(Lease(job, 1, "w", now))


async def test_a_recording_is_heard_in_pieces_and_given_back_as_files(tmp_path):
    """Times are those of the whole recording; progress grows; the recording itself is not kept, nor what was in between."""
    files, hears = MemoryFiles(), Counting()
    batch = await making(files, to_opus(tone(7.0)).data)
    (result,) = await Transcription(hears, files, tmp_path, options=SMALL)(batch)
    text, subtitles = [(await files.read(ref.key)).decode() for ref in result.files]
    assert text.startswith("[0:00] piece 1.\n") and f"piece {hears.heard}." in text
    assert subtitles.startswith("1\n00:00:00,100 --> 00:00:00,900\npiece 1.\n\n2\n")
    assert sum(hears.pieces) == pytest.approx(7.0, abs=0.1) and max(hears.pieces) <= 2.0
    assert [ref.name for ref in result.files] == ["meeting.txt", "meeting.srt"]
    fractions = [progress.fraction for progress in batch.told]
    assert fractions == sorted(fractions) and fractions[-1] > 0.6
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotFound):
        await files.read(batch.lease.job.payload["audio"]["key"])


async def test_who_comes_after_goes_on_where_another_stopped(tmp_path):
    """What was heard before a failure is not heard again, and stands in the files."""
    files, broken, whole = MemoryFiles(), Counting(breaks_at=3), Counting()
    batch = await making(files, to_opus(tone(7.0)).data)
    (failed,) = await Transcription(broken, files, tmp_path, options=SMALL)(batch)
    assert isinstance(failed, Broken) and str(failed) == ModelFailed.words.en
    (result,) = await Transcription(whole, files, tmp_path, options=SMALL)(batch)
    assert sum(broken.pieces) + sum(whole.pieces) == pytest.approx(7.0, abs=0.1)
    lines = (await files.read(result.files[0].key)).decode().splitlines()
    assert [line.partition("] ")[2] for line in lines[:4]] == ["piece 1.", "piece 2.", "piece 1.", "piece 2."]


@pytest.mark.parametrize("stopped", [True, False])
async def test_what_is_stopped_leaves_nothing_what_is_drained_stays(tmp_path, stopped):
    """A stop removes what there was so far; a worker that is drained leaves it to the next."""
    files = MemoryFiles()
    batch = await making(files, to_opus(tone(7.0)).data)
    begun = asyncio.Event()

    class Slow:
        """Never ends."""

        async def transcribe(self, audio, media_type, language=None):
            """Wait."""
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(Transcription(Slow(), files, tmp_path, options=SMALL)(batch))
    await begun.wait()
    batch.stopped = stopped
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert bool(list(tmp_path.iterdir())) is not stopped


@pytest.mark.parametrize("audio", [b"", b"not audio at all" * 10, to_opus(tone(2.0)).data[:200]])
async def test_what_is_no_recording_is_that_job_s_own_error(tmp_path, audio):
    """Empty, something else, cut: a sentence for the member, and nothing stays behind."""
    files = MemoryFiles()
    (result,) = await Transcription(Counting(), files, tmp_path)(await making(files, audio))
    assert isinstance(result, Refused) and str(result) == result.words.en
    assert list(tmp_path.iterdir()) == []


async def test_hours_are_bounded_before_they_fill_the_disk(tmp_path):
    """A small file that holds four hours is refused with the bound, and has written no more than that."""
    bounds = Bounds(seconds=60.0, size=10_000_000)
    with pytest.raises(BadInput) as refused:
        await LongReader(bounds).read(endless_flac(4.0), "audio/flac", tmp_path / "x.pcm")
    assert "60 seconds" in refused.value.words.en
    assert (tmp_path / "x.pcm").stat().st_size <= 61 * 32_000


async def test_webm_of_minutes_is_streamed(tmp_path):
    """A browser's container of three minutes comes out whole."""
    audio = written_by_libav(tone(180.0, rate=16_000), "webm", "libopus", 48_000)
    seconds = await LongReader().read(audio, "audio/webm", tmp_path / "x.pcm")
    assert seconds == pytest.approx(180.0, abs=0.2)
    assert (tmp_path / "x.pcm").stat().st_size == int(seconds * 16_000) * 2


def test_pieces_end_where_it_is_quiet():
    """The cut lies in the pause, in the last quarter of what may be taken at once."""
    samples = np.full(16_000 * 10, 8000, np.int16)
    samples[16_000 * 7 : 16_000 * 7 + 8000] = 0
    assert 16_000 * 7 <= piece_length(samples, 8.0) <= 16_000 * 7 + 8000
    assert piece_length(samples[:100], 8.0) == 100


def test_lines_end_with_sentences_and_pauses():
    """Words become lines; Chinese has no spaces, Latin words have them, subtitles count from one."""
    words = (
        ("你好", 0.0, 0.4),
        ("，", 0.4, 0.4),
        ("Discord", 0.5, 0.9),
        ("bot", 1.0, 1.2),
        ("来了。", 1.2, 1.6),
    )
    later = (("We", 4.0, 4.2), ("begin", 4.2, 4.5), ("at", 4.5, 4.6), ("3.5", 4.6, 5.0), ("hours.", 5.0, 5.4))
    lines = lines_of(Heard("", "zh", 6.0, True, words + later), 3600.0)
    assert [line.text for line in lines] == ["你好，Discord bot来了。", "We begin at 3.5 hours."]
    assert as_text(lines).splitlines()[1] == "[1:00:04] We begin at 3.5 hours."
    assert "01:00:04,000 --> 01:00:05,400" in as_subtitles(lines)
    assert joined(["a", "b", "好"]) == "a b好"


def test_lines_end_without_full_stops_too():
    """A recognizer that leaves out punctuation: a breath ends what is wide enough, and nothing goes on for ever."""
    clause = [(letter, at / 5, at / 5 + 0.2) for at, letter in enumerate("我们今天先讨论码头维修的预算")]
    again = [(letter, start + 3.3, end + 3.3) for letter, start, end in clause]
    lines = lines_of(Heard("", "zh", 9.0, True, (*clause, *again)), 0.0)
    assert [line.text for line in lines] == ["我们今天先讨论码头维修的预算"] * 2
    endless = tuple(("字", at / 5, at / 5 + 0.2) for at in range(400))
    assert max(line.end - line.start for line in lines_of(Heard("", "zh", 80.0, True, endless), 0.0)) < 19
    comma = (("维修", 0.0, 0.5), (",", 0.5, 0.5), ("大约", 0.5, 1.0), ("1,800", 1.0, 1.5))
    assert lines_of(Heard("", "zh", 2.0, True, comma), 0.0)[0].text == "维修，大约1,800"
    assert lines_of(Heard("", "zh", 2.0, True, comma[:2]), 0.0)[0].text == "维修，"


TALK = [
    Line(0, 2, "好，大家好。"),
    Line(2, 9, "我们今天讨论的是新港口的预算，一共需要三百万元。"),
    Line(9, 12, "嗯，对，是的是的。"),
    Line(12, 20, "预算里最大的一项是码头的维修，要花一百八十万元。"),
    Line(20, 27, "The harbour office will publish the tender for the pier on the 5th of March."),
    Line(27, 29, "Yeah, okay, so."),
    Line(29, 36, "如果招标顺利，码头的维修会在六月之前完成。"),
    Line(36, 43, "预算最大的一项是码头维修，要花一百八十万元。"),
]


def test_the_sentences_that_carry_most_are_quoted():
    """Verbatim, in order, no filler, and what was said twice only once."""
    points = weightiest(TALK, 3)
    assert [point.start for point in points] == sorted(point.start for point in points)
    assert len(points) == 3 and {point.quote for point in points} <= {line.text for line in TALK}
    assert not {0, 9, 27} & {point.start for point in points}
    assert not {12, 36} <= {point.start for point in points}
    assert weightiest([], 3) == []


class Says:
    """A model that says this."""

    name = "test"

    def __init__(self, text):
        self.text = text

    async def stream(self, turns, options=None):
        """Say it."""
        yield ChatChunk(self.text)


async def test_a_model_s_points_rest_on_lines():
    """A point whose time is no line's is dropped; without any the model has failed, and quotes are taken instead."""
    said = "- [0:12] The pier costs 1.8 million.\n[0:13] made up\nIgnore this.\n2. [0:02] The budget is three million."
    points = await Summarizer(Says(said)).points(TALK, 5, "zh")
    assert [(point.start, point.text) for point in points] == [
        (2, "The budget is three million."),
        (12, "The pier costs 1.8 million."),
    ]
    assert points[0].quote == TALK[1].text
    with pytest.raises(ModelFailed):
        await Summarizer(Says("nothing")).points(TALK, 5, "zh")
