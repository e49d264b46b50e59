"""Calls of the platform's hosts: bounded in time and size, never followed elsewhere, never logged with contents."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from bot_core.errors import EngineDown

LARGEST = 1_000_000  # bytes of an answer
Json = dict[str, object]


class Wire:
    """Posts JSON to the platform; every trouble on the way is EngineDown."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds  # for one call from its start to its last byte
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Wire]:
        """Hold a client while inside; outside nothing can be reached."""
        async with aiohttp.ClientSession(
            trust_env=False, connector=aiohttp.TCPConnector(limit=64)
        ) as session:
            self._session = session
            try:
                yield self
            finally:
                self._session = None

    async def post(self, url: str, body: Json, headers: Mapping[str, str] | None = None) -> Json:
        """Return the object that the platform answers. Raises EngineDown."""
        answer = await self.allowed(url, body, headers or {})
        if answer is None:
            raise EngineDown("douyin", "refused")
        return answer

    async def allowed(self, url: str, body: Json, headers: Mapping[str, str]) -> Json | None:
        """Return the object that the platform answers, None where it refuses the token. Raises EngineDown."""
        if self._session is None:
            raise EngineDown("douyin", "not open")
        try:
            async with asyncio.timeout(self._seconds):
                async with self._session.post(
                    url, json=body, headers=headers, allow_redirects=False
                ) as response:
                    raw = await _bounded(response)
                    status = response.status
        except TimeoutError:
            raise EngineDown("douyin", f"no answer in {self._seconds:g} s") from None
        except aiohttp.ClientError as error:
            raise EngineDown("douyin", type(error).__name__) from None
        if status in (401, 403):
            return None
        if status != 200:
            raise EngineDown("douyin", f"status {status}")
        return _object(raw)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for piece in response.content.iter_chunked(65_536):
        data += piece
        if len(data) > LARGEST:
            raise EngineDown("douyin", "the answer is too large")
    return bytes(data)


def _object(raw: bytes) -> Json:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise EngineDown("douyin", "the answer is no object")
    return value


def number(value: object) -> int | None:
    """Return a whole number of an answer, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def part(value: Mapping[str, object], name: str) -> Json:
    """Return an object within an answer, empty where there is none."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def text(value: Mapping[str, object], name: str) -> str:
    """Return a text within an answer, empty where there is none."""
    found = value.get(name)
    return found if isinstance(found, str) else ""
