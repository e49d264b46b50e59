"""Questions, answers and everything that is kept of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot_core.identity import Locale


class Outcome(StrEnum):
    """The three ways an answer can end; never two."""

    ANSWERED = "answered"
    RELATED = "related"  # quotes shown, nothing asserted
    UNKNOWN = "unknown"  # the documents don't say


class Reason(StrEnum):
    """Why an answer is not a plain one."""

    NONE = "none"
    NOTHING_NEAR = "nothing_near"
    NEAR_BUT_NOT_THIS = "near_but_not_this"
    DISAGREE = "documents_disagree"
    OLD = "only_an_old_document"
    EMPTY = "no_documents"


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation; ``role`` is ``user`` or ``assistant``."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, by whom, where.

    ``id`` (24 hex digits) becomes the answer's id and is derived from the event, so a question that is
    handled again after a crash keeps it. ``audience`` are the asker's roles: documents limited to other
    roles are not searched. ``fresh``: an answer that is kept won't do (🔁).
    """

    id: str
    community: str
    text: str
    locale: Locale
    person: str = ""
    conversation: str = ""
    audience: frozenset[str] = frozenset()
    history: tuple[Turn, ...] = ()
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote that an answer rests on: at most two sentences, verbatim in ``passage``.

    ``source`` is the path as ingested or the URL; ``position`` the passage's place in its document;
    ``start``/``end`` are character offsets of the quote within ``passage``.
    """

    n: int
    source: str
    title: str
    heading: tuple[str, ...]
    quote: str
    passage: str
    passage_id: str
    version: str  # content hash of the document it was read from
    url: str = ""
    date: str = ""  # ISO date, empty where the document has none
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A passage that was considered, best first."""

    source: str
    text: str
    score: float
    passage_id: str = ""
    version: str = ""
    heading: tuple[str, ...] = ()
    signals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model cost; ``cost`` in the currency of the settings."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with all that explains it. ``text`` is Markdown with [n] markers that match ``citations``."""

    id: str
    outcome: Outcome
    text: str
    citations: tuple[Citation, ...] = ()
    retrieved: tuple[Retrieved, ...] = ()
    reason: Reason = Reason.NONE
    follow_ups: tuple[str, ...] = ()
    searched: str = ""  # the form of the question that was searched
    model: str = "extractive"
    prompt_version: str = ""
    index_version: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """What the ledger keeps of an answer."""

    question: Question
    answer: Answer
    time: datetime
    platform: str = ""


class VoteValue(StrEnum):
    """Up or down."""

    UP = "up"
    DOWN = "down"


class VoteReason(StrEnum):
    """Why an answer was voted down."""

    WRONG = "wrong"
    INCOMPLETE = "incomplete"
    OUTDATED = "outdated"
    UNCLEAR = "unclear"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's vote on one answer; the last one wins."""

    answer: str
    community: str
    person: str
    value: VoteValue
    time: datetime
    reason: VoteReason | None = None
    words: str = ""
