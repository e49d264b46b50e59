"""What a community's index looks like as a whole: how rare terms are, how scores are spread, what version it is."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot_core.ports.knowledge import Indexed, KnowledgeStore, Synonyms, Vector
from bot_knowledge.glossary.kept import KeptGlossary
from bot_knowledge.manifest import Entry, Manifest

Floats = NDArray[np.float32]
SAMPLE = 400  # passages per language whose scores show what is usual
PATIENCE = 10  # a snapshot may be as old as this many times what building it took, while documents come in


@dataclass(frozen=True, slots=True)
class Usual:
    """What scores a question usually gets from passages of one language."""

    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``frequency``: in how many of ``total`` passages each term stands. ``samples``: vectors by embedder, language."""

    version: str
    total: int
    complete: bool  # the better embedding is there for every document
    frequency: Mapping[int, int]
    samples: Mapping[str, Mapping[str, Floats]]
    entries: Mapping[str, Entry]
    languages: tuple[str, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)  # of each language in the passages
    glossary: tuple[Synonyms, ...] = ()

    def usual(self, embedder: str, vector: Vector) -> dict[str, Usual]:
        """Return by language what cosines this question usually gets; few passages lean on all of them."""
        asked = np.asarray(vector, dtype=np.float32)
        scores = {lang: sample @ asked for lang, sample in self.samples.get(embedder, {}).items()}
        if not scores:
            return {}
        everything = np.concatenate(list(scores.values()))
        mean, variance = float(everything.mean()), float(everything.var())
        found = {}
        for language, own in scores.items():
            weight = len(own) / (len(own) + 8.0)
            spread = np.sqrt(weight * float(own.var()) + (1 - weight) * variance)
            found[language] = Usual(
                weight * float(own.mean()) + (1 - weight) * mean, max(float(spread), 0.02)
            )
        return found


@dataclass(slots=True)
class _Held:
    snapshot: Snapshot
    revision: int
    built: float
    took: float


@dataclass(slots=True)
class Snapshots:
    """Snapshots by community, built again when documents changed."""

    store: KnowledgeStore
    manifest: Manifest
    fast: str
    better: str | None
    _held: dict[str, _Held] = field(default_factory=dict)

    async def get(self, community: str) -> Snapshot:
        """Return a community's snapshot; while documents come in, one that is a moment old will do."""
        held = self._held.get(community)
        revision = self.manifest.revision(community)
        now = time.monotonic()
        if held is not None:
            fresh = held.revision == revision
            if fresh or (self.manifest.busy(community) and now - held.built < PATIENCE * held.took):
                return held.snapshot
        snapshot = await self._build(community)
        self._held[community] = _Held(snapshot, revision, time.monotonic(), time.monotonic() - now)
        return snapshot

    async def _build(self, community: str) -> Snapshot:
        entries = await self.manifest.entries(community)
        complete = self.better is not None and all(entry.better for entry in entries)
        terms = np.concatenate([np.frombuffer(e.terms, "<u4") for e in entries] or [np.zeros(0, "<u4")])
        unique, counts = np.unique(terms, return_counts=True)
        ids = sorted(passage for entry in entries for passage in entry.passages)
        items = await self.store.indexed(community, _spread(ids, 2 * SAMPLE))
        names = [self.fast] + ([self.better] if complete and self.better else [])
        samples = {name: _by_language(items, name) for name in names}
        languages = sorted({item.passage.language for item in items} | {entry.language for entry in entries})
        return Snapshot(
            version=_version(entries, names),
            total=len(ids),
            complete=complete,
            frequency=dict(zip(unique.tolist(), counts.tolist(), strict=True)),
            samples=samples,
            entries={entry.id: entry for entry in entries},
            languages=tuple(languages),
            shares=_shares(items),
            glossary=tuple(await KeptGlossary(self.manifest).groups(community)),
        )


def _shares(items: list[Indexed]) -> dict[str, float]:
    counts = Counter(item.passage.language for item in items)
    return {language: count / len(items) for language, count in counts.items()}


def _spread(ids: list[str], most: int) -> list[str]:
    """Return at most ``most`` ids, evenly taken: ids are hashes, so this is a fair sample."""
    return ids if len(ids) <= most else ids[:: -(-len(ids) // most)]


def _by_language(items: list[Indexed], name: str) -> dict[str, Floats]:
    rows: dict[str, list[Vector]] = {}
    for item in items:
        vector = item.vectors.get(name)
        if vector is not None:
            rows.setdefault(item.passage.language, []).append(vector)
    return {language: np.asarray(vectors, dtype=np.float32) for language, vectors in rows.items()}


def _version(entries: list[Entry], names: list[str]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name in names:
        digest.update(name.encode())
    for entry in sorted(entries, key=lambda entry: entry.id):
        digest.update(f"{entry.id}{entry.version}".encode())
    return digest.hexdigest()
