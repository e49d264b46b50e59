"""Ports of the knowledge room: embedding, storing, ranking, answering, ingesting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from bot_core.answers import Answer, Question
from bot_core.identity import Locale, Words
from bot_core.unread import reason_words

Vector = Sequence[float]
Say = Callable[[str], Awaitable[None]]


@runtime_checkable
class Retells(Protocol):
    """A ``Say`` that can also start anew: for when what was said so far turns out not to be the answer."""

    async def __call__(self, words: str) -> None:
        """Add words."""
        ...

    async def replace(self, text: str) -> None:
        """Put ``text`` in the place of all that was said."""
        ...


class Embedder(Protocol):
    """Turns texts into vectors. Equal name and version mean equal vectors."""

    @property
    def name(self) -> str:
        """Return the vectors' name, with the version: ``e5-small-q4``."""
        ...

    @property
    def dimensions(self) -> int:
        """Return the length of a vector."""
        ...

    async def passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return one unit vector per text."""
        ...

    async def query(self, text: str) -> Vector:
        """Return the unit vector of a question."""
        ...


class Reranker(Protocol):
    """Scores passages against a question."""

    async def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return one score per passage, higher is better; comparable within one call."""
        ...


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Term ids and weights, ascending by id."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document, the unit of retrieval.

    ``position`` counts from 0 within the document; ``anchor`` is the heading's fragment; ``audience`` empty
    means everyone, else the roles that may read it.
    """

    id: str
    document: str  # document id
    source: str  # path as ingested, or URL
    title: str
    heading: tuple[str, ...]
    position: int
    text: str
    language: str
    version: str  # content hash of the document
    date: str = ""
    anchor: str = ""
    url: str = ""
    audience: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Indexed:
    """A passage with its vectors by embedder name, and its sparse vector."""

    passage: Passage
    vectors: Mapping[str, Vector]
    sparse: SparseVector


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found by one signal."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document in the index; ``state``: ready, or waiting (for the better embedding; it is found all the same)."""

    id: str
    source: str
    title: str
    version: str
    language: str
    passages: int
    date: str = ""
    audience: tuple[str, ...] = ()
    state: str = "ready"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Terms of a community that mean the same; ``source``: the document that says so, '' where a person did."""

    terms: tuple[str, ...]
    source: str = ""
    audience: tuple[str, ...] = ()


class KnowledgeStore(Protocol):
    """Passages and vectors per community; every call is limited to one community on the server side."""

    async def upsert(self, community: str, passages: Sequence[Indexed]) -> None:
        """Write passages; an id that exists is replaced. Raises StorageFull."""
        ...

    async def delete(self, community: str, documents: Sequence[str]) -> None:
        """Remove all passages of these documents."""
        ...

    async def dense(
        self,
        community: str,
        name: str,
        vector: Vector,
        audience: frozenset[str],
        limit: int,
        language: str = "",
    ) -> list[Hit]:
        """Return the nearest passages by cosine, readable for ``audience``, best first; of one language if given."""
        ...

    async def sparse(
        self, community: str, vector: SparseVector, audience: frozenset[str], limit: int, language: str = ""
    ) -> list[Hit]:
        """Return the best passages by inner product of term weights, best first."""
        ...

    async def indexed(
        self, community: str, ids: Sequence[str], audience: frozenset[str] | None = None
    ) -> list[Indexed]:
        """Return these passages with their vectors, in the order asked; missing ones are left out.

        ``audience`` limits them to what these roles may read; None is for ingestion alone.
        """
        ...

    async def passages(self, community: str, ids: Sequence[str]) -> list[Passage]:
        """Return these passages, in the order asked; missing ones are left out."""
        ...

    async def document(self, community: str, document: str) -> list[Indexed]:
        """Return all passages of a document with their vectors, in order."""
        ...

    async def count(self, community: str) -> int:
        """Return how many passages the community has."""
        ...

    async def drop(self, community: str) -> None:
        """Remove everything of a community."""
        ...


@dataclass(frozen=True, slots=True)
class IngestFailure:
    """A document that could not be read, and why: one English sentence."""

    source: str
    reason: str

    @property
    def words(self) -> Words:
        """Return the reason in both languages."""
        return reason_words(self.reason)


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """How far ingestion is; ``stage`` is reading | embedding | finishing; counts are of that stage's units.

    ``rate`` is units a second so far, ``seconds_left`` what is left at that rate; None while nobody can tell.
    """

    stage: str
    done: int
    total: int
    source: str = ""
    rate: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What ingestion changed, by document."""

    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: tuple[IngestFailure, ...] = ()


