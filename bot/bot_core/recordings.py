"""Long recordings that are written down as jobs: what the handlers put into the queue and the workers take out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from bot_core.codec import plain, restore
from bot_core.files import FileRef
from bot_core.identity import Locale

KIND = "recording"


@dataclass(frozen=True, slots=True)
class RecordingJob:
    """A recording's payload; ``summary``: its main points are wanted besides its words."""

    audio: FileRef
    locale: Locale
    member: str
    summary: bool = False

    def payload(self) -> Mapping[str, object]:
        """Return it as small JSON."""
        return cast(Mapping[str, object], plain(self))


def recording_job(payload: Mapping[str, object]) -> RecordingJob:
    """Read what ``payload`` wrote. Raises ValueError."""
    return restore(RecordingJob, payload)


@dataclass(frozen=True, slots=True)
class Line:
    """What was said from ``start`` to ``end``, in seconds from the recording's beginning."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """A main point of a recording: ``text`` in own words (empty without a model), ``quote`` verbatim from ``start`` on."""

    start: float  # seconds
    quote: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a recording, for the message that shows it."""

    seconds: float
    language: str
    opening: str
    points: tuple[Point, ...] = ()


def clock_time(seconds: float) -> str:
    """Return a time as people write it: ``1:02:03``, ``2:03``."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
