"""From passages to the index: what was embedded before is not embedded again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from bot_core.ports.knowledge import Indexed, Passage, Vector
from bot_knowledge.chunking import searchable
from bot_knowledge.embedding.signals import Signals
from bot_knowledge.glossary.aliases import aliases
from bot_knowledge.library.reading import Read, with_audience
from bot_knowledge.manifest import Entry, Manifest
from bot_knowledge.notes import Notes
from bot_knowledge.sparse import passage_vector
from bot_knowledge.store.kept import KeptStore

TOGETHER = 32  # passages of small documents whose better embedding is made together
BATCH = 4  # passages embedded in one go: what a question waits for at most


@dataclass(slots=True)
class Indexer:
    """Writes documents into store and manifest. Only one writes into a community at a time; nobody embeds meanwhile."""

    store: KeptStore
    manifest: Manifest
    signals: Signals
    notes: Notes
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    @asynccontextmanager
    async def writing(self, community: str) -> AsyncIterator[None]:
        """Hold the right to change a community's documents."""
        async with self._locks.setdefault(community, asyncio.Lock()):
            with self.manifest.coming_in(community):
                yield

    async def write(self, community: str, read: Read) -> None:
        """Write a document; passages whose text stood in its former version keep their vectors."""
        before = {
            searchable(item.passage): item
            for item in await self.store.document(community, read.entry.id)
            if self.signals.fast.name in item.vectors
        }
        kept = await self.manifest.tokens(community, [item.passage.id for item in before.values()])
        items, tokens = await self._items(read, before, kept)
        flat = np.array([index for item in items for index in item.sparse.indices], dtype="<u4")
        better = all(self._is_better(item, tokens) for item in items)
        entry = replace(read.entry, terms=flat.tobytes(), better=better)
        async with self.writing(community):
            roles = (await self.notes.rules(community)).audience(entry.source, entry.root)
            if roles != entry.audience:  # set while this was being read
                entry = replace(entry, audience=roles, version=with_audience(entry.version, roles))
                items = [_for(item, roles, entry.version) for item in items]
            await self.manifest.begin(community, entry)
            await self.store.delete(community, [entry.id])
            await self.store.upsert(community, items)
            await self.manifest.finish(community, entry, tokens, aliases(entry.title, read.passages))

    async def remove(self, community: str, documents: Sequence[str]) -> None:
        """Remove documents."""
        if documents:
            async with self.writing(community):
                await self.store.delete(community, documents)
                await self.manifest.remove(community, documents)

    async def set_audience(
        self, community: str, chosen: Callable[[Entry], bool], roles: tuple[str, ...]
    ) -> int:
        """Let only these roles read the chosen documents, whose vectors stay; return how many there are."""
        async with self.writing(community):
            entries = [entry for entry in await self.manifest.entries(community) if chosen(entry)]
            for entry in entries:
                if entry.audience == roles:
                    continue
                version = with_audience(entry.version, roles)
                items = await self.store.document(community, entry.id)
                await self.store.upsert(community, [_for(item, roles, version) for item in items])
                await self.manifest.set_audience(community, {entry.id: (roles, version)})
        return len(entries)

    async def improve(self, community: str) -> AsyncIterator[tuple[int, int]]:
        """Give every document that waits for it the better embedding; yield (passages done, all)."""
        waiting = set((await self.manifest.waiting()).get(community, []))
        entries = [entry for entry in await self.manifest.entries(community) if entry.id in waiting]
        done, total = 0, sum(len(entry.passages) for entry in entries)
        for group in _groups(entries):
            with self.manifest.coming_in(community):
                async for count in self._improve(community, group):
                    done += count
                    yield min(done, total), total

    async def _improve(self, community: str, entries: Sequence[Entry]) -> AsyncIterator[int]:
        items = [item for entry in entries for item in await self.store.document(community, entry.id)]
        kept = await self.manifest.tokens(community, [item.passage.id for item in items])
        lacking = [item.passage for item in items if not self._is_better(item, kept)]
        yield len(items) - len(lacking)
        lacking.sort(key=lambda passage: len(passage.text))  # batches of alike lengths are faster
        for start in range(0, len(lacking), BATCH):
            part = lacking[start : start + BATCH]
            await self.signals.calm()
            vectors, tokens = await self.signals.improved([searchable(passage) for passage in part])
            async with self.writing(community):
                await self._add(community, part, vectors, tokens)
            yield len(part)
        async with self.writing(community):
            now = {entry.id: entry.passages for entry in await self.manifest.entries(community)}
            good = [entry.id for entry in entries if now.get(entry.id) == entry.passages]
            await self.manifest.improved(community, good)

    async def _add(
        self, community: str, passages: Sequence[Passage], vectors: Sequence[Vector], tokens: Sequence[bytes]
    ) -> None:
        """Add better vectors to what is still there; it may have been changed, hidden or forgotten meanwhile."""
        assert self.signals.better is not None
        name = self.signals.better.name
        made = {p.id: (v, t) for p, v, t in zip(passages, vectors, tokens, strict=True)}
        items = await self.store.indexed(community, list(made))
        await self.store.upsert(
            community,
            [replace(item, vectors={**item.vectors, name: made[item.passage.id][0]}) for item in items],
        )
        kept = {(i.passage.document, i.passage.id): made[i.passage.id][1] for i in items}
        await self.manifest.keep_tokens(community, {key: data for key, data in kept.items() if data})

    def complete(self, items: Sequence[Indexed]) -> bool:
        """Say whether these passages have their better vectors."""
        better = self.signals.better
        return better is None or all(better.name in item.vectors for item in items)

    def _is_better(self, item: Indexed, tokens: Mapping[str, bytes]) -> bool:
        better = self.signals.better
        if better is None:
            return True
        return better.name in item.vectors and (self.signals.tokens is None or item.passage.id in tokens)

    async def _items(
        self, read: Read, before: Mapping[str, Indexed], kept: Mapping[str, bytes]
    ) -> tuple[list[Indexed], dict[str, bytes]]:
        """Return the passages with their vectors, and the token vectors that are there already, by passage id."""
        texts = [searchable(passage) for passage in read.passages]
        new = [
            (text, passage) for text, passage in zip(texts, read.passages, strict=True) if text not in before
        ]
        vectors = await self.signals.fast.passages([text for text, _ in new])
        sparse = await asyncio.to_thread(
            lambda: [passage_vector(p.text, " ".join((p.title, *p.heading))) for _, p in new]
        )
        made = {
            text: Indexed(passage, {self.signals.fast.name: vector}, terms)
            for (text, passage), vector, terms in zip(new, vectors, sparse, strict=True)
        }
        items, tokens = [], {}
        for text, passage in zip(texts, read.passages, strict=True):
            known = before.get(text) or made[text]
            items.append(replace(known, passage=passage))
            data = kept.get(known.passage.id)
            if data:
                tokens[passage.id] = data
        return items, tokens


def _for(item: Indexed, roles: tuple[str, ...], version: str) -> Indexed:
    return replace(item, passage=replace(item.passage, audience=roles, version=version))


def _groups(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return small documents together and large ones alone: batches of alike lengths are faster."""
    groups: list[list[Entry]] = []
    held = 0
    for entry in entries:
        if not groups or held + len(entry.passages) > TOGETHER:
            groups.append([])
            held = 0
        groups[-1].append(entry)
        held += len(entry.passages)
    return groups
