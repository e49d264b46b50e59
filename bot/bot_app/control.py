"""The control socket: how commands reach the process that owns the data folder.

``data/control.sock`` (0600; where that path is too long for a socket, ``data/control.path`` names one in the runtime
folder). HTTP over it: ``POST /call {"name", "params"}`` streams one JSON object a line, ``{"progress": ...}`` as
it goes and last ``{"result": ...}`` or ``{"error": {"code", "text_zh", "text_en"}}``; an empty line means "still at it".
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector, web

from bot_app.folders import unusable
from bot_app.runtime_folder import remove_runtime_folder, runtime_folder, too_long
from bot_core.errors import BadInput, EngineDown, YinluError
from bot_core.identity import Words
from bot_core.trace import tracing

log = logging.getLogger(__name__)

Line = dict[str, object]
Operation = Callable[[Mapping[str, object]], AsyncIterator[Line]]

SOCKET, POINTER = "control.sock", "control.path"
LARGEST_CALL = 4 * 1024**2  # bytes of a request
ALIVE_SECONDS = 15.0  # an empty line at least this often
AHEAD = 256  # lines that an operation may be ahead of its reader


class OwnerGone(EngineDown):
    """The owner ended, or was not there, before it gave a result: the call can be made again."""

    words = Words(
        "服务进程在回答之前退出了。请再试一次。",
        "The running Yinlu ended before it answered. Please try again.",
    )

    def __init__(self, detail: str) -> None:
        super().__init__("the owner's control socket", detail)


class CallFailed(YinluError):
    """The owner refused a call or failed at it; ``code`` is the error's class there."""

    def __init__(self, code: str, words: Words) -> None:
        self.code = code
        super().__init__(words.en, words)


# --- the owner's side ------------------------------------------------------------------------------------------
@asynccontextmanager
async def serving(data: Path, operations: Mapping[str, Operation], drain: float = 3.0) -> AsyncIterator[Path]:
    """Take calls for as long as the context lasts; those under way at its end get ``drain`` seconds. Gives the path."""
    path = _place(data)
    path.unlink(missing_ok=True)  # the owner's lock is ours: whoever made it is dead
    app = web.Application(client_max_size=LARGEST_CALL)
    app.router.add_post("/call", _Calls(operations).answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=drain, handler_cancellation=True)
    await runner.setup()
    try:
        await _listen(runner, path)
        yield path
    finally:
        _leave(data, path)
        await runner.cleanup()


async def _listen(runner: web.AppRunner, path: Path) -> None:
    mask = os.umask(0o177)  # the socket is 0600 from its first moment on
    try:
        await web.UnixSite(runner, path).start()
    except OSError as error:
        raise unusable(path.parent, error) from error
    finally:
        os.umask(mask)


class _Calls:
    """Answers POST /call."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations

    async def answer(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        told = False
        try:
            with tracing(f"call:{secrets.token_hex(6)}"):
                operation, params = await self._read(request)
                async for line in _lines(operation(params)):
                    await response.write(line)
            told = True
        except YinluError as error:
            await response.write(_encoded(_error(error)))
            told = True
        except (ConnectionResetError, asyncio.CancelledError):
            told = True  # nobody listens any more, or the owner ends: the command sees the line cut
            raise
        finally:
            if not told:  # a fault of ours: the command gets a sentence, the server logs the traceback
                await response.write(_encoded(_error(YinluError())))
        return response

    async def _read(self, request: web.Request) -> tuple[Operation, Mapping[str, object]]:
        try:
            call = json.loads(await request.read())
            name, params = str(call["name"]), dict(call.get("params") or {})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"no call: {type(error).__name__}") from None
        if name not in self._operations:
            raise BadInput(
                f"unknown call {name[:40]!r}",
                Words("正在运行的引路版本不认识这个命令。", "The running Yinlu doesn't know this command."),
            )
        return self._operations[name], params


async def _lines(steps: AsyncIterator[Line]) -> AsyncIterator[bytes]:
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
                yield _encoded(line)
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _encoded(line: Line) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _error(error: YinluError) -> Line:
    words = error.words
    return {"error": {"code": type(error).__name__, "text_zh": words.zh, "text_en": words.en}}


# --- the command's side ----------------------------------------------------------------------------------------
async def call(data: Path, name: str, params: Mapping[str, object]) -> AsyncIterator[Line]:
    """Call the owner: yields ``{"progress": ...}`` and last ``{"result": ...}``.

    Raises CallFailed with the owner's sentence, OwnerGone where nobody answers or the owner ended meanwhile.
    """
    path = control_path(data)
    timeout = ClientTimeout(total=None, sock_connect=3.0, sock_read=ALIVE_SECONDS * 3)
    finished = False
    try:
        async with (
            ClientSession(connector=UnixConnector(str(path)), timeout=timeout) as session,
            session.post("http://owner/call", json={"name": name, "params": params}) as response,
        ):
            async for raw in _split(response.content.iter_any()):
                line = json.loads(raw)
                finished = finished or "result" in line
                yield _meant(line)
    except (ClientError, OSError, TimeoutError) as error:
        raise OwnerGone(f"{type(error).__name__}: {error}") from error
    if not finished:
        raise OwnerGone("no result")


async def _split(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
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


def _meant(line: Line) -> Line:
    error = line.get("error")
    if isinstance(error, dict):
        raise CallFailed(str(error["code"]), Words(str(error["text_zh"]), str(error["text_en"])))
    return line


def control_path(data: Path) -> Path:
    """Return where the owner of ``data`` takes calls (there may be none)."""
    try:
        return Path((data / POINTER).read_text().strip())
    except (OSError, UnicodeDecodeError):
        return data / SOCKET


def _place(data: Path) -> Path:
    path = data / SOCKET
    (data / POINTER).unlink(missing_ok=True)
    if too_long(path):
        path = runtime_folder(data) / SOCKET
        (data / POINTER).write_text(str(path))
    return path


def _leave(data: Path, path: Path) -> None:
    (data / POINTER).unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    if path.parent != data:
        remove_runtime_folder(path.parent)
