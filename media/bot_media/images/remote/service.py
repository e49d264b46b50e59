"""Requests to a picture service: bounded in time and size, tried again while it is busy."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from bot_core.errors import ModelFailed, Moderated

MOST = 100_000_000  # bytes of one answer
AGAIN = frozenset({429, 500, 502, 503, 504})
PAUSES = (0.5, 2.0)  # s before the second and third try, where the service names none
PATIENCE = 30.0  # s that a service may ask us to wait
REFUSED = ("content_policy", "moderation_blocked", "safety system", "content policy", "nsfw")


class Bad(ModelFailed):
    """The service answered with a status that says no; ``status`` and what it said."""

    def __init__(self, model: str, status: int, said: str) -> None:
        super().__init__("image", model, f"status {status}")
        self.status, self.said = status, said


@dataclass(frozen=True, slots=True)
class Service:
    """A service at ``base``; ``model`` names it in errors, ``timeout`` in s bounds one request."""

    session: aiohttp.ClientSession
    base: str
    model: str
    timeout: float = 180.0
    headers: Mapping[str, str] = field(default_factory=dict)

    async def post(self, path: str, body: object, *, tries: int = 3) -> Any:  # noqa: ANN401 - JSON
        """Send JSON, return JSON. Raises ModelFailed, Moderated."""
        data = json.dumps(body).encode()
        return self._json(await self._tried("POST", path, tries, data, self.timeout))

    async def get(self, path: str, *, timeout: float = 10.0) -> Any:  # noqa: ANN401 - JSON
        """Return JSON. Raises ModelFailed."""
        return self._json(await self._tried("GET", path, 1, None, timeout))

    async def file(self, path: str) -> bytes:
        """Return a file's bytes. Raises ModelFailed."""
        return await self._tried("GET", path, 3, None, self.timeout)

    async def send(self, path: str, form: aiohttp.FormData) -> Any:  # noqa: ANN401 - JSON
        """Send a form, once. Raises ModelFailed."""
        return self._json(await self._tried("POST", path, 1, form, self.timeout))

    async def tell(self, path: str, body: object) -> None:
        """Send JSON for what it does, soon; that it fails changes nothing."""
        try:
            await self._tried("POST", path, 1, json.dumps(body).encode(), 3.0)
        except ModelFailed:
            return

    async def _tried(
        self, method: str, path: str, tries: int, data: bytes | aiohttp.FormData | None, timeout: float
    ) -> bytes:
        for number in range(tries):
            try:
                return await self._once(method, path, data, timeout)
            except _Busy as busy:
                wait = busy.wait if busy.wait is not None else PAUSES[min(number, len(PAUSES) - 1)]
                if number == tries - 1 or wait > PATIENCE:
                    raise
                await asyncio.sleep(wait)
        raise self.failed("no try was made")

    async def _once(
        self, method: str, path: str, data: bytes | aiohttp.FormData | None, timeout: float
    ) -> bytes:
        kind = {"Content-Type": "application/json"} if isinstance(data, bytes) else {}
        try:
            async with self.session.request(
                method,
                self.base.rstrip("/") + path,
                data=data,
                headers={**self.headers, **kind},
                timeout=aiohttp.ClientTimeout(total=timeout),
                allow_redirects=False,
            ) as response:
                body = await self._read(response)
                if response.status == 200:
                    return body
                self._refuse(response, body)
        except TimeoutError:
            raise self.failed(f"no answer within {timeout:g} s") from None
        except aiohttp.ClientError as error:
            raise self.failed(type(error).__name__) from error
        raise self.failed("no answer")

    def _refuse(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        said = body[:2000].decode("utf-8", "replace")
        if response.status in (400, 403, 422, 451) and any(word in said.lower() for word in REFUSED):
            raise Moderated("images")
        if response.status in AGAIN:
            raise _Busy(self.model, response.status, said, seconds(response.headers.get("Retry-After", "")))
        raise Bad(self.model, response.status, said)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for block in response.content.iter_chunked(65_536):
            body += block
            if len(body) > MOST:
                raise self.failed("the answer is too big")
        return bytes(body)

    def _json(self, body: bytes) -> Any:  # noqa: ANN401 - JSON
        try:
            return json.loads(body or b"{}")
        except ValueError:
            raise self.failed("the answer is no JSON") from None

    def failed(self, detail: str) -> ModelFailed:
        """Return the error that says so."""
        return ModelFailed("image", self.model, detail)


class _Busy(Bad):
    def __init__(self, model: str, status: int, said: str, wait: float | None) -> None:
        super().__init__(model, status, said)
        self.wait = wait


def seconds(header: str) -> float | None:
    """Return the seconds of a Retry-After (RFC 9110, 10.2.3: seconds or a date); None where there is none."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, when.timestamp() - time.time())
