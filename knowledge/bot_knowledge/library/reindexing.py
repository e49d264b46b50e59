"""Embedding everything anew, beside what is there: questions are answered from the old index until the new one counts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot_core.ports.knowledge import Indexed, IngestProgress, Vector
from bot_knowledge.chunking import searchable
from bot_knowledge.library.indexing import BATCH, TOGETHER, Indexer
from bot_knowledge.library.pace import Pace
from bot_knowledge.manifest import Entry
from bot_knowledge.store.generations import Generations


@dataclass(slots=True)
class Reindexer:
    """Builds the next generation of a community's index."""

    store: Generations
    indexer: Indexer
    again: bool = True  # embed anew what has its vectors already

    async def run(self, community: str) -> AsyncIterator[IngestProgress]:
        """Build, then switch; yield progress in documents. What comes in meanwhile is in both."""
        await self.store.begin(community)
        try:
            entries = await self.indexer.manifest.entries(community)
            pace = Pace("embedding", len(entries), [len(entry.passages) for entry in entries])
            for done, entry in enumerate(entries):
                yield pace.at(done, entry.source)
                await self._document(community, entry)
            yield pace.at(len(entries))
            async with self.indexer.writing(community):
                await self._rest(community)
                await self.store.switch(community)
        finally:
            await self.store.abandon(community)  # nothing, once it was switched

    async def _document(self, community: str, entry: Entry) -> None:
        items = await self.store.document(community, entry.id)
        for start in range(0, len(items), TOGETHER):
            part = items[start : start + TOGETHER]
            made, tokens = await self._embedded(part)
            async with self.indexer.writing(
                community
            ):  # as they are now: hidden, changed or forgotten meanwhile
                now = await self.store.indexed(community, list(made))
                await self.store.build(community, [self._anew(item, made[item.passage.id]) for item in now])
                kept = {(i.passage.document, i.passage.id): tokens.get(i.passage.id, b"") for i in now}
                await self.indexer.manifest.keep_tokens(
                    community, {k: data for k, data in kept.items() if data}
                )

    async def _embedded(
        self, items: Sequence[Indexed]
    ) -> tuple[dict[str, dict[str, Vector]], dict[str, bytes]]:
        """Return vectors by name and token vectors, by passage id.

        ``again``: with the better embedding, so that the new index is no worse from its first moment. Else the old one
        is not what it should be, and the better embedding follows in the background.
        """
        signals = self.indexer.signals
        ids = [item.passage.id for item in items]
        texts = [searchable(item.passage) for item in items]
        await signals.calm()
        fast = await signals.fast.passages(texts)
        made = {key: {signals.fast.name: vector} for key, vector in zip(ids, fast, strict=True)}
        if not self.again or signals.better is None:
            return made, {}
        tokens: dict[str, bytes] = {}
        for start in range(0, len(ids), BATCH):
            await signals.calm()
            vectors, data = await signals.improved(texts[start : start + BATCH])
            for key, vector, own in zip(ids[start : start + BATCH], vectors, data, strict=True):
                made[key][signals.better.name], tokens[key] = vector, own
        return made, tokens

    def _anew(self, item: Indexed, vectors: Mapping[str, Vector]) -> Indexed:
        kept = {} if self.again else dict(item.vectors)
        return replace(item, vectors={**kept, **vectors})

    async def _rest(self, community: str) -> None:
        """Bring over what came in meanwhile without passing the new generation, and say what is improved."""
        lacking: list[str] = []
        for entry in await self.indexer.manifest.entries(community):
            there = {item.passage.id: item for item in await self.store.built(community, entry.id)}
            missing = [i for i in await self.store.document(community, entry.id) if i.passage.id not in there]
            if missing:
                fast = self.indexer.signals.fast
                vectors = await fast.passages([searchable(item.passage) for item in missing])
                made = [self._anew(i, {fast.name: v}) for i, v in zip(missing, vectors, strict=True)]
                await self.store.build(community, made)
                there |= {item.passage.id: item for item in made}
            if not self.indexer.complete(list(there.values())):
                lacking.append(entry.id)
        await self.indexer.manifest.lacking(community, lacking)
