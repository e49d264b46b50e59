"""Generations of an index: a new one is built beside the old one, and a pointer is switched at once.

Each community's passages live under a name of the engine (its generation); ``generations.json`` says which one counts
and which vectors it has. Vectors go by their embedder's name, version included, so a question that is embedded by one
model never meets vectors of another: what a generation does not have is not searched.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from bot_core.ports.knowledge import Hit, Indexed, Passage, SparseVector, Vector
from bot_knowledge.store.kept import KeptStore

FILE = "generations.json"


@dataclass(frozen=True, slots=True)
class Generation:
    """``name``: what the engine calls it; ``vectors``: lengths by embedder name; ``number`` grows."""

    name: str
    vectors: Mapping[str, int]
    number: int = 0


@dataclass(slots=True)
class Generations:
    """A KeptStore over generations; ``engine`` opens the one for a set of vectors (it may be the same for all)."""

    folder: Path
    vectors: Mapping[str, int]
    engine: Callable[[Mapping[str, int]], KeptStore]
    _known: dict[str, Generation] = field(default_factory=dict)
    _building: dict[str, Generation] = field(default_factory=dict)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _engines: dict[tuple[tuple[str, int], ...], KeptStore] = field(default_factory=dict)

    def open(self) -> None:
        """Read which generations count."""
        path = self.folder / FILE
        if path.exists():
            held = json.loads(path.read_text())
            self._known = {community: Generation(**values) for community, values in held.items()}

    def outdated(self, community: str) -> bool:
        """Say whether a community's vectors are not those that are made now."""
        return dict(self._current(community).vectors) != dict(self.vectors)

    async def begin(self, community: str) -> None:
        """Begin another generation; from now on what is written goes there too."""
        number = self._current(community).number + 1
        fresh = Generation(f"{community}~{number}", dict(self.vectors), number)
        before = f"{community}~{number - 2}" if number > 2 else community
        for left in (fresh.name, *([before] if number > 1 else [])):
            await self._at(fresh).drop(left)  # what a rebuild, or a switch, that was cut off left
        self._building[community] = fresh

    async def build(self, community: str, items: Sequence[Indexed]) -> None:
        """Write into the generation that is being built, and only there."""
        fresh = self._building[community]
        await self._at(fresh).upsert(fresh.name, [_fitting(item, fresh) for item in items])

    async def built(self, community: str, document: str) -> list[Indexed]:
        """Return what the generation that is being built has of a document."""
        fresh = self._building[community]
        return await self._at(fresh).document(fresh.name, document)

    async def switch(self, community: str) -> None:
        """Let the generation that was built count from now on, at once, and remove the old one."""
        old, fresh = self._current(community), self._building[community]
        await self._at(fresh).settle(fresh.name)
        await self._keep(community, fresh)
        del self._building[community]
        await self._at(old).drop(old.name)

    async def abandon(self, community: str) -> None:
        """Remove a generation that is being built."""
        fresh = self._building.pop(community, None)
        if fresh is not None:
            await self._at(fresh).drop(fresh.name)

    async def upsert(self, community: str, passages: Sequence[Indexed]) -> None:
        """Write passages; an id that exists is replaced."""
        now = await self._kept(community)
        await self._at(now).upsert(now.name, [_fitting(item, now) for item in passages])
        fresh = self._building.get(community)
        if fresh is not None:
            await self._at(fresh).upsert(fresh.name, await self._merged(fresh, passages))

    async def delete(self, community: str, documents: Sequence[str]) -> None:
        """Remove all passages of these documents."""
        for generation in self._both(community):
            await self._at(generation).delete(generation.name, documents)

    async def dense(
        self,
        community: str,
        name: str,
        vector: Vector,
        audience: frozenset[str],
        limit: int,
        language: str = "",
    ) -> list[Hit]:
        """Return the nearest passages by cosine; none for vectors that the generation does not have."""
        now = self._current(community)
        if now.vectors.get(name) != len(vector):
            return []
        return await self._at(now).dense(now.name, name, vector, audience, limit, language)

    async def sparse(
        self, community: str, vector: SparseVector, audience: frozenset[str], limit: int, language: str = ""
    ) -> list[Hit]:
        """Return the best passages by inner product, best first."""
        now = self._current(community)
        return await self._at(now).sparse(now.name, vector, audience, limit, language)

    async def indexed(
        self, community: str, ids: Sequence[str], audience: frozenset[str] | None = None
    ) -> list[Indexed]:
        """Return these passages with their vectors, in the order asked."""
        now = self._current(community)
        return await self._at(now).indexed(now.name, ids, audience)

    async def passages(self, community: str, ids: Sequence[str]) -> list[Passage]:
        """Return these passages, in the order asked."""
        now = self._current(community)
        return await self._at(now).passages(now.name, ids)

    async def document(self, community: str, document: str) -> list[Indexed]:
        """Return all passages of a document, in order."""
        now = self._current(community)
        return await self._at(now).document(now.name, document)

    async def count(self, community: str) -> int:
        """Return how many passages the community has."""
        now = self._current(community)
        return await self._at(now).count(now.name)

    async def drop(self, community: str) -> None:
        """Remove everything of a community, whatever is being built included."""
        for generation in self._both(community):
            await self._at(generation).drop(generation.name)
        self._building.pop(community, None)
        await self._keep(community, None)

    async def settle(self, community: str) -> None:
        """Force what was written to the disk."""
        now = self._current(community)
        await self._at(now).settle(now.name)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Let nothing read or write for as long as the context lasts."""
        async with AsyncExitStack() as stack:
            for engine in {id(engine): engine for engine in self._engines.values()}.values():
                await stack.enter_async_context(engine.held())
            async with self._writing:
                yield

    async def close(self) -> None:
        """Close every engine."""
        for engine in {id(engine): engine for engine in self._engines.values()}.values():
            await engine.close()

    def _current(self, community: str) -> Generation:
        return self._known.get(community) or Generation(community, self.vectors)

    async def _kept(self, community: str) -> Generation:
        """Return the generation that counts, remembered with the vectors it was begun with."""
        if community not in self._known:
            await self._keep(community, Generation(community, dict(self.vectors)))
        return self._known[community]

    def _both(self, community: str) -> list[Generation]:
        fresh = self._building.get(community)
        return [self._current(community), *([fresh] if fresh is not None else [])]

    def _at(self, generation: Generation) -> KeptStore:
        key = tuple(sorted(generation.vectors.items()))
        if key not in self._engines:
            self._engines[key] = self.engine(generation.vectors)
        return self._engines[key]

    async def _merged(self, fresh: Generation, items: Sequence[Indexed]) -> list[Indexed]:
        """Return passages with the vectors that the new generation has of them already."""
        there = await self._at(fresh).indexed(fresh.name, [item.passage.id for item in items])
        have = {item.passage.id: item.vectors for item in there}
        merged = [replace(item, vectors={**have.get(item.passage.id, {}), **item.vectors}) for item in items]
        return [fitting for item in merged if (fitting := _fitting(item, fresh)).vectors]

    async def _keep(self, community: str, generation: Generation | None) -> None:
        """Let a generation count (None: none any more); on the disk when this returns."""
        if generation is None:
            self._known.pop(community, None)
        else:
            self._known[community] = generation
        async with self._writing:  # many communities may begin at once: the last file has all of them
            text = json.dumps({name: asdict(kept) for name, kept in self._known.items()})
            await asyncio.to_thread(self._write, text)

    def _write(self, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{FILE}.part"
        part.write_text(text)
        part.replace(self.folder / FILE)


def _fitting(item: Indexed, generation: Generation) -> Indexed:
    """Return a passage with those of its vectors that the generation takes."""
    vectors = {name: v for name, v in item.vectors.items() if generation.vectors.get(name) == len(v)}
    return replace(item, vectors=vectors)