class Answerer(Protocol):
    """Answers questions from a community's own documents."""

    async def answer(self, question: Question, say: Say | None = None) -> Answer:
        """Search, judge and answer; ``say`` receives the answer's words as they come.

        Every citation of the result is a passage retrieved for this question, its quote verbatim there.
        Raises BadInput for a question that is empty or too long, UnknownCommunity.
        """
        ...

    async def examples(self, community: str, locale: Locale) -> list[str]:
        """Return up to four questions that the documents answer, to press before anything is typed."""
        ...


class Glossary(Protocol):
    """A community's words that mean the same; questions are searched in each of them."""

    async def groups(self, community: str) -> list[Synonyms]:
        """Return all groups: what people gave first, then what documents say."""
        ...

    async def add(self, community: str, terms: Sequence[str]) -> Synonyms:
        """Keep terms that mean the same; groups given before that share one become one. Raises BadInput."""
        ...

    async def remove(self, community: str, term: str) -> int:
        """Take a term out of the groups that people gave; return of how many. Raises NotFound."""
        ...


class Library(Protocol):
    """A community's documents."""

    def ingest(
        self,
        community: str,
        paths: Sequence[Path],
        audience: frozenset[str] = frozenset(),
        base: Path | None = None,
    ) -> AsyncIterator[IngestProgress | IngestResult]:
        """Read files and folders, yielding progress, and the result last.

        Sources keep the path as given; relative ones are read below ``base`` (the working folder).

        Incremental: only what changed is embedded; a file that vanished from a folder given before is removed.
        One bad file stops nothing and is named in the result. ``audience`` given holds for what lies below the
        paths from then on, until ``set_audience``; empty leaves what was set.
        """
        ...

    def add(
        self,
        community: str,
        name: str,
        data: bytes,
        audience: frozenset[str] = frozenset(),
        *,
        url: str = "",
        title: str = "",
        finish: bool = True,
    ) -> AsyncIterator[IngestProgress | IngestResult]:
        """Index bytes that came from an upload or a chat, yielding progress, and the result last.

        The source is ``uploads/NAME``, or ``name`` itself where it has a folder (``curated/7f.md``); its ending
        decides the format. ``url`` and ``title`` stand in for the document's own;
        ``finish`` False leaves the better embedding to the background. Raises BadInput for a bad name.
        """
        ...

    def visit(
        self, community: str, urls: Sequence[str], audience: frozenset[str] = frozenset()
    ) -> AsyncIterator[IngestProgress | IngestResult]:
        """Read web pages, sitemaps and feeds, yielding progress, and the result last.

        A page's source is its address. What did not change is not fetched again; a page that is gone, or that a
        sitemap names no more, is removed. One bad page stops nothing and is named in the result.
        """
        ...

    async def set_audience(self, community: str, source: str, roles: frozenset[str]) -> int:
        """Let only these roles read what is ``source`` or lies below it, now and later; empty: everyone.

        Nothing is embedded again. Returns how many documents there are.
        """
        ...

    async def show(self, community: str, source: str) -> list[Passage]:
        """Return a document's passages, in order. Raises NotFound."""
        ...

    async def failures(self, community: str) -> list[IngestFailure]:
        """Return what could not be read when it was last tried, by source."""
        ...

    async def documents(self, community: str) -> list[DocumentInfo]:
        """List the documents."""
        ...

    async def forget(self, community: str, source: str) -> int:
        """Remove documents whose source is ``source`` or lies below it; return how many."""
        ...

    def reindex(self, community: str) -> AsyncIterator[IngestProgress]:
        """Embed everything anew beside what is there, switch at once, yielding progress; answers never mix the two."""
        ...

    async def communities(self) -> list[str]:
        """Return the communities that have documents."""
        ...


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """One message to a chat model; ``role`` is system, user or assistant."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class ChatChunk:
    """Words of a model as they come; the last chunk carries the usage, and whether it was cut off by a limit."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    done: bool = False
    cut: bool = False


class ChatModel(Protocol):
    """A language model behind any provider."""

    @property
    def name(self) -> str:
        """Return the model's name for the ledger."""
        ...

    def stream(
        self, turns: Sequence[ChatTurn], options: Mapping[str, object] = ...
    ) -> AsyncIterator[ChatChunk]:
        """Yield the model's words. Raises ModelFailed."""
        ...


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """What a community set for its knowledge."""

    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by locale
