"""Passages that may answer a question, with what each signal says of them."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot_core.ports.knowledge import Indexed, KnowledgeStore, Passage, Vector
from bot_knowledge.embedding.signals import Signals
from bot_knowledge.embedding.tokens import TokenVectors, best_matches, turned, unpacked
from bot_knowledge.manifest import Manifest
from bot_knowledge.ranking.query import Asked
from bot_knowledge.ranking.snapshot import Snapshot, Usual
from bot_knowledge.ranking.words import Word, question_words
from bot_knowledge.sparse import question_vector, unseen_weight
from bot_knowledge.text.language import folded
from bot_knowledge.text.terms import term_id, terms

Floats = NDArray[np.float32]
PER_SIGNAL = 40  # passages that each signal brings, per language
INTERACTED = 48  # passages that late interaction looks at
UNSEEN = -1  # index of the weight of terms that stand in no passage
KEPT = 4_000  # passages whose vectors stay in memory


@dataclass(slots=True)
class Candidate:
    """A passage and its signals, all "higher is better"; ``tokens`` are there where late interaction looked."""

    passage: Passage
    signals: dict[str, float] = field(default_factory=dict)
    score: float = 0.0
    tokens: TokenVectors | None = None
    matches: Floats | None = None  # best cosine per token of the question


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked and what was found."""

    asked: Asked
    snapshot: Snapshot
    candidates: list[Candidate]
    question: TokenVectors | None = None
    weights: Floats | None = None  # how much each of the question's tokens counts; sums to 1
    words: tuple[Word, ...] = ()  # its words, where there are tokens


@dataclass(slots=True)
class Finder:
    """Collects candidates of one community. Vectors that were read stay for a while."""

    store: KnowledgeStore
    manifest: Manifest
    signals: Signals
    _kept: OrderedDict[tuple[str, str], Indexed] = field(default_factory=OrderedDict)

    async def find(
        self, community: str, asked: Asked, snapshot: Snapshot, audience: frozenset[str]
    ) -> Search:
        """Return candidates with their signals, not yet ranked."""
        dense = await self._question(asked.embedded, snapshot)
        sparse = question_vector(asked.text, snapshot.frequency, snapshot.total)
        found: dict[str, Passage] = {}
        for language in snapshot.languages:
            for name, vector in dense.items():
                for hit in await self.store.dense(community, name, vector, audience, PER_SIGNAL, language):
                    found[hit.passage.id] = hit.passage
            for hit in await self.store.sparse(community, sparse, audience, PER_SIGNAL, language):
                found[hit.passage.id] = hit.passage
        items = await self._items(community, list(found.values()))
        weights = dict(zip(sparse.indices, sparse.values, strict=True))
        weights[UNSEEN] = unseen_weight(asked.text, snapshot.frequency, snapshot.total)
        usual = {name: snapshot.usual(name, vector) for name, vector in dense.items()}
        candidates = [_candidate(item, asked, dense, usual, weights) for item in items]
        search = Search(asked, snapshot, candidates)
        return await self._interact(community, search) if snapshot.complete else search

    async def _question(self, text: str, snapshot: Snapshot) -> dict[str, Vector]:
        vectors = {self.signals.fast.name: await self.signals.fast.query(text)}
        if snapshot.complete and self.signals.better is not None:
            vectors[self.signals.better.name] = await self.signals.better.query(text)
        return vectors

    async def _items(self, community: str, found: Sequence[Passage]) -> list[Indexed]:
        """Return the passages with their vectors; those read lately come from memory.

        A passage's id depends on its text and place, so its vectors are the same as long as it has all of them.
        """
        wanted = self.signals.dimensions.keys()
        missing = []
        for passage in found:
            held = self._kept.get((community, passage.id))
            if held is None or not wanted <= held.vectors.keys():
                missing.append(passage.id)
        for item in await self.store.indexed(community, missing):
            vectors = {name: np.asarray(vector, dtype=np.float32) for name, vector in item.vectors.items()}
            self._kept[(community, item.passage.id)] = Indexed(item.passage, vectors, item.sparse)  # type: ignore[arg-type]
        items = []
        for passage in found:
            held = self._kept.get((community, passage.id))
            if held is not None:
                self._kept.move_to_end((community, passage.id))
                items.append(Indexed(passage, held.vectors, held.sparse))
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return items

    async def _interact(self, community: str, search: Search) -> Search:
        """Add late interaction to the most promising candidates."""
        embedder = self.signals.tokens
        if embedder is None or not search.candidates:
            return search
        question = turned(*await embedder.query_tokens(search.asked.embedded))
        first = sorted(search.candidates, key=rough, reverse=True)[:INTERACTED]
        kept = await self.manifest.tokens(community, [candidate.passage.id for candidate in first])
        for candidate in first:
            data = kept.get(candidate.passage.id)
            if data:
                candidate.tokens = unpacked(data)
                candidate.matches = best_matches(question, candidate.tokens)
        weights = token_weights(question, [c.matches for c in first if c.matches is not None])
        even = np.full(len(weights), 1.0 / max(len(weights), 1), dtype=np.float32)
        for candidate in first:
            if candidate.matches is not None:
                candidate.signals["late"] = float(candidate.matches @ even)
                candidate.signals["sharp"] = float(candidate.matches @ weights)
        snapshot, text = search.snapshot, search.asked.embedded
        words = question_words(text, len(weights), embedder.count, snapshot.frequency, snapshot.total)
        return Search(search.asked, snapshot, search.candidates, question, weights, words)


