"""Qdrant's engine in this process: one shard per community, every call on the store's own thread."""

from __future__ import annotations

import asyncio
import errno
import re
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    MatchAny,
    MatchValue,
    PayloadSchemaType,
    Point,
    Query,
    QueryRequest,
    Record,
    ScoredPoint,
    ScrollRequest,
    SearchParams,
    UpdateOperation,
)
from qdrant_edge import SparseVector as EdgeSparse

from bot_core.errors import EngineDown, StorageFull
from bot_core.identity import short_id
from bot_core.ports.knowledge import Hit, Indexed, Passage, SparseVector, Vector
from bot_knowledge.embedding.lane import FIRST, LATER, Lane
from bot_knowledge.store.payload import TERMS, indexed_of, passage_of, payload_of, readers

T = TypeVar("T")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
PAGE = 256
SPARE_BYTES = 192 * 1024 * 1024  # the holes of one shard's files, and some
HELD_SECONDS = 600.0  # a copy that takes longer lets questions through again
# Without an index a filter reads every point's payload: 4 ms for 1,000. It is kept with the shard; making it again does nothing.
FILTERED = ("readers", "language", "document")
EXACT_UP_TO = 60_000  # passages that are searched one by one: 5 ms for 40,000
# Questions in another language lie far from the passages, where the graph finds least: of the ten English ones nearest to
# a Chinese question it found 51 % as it comes, 94 % so, in 4 ms.
CAREFUL = 1024
WORTH_AN_INDEX = 20_000  # changed points; below, a full scan takes milliseconds


