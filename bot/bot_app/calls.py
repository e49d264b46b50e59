"""Calls between processes of one house: ``POST /call`` streams one JSON object a line.

``{"progress": ...}`` as it goes and last ``{"result": ...}`` or ``{"error": {"code", "text_zh", "text_en"}}``; an empty line
means "still at it". The call is ``{"name", "params"}``; where bytes go with it, they are the body, and the call stands in the
address.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import suppress

from aiohttp import ClientResponse, web

from bot_core.errors import BadInput, YinluError
from bot_core.identity import Words
from bot_core.trace import tracing

Line = dict[str, object]
Operation = Callable[[Mapping[str, object]], AsyncIterator[Line]]

LARGEST_CALL = 4 * 1024**2  # bytes of a request
ALIVE_SECONDS = 15.0  # an empty line at least this often
AHEAD = 256  # lines that an operation may be ahead of its reader
TOO_LARGE = Words("这个文件太大了。", "This file is too large.")


class CallFailed(YinluError):
    """The other side refused a call or failed at it; ``code`` is the error's class there."""

    def __init__(self, code: str, words: Words) -> None:
        self.code = code
        super().__init__(words.en, words)


class Calls:
    """Answers POST /call."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Make the call that a request asks for, and stream what it says."""
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        told = False
        try:
            with tracing(f"call:{secrets.token_hex(6)}"):
                operation, params = await self._read(request)
                async for line in lines(operation(params)):
                    await response.write(line)
            told = True
        except YinluError as error:
            await response.write(encoded(_error(error)))
            told = True
        except (ConnectionResetError, asyncio.CancelledError):
            told = True  # nobody listens any more, or the owner ends: the command sees the line cut
            raise
        finally:
            if not told:  # a fault of ours: the command gets a sentence, the server logs the traceback
                await response.write(encoded(_error(YinluError())))
        return response

    async def _read(self, request: web.Request) -> tuple[Operation, Mapping[str, object]]:
        try:
            body = await request.read()
            call = json.loads(request.query.get("call", body))
            name, params = str(call["name"]), dict(call.get("params") or {})
            if "call" in request.query:
                params["data"] = body
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"no call: {type(error).__name__}") from None
        except web.HTTPRequestEntityTooLarge as error:
            raise BadInput(f"a call of over {error.text}", TOO_LARGE) from None
        if name not in self._operations:
            raise BadInput(
                f"unknown call {name[:40]!r}",
                Words("正在运行的引路版本不认识这个命令。", "The running Yinlu doesn't know this command."),
            )
        return self._operations[name], params


async def lines(steps: AsyncIterator[Line]) -> AsyncIterator[bytes]:
    """Yield each step as a line, and an empty line where a step takes long.

    The steps run in one task of their own: what they hold open (time-outs, groups) belongs to one task.
    """
    ahead: asyncio.Queue[Line | None] = asyncio.Queue(AHEAD)

    async def walk() -> None:
        try:
            async for line in steps:
                await ahead.put(line)
        finally:
            if isinstance(steps, AsyncGenerator):
                await steps.aclose()
            with suppress(
                asyncio.QueueFull
            ):  # then the reader has lines to read, and looks at the task after them
                ahead.put_nowait(None)

    task = asyncio.create_task(walk(), name="control-call")
    try:
        while not (task.done() and ahead.empty()):
            try:
                line = await asyncio.wait_for(ahead.get(), ALIVE_SECONDS)
            except TimeoutError:
                yield b"\n"
                continue
            if line is not None:
                yield encoded(line)
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def encoded(line: Line) -> bytes:
    """Return a line as it goes over the wire."""
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _error(error: YinluError) -> Line:
    words = error.words
    return {"error": {"code": type(error).__name__, "text_zh": words.zh, "text_en": words.en}}


async def replies(response: ClientResponse) -> AsyncIterator[Line]:
    """Yield what a call says, each line as it comes. Raises CallFailed, ConnectionError where it ends without a result."""
    finished = False
    async for raw in split(response.content.iter_any()):
        line = json.loads(raw)
        finished = finished or "result" in line
        yield meant(line)
    if not finished:
        raise ConnectionError("no result")


async def split(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield whole lines of any length, without empty ones."""
    parts: list[bytes] = []
    async for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            parts.append(line)
            if joined := b"".join(parts):
                yield joined
            parts = []
        parts.append(rest)


def meant(line: Line) -> Line:
    """Return a line that is no error. Raises CallFailed."""
    error = line.get("error")
    if isinstance(error, dict):
        raise CallFailed(str(error["code"]), Words(str(error["text_zh"]), str(error["text_en"])))
    return line
