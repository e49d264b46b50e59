"""A reranker at an endpoint that speaks as Jina, Cohere and vLLM do: POST /rerank."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot_core.errors import ModelFailed
from bot_knowledge.models.failures import ODD, detail

MOST_CHARACTERS = 4_000  # of a passage
MOST_BYTES = 1_000_000  # of a reply


class HttpReranker:
    """The Reranker port over HTTP; ``url`` up to and with /v1, ``seconds`` for the whole call."""

    def __init__(self, url: str, key: str = "", model: str = "", seconds: float = 3.0) -> None:
        self._url, self._key, self._model, self._seconds = url.rstrip("/") + "/rerank", key, model, seconds
        self._session: aiohttp.ClientSession | None = None

    async def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return one score per passage, higher is better. Raises ModelFailed."""
        if not passages:
            return []
        asked = {
            "model": self._model,
            "query": question,
            "documents": [text[:MOST_CHARACTERS] for text in passages],
            "top_n": len(passages),
            "return_documents": False,
        }
        try:
            async with asyncio.timeout(self._seconds):
                return _scores(await self._post(asked), len(passages))
        except (*ODD, aiohttp.ClientError) as error:
            raise ModelFailed("rerank", self._model, detail(error)) from None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, asked: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        if self._session is None:
            headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
            self._session = aiohttp.ClientSession(headers=headers)
        async with self._session.post(self._url, json=asked, allow_redirects=False) as reply:
            reply.raise_for_status()
            if (reply.content_length or 0) > MOST_BYTES:
                raise ValueError("the reply is too long")
            return await reply.json(content_type=None)


def _scores(reply: Any, count: int) -> list[float]:  # noqa: ANN401 - JSON
    """Read ``results: [{index, relevance_score}]``; a passage that is missing comes last."""
    found: dict[int, float] = {}
    for row in reply["results"]:
        score = row.get("relevance_score", row.get("score"))
        if math.isfinite(float(score)) and 0 <= int(row["index"]) < count:
            found[int(row["index"])] = float(score)
    if not found:
        raise ValueError("no scores")
    least = min(found.values()) - 1.0
    return [found.get(index, least) for index in range(count)]


@asynccontextmanager
async def open_reranker(
    url: str, key: str = "", model: str = "", seconds: float = 3.0
) -> AsyncIterator[HttpReranker]:
    """Hold a reranker open; it connects at its first use."""
    reranker = HttpReranker(url, key, model, seconds)
    try:
        yield reranker
    finally:
        await reranker.close()
