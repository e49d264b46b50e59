"""Bare retrieval over given passages, in an index of its own that is thrown away."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot_knowledge.evaluate import PassagesEvaluation, Progress, Query, summarise_queries
from bot_knowledge.options import KnowledgeOptions
from bot_knowledge.room import open_knowledge

COMMUNITY = "eval"
PART = 64  # passages written at a time
FOUND = 100  # ids in a results line


async def evaluate_passages(
    passages: Sequence[tuple[str, str]],
    queries: Sequence[Query],
    options: KnowledgeOptions | None = None,
    progress: Progress | None = None,
) -> PassagesEvaluation:
    """Index the passages as they are (both embeddings and the words), ask, and hold the ids against the gold."""
    options = replace(options or KnowledgeOptions(), qdrant_url="")
    steps = len(passages) * 2 + len(queries)
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(min(done, steps), steps)

    with tempfile.TemporaryDirectory(prefix="yinlu-eval-") as folder:
        async with open_knowledge(Path(folder), options) as knowledge:
            for start in range(0, len(passages), PART):
                part = passages[start : start + PART]
                await knowledge.library.add_texts(COMMUNITY, part)
                tell(2 * len(part))
            await knowledge.library.settle(COMMUNITY)
            found: list[list[str]] = []
            started = time.perf_counter()
            for query in queries:
                judged = await knowledge.answerer.judged(COMMUNITY, query.question)
                ranked = judged.ranked if judged is not None else []
                found.append(list(dict.fromkeys(c.passage.source for c in ranked))[:FOUND])
                tell(1)
            seconds = time.perf_counter() - started
    rows = [{"id": q.id, "retrieved_ids": ids} for q, ids in zip(queries, found, strict=True)]
    return PassagesEvaluation(rows, summarise_queries(queries, found, seconds))