class EdgeStore:
    """The KnowledgeStore port over qdrant-edge. Shards open at their first use, below ``folder``/<community>/shard.

    ``vectors`` maps the embedders' names to their dimensions. Writes are in the engine's log when a call returns and
    survive kill -9; ``settle`` makes them survive a power cut.
    """

    def __init__(self, folder: Path, vectors: Mapping[str, int]) -> None:
        self._folder, self._vectors = folder, dict(vectors)
        self._lane = Lane("qdrant-edge")
        self._shards: dict[str, EdgeShard] = {}
        self._changed: dict[str, int] = {}

    async def upsert(self, community: str, passages: Sequence[Indexed]) -> None:
        """Write passages; an id that exists is replaced. Raises StorageFull."""
        points = [_point(item) for item in passages]
        for start in range(0, len(points), PAGE):
            part = points[start : start + PAGE]
            self._has_room()
            await self._write(community, UpdateOperation.upsert_points(part), len(part))

    async def delete(self, community: str, documents: Sequence[str]) -> None:
        """Remove all passages of these documents."""
        if documents and self._exists(community):
            gone = Filter(must=[FieldCondition("document", match=MatchAny(list(documents)))])
            await self._write(community, UpdateOperation.delete_points_by_filter(gone), len(documents))

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
        return await self._search(
            community, Query.Nearest(list(vector), using=name), audience, limit, language
        )

    async def sparse(
        self, community: str, vector: SparseVector, audience: frozenset[str], limit: int, language: str = ""
    ) -> list[Hit]:
        """Return the best passages by inner product, best first."""
        if not vector.indices:
            return []
        asked = EdgeSparse(list(vector.indices), list(vector.values))
        return await self._search(community, Query.Nearest(asked, using=TERMS), audience, limit, language)

    async def indexed(
        self, community: str, ids: Sequence[str], audience: frozenset[str] | None = None
    ) -> list[Indexed]:
        """Return these passages with their vectors, in the order asked."""
        if not ids:
            return []
        found = (
            await self._read(
                community, lambda shard: shard.retrieve(list(ids), with_payload=True, with_vector=True)
            )
            or []
        )
        items = {str(record.id): _indexed(record) for record in found}
        ordered = [items[key] for key in ids if key in items]
        return [item for item in ordered if audience is None or _may(item.passage, audience)]

    async def passages(self, community: str, ids: Sequence[str]) -> list[Passage]:
        """Return these passages, in the order asked."""
        if not ids:
            return []
        found = (
            await self._read(
                community, lambda shard: shard.retrieve(list(ids), with_payload=True, with_vector=False)
            )
            or []
        )
        items = {str(record.id): passage_of(record.id, record.payload or {}) for record in found}
        return [items[key] for key in ids if key in items]

    async def document(self, community: str, document: str) -> list[Indexed]:
        """Return all passages of a document, in order."""
        own = Filter(must=[FieldCondition("document", match=MatchValue(document))])
        found: list[Indexed] = []

        def pages(shard: EdgeShard) -> list[Record]:
            records: list[Record] = []
            offset = None
            while True:
                page, offset = shard.scroll(
                    ScrollRequest(offset=offset, limit=PAGE, filter=own, with_payload=True, with_vector=True)
                )
                records.extend(page)
                if offset is None:
                    return records

        for record in await self._read(community, pages) or []:
            found.append(_indexed(record))
        return sorted(found, key=lambda item: item.passage.position)

    async def count(self, community: str) -> int:
        """Return how many passages the community has."""
        return await self._read(community, lambda shard: shard.count(CountRequest(exact=True))) or 0

    async def drop(self, community: str) -> None:
        """Remove everything of a community."""

        def drop() -> None:
            shard = self._shards.pop(community, None)
            if shard is not None:
                shard.close()
            shutil.rmtree(self._path(community), ignore_errors=True)
            with suppress(OSError):  # not empty, or never made
                self._path(community).parent.rmdir()

        await self._lane.run(drop)

    async def settle(self, community: str) -> None:
        """Force what was written to the disk; after many changes build the graph that makes search fast."""

        def settle() -> None:
            shard = self._open(community)
            shard.flush()
            if self._changed.get(community, 0) >= WORTH_AN_INDEX:
                shard.optimize()
                self._changed[community] = 0

        if self._exists(community):
            await self._lane.run(lambda: _named(settle, self._path(community)), LATER)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Flush every shard, and keep the engine's thread waiting for as long as the context lasts."""
        loop, still, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

        def hold() -> None:
            try:
                for shard in self._shards.values():
                    shard.flush()
            finally:
                loop.call_soon_threadsafe(still.set)
            go_on.wait(HELD_SECONDS)

        waiting = asyncio.create_task(self._lane.run(hold, LATER), name="edge-held")
        try:
            await still.wait()
            yield
        finally:
            go_on.set()
            await waiting

    async def close(self) -> None:
        """Close the shards and end the thread."""

        def close() -> None:
            for shard in self._shards.values():
                shard.close()
            self._shards.clear()

        await self._lane.run(close)
        self._lane.close()

    async def _search(
        self, community: str, query: Query, audience: frozenset[str], limit: int, language: str
    ) -> list[Hit]:
        must = [FieldCondition("readers", match=MatchAny(readers(audience)))]
        if language:
            must.append(FieldCondition("language", match=MatchValue(language)))

        def search(shard: EdgeShard) -> list[ScoredPoint]:
            small = (shard.info().points_count or 0) <= EXACT_UP_TO
            params = SearchParams(exact=True) if small else SearchParams(hnsw_ef=CAREFUL)
            return shard.query(
                QueryRequest(
                    limit=limit, query=query, filter=Filter(must=list(must)), with_payload=True, params=params
                )
            )

        found = await self._read(community, search) or []
        return [Hit(passage_of(point.id, point.payload or {}), float(point.score)) for point in found]

    async def _read(self, community: str, call: Callable[[EdgeShard], T]) -> T | None:
        """Run a call on the community's shard; a community without one has nothing."""
        if not self._exists(community):
            return None
        return await self._lane.run(
            lambda: _named(lambda: call(self._open(community)), self._path(community)), FIRST
        )

    async def _write(self, community: str, operation: UpdateOperation, points: int) -> None:
        def write() -> None:
            self._open(community).update(operation)
            self._changed[community] = self._changed.get(community, 0) + points

        await self._lane.run(lambda: _named(write, self._path(community)), LATER)

    def _has_room(self) -> None:
        """Raise StorageFull in time: the engine maps sparse files, and writing into a hole of a full disk ends the process."""
        folder = next(path for path in (self._folder, *self._folder.parents) if path.exists())
        if shutil.disk_usage(folder).free < SPARE_BYTES:
            raise StorageFull(str(self._folder))

    def _path(self, community: str) -> Path:
        safe = community if _NAME.fullmatch(community) else "h" + short_id(community)
        return self._folder / safe / "shard"

    def _exists(self, community: str) -> bool:
        return community in self._shards or self._path(community).exists()

    def _open(self, community: str) -> EdgeShard:
        shard = self._shards.get(community)
        if shard is None:
            path = self._path(community)
            if (path / "edge_config.json").exists() or any(path.glob("segments/*")):
                shard = EdgeShard.load(str(path))
            else:
                shutil.rmtree(path, ignore_errors=True)  # a creation that was cut off
                path.mkdir(parents=True)
                shard = EdgeShard.create(str(path), self._config())
            for name in FILTERED:
                shard.update(UpdateOperation.create_field_index(name, PayloadSchemaType.Keyword))
            self._shards[community] = shard
        return shard

    def _config(self) -> EdgeConfig:
        return EdgeConfig(
            vectors={name: EdgeVectorParams(size, Distance.Cosine) for name, size in self._vectors.items()},
            sparse_vectors={TERMS: EdgeSparseVectorParams()},
        )


def _point(item: Indexed) -> Point:
    vectors: dict[str, Any] = {name: list(vector) for name, vector in item.vectors.items()}
    if item.sparse.indices:
        vectors[TERMS] = EdgeSparse(list(item.sparse.indices), list(item.sparse.values))
    return Point(item.passage.id, vectors, payload_of(item.passage))


def _indexed(record: Record) -> Indexed:
    vectors = record.vector if isinstance(record.vector, dict) else {}
    return indexed_of(record.id, record.payload or {}, vectors)


def _may(passage: Passage, audience: frozenset[str]) -> bool:
    return not passage.audience or bool(audience & set(passage.audience))


def _named(call: Callable[[], T], path: Path) -> T:
    """Run a call of the engine and give its failures our names."""
    try:
        return call()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageFull(str(path)) from error
        raise EngineDown("qdrant", str(error)) from error
    except RuntimeError as error:
        if "No space left" in str(error):
            raise StorageFull(str(path)) from error
        raise
