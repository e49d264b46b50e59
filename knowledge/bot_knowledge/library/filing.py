"""Files into the index: what is new, what changed, what vanished."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bot_core.ports.knowledge import IngestFailure, IngestProgress
from bot_knowledge.formats import Decoder
from bot_knowledge.library.indexing import Indexer
from bot_knowledge.library.pace import Pace
from bot_knowledge.library.reading import Given, Read, Tally, file_bytes, read, too_large, version_of
from bot_knowledge.loaders import Unreadable
from bot_knowledge.manifest import Entry
from bot_knowledge.notes import lies_below
from bot_knowledge.sources import SourceFile, root_name


@dataclass(slots=True)
class Filing:
    """One ingestion of files of one community; what happened is in the tally."""

    community: str
    indexer: Indexer
    tally: Tally
    largest: int  # bytes of a document
    waits: bool  # for the better embedding
    decoder: Decoder

    async def files(
        self, files: Sequence[SourceFile], known: Mapping[str, Entry]
    ) -> AsyncIterator[IngestProgress]:
        """Read files, yielding progress."""
        rules = await self.indexer.notes.rules(self.community)
        pace = Pace("reading", len(files), await asyncio.to_thread(_sizes, files))
        for done, file in enumerate(files):
            yield pace.at(done, file.source)
            given = Given(file.source, file.root, rules.audience(file.source))
            try:
                data = await asyncio.to_thread(file_bytes, file.path, self.largest)
            except Unreadable as error:
                self.tally.failed.append(IngestFailure(file.source, str(error)))
            except OSError as error:
                reason = f"can't be read: {error.strerror or error}"
                self.tally.failed.append(IngestFailure(file.source, reason))
            else:
                await self.one(data, file.source, given, known.get(file.source))
        yield pace.at(len(files))

    async def one(self, data: bytes, name: str, given: Given, known: Entry | None) -> None:
        """Read one document's bytes and index it; ``name`` decides the format."""
        version = version_of(data, given)
        if known is not None and known.version == version:
            self.tally.counts["unchanged"] += 1
            self.tally.good.append(given.source)
            return
        made: list[Read] | IngestFailure | None = None
        if known is not None and known.version.partition(".")[0] == version.partition(".")[0]:
            await self.indexer.set_audience(self.community, lambda e: e.id == known.id, given.audience)
        elif len(data) > self.largest:
            made = IngestFailure(given.source, str(too_large(self.largest)))
        else:
            made = await read(data, name, given, self.community, self.waits, self.decoder)
        if isinstance(made, IngestFailure):
            self.tally.failed.append(made)
            return
        if made is not None and not (len(made) == 1 and made[0].entry.source == given.source):
            await self._many(made, given)
            return
        if made is not None:
            await self.indexer.write(self.community, made[0])
        self.tally.counts["added" if known is None else "updated"] += 1
        self.tally.good.append(given.source)

    async def _many(self, made: Sequence[Read], given: Given) -> None:
        """Index the documents of an archive; those that it no longer holds go."""
        known = {
            entry.source: entry
            for entry in await self.indexer.manifest.entries(self.community)
            if lies_below(entry.source, given.source)
        }
        for one in made:
            before = known.pop(one.entry.source, None)
            if before is None or before.version != one.entry.version:
                await self.indexer.write(self.community, one)
                self.tally.counts["added" if before is None else "updated"] += 1
            else:
                self.tally.counts["unchanged"] += 1
            self.tally.good.append(one.entry.source)
        await self.indexer.remove(self.community, [entry.id for entry in known.values()])
        self.tally.counts["removed"] += len(known)
        self.tally.good.append(given.source)

    async def gone(
        self, sources: Sequence[str], files: Sequence[SourceFile], known: Mapping[str, Entry]
    ) -> None:
        """Remove what was at or below these sources, was found in a folder, and is not there any more."""
        kept = {file.source for file in files} | {failure.source for failure in self.tally.failed}
        kept.update(self.tally.good)
        changed = set(sources)
        gone = [
            entry
            for source, entry in known.items()
            if entry.root and source not in kept and changed.intersection(_above(source))
        ]
        await self.indexer.remove(self.community, [entry.id for entry in gone])
        self.tally.counts["removed"] += len(gone)
        old = [f.source for f in await self.indexer.notes.failures(self.community)]
        over = [source for source in old if source not in kept and changed.intersection(_above(source))]
        await self.indexer.notes.mended(self.community, over)

    async def vanished(
        self,
        paths: Sequence[Path],
        base: Path | None,
        files: Sequence[SourceFile],
        known: Mapping[str, Entry],
    ) -> None:
        """Remove what came from a given folder before and is not there any more."""
        seen = {file.source for file in files} | set(self.tally.good)
        failed = [failure.source for failure in self.tally.failed]
        folders = {root_name(path) for path in paths if (path if base is None else base / path).is_dir()}
        gone = [
            entry
            for source, entry in known.items()
            if source not in seen
            and not any(lies_below(source, other) for other in failed)  # a folder that can't be read, for now
            and any(_lies_in(entry, folder) for folder in folders)
        ]
        await self.indexer.remove(self.community, [entry.id for entry in gone])
        self.tally.counts["removed"] += len(gone)
        here = folders | {root_name(path) for path in paths}
        old = [f.source for f in await self.indexer.notes.failures(self.community)]
        over = [s for s in old if s not in failed and any(lies_below(s, path) for path in here)]
        await self.indexer.notes.mended(self.community, over)


def _above(source: str) -> list[str]:
    """Return a source and every folder above it."""
    path = PurePosixPath(source)
    return [path.as_posix(), *(parent.as_posix() for parent in path.parents)]


def _sizes(files: Sequence[SourceFile]) -> list[int]:
    """Return the files' sizes in bytes; 0 where that can't be told."""
    sizes = []
    for file in files:
        try:
            sizes.append(file.path.stat().st_size)
        except OSError:
            sizes.append(0)
    return sizes


def _lies_in(entry: Entry, folder: str) -> bool:
    """Say whether a document came from a folder: given as that folder, or as one above or below it."""
    return bool(entry.root) and "://" not in entry.root and lies_below(entry.source, folder)
