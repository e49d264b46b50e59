"""Calls to who keeps the documents, made again while it is being replaced: every one of them is safe to repeat."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientResponseError, ClientSession

from bot_app.calls import CallFailed, Line, replies
from bot_core.errors import BadInput, Broken, EngineDown, NotAllowed, NotFound, Refused, YinluError
from bot_core.identity import Words
from bot_core.ports.safety import Clock

log = logging.getLogger(__name__)
Params = Mapping[str, object]

PATIENCE = 30.0  # seconds for an owner that is being replaced
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds
REFUSALS = {kind.__name__: kind for kind in (BadInput, NotAllowed, NotFound, Refused)}


class KnowledgeAway(EngineDown):
    """Who keeps the documents can't be reached."""

    words = Words(
        "文档服务暂时连不上，请稍后再试。",
        "The documents can't be reached for the moment. Please try again shortly.",
    )

    def __init__(self, detail: str) -> None:
        super().__init__("knowledge", detail)


@dataclass(frozen=True, slots=True)
class Asking:
    """Makes the calls; ``url`` is the owner's, ``session`` carries the token."""

    session: ClientSession
    url: str
    clock: Clock

    async def once(self, name: str, params: Params, body: bytes | None = None) -> AsyncGenerator[Line, None]:
        """Yield what the owner says. Raises KnowledgeAway, and what the owner raised."""
        call = {"name": name, "params": params}
        sent: dict[str, Any] = {"json": call}
        if body is not None:
            sent = {"data": body, "params": {"call": json.dumps(call, ensure_ascii=False)}}
        try:
            async with self.session.post(f"{self.url}/call", **sent) as response:
                response.raise_for_status()
                async for line in replies(response):
                    yield line
        except CallFailed as failed:
            raise _revived(failed) from failed
        except ClientResponseError as error:
            raise KnowledgeAway(f"{self.url} says {error.status}") from error
        except (ClientError, OSError, TimeoutError) as error:
            raise KnowledgeAway(f"{self.url}: {type(error).__name__}: {error}") from error

    async def lines(
        self, name: str, params: Params, body: bytes | None = None, patience: float = PATIENCE
    ) -> AsyncGenerator[Line | None, None]:
        """Yield what the owner says, and None each time it is asked anew. Raises KnowledgeAway after ``patience``."""
        until, pause = self.clock.monotonic() + patience, FIRST_PAUSE
        while True:
            try:
                async with aclosing(self.once(name, params, body)) as lines:
                    async for line in lines:
                        until, pause = self.clock.monotonic() + patience, FIRST_PAUSE
                        yield line
            except KnowledgeAway as away:
                if self.clock.monotonic() + pause > until:
                    raise
                log.warning("asked again", extra={"call": name, "error": str(away)})
                await self.clock.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
                yield None
            else:
                return

    async def result(self, name: str, params: Params, patience: float = PATIENCE) -> Any:  # noqa: ANN401 - plain JSON
        """Return what a call gives."""
        found: object = None
        async with aclosing(self.lines(name, params, patience=patience)) as lines:
            async for line in lines:
                found = (line or {}).get("result", found)
        return found


def _revived(failed: CallFailed) -> YinluError:
    """Return the error that was raised over there, as far as handlers tell errors apart."""
    kind = REFUSALS.get(failed.code)
    return kind(str(failed), failed.words) if kind else Broken(f"{failed.code}: {failed}", failed.words)