def token_weights(question: TokenVectors, matches: Sequence[Floats]) -> Floats:
    """Return how much each of the question's tokens counts; sums to 1.

    A token that every candidate matches well (a question word, the topic) tells them apart less than one that few match.
    """
    size = len(question.ids)
    if len(matches) < 4:
        return np.full(size, 1.0 / max(size, 1), dtype=np.float32)
    table = np.stack(matches)
    telling = np.maximum(table.max(axis=0) - table.mean(axis=0), 0.0) + 0.05
    return np.asarray(telling / telling.sum(), dtype=np.float32)


def rough(candidate: Candidate) -> float:
    """Return a first score, good enough to choose what late interaction looks at."""
    signals = candidate.signals
    dense = [value for name, value in signals.items() if name.startswith("z_")]
    return sum(dense) / max(len(dense), 1) + 0.5 * min(signals["bm25"] / 8.0, 1.5) + signals["coverage"]


def _candidate(
    item: Indexed,
    asked: Asked,
    dense: Mapping[str, Vector],
    usual: Mapping[str, Mapping[str, Usual]],
    weights: Mapping[int, float],
) -> Candidate:
    candidate = Candidate(item.passage)
    signals = candidate.signals
    for slot, (name, vector) in zip(("fast", "better"), dense.items(), strict=False):
        own = item.vectors.get(name)
        if own is None:
            continue
        cosine = float(np.dot(np.asarray(own), np.asarray(vector)))
        level = usual[name].get(item.passage.language) or Usual(0.0, 1.0)
        signals[f"cos_{slot}"] = cosine
        signals[f"z_{slot}"] = (cosine - level.mean) / level.spread
    held = dict(zip(item.sparse.indices, item.sparse.values, strict=True))
    signals["bm25"] = sum(weight * held.get(index, 0.0) for index, weight in weights.items())
    signals["coverage"] = _coverage(weights, held)
    signals["heading"] = _heading(item.passage, weights)
    signals["exact"] = _exact(item.passage, asked)
    signals["same"] = float(item.passage.language == asked.language)
    signals["length"] = math.log(1 + len(item.sparse.indices))
    return candidate


def _coverage(weights: Mapping[int, float], held: Mapping[int, float]) -> float:
    """Return the share of the question's term weight that stands in the passage."""
    whole = sum(weights.values())
    return sum(weight for index, weight in weights.items() if index in held) / whole if whole else 0.0


def _heading(passage: Passage, weights: Mapping[int, float]) -> float:
    """Return the share of the question's term weight that stands in the path of headings."""
    whole = sum(weights.values())
    named = {term_id(term) for term in terms(" ".join((passage.title, *passage.heading)))}
    return sum(weight for index, weight in weights.items() if index in named) / whole if whole else 0.0


def _exact(passage: Passage, asked: Asked) -> float:
    """Return the share of the question's names and numbers that the passage holds; 0.5 where it has none."""
    if not asked.exact:
        return 0.5
    text = folded(" ".join((passage.title, *passage.heading, passage.text)))
    return sum(part in text for part in asked.exact) / len(asked.exact)
