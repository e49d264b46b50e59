"""Who waits for what: one subscription per process, handed to whoever listens for a topic.

News only say that something changed; a listener reads the store again. So a lost message costs time
(listeners also look every now and then), never truth. A topic's event is set once more when its subscription
stands, also after a broken line, so nothing falls between.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import ConnectionError as LinkDown
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
BROKEN = (RedisError, OSError)
QUIET = 15.0  # seconds


class News:
    """Topics of one server; the connection is opened with the first listener and again whenever it breaks."""

    def __init__(self, pool: ConnectionPool, root: str) -> None:
        self._start = f"{root}news:"
        self._client = Redis(connection_pool=pool)
        self._listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._reader: asyncio.Task[None] | None = None
        self._pubsub: Any = None  # while connected

    @asynccontextmanager
    async def listen(self, *topics: str) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set whenever one of the topics has news; the listener clears it."""
        event = asyncio.Event()
        new = [topic for topic in topics if topic not in self._listeners]
        for topic in topics:
            self._listeners[topic].add(event)
        if self._reader is None:
            self._reader = asyncio.create_task(self._read(), name="redis-news")
        elif new and self._pubsub is not None:
            with suppress(*BROKEN):  # the reader notices, and subscribes to all of them again
                await self._pubsub.subscribe(*(self._start + topic for topic in new))
        try:
            yield event
        finally:
            await self._leave(event, topics)

    async def _leave(self, event: asyncio.Event, topics: tuple[str, ...]) -> None:
        for topic in topics:
            self._listeners[topic].discard(event)
        unheard = [topic for topic in topics if not self._listeners[topic]]
        for topic in unheard:
            del self._listeners[topic]
        if unheard and self._pubsub is not None:
            with suppress(*BROKEN):
                await self._pubsub.unsubscribe(*(self._start + topic for topic in unheard))

    async def close(self) -> None:
        """Stop listening."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            pubsub: Any = self._client.pubsub()
            try:
                # One channel of our own, so that the subscription lives while nobody listens.
                known = set(self._listeners)
                await pubsub.subscribe(self._start, *(self._start + topic for topic in known))
                self._pubsub = pubsub
                if missed := set(self._listeners) - known:  # came while we were subscribing
                    await pubsub.subscribe(*(self._start + topic for topic in missed))
                await self._hear(pubsub)
            except BROKEN as error:
                log.info("the line for news broke", extra={"error": type(error).__name__})
                await asyncio.sleep(0.2 + secrets.randbelow(100) / 200)
            finally:
                self._pubsub = None
                await pubsub.aclose()

    async def _hear(self, pubsub: Any) -> None:  # noqa: ANN401 - the library has no type for it
        """Hand on what comes; a line on which nothing comes, not even the answer to a ping, is broken."""
        asked = False
        while True:
            message = await pubsub.get_message(timeout=QUIET)
            if message is None:
                if asked:
                    raise LinkDown("no answer to a ping")
                await pubsub.ping()
                asked = True
                continue
            asked = False
            if message["type"] in ("message", "subscribe"):
                for event in self._listeners.get(message["channel"].removeprefix(self._start), ()):
                    event.set()
