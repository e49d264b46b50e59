"""The library's HTTP over aiohttp: a call costs a fraction of what it costs over httpx, and nothing logs the token."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

HEADERS = {"Content-Type": "application/json"}


class AiohttpRequest(BaseRequest):
    """Sends what ``telegram.Bot`` asks. JSON where nothing is uploaded, multipart where something is."""

    def __init__(self, timeout: float, upload_timeout: float, connections: int = 100) -> None:
        self._timeout, self._upload, self._connections = timeout, upload_timeout, connections
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Return the seconds one call may take."""
        return self._timeout

    async def initialize(self) -> None:
        """Open the session."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections, ttl_dns_cache=300)
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers={"User-Agent": "yinlu"},
                trust_env=True,  # HTTPS_PROXY and NO_PROXY: in some networks the only way there
            )

    async def shutdown(self) -> None:
        """Close the session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = None,  # noqa: ANN401 - the library's own marker of a default
        write_timeout: Any = None,  # noqa: ANN401
        connect_timeout: Any = None,  # noqa: ANN401
        pool_timeout: Any = None,  # noqa: ANN401
    ) -> tuple[int, bytes]:
        """Send one call; return the status and the body. Raises TimedOut, NetworkError."""
        if self._session is None:
            await self.initialize()
        assert self._session is not None
        uploads = request_data is not None and request_data.contains_files
        seconds = self._upload if uploads else self._timeout
        if isinstance(read_timeout, int | float):
            seconds = max(seconds, float(read_timeout))
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.request(
                    method, url, data=_body(request_data), headers=None if uploads else HEADERS
                ) as response,
            ):
                return response.status, await response.read()
        except TimeoutError as error:
            raise TimedOut(f"no answer within {seconds:g} s") from error
        except aiohttp.ClientError as error:
            raise NetworkError(type(error).__name__) from None  # its text may hold the address, so the token

    async def download(self, url: str, limit: int) -> bytes:
        """Return at most ``limit`` bytes of a file; one more where it is longer. Raises TimedOut, NetworkError."""
        await self.initialize()
        assert self._session is not None
        try:
            async with asyncio.timeout(self._upload), self._session.get(url) as response:
                if response.status != 200:
                    raise NetworkError(f"file: HTTP {response.status}")
                data = bytearray()
                async for piece in response.content.iter_chunked(65536):
                    data += piece
                    if len(data) > limit:
                        break
                return bytes(data[: limit + 1])
        except TimeoutError as error:
            raise TimedOut(f"file: not there within {self._upload:g} s") from error
        except aiohttp.ClientError as error:
            raise NetworkError(f"file: {type(error).__name__}") from None


def _body(data: RequestData | None) -> bytes | aiohttp.FormData | None:
    if data is None:
        return None
    if not data.contains_files:
        return json.dumps(data.parameters, ensure_ascii=False).encode()
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, media_type) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=media_type)
    return form
