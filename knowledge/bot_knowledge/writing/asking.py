"""Short replies of a model, whole: for judging and rewriting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

from bot_core.ports.knowledge import ChatChunk, ChatTurn
from bot_knowledge.models.endpoints import Priced
from bot_knowledge.writing.opening import Opening
from bot_knowledge.writing.usage import Meter

MOST = 2_000  # characters; more is no short reply


async def metered(
    priced: Priced, turns: Sequence[ChatTurn], meter: Meter, options: Mapping[str, object]
) -> AsyncIterator[ChatChunk]:
    """Yield a model's chunks and count them, also where it breaks off or nobody listens any more. Raises ModelFailed."""
    said: list[str] = []
    counted = False
    # Every model's stream is an async generator: closing it is what ends the request.
    stream = cast("Any", priced.model.stream(turns, options))
    try:
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                said.append(chunk.text)
                if chunk.done and (chunk.prompt_tokens or chunk.completion_tokens):
                    meter.add(priced, chunk.prompt_tokens, chunk.completion_tokens)
                    counted = True
                yield chunk
    finally:
        if not counted:
            meter.add_unreported(priced, turns, "".join(said))


async def whole_reply(priced: Priced, turns: Sequence[ChatTurn], meter: Meter, tokens: int) -> str:
    """Return a short reply without a model's thinking aloud. Raises ModelFailed."""
    opening = Opening()
    text = ""
    options = {"temperature": 0.0, "max_tokens": tokens}
    async with aclosing(cast("Any", metered(priced, turns, meter, options))) as chunks:
        async for chunk in chunks:
            text += opening.feed(chunk.text)
            if len(text) > MOST:
                break
    return (text + opening.finish()).strip()
