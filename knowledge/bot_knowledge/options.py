"""What can be chosen about the knowledge room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot_core.clock import SystemClock
from bot_core.ports.knowledge import Reranker
from bot_core.ports.safety import Clock, Fetcher
from bot_knowledge.formats.bounds import DecoderOptions
from bot_knowledge.web.polite import WebBounds
from bot_knowledge.writing.options import WritingOptions


@dataclass(frozen=True, slots=True)
class KnowledgeOptions:
    """``embedding``: full (USE at once, e5 behind it), fast (USE alone), hash (no model, for tests)."""

    embedding: Literal["full", "fast", "hash"] = "full"
    qdrant_url: str = ""  # empty: the embedded engine; ":memory:" is qdrant-client's own twin
    qdrant_key: str = ""
    max_file_bytes: int = 50 * 1024 * 1024
    max_files: int = 100_000
    question_characters: int = 2_000
    threads: int = 1  # of the better embedding, per question
    background_threads: int = 1
    old_after_days: int = 550  # a document older than this says its age
    reranker: Reranker | None = None
    writing: WritingOptions = field(default_factory=WritingOptions)  # without a model answers are quotes
    kept_answers: int = 2_000  # in memory, for questions that are asked again; 0: none
    fetcher: Fetcher | None = None  # without one, nothing is read from the web
    web: WebBounds = field(default_factory=WebBounds)
    decoding: DecoderOptions = field(default_factory=DecoderOptions)
    clock: Clock = field(default_factory=SystemClock)
