"""The store's twin in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np

from bot_core.ports.knowledge import Hit, Indexed, Passage, SparseVector, Vector


class MemoryStore:
    """The KnowledgeStore port over dictionaries."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, Indexed]] = {}

    async def upsert(self, community: str, passages: Sequence[Indexed]) -> None:
        """Write passages; an id that exists is replaced."""
        self._held.setdefault(community, {}).update({item.passage.id: item for item in passages})

    async def delete(self, community: str, documents: Sequence[str]) -> None:
        """Remove all passages of these documents."""
        gone = set(documents)
        held = self._held.get(community, {})
        for key in [key for key, item in held.items() if item.passage.document in gone]:
            del held[key]

    async def dense(
        self,
        community: str,
        name: str,
        vector: Vector,
        audience: frozenset[str],
        limit: int,
        language: str = "",
    ) -> list[Hit]:
        """Return the nearest passages by cosine, best first."""
        asked = np.asarray(vector)
        hits = [
            Hit(item.passage, float(asked @ np.asarray(item.vectors[name])))
            for item in self._readable(community, audience, language)
            if name in item.vectors
        ]
        return _best(hits, limit)

    async def sparse(
        self, community: str, vector: SparseVector, audience: frozenset[str], limit: int, language: str = ""
    ) -> list[Hit]:
        """Return the best passages by inner product, best first."""
        asked = dict(zip(vector.indices, vector.values, strict=True))
        hits = []
        for item in self._readable(community, audience, language):
            score = sum(
                asked.get(index, 0.0) * value
                for index, value in zip(item.sparse.indices, item.sparse.values, strict=True)
            )
            if score > 0:
                hits.append(Hit(item.passage, score))
        return _best(hits, limit)

    async def indexed(
        self, community: str, ids: Sequence[str], audience: frozenset[str] | None = None
    ) -> list[Indexed]:
        """Return these passages with their vectors, in the order asked."""
        held = self._held.get(community, {})
        found = [held[key] for key in ids if key in held]
        return [item for item in found if audience is None or _may(item.passage, audience)]

    async def passages(self, community: str, ids: Sequence[str]) -> list[Passage]:
        """Return these passages, in the order asked."""
        return [item.passage for item in await self.indexed(community, ids)]

    async def document(self, community: str, document: str) -> list[Indexed]:
        """Return all passages of a document, in order."""
        found = [item for item in self._held.get(community, {}).values() if item.passage.document == document]
        return sorted(found, key=lambda item: item.passage.position)

    async def count(self, community: str) -> int:
        """Return how many passages the community has."""
        return len(self._held.get(community, {}))

    async def drop(self, community: str) -> None:
        """Remove everything of a community."""
        self._held.pop(community, None)

    async def settle(self, community: str) -> None:
        """Nothing waits to be written."""

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Nothing to hold: there are no files."""
        yield

    async def close(self) -> None:
        """Nothing to close."""

    def _readable(self, community: str, audience: frozenset[str], language: str) -> list[Indexed]:
        items = self._held.get(community, {}).values()
        fits = (item for item in items if not language or item.passage.language == language)
        return [item for item in fits if _may(item.passage, audience)]


def _may(passage: Passage, audience: frozenset[str]) -> bool:
    return not passage.audience or bool(audience & set(passage.audience))


def _best(hits: list[Hit], limit: int) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))[:limit]
