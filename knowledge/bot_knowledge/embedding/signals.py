"""The two embeddings of a community: the fast one, at once, and the better one, behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot_core.ports.knowledge import Embedder, Vector
from bot_knowledge.embedding.e5_model import pooled
from bot_knowledge.embedding.embedders import E5Embedder, HashEmbedder, UseEmbedder
from bot_knowledge.embedding.tokens import packed
from bot_knowledge.options import KnowledgeOptions

LONGEST_WAIT = 5.0  # seconds that one batch of background work gives way to questions
LOOK = 0.03  # seconds between two looks whether somebody still asks


class LivingEmbedder(Embedder, Protocol):
    """An embedder with a thread to start and to end."""

    @property
    def asked(self) -> bool:
        """Say whether somebody is asking just now."""
        ...

    async def warm(self) -> None:
        """Load the model."""
        ...

    def close(self) -> None:
        """End the thread."""
        ...


@dataclass(frozen=True, slots=True)
class Signals:
    """``better`` is None where one embedding is all there is; only e5 has token vectors."""

    fast: LivingEmbedder
    better: LivingEmbedder | None = None

    @property
    def tokens(self) -> E5Embedder | None:
        """Return the embedder that gives token vectors."""
        return self.better if isinstance(self.better, E5Embedder) else None

    @property
    def dimensions(self) -> dict[str, int]:
        """Return the vectors' names and lengths."""
        both = (self.fast, self.better)
        return {embedder.name: embedder.dimensions for embedder in both if embedder is not None}

    async def calm(self) -> None:
        """Wait while somebody is asking; not for ever, for background work must come to an end some day."""
        both = [embedder for embedder in (self.fast, self.better) if embedder is not None]
        for _ in range(int(LONGEST_WAIT / LOOK)):
            if not any(embedder.asked for embedder in both):
                return
            await asyncio.sleep(LOOK)

    async def improved(self, texts: Sequence[str]) -> tuple[list[Vector], list[bytes]]:
        """Return the better vectors, and the token vectors as they are kept (empty where there are none)."""
        assert self.better is not None
        if self.tokens is None:
            return await self.better.passages(texts), [b""] * len(texts)
        encoded = await self.tokens.passage_tokens(texts)
        return [pooled(v).tolist() for _, v in encoded], [packed(ids, v) for ids, v in encoded]

    def close(self) -> None:
        """End the threads."""
        self.fast.close()
        if self.better is not None:
            self.better.close()


def open_signals(options: KnowledgeOptions) -> Signals:
    """Make the embedders that the options name; no model is loaded yet."""
    if options.embedding == "hash":
        return Signals(HashEmbedder())
    if options.embedding == "fast":
        return Signals(UseEmbedder())
    return Signals(UseEmbedder(), E5Embedder(options.threads, options.background_threads))
