"""HTTP requests that wait for what an event leads to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot_adapters.web.envelope import Json, dump
from bot_adapters.web.problems import status_of
from bot_adapters.web.render import Renderer, rows_data, vote_data
from bot_adapters.web.sentences import Closing
from bot_core.answers import Outcome
from bot_core.errors import NotFound
from bot_core.ports.work import FrameLog, Outgoing

API = "api:"
KEPT = "api:k:"


def is_api(channel: str) -> bool:
    """Tell whether an origin's channel is an HTTP request, not a session."""
    return channel.startswith(API)


@dataclass(frozen=True, slots=True)
class Result:
    """An HTTP response in the making."""

    status: int
    body: Json
    retry_after: float | None = None  # seconds


class Waiting:
    """Requests by event key. Results of requests that carry an Idempotency-Key are kept like a session's frames."""

    def __init__(self, frames: FrameLog, renderer: Renderer) -> None:
        self._frames, self._renderer = frames, renderer
        self._futures: dict[str, set[asyncio.Future[Result]]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._futures.values()))

    @contextmanager
    def expect(self, event: str) -> Iterator[asyncio.Future[Result]]:
        """Wait for an event's first delivery while inside."""
        future = asyncio.get_running_loop().create_future()
        self._futures.setdefault(event, set()).add(future)
        try:
            yield future
        finally:
            futures = self._futures[event]
            futures.discard(future)
            if not futures:
                del self._futures[event]

    async def resolve(self, outgoing: Outgoing) -> None:
        """Hand a delivery to the requests that wait for it, and keep it where it may be asked for again."""
        result = self._result(outgoing)
        channel = outgoing.origin.channel
        if channel.startswith(KEPT):
            kept = {"status": result.status, "body": result.body, "retry_after": result.retry_after}
            await self._frames.append(channel, dump(kept))
        for future in self._futures.get(outgoing.event, ()):
            if not future.done():
                future.set_result(result)

    async def kept(self, channel: str) -> Result | None:
        """Return what a request with this channel was answered, if it is known."""
        try:
            frames = await self._frames.after(channel, 0)
        except NotFound:
            return None
        return Result(**json.loads(frames[0][1])) if frames else None

    def close(self) -> None:
        """Let every waiting request end: the server goes down, their answers are kept by the house."""
        for futures in self._futures.values():
            for future in futures:
                if not future.done():
                    future.set_exception(Closing())

    def _result(self, outgoing: Outgoing) -> Result:
        reply = outgoing.reply
        if reply.vote is not None:
            shown = vote_data(reply)
            return Result(200, {"answer": shown["answer"], "value": shown["value"]})
        if reply.error is not None:
            body: Json = {"error": {"code": reply.error, "text": reply.text}}
            return Result(status_of(reply.error), body, reply.retry_after)
        if reply.answer is None:
            return Result(503, {"error": {"code": "NotAnswered", "text": reply.text}}, 5.0)
        return Result(200, answer_body(outgoing))


def answer_body(outgoing: Outgoing) -> Json:
    """Return what ``POST /api/v1/ask`` answers."""
    reply, record = outgoing.reply, outgoing.record
    outcome = reply.outcome or Outcome.ANSWERED
    retrieved = record.answer.retrieved if record else ()
    return {
        "answer_id": reply.answer,
        "outcome": outcome.value,
        "abstained": outcome is not Outcome.ANSWERED,
        "answer": reply.text,
        "citations": [
            {"n": c.n, "source": c.source, "heading": list(c.heading), "quote": c.quote}
            for c in reply.sources
        ],
        "retrieved": [{"source": r.source, "text": r.text, "score": r.score} for r in retrieved],
        "buttons": rows_data(reply.rows),
        "timings_ms": dict(record.answer.timings_ms) if record else {},
    }
