"""The library: a community's documents, kept in step with files and folders."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from bot_core.identity import short_id
from bot_core.ports.knowledge import (
    DocumentInfo,
    Indexed,
    IngestFailure,
    IngestProgress,
    IngestResult,
    Passage,
)
from bot_knowledge.chunking import passage_id, passages, searchable
from bot_knowledge.embedding.signals import Signals
from bot_knowledge.loaders import Unreadable, load
from bot_knowledge.manifest import Entry, Manifest
from bot_knowledge.options import KnowledgeOptions
from bot_knowledge.sources import SourceFile, find_files, root_name
from bot_knowledge.sparse import passage_vector
from bot_knowledge.store.kept import KeptStore
from bot_knowledge.text.language import language_of

log = logging.getLogger(__name__)
TOGETHER = 4  # documents that get the better embedding in one go
READING = "1"  # changes when loaders or chunking change, so that everything is read again


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that was read and cut."""

    entry: Entry
    passages: tuple[Passage, ...]


class DocumentLibrary:
    """The Library port. ``finish=False`` of ``ingest`` leaves the better embedding to ``improve_all``."""

    def __init__(
        self, store: KeptStore, manifest: Manifest, signals: Signals, options: KnowledgeOptions
    ) -> None:
        self._store, self._manifest, self._signals, self._options = store, manifest, signals, options
        self._locks: dict[str, asyncio.Lock] = {}
        self._news = asyncio.Event()

    async def ingest(
        self,
        community: str,
        paths: Sequence[Path],
        audience: frozenset[str] = frozenset(),
        base: Path | None = None,
        *,
        finish: bool = True,
    ) -> AsyncIterator[IngestProgress | IngestResult]:
        """Read files and folders, yielding progress, and the result last."""
        files: list[SourceFile] = []
        failed: list[IngestFailure] = []
        found = await asyncio.to_thread(lambda: list(find_files(paths, base, self._options.max_files)))
        for item in found:
            (files if isinstance(item, SourceFile) else failed).append(item)  # type: ignore[arg-type]
        counts = {"added": 0, "updated": 0, "unchanged": 0}
        async with self._writing(community):
            await self._tidy(community)
            known = {entry.source: entry for entry in await self._manifest.entries(community)}
            for done, file in enumerate(files):
                yield IngestProgress("reading", done, len(files), file.source)
                outcome = await self._one(community, file, tuple(sorted(audience)), known.get(file.source))
                if isinstance(outcome, IngestFailure):
                    failed.append(outcome)
                else:
                    counts[outcome] += 1
            yield IngestProgress("reading", len(files), len(files))
            removed = await self._vanished(community, paths, base, {file.source for file in files}, known)
        self._news.set()
        if finish:
            async for step in self.improve(community):
                yield step
        await self._store.settle(community)
        yield IngestResult(counts["added"], counts["updated"], removed, counts["unchanged"], tuple(failed))

    async def documents(self, community: str) -> list[DocumentInfo]:
        """List the documents, by source."""
        return [entry.info for entry in await self._manifest.entries(community)]

    async def forget(self, community: str, source: str) -> int:
        """Remove documents whose source is ``source`` or lies below it; return how many."""
        below = source.rstrip("/") + "/"
        async with self._writing(community):
            entries = await self._manifest.entries(community)
            gone = [entry.id for entry in entries if entry.source == source or entry.source.startswith(below)]
            await self._remove(community, gone)
        return len(gone)

    async def communities(self) -> list[str]:
        """Return the communities that have documents."""
        return await self._manifest.communities()

    async def set_examples(self, community: str, examples: Mapping[str, Sequence[str]]) -> None:
        """Keep a community's example questions by locale ("zh", "en")."""
        await self._manifest.set_examples(community, examples)

    async def drop(self, community: str) -> None:
        """Remove everything of a community."""
        async with self._writing(community):
            await self._store.drop(community)
            await self._manifest.drop(community)

    async def add_texts(self, community: str, texts: Sequence[tuple[str, str]]) -> None:
        """Index texts as they are, each as one passage whose source is its given id, with both embeddings.

        For evaluation: nothing is cut, and an id that is there already is written again.
        """
        reads = [_Read(*_as_it_is(community, source, text)) for source, text in texts if text.strip()]
        async with self._writing(community):
            known = {entry.id for entry in await self._manifest.entries(community)}
            for read in reads:
                await self._index(community, read, read.entry.id in known)
            await self._improve(community, [read.entry.id for read in reads])

    async def settle(self, community: str) -> None:
        """Force what was written to the disk."""
        await self._store.settle(community)

    async def improve(self, community: str) -> AsyncIterator[IngestProgress]:
        """Give every document that waits for it the better embedding, yielding progress."""
        waiting = (await self._manifest.waiting()).get(community, [])
        for done in range(0, len(waiting), TOGETHER):
            yield IngestProgress("finishing", done, len(waiting))
            async with self._writing(community):
                await self._improve(community, waiting[done : done + TOGETHER])
        if waiting:
            yield IngestProgress("finishing", len(waiting), len(waiting))

    async def improve_all(self) -> None:
        """Give waiting documents the better embedding, and go on with those that come later, until cancelled."""
        while True:
            self._news.clear()
            for community in await self._manifest.waiting():
                async for _ in self.improve(community):
                    await asyncio.sleep(0)
                await self._store.settle(community)
                log.info("knowledge.improved", extra={"community": community})
            await self._news.wait()

    @asynccontextmanager
    async def _writing(self, community: str) -> AsyncIterator[None]:
        """Only one may change a community's documents at a time."""
        async with self._locks.setdefault(community, asyncio.Lock()):
            with self._manifest.coming_in(community):
                yield

    async def _tidy(self, community: str) -> None:
        """Remove what a crash left half-written; it is read again where its file is still there."""
        left = await self._manifest.unfinished(community)
        await self._remove(community, left)

    async def _remove(self, community: str, documents: Sequence[str]) -> None:
        if documents:
            await self._store.delete(community, documents)
            await self._manifest.remove(community, documents)

    async def _vanished(
        self,
        community: str,
        paths: Sequence[Path],
        base: Path | None,
        seen: set[str],
        known: Mapping[str, Entry],
    ) -> int:
        """Remove what came from a given folder before and is not there any more; return how many."""
        folders = {root_name(path) for path in paths if (path if base is None else base / path).is_dir()}
        gone = [
            entry.id
            for source, entry in known.items()
            if source not in seen and any(_lies_in(entry, folder) for folder in folders)
        ]
        await self._remove(community, gone)
        return len(gone)

    async def _one(
        self, community: str, file: SourceFile, audience: tuple[str, ...], known: Entry | None
    ) -> str | IngestFailure:
        """Read one file and index it; return added, updated, unchanged, or why not."""
        try:
            data = await asyncio.to_thread(self._bytes, file.path)
            version = _version(data, audience)
            if known is not None and known.version == version:
                return "unchanged"
            read = await asyncio.to_thread(self._cut, data, file, community, version, audience)
        except Unreadable as error:
            return IngestFailure(file.source, str(error))
        except OSError as error:
            return IngestFailure(file.source, f"can't be read: {error.strerror or error}")
        except RecursionError:
            return IngestFailure(file.source, "nested too deeply")
        await self._index(community, read, known is not None)
        return "added" if known is None else "updated"

    def _bytes(self, path: Path) -> bytes:
        limit = self._options.max_file_bytes
        if path.stat().st_size > limit:
            raise Unreadable(f"larger than {limit // 1024 // 1024} MB")
        with path.open("rb") as opened:
            data = opened.read(limit + 1)
        if len(data) > limit:
            raise Unreadable(f"larger than {limit // 1024 // 1024} MB")
        return data

    def _cut(
        self, data: bytes, file: SourceFile, community: str, version: str, audience: tuple[str, ...]
    ) -> _Read:
        document = load(data, file.source)
        cut = passages(document, community, file.source, version, audience)
        if not cut:
            raise Unreadable("no text found in the file")
        languages = [passage.language for passage in cut]
        entry = Entry(
            id=short_id(community, file.source),
            source=file.source,
            root=file.root,
            title=document.title,
            version=version,
            language=max(set(languages), key=languages.count),
            date=document.date,
            audience=audience,
            passages=tuple(passage.id for passage in cut),
            terms=b"",
            better=self._signals.better is None,
        )
        return _Read(entry, tuple(cut))

    async def _index(self, community: str, read: _Read, replaces: bool) -> None:
        texts = [searchable(passage) for passage in read.passages]
        vectors = await self._signals.fast.passages(texts)
        sparse = await asyncio.to_thread(
            lambda: [passage_vector(p.text, " ".join((p.title, *p.heading))) for p in read.passages]
        )
        items = [
            Indexed(passage, {self._signals.fast.name: vector}, terms)
            for passage, vector, terms in zip(read.passages, vectors, sparse, strict=True)
        ]
        flat = np.array([index for terms in sparse for index in terms.indices], dtype="<u4")
        await self._manifest.begin(community, read.entry)
        if replaces:
            await self._store.delete(community, [read.entry.id])
        await self._store.upsert(community, items)
        await self._manifest.finish(community, replace(read.entry, terms=flat.tobytes()))

    async def _improve(self, community: str, documents: Sequence[str]) -> None:
        """Give documents the better embedding, all their passages in one go: batches of alike lengths are faster."""
        items = [item for document in documents for item in await self._store.document(community, document)]
        better = self._signals.better
        if better is None or not items:
            return
        vectors, tokens = await self._signals.improved([searchable(item.passage) for item in items])
        changed = [
            Indexed(item.passage, {**item.vectors, better.name: vector}, item.sparse)
            for item, vector in zip(items, vectors, strict=True)
        ]
        await self._store.upsert(community, changed)
        kept: dict[str, dict[str, bytes]] = {document: {} for document in documents}
        for item, data in zip(items, tokens, strict=True):
            if data:
                kept[item.passage.document][item.passage.id] = data
        for document, own in kept.items():
            await self._manifest.improve(community, document, own)


def _as_it_is(community: str, source: str, text: str) -> tuple[Entry, tuple[Passage, ...]]:
    """Return a text as a document of one passage."""
    document = short_id(community, source)
    version = _version(text.encode(), ())
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
    return entry, (passage,)


def _version(data: bytes, audience: tuple[str, ...]) -> str:
    digest = hashlib.blake2b(data, digest_size=12, person=READING.encode())
    digest.update("\x1f".join(audience).encode())
    return digest.hexdigest()


def _lies_in(entry: Entry, folder: str) -> bool:
    """Say whether a document came from a folder: given as that folder, or as one above or below it."""
    if not entry.root:
        return False
    if folder == ".":
        return not entry.source.startswith("/")
    return PurePosixPath(entry.source).is_relative_to(folder)
