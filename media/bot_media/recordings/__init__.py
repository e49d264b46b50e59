"""Long recordings written down: decoded to a file, heard piece by piece, kept between pieces, shown as text and subtitles.

::

    LongReader(bounds)           any container -> samples in a file, streamed by a bounded process
    Transcription(...)           a worker's maker of jobs of the kind ``recording``
    as_text, as_subtitles        lines with their times as .txt and .srt
    weightiest(lines, count)     the sentences that carry most, verbatim, without a model
    Summarizer(model)            main points by a language model, each held to a quote
"""

from bot_media.recordings.lines import as_subtitles, as_text
from bot_media.recordings.points import weightiest
from bot_media.recordings.reader import LongReader
from bot_media.recordings.summarizer import Summarizer
from bot_media.recordings.transcription import Transcription, TranscriptionOptions

__all__ = [
    "LongReader",
    "Summarizer",
    "Transcription",
    "TranscriptionOptions",
    "as_subtitles",
    "as_text",
    "weightiest",
]
