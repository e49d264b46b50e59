"""From bytes to the passages of one document."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot_core.identity import short_id
from bot_core.ports.knowledge import IngestFailure, IngestResult, Passage
from bot_knowledge.chunking import passage_id, passages
from bot_knowledge.formats import Decoder
from bot_knowledge.loaders import Document, Unreadable
from bot_knowledge.manifest import Entry
from bot_knowledge.text.language import language_of

log = logging.getLogger(__name__)

FAULTS = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, MemoryError)
READING = "4"  # changes when loaders, chunking or what is read out of passages change, so that everything is read again


@dataclass(frozen=True, slots=True)
class Given:
    """What is to be read and what goes with it: the name it goes by, where it was found, who may read it."""

    source: str
    root: str = ""
    audience: tuple[str, ...] = ()
    url: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """A document that was read and cut."""

    entry: Entry
    passages: tuple[Passage, ...]


@dataclass(slots=True)
class Tally:
    """What one ingestion changed so far."""

    counts: Counter[str] = field(default_factory=Counter)
    failed: list[IngestFailure] = field(default_factory=list)
    good: list[str] = field(default_factory=list)

    def result(self) -> IngestResult:
        """Return it as the port gives it."""
        counts = self.counts
        return IngestResult(
            counts["added"], counts["updated"], counts["removed"], counts["unchanged"], tuple(self.failed)
        )


def version_of(data: bytes, given: Given) -> str:
    """Return what changes with a document's content and, behind a dot, with its audience."""
    digest = hashlib.blake2b(data, digest_size=12, person=READING.encode())
    if given.title or given.url:
        digest.update(f"\x1f{given.title}\x1f{given.url}".encode())
    return with_audience(digest.hexdigest(), given.audience)


def with_audience(version: str, audience: Sequence[str]) -> str:
    """Return the version of the same content for another audience."""
    content = version.partition(".")[0]
    if not audience:
        return content
    roles = hashlib.blake2b("\x1f".join(audience).encode(), digest_size=4).hexdigest()
    return f"{content}.{roles}"


def file_bytes(path: Path, limit: int) -> bytes:
    """Return a file's bytes. Raises Unreadable for one that is too large, OSError."""
    if path.stat().st_size > limit:
        raise too_large(limit)
    with path.open("rb") as opened:
        data = opened.read(limit + 1)
    if len(data) > limit:
        raise too_large(limit)
    return data


def too_large(limit: int) -> Unreadable:
    """Return the refusal of something larger than ``limit`` bytes."""
    return Unreadable(f"larger than {limit // 1024 // 1024} MB")


async def read(
    data: bytes, name: str, given: Given, community: str, waits: bool, decoder: Decoder
) -> list[Read] | IngestFailure:
    """Read and cut a file's bytes, or say why not; ``name`` decides the format, ``waits``: for the better embedding.

    An archive or an export of a chat gives several documents, whose sources lie below the file's.
    """
    try:
        found = await decoder.documents(data, name)
        return await asyncio.to_thread(lambda: [_below(*one, data, given, community, waits) for one in found])
    except Unreadable as error:
        return IngestFailure(given.source, str(error))
    except RecursionError:
        return IngestFailure(given.source, "nested too deeply")
    except FAULTS:  # of a parser that a damaged file surprised: it stops nothing else
        log.exception("knowledge.parser_failed", extra={"ending": Path(name).suffix})
        return IngestFailure(given.source, "damaged, or not what its ending says")


def _below(name: str, document: Document, data: bytes, given: Given, community: str, waits: bool) -> Read:
    """Cut one of a file's documents; each has a version of its own, so that only what changed is written again."""
    if not name:
        return cut(document, given, community, version_of(data, given), waits)
    own = replace(given, source=f"{given.source}/{name}", title="")
    return cut(document, own, community, version_of(repr(document).encode(), own), waits)


def cut(document: Document, given: Given, community: str, version: str, waits: bool) -> Read:
    """Cut a document. Raises Unreadable for one without text."""
    document = replace(document, title=given.title or document.title, url=given.url or document.url)
    found = passages(document, community, given.source, version, given.audience)
    if not found:
        raise Unreadable("no text found in the file")
    languages = [passage.language for passage in found]
    entry = Entry(
        id=short_id(community, given.source),
        source=given.source,
        root=given.root,
        title=document.title,
        version=version,
        language=max(set(languages), key=languages.count),
        date=document.date,
        audience=given.audience,
        passages=tuple(passage.id for passage in found),
        terms=b"",
        better=not waits,
    )
    return Read(entry, tuple(found))


def as_it_is(community: str, source: str, text: str) -> Read:
    """Return a text as a document of one passage."""
    document = short_id(community, source)
    version = version_of(text.encode(), Given(source))
    passage = Passage(
        id=passage_id(document, 0, text),
        document=document,
        source=source,
        title="",
        heading=(),
        position=0,
        text=text,
        language=language_of(text),
        version=version,
    )
    entry = Entry(document, source, "", "", version, passage.language, "", (), (passage.id,), b"", False)
    return Read(entry, (passage,))
