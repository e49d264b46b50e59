"""A Qdrant server: one collection for all communities, each call filtered by community on the server's side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from bot_core.errors import EngineDown
from bot_core.identity import short_id
from bot_core.ports.knowledge import Hit, Indexed, Passage, SparseVector, Vector
from bot_knowledge.store.payload import TERMS, indexed_of, passage_of, payload_of, readers

T = TypeVar("T")
PAGE = 256
FIELDS = {"community": True, "document": False, "readers": False, "language": False}


class ServerStore:
    """The KnowledgeStore port over qdrant-client. ``url`` may be ``:memory:``: the client's own twin, for tests."""

    def __init__(
        self, url: str, vectors: Mapping[str, int], key: str = "", collection: str = "yinlu"
    ) -> None:
        self._vectors, self._name = dict(vectors), collection
        local = url == ":memory:"
        self._client = AsyncQdrantClient(url) if local else AsyncQdrantClient(url=url, api_key=key or None)
        self._local = local
        self._ready = False

    async def upsert(self, community: str, passages: Sequence[Indexed]) -> None:
        """Write passages; an id that exists is replaced."""
        await self._prepare()
        points = [_point(community, item) for item in passages]
        for start in range(0, len(points), PAGE):
            await self._call(self._client.upsert(self._name, points[start : start + PAGE], wait=True))

    async def delete(self, community: str, documents: Sequence[str]) -> None:
        """Remove all passages of these documents."""
        await self._prepare()
        if documents:
            gone = _filter(community, [_any("document", list(documents))])
            await self._call(self._client.delete(self._name, models.FilterSelector(filter=gone), wait=True))

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
        return await self._search(community, list(vector), name, audience, limit, language)

    async def sparse(
        self, community: str, vector: SparseVector, audience: frozenset[str], limit: int, language: str = ""
    ) -> list[Hit]:
        """Return the best passages by inner product, best first."""
        if not vector.indices:
            return []
        asked = models.SparseVector(indices=list(vector.indices), values=list(vector.values))
        return await self._search(community, asked, TERMS, audience, limit, language)

    async def indexed(
        self, community: str, ids: Sequence[str], audience: frozenset[str] | None = None
    ) -> list[Indexed]:
        """Return these passages with their vectors, in the order asked."""
        conditions: list[Any] = [models.HasIdCondition(has_id=list(ids))]
        if audience is not None:
            conditions.append(_any("readers", readers(audience)))
        found = await self._scroll(_filter(community, conditions)) if ids else []
        items = {item.passage.id: item for item in found}
        return [items[key] for key in ids if key in items]

    async def passages(self, community: str, ids: Sequence[str]) -> list[Passage]:
        """Return these passages, in the order asked."""
        return [item.passage for item in await self.indexed(community, ids)]

    async def document(self, community: str, document: str) -> list[Indexed]:
        """Return all passages of a document, in order."""
        found = await self._scroll(_filter(community, [_any("document", [document])]))
        return sorted(found, key=lambda item: item.passage.position)

    async def count(self, community: str) -> int:
        """Return how many passages the community has."""
        await self._prepare()
        counted = await self._call(
            self._client.count(self._name, count_filter=_filter(community), exact=True)
        )
        return int(counted.count)

    async def drop(self, community: str) -> None:
        """Remove everything of a community."""
        await self._prepare()
        selector = models.FilterSelector(filter=_filter(community))
        await self._call(self._client.delete(self._name, selector, wait=True))

    async def settle(self, community: str) -> None:
        """Nothing to do: the server keeps its own log."""

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Nothing to hold: the server's files are its own."""
        yield

    async def close(self) -> None:
        """Close the client."""
        await self._client.close()

    async def _search(
        self,
        community: str,
        query: list[float] | models.SparseVector,
        using: str,
        audience: frozenset[str],
        limit: int,
        language: str,
    ) -> list[Hit]:
        await self._prepare()
        conditions = [_any("readers", readers(audience))]
        if language:
            conditions.append(_any("language", [language]))
        found = await self._call(
            self._client.query_points(
                self._name,
                query=query,
                using=using,
                query_filter=_filter(community, conditions),
                limit=limit,
                with_payload=True,
            )
        )
        return [Hit(passage_of(point.id, point.payload or {}), float(point.score)) for point in found.points]

    async def _scroll(self, chosen: models.Filter) -> list[Indexed]:
        await self._prepare()
        items: list[Indexed] = []
        offset: Any = None
        while True:
            page, offset = await self._call(
                self._client.scroll(
                    self._name, chosen, limit=PAGE, offset=offset, with_payload=True, with_vectors=True
                )
            )
            for record in page:
                vectors = record.vector if isinstance(record.vector, dict) else {}
                items.append(indexed_of(record.id, record.payload or {}, vectors))
            if offset is None:
                return items

    async def _prepare(self) -> None:
        """Make the collection and its payload indexes where they are missing."""
        if self._ready:
            return
        if not await self._fits():  # made for other embedders: ours has a collection of its own
            self._name += (
                "-" + short_id(*(f"{name}={size}" for name, size in sorted(self._vectors.items())))[:8]
            )
        if not await self._call(self._client.collection_exists(self._name)):
            await self._call(
                self._client.create_collection(
                    self._name,
                    vectors_config={
                        name: models.VectorParams(size=size, distance=models.Distance.COSINE)
                        for name, size in self._vectors.items()
                    },
                    sparse_vectors_config={TERMS: models.SparseVectorParams()},
                )
            )
            for field, tenant in FIELDS.items() if not self._local else ():
                schema = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=tenant)
                await self._call(self._client.create_payload_index(self._name, field, schema))
        self._ready = True

    async def _fits(self) -> bool:
        """Say whether the collection is not there yet or takes our vectors."""
        if not await self._call(self._client.collection_exists(self._name)):
            return True
        info = await self._call(self._client.get_collection(self._name))
        held = info.config.params.vectors
        return isinstance(held, dict) and {name: v.size for name, v in held.items()} == self._vectors

    async def _call(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except (ResponseHandlingException, UnexpectedResponse) as error:
            raise EngineDown("qdrant", str(error)[:200]) from error


def _filter(community: str, conditions: Sequence[Any] = ()) -> models.Filter:
    return models.Filter(must=[_any("community", [community]), *conditions])


def _any(field: str, values: list[str]) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchAny(any=values))


def _point(community: str, item: Indexed) -> models.PointStruct:
    vectors: dict[str, Any] = {name: list(vector) for name, vector in item.vectors.items()}
    if item.sparse.indices:
        vectors[TERMS] = models.SparseVector(
            indices=list(item.sparse.indices), values=list(item.sparse.values)
        )
    payload = {**payload_of(item.passage), "community": community}
    return models.PointStruct(id=item.passage.id, vector=vectors, payload=payload)
