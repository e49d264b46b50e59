"""Who waits for what: one subscription per process, handed to whoever listens for a topic.

News only say that something changed; a listener reads the store again. So a lost message costs time
(listeners also look every now and then), never truth.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class News:
    """Topics of one server; the connection is opened with the first listener and again whenever it breaks."""

    def __init__(self, pool: ConnectionPool, root: str) -> None:
        self._channel = f"{root}news"
        self._client = Redis(connection_pool=pool)
        self._listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._reader: asyncio.Task[None] | None = None
        self._topics: set[str] = set()
        self._pubsub: Any = None
        self._ready = asyncio.Event()

    @contextmanager
    def listen(self, *topics: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever one of the topics has news; the listener clears it."""
        event = asyncio.Event()
        for topic in topics:
            self._listeners[topic].add(event)
        if self._reader is None:
            self._reader = asyncio.create_task(self._read(), name="redis-news")
        try:
            yield event
        finally:
            for topic in topics:
                self._listeners[topic].discard(event)
                if not self._listeners[topic]:
                    del self._listeners[topic]

    async def ready(self, seconds: float = 2.0) -> None:
        """Wait until the subscription stands (at most ``seconds``)."""
        try:
            await asyncio.wait_for(self._ready.wait(), seconds)
        except TimeoutError:
            log.warning("no news from Redis yet; looking at intervals instead")

    async def close(self) -> None:
        """Stop listening."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            pubsub: Any = self._client.pubsub(ignore_subscribe_messages=True)
            try:
                await pubsub.subscribe(self._channel)
                self._ready.set()
                self._wake(list(self._listeners))
                async for message in pubsub.listen():
                    self._wake([message["data"]])
            except (RedisError, OSError) as error:
                log.info("the line for news broke", extra={"error": type(error).__name__})
                await asyncio.sleep(0.2 + secrets.randbelow(100) / 200)
            finally:
                await pubsub.aclose()

    def _wake(self, topics: list[str]) -> None:
        for topic in topics:
            for event in self._listeners.get(topic, ()):
                event.set()
