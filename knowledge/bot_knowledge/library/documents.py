"""The Library port."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from bot_core.errors import BadInput, NotFound
from bot_core.identity import Words
from bot_core.ports.knowledge import DocumentInfo, IngestFailure, IngestProgress, IngestResult, Passage
from bot_knowledge.embedding.signals import Signals
from bot_knowledge.formats import Decoder
from bot_knowledge.library.filing import Filing
from bot_knowledge.library.indexing import Indexer
from bot_knowledge.library.pace import Pace
from bot_knowledge.library.reading import Given, Read, Tally, as_it_is
from bot_knowledge.library.reindexing import Reindexer
from bot_knowledge.library.visiting import Visitor
from bot_knowledge.manifest import Entry, Manifest
from bot_knowledge.notes import Notes, lies_below
from bot_knowledge.options import KnowledgeOptions
from bot_knowledge.sources import SourceFile, find_changed, find_files, root_name
from bot_knowledge.store.generations import Generations
from bot_knowledge.web.lists import address
from bot_knowledge.web.polite import Polite

log = logging.getLogger(__name__)

UPLOADS = "uploads"
BAD_NAME = Words(
    "文件名不行：需要 1-200 个字符，不能含有 .. 或控制字符。",
    "That file name won't do: it takes 1-200 characters, without .. and control characters.",
)
NO_WEB = Words("这里不能读取网页。", "Web pages can't be read here.")


class DocumentLibrary:
    """The Library port. ``finish=False`` of ``ingest`` leaves the better embedding to ``improve_all``."""

    def __init__(
        self,
        store: Generations,
        manifest: Manifest,
        signals: Signals,
        options: KnowledgeOptions,
        decoder: Decoder,
    ) -> None:
        self._store, self._manifest, self._signals, self._options = store, manifest, signals, options
        self._decoder = decoder
        self._notes = Notes(manifest)
        self._indexer = Indexer(store, manifest, signals, self._notes)
        self._turns: dict[str, asyncio.Lock] = {}
        self._improving = asyncio.Lock()
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
        tally = Tally()
        async with self._turn(community):
            if audience:
                for path in paths:
                    await self._notes.set_rule(community, root_name(path), sorted(audience))
            found = await asyncio.to_thread(lambda: list(find_files(paths, base, self._options.max_files)))
            tally.failed += [item for item in found if isinstance(item, IngestFailure)]
            files = [item for item in found if isinstance(item, SourceFile)]
            known = await self._known(community)
            filing = self._filing(community, tally)
            async for step in filing.files(files, known):
                yield step
            await filing.vanished(paths, base, files, known)
            await self._note(community, tally)
        async for last in self._finish(community, finish):
            yield last
        yield tally.result()

    async def refresh(
        self, community: str, folder: Path, changed: Sequence[Path], base: Path | None = None
    ) -> AsyncIterator[IngestProgress | IngestResult]:
        """Read what changed below a folder that was ingested (absolute paths), yielding progress, and the result last.

        The better embedding is left to ``improve_all``.
        """
        tally = Tally()
        async with self._turn(community):
            sources, found = await asyncio.to_thread(find_changed, folder, base, changed)
            tally.failed += [item for item in found if isinstance(item, IngestFailure)]
            files = [item for item in found if isinstance(item, SourceFile)][: self._options.max_files]
            known = await self._known(community)
            filing = self._filing(community, tally)
            await filing.gone(sources, files, known)
            async for step in filing.files(files, known):
                yield step
            await self._note(community, tally)
        async for last in self._finish(community, finish=False):
            yield last
        yield tally.result()

    async def add(
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
        """Index bytes that came from an upload or a chat, yielding progress, and the result last."""
        source, tally = source_of(name), Tally()
        yield IngestProgress("reading", 0, 1, source)
        async with self._turn(community):
            if audience:
                await self._notes.set_rule(community, source, sorted(audience))
            roles = (await self._notes.rules(community)).audience(source)
            given = Given(source, audience=roles, url=url, title=title)
            known = await self._known(community)
            await self._filing(community, tally).one(data, name, given, known.get(source))
            await self._note(community, tally)
        yield IngestProgress("reading", 1, 1, source)
        async for last in self._finish(community, finish):
            yield last
        yield tally.result()

    async def visit(
        self,
        community: str,
        urls: Sequence[str],
        audience: frozenset[str] = frozenset(),
        *,
        finish: bool = True,
    ) -> AsyncIterator[IngestProgress | IngestResult]:
        """Read web pages, sitemaps and feeds, yielding progress, and the result last. Raises BadInput without a fetcher."""
        if self._options.fetcher is None:
            raise BadInput("no fetcher", NO_WEB)
        tally = Tally()
        polite = Polite(self._options.fetcher, self._options.clock, self._options.web)
        waits = self._signals.better is not None
        visitor = Visitor(community, polite, self._options.web, self._indexer, tally, waits)
        async with self._turn(community):
            for url in urls if audience else ():
                await self._notes.set_rule(community, address(url, "") or url, sorted(audience))
            await self._known(community)
            async for step in visitor.visit(urls):
                yield step
            await self._note(community, tally)
        async for last in self._finish(community, finish):
            yield last
        yield tally.result()

    async def documents(self, community: str) -> list[DocumentInfo]:
        """List the documents, by source."""
        return [entry.info for entry in await self._manifest.entries(community)]

    async def show(self, community: str, source: str) -> list[Passage]:
        """Return a document's passages, in order. Raises NotFound."""
        entries = await self._manifest.entries(community, source)
        if not entries:
            raise NotFound(
                source[:200], Words(f"没有来源为 {source} 的文档。", f"There is no document {source}.")
            )
        return await self._store.passages(community, entries[0].passages)

    async def failures(self, community: str) -> list[IngestFailure]:
        """Return what could not be read when it was last tried, by source."""
        return await self._notes.failures(community)

    async def set_audience(self, community: str, source: str, roles: frozenset[str]) -> int:
        """Let only these roles read what is ``source`` or lies below it, now and later; empty: everyone."""
        wanted = tuple(sorted(roles))
        await self._notes.set_rule(community, source, wanted)
        count = await self._indexer.set_audience(community, lambda entry: _is_below(entry, source), wanted)
        await self._store.settle(community)
        return count

    async def forget(self, community: str, source: str) -> int:
        """Remove documents whose source is ``source`` or lies below it; return how many."""
        entries = [e for e in await self._manifest.entries(community) if _is_below(e, source)]
        await self._indexer.remove(community, [entry.id for entry in entries])
        await self._notes.drop_pages(community, [entry.source for entry in entries])
        failed = [f.source for f in await self._notes.failures(community) if lies_below(f.source, source)]
        await self._notes.mended(community, failed)
        return len(entries)

    async def communities(self) -> list[str]:
        """Return the communities that have documents."""
        return await self._manifest.communities()

    async def set_examples(self, community: str, examples: Mapping[str, Sequence[str]]) -> None:
        """Keep a community's example questions by locale ("zh", "en")."""
        await self._manifest.set_examples(community, examples)

    async def drop(self, community: str) -> None:
        """Remove everything of a community."""
        async with self._indexer.writing(community):
            await self._store.drop(community)
            await self._manifest.drop(community)

    async def add_texts(self, community: str, texts: Sequence[tuple[str, str]]) -> None:
        """Index texts as they are, each as one passage whose source is its given id, with both embeddings.

        For evaluation: nothing is cut, and an id that is there already is written again.
        """
        for source, text in texts:
            if text.strip():
                await self.add_read(community, as_it_is(community, source, text))
        async for _ in self.improve(community):
            pass

    async def add_read(self, community: str, document: Read) -> None:
        """Index a document that was read and cut elsewhere; the better embedding is left to ``improve``."""
        await self._indexer.write(community, document)

    async def settle(self, community: str) -> None:
        """Force what was written to the disk."""
        await self._store.settle(community)

    async def improve(self, community: str) -> AsyncIterator[IngestProgress]:
        """Give every document that waits for it the better embedding, yielding progress."""
        async with self._improving:  # whoever comes second finds nothing left to do
            pace: Pace | None = None
            async for done, total in self._indexer.improve(community):
                pace = pace or Pace("finishing", total)
                yield pace.at(done)

    async def reindex(self, community: str) -> AsyncIterator[IngestProgress]:
        """Embed everything anew beside what is there and switch at once, yielding progress."""
        async with self._improving:
            async for step in self._reindexer(again=True).run(community):
                yield step
        async for step in self.improve(community):
            yield step

    async def renew(self) -> None:
        """Re-index the communities whose vectors are not those that are made now (another setting, another model)."""
        for community in await self._manifest.communities():
            if self._store.outdated(community):
                async with self._improving:
                    async for _ in self._reindexer(again=False).run(community):
                        await asyncio.sleep(0)
                log.info("knowledge.reindexed", extra={"community": community})

    async def improve_all(self) -> None:
        """Give waiting documents the better embedding, and go on with those that come later, until cancelled."""
        await self.renew()
        while True:
            self._news.clear()
            for community in await self._manifest.waiting():
                async for _ in self.improve(community):
                    await asyncio.sleep(0)
                await self._store.settle(community)
                log.info("knowledge.improved", extra={"community": community})
            await self._news.wait()

    def _reindexer(self, again: bool) -> Reindexer:
        return Reindexer(self._store, self._indexer, again)

    def _filing(self, community: str, tally: Tally) -> Filing:
        waits = self._signals.better is not None
        return Filing(community, self._indexer, tally, self._options.max_file_bytes, waits, self._decoder)

    def _turn(self, community: str) -> asyncio.Lock:
        """Return what one ingestion of a community holds while it reads."""
        return self._turns.setdefault(community, asyncio.Lock())

    async def _known(self, community: str) -> dict[str, Entry]:
        """Return the documents by source, rid of what a crash left half-written: that is read again."""
        await self._indexer.remove(community, await self._manifest.unfinished(community))
        return {entry.source: entry for entry in await self._manifest.entries(community)}

    async def _finish(self, community: str, finish: bool) -> AsyncIterator[IngestProgress]:
        self._news.set()
        if finish:
            async for step in self.improve(community):
                yield step
        await self._store.settle(community)

    async def _note(self, community: str, tally: Tally) -> None:
        """Keep what failed, to be listed; say it in the log once."""
        await self._notes.mended(community, tally.good)
        for failure in tally.failed:
            if await self._notes.failed(community, failure):
                log.warning("knowledge.unreadable", extra={"community": community, "reason": failure.reason})


def source_of(name: str) -> str:
    """Return the source of something that was added under a name. Raises BadInput."""
    path = PurePosixPath(name)
    bad = path.is_absolute() or ".." in path.parts or not path.name or "://" in name
    if bad or len(name) > 200 or not name.isprintable() or "\\" in name:
        raise BadInput(f"document name {name[:80]!r}", BAD_NAME)
    return path.as_posix() if len(path.parts) > 1 else f"{UPLOADS}/{path.name}"


def _is_below(entry: Entry, source: str) -> bool:
    return lies_below(entry.source, source) or (entry.root != "" and entry.root == source)
