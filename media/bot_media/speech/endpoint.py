"""Requests to a speech service: bounded in time and size, tried once more when the service asks for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

from bot_core.errors import ModelFailed

MOST = 50_000_000  # bytes of one answer
_AGAIN = frozenset({429, 502, 503, 504})
_PATIENCE = 3.0  # s that a service may ask us to wait


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said."""

    body: bytes
    media_type: str

    def json(self) -> object:
        """Return the body as JSON. Raises ValueError."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A service at ``base``; ``role`` and ``model`` name it in errors, ``timeout`` in s bounds one request."""

    session: aiohttp.ClientSession
    base: str
    role: str
    model: str
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 30.0

    async def get(self, path: str, timeout: float = 3.0) -> Answer:
        """Return the answer. Raises ModelFailed."""
        return await self._ask("GET", path, timeout, None, {})

    async def post(
        self, path: str, body: bytes | str | aiohttp.FormData, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Return the answer; a service that is busy is asked twice. Raises ModelFailed."""
        try:
            return await self._ask("POST", path, self.timeout, body, headers or {})
        except _Busy as busy:
            if isinstance(body, aiohttp.FormData) or busy.wait > _PATIENCE:  # a form can be sent once
                raise
            await asyncio.sleep(busy.wait)
            return await self._ask("POST", path, self.timeout, body, headers or {})

    async def _ask(
        self,
        method: str,
        path: str,
        timeout: float,
        body: bytes | str | aiohttp.FormData | None,
        headers: Mapping[str, str],
    ) -> Answer:
        try:
            async with self.session.request(
                method,
                self.base.rstrip("/") + path,
                data=body,
                headers={**self.headers, **headers},
                timeout=aiohttp.ClientTimeout(total=timeout),
                allow_redirects=False,
            ) as response:
                return await self._read(response)
        except TimeoutError:
            raise self.failed(f"no answer within {timeout:g} s") from None
        except aiohttp.ClientError as error:
            raise self.failed(type(error).__name__) from error

    async def _read(self, response: aiohttp.ClientResponse) -> Answer:
        if response.status != 200:
            detail = f"status {response.status}"
            if response.status in _AGAIN:
                raise _Busy(self.role, self.model, detail, _wait(response.headers.get("Retry-After", "")))
            raise _Status(self.role, self.model, detail, response.status)
        body = bytearray()
        async for block in response.content.iter_chunked(65_536):
            body += block
            if len(body) > MOST:
                raise self.failed("the answer is too big")
        return Answer(bytes(body), response.content_type)

    def failed(self, detail: str) -> ModelFailed:
        """Return the error that says so."""
        return ModelFailed(self.role, self.model, detail)


class _Status(ModelFailed):
    def __init__(self, role: str, model: str, detail: str, status: int) -> None:
        super().__init__(role, model, detail)
        self.status = status


class _Busy(ModelFailed):
    def __init__(self, role: str, model: str, detail: str, wait: float) -> None:
        super().__init__(role, model, detail)
        self.wait = wait


def lacks(error: ModelFailed) -> bool:
    """Tell whether a service answered that it has no such path."""
    return isinstance(error, _Status) and error.status in (404, 405, 501)


def _wait(header: str) -> float:
    try:
        return max(0.0, float(header))
    except ValueError:
        return 0.5
