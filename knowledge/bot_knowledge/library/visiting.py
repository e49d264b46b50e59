"""Web sources: pages, sitemaps and feeds into the index; a second visit fetches what changed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from bot_core.ports.knowledge import IngestFailure, IngestProgress
from bot_core.ports.safety import Fetched
from bot_knowledge.library.indexing import Indexer
from bot_knowledge.library.pace import Pace
from bot_knowledge.library.reading import Given, Tally, cut, version_of
from bot_knowledge.loaders import Document, Unreadable
from bot_knowledge.manifest import Entry
from bot_knowledge.notes import PageNote
from bot_knowledge.web.lists import Named, address, read_list
from bot_knowledge.web.pages import document_of, fragment
from bot_knowledge.web.polite import Gone, Polite, WebBounds

LONG_ENTRY = 600  # characters of HTML in a feed's entry that make a fetch of its page unnecessary


@dataclass(slots=True)
class Plan:
    """The pages that one given address leads to; ``whole``: what it named before and names no more is gone."""

    root: str
    pages: list[Named] = field(default_factory=list)
    fetched: Fetched | None = None  # the address itself, where it is a page
    whole: bool = False


@dataclass(slots=True)
class Visitor:
    """One visit to the web for one community."""

    community: str
    polite: Polite
    bounds: WebBounds
    indexer: Indexer
    tally: Tally
    waits: bool  # for the better embedding

    async def visit(self, urls: Sequence[str]) -> AsyncIterator[IngestProgress]:
        """Read addresses, yielding progress; what happened is in the tally."""
        plans = [await self._plan(url) for url in dict.fromkeys(address(url, "") or url for url in urls)]
        todo = [(plan, page) for plan in plans for page in plan.pages]
        pace = Pace("reading", len(todo))
        for done, (plan, page) in enumerate(todo):
            yield pace.at(done, page.url)
            await self._page(plan, page)
        yield pace.at(len(todo))
        for plan in plans:
            if plan.whole:
                await self._vanished(plan)

    async def _plan(self, url: str) -> Plan:
        """Fetch a given address and find out what it is."""
        plan = Plan(url)
        own = await self._entry(url)
        note = await self.indexer.notes.page(self.community, url) if own is not None else PageNote()
        try:
            fetched = await self.polite.get(url, note.known, self.bounds.list_bytes)
            listed = read_list(fetched, self.bounds.list_bytes) if fetched.status == 200 else None
            if listed is None:
                plan.pages, plan.fetched = [Named(url)], fetched
            else:
                plan.pages, plan.whole = list(listed.pages), listed.whole
                await self._further(plan, listed.maps)
        except Unreadable as error:
            await self._failed(url, error)
            return plan
        if len(plan.pages) > self.bounds.pages:
            reason = f"names {len(plan.pages)} pages: the first {self.bounds.pages} were read"
            self.tally.failed.append(IngestFailure(url, reason))
            plan.pages, plan.whole = plan.pages[: self.bounds.pages], False
        return plan

    async def _further(self, plan: Plan, maps: Sequence[str]) -> None:
        """Follow a sitemap's further sitemaps, each once, to the bounds' depth."""
        seen = {plan.root, *maps}
        level = list(maps)
        for _ in range(self.bounds.depth):
            below: list[str] = []
            for url in level:
                if len(plan.pages) > self.bounds.pages or len(seen) > self.bounds.pages:
                    return
                try:
                    fetched = await self.polite.get(url, limit=self.bounds.list_bytes)
                    listed = read_list(fetched, self.bounds.list_bytes)
                except Unreadable as error:
                    plan.whole = False
                    await self._failed(url, error)
                    continue
                if listed is not None:
                    plan.pages += listed.pages
                    below += [further for further in listed.maps if further not in seen]
                    seen.update(listed.maps)
            level = below
        if level:
            plan.whole = False
            self.tally.failed.append(IngestFailure(plan.root, "sitemaps within sitemaps go too deep"))

    async def _page(self, plan: Plan, page: Named) -> None:
        known = await self._entry(page.url)
        note = await self.indexer.notes.page(self.community, page.url)
        if known is not None and page.stamp and note.stamp == page.stamp:
            self._unchanged(page.url)
            return
        try:
            if len(page.html) >= LONG_ENTRY:
                document = await asyncio.to_thread(fragment, page.html, page.title, page.date, page.url)
                await self._keep(plan, page, document, known)
                await self.indexer.notes.keep_page(self.community, page.url, PageNote(stamp=page.stamp))
                return
            before = note if known is not None else PageNote()
            fetched = plan.fetched or await self.polite.get(page.url, before.known)
            await self._fetched(plan, page, fetched, before, known)
        except Unreadable as error:
            await self._failed(page.url, error)

    async def _fetched(
        self, plan: Plan, page: Named, fetched: Fetched, note: PageNote, known: Entry | None
    ) -> None:
        if fetched.status == 304:
            self._unchanged(page.url)
            return
        digest = hashlib.blake2b(fetched.body, digest_size=16).hexdigest()
        if known is not None and note.digest == digest:
            self._unchanged(page.url)
        else:
            document = await asyncio.to_thread(document_of, fetched)
            await self._keep(plan, page, document, known)
        headers = fetched.headers
        now = PageNote(headers.get("etag", ""), headers.get("last-modified", ""), digest, page.stamp)
        await self.indexer.notes.keep_page(self.community, page.url, now)

    async def _keep(self, plan: Plan, page: Named, document: Document, known: Entry | None) -> None:
        """Index a page, unless its text is what it was: a page's bytes may change with every fetch."""
        root = plan.root if plan.root != page.url else ""
        roles = (await self.indexer.notes.rules(self.community)).audience(page.url, root)
        given = Given(page.url, root, roles, title=document.title)
        text = repr((document.title, document.date, document.blocks))
        version = version_of(text.encode(), given)
        if known is not None and known.version == version:
            self._unchanged(page.url)
            return
        read = await asyncio.to_thread(cut, document, given, self.community, version, self.waits)
        await self.indexer.write(self.community, read)
        self.tally.counts["added" if known is None else "updated"] += 1
        self.tally.good.append(page.url)

    async def _entry(self, url: str) -> Entry | None:
        found = await self.indexer.manifest.entries(self.community, url)
        return found[0] if found else None

    def _unchanged(self, url: str) -> None:
        self.tally.counts["unchanged"] += 1
        self.tally.good.append(url)

    async def _failed(self, url: str, error: Unreadable) -> None:
        """Name a failure; a page that is gone leaves the index."""
        self.tally.failed.append(IngestFailure(url, str(error)))
        known = await self._entry(url)
        if isinstance(error, Gone) and known is not None:
            await self._remove([known])

    async def _vanished(self, plan: Plan) -> None:
        """Remove what a sitemap named before and names no more."""
        named = {page.url for page in plan.pages}
        entries = await self.indexer.manifest.entries(self.community)
        await self._remove([e for e in entries if e.root == plan.root and e.source not in named])

    async def _remove(self, entries: Sequence[Entry]) -> None:
        await self.indexer.remove(self.community, [entry.id for entry in entries])
        await self.indexer.notes.drop_pages(self.community, [entry.source for entry in entries])
        self.tally.counts["removed"] += len(entries)
