"""The control socket: how commands reach the process that owns the data folder.

``data/control.sock`` (0600; where that path is too long for a socket, ``data/control.path`` names one in the runtime
folder). HTTP over it: see ``bot_app.calls``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector, web

from bot_app.calls import ALIVE_SECONDS, LARGEST_CALL, CallFailed, Calls, Line, Operation, replies
from bot_app.folders import unusable
from bot_app.runtime_folder import remove_runtime_folder, runtime_folder, too_long
from bot_core.errors import EngineDown
from bot_core.identity import Words

__all__ = ["CallFailed", "Line", "Operation", "OwnerGone", "call", "control_path", "serving"]

log = logging.getLogger(__name__)

SOCKET, POINTER = "control.sock", "control.path"


class OwnerGone(EngineDown):
    """The owner ended, or was not there, before it gave a result: the call can be made again."""

    words = Words(
        "服务进程在回答之前退出了。请再试一次。",
        "The running Yinlu ended before it answered. Please try again.",
    )

    def __init__(self, detail: str) -> None:
        super().__init__("the owner's control socket", detail)


# --- the owner's side ------------------------------------------------------------------------------------------
@asynccontextmanager
async def serving(data: Path, operations: Mapping[str, Operation], drain: float = 3.0) -> AsyncIterator[Path]:
    """Take calls for as long as the context lasts; those under way at its end get ``drain`` seconds. Gives the path."""
    path = _place(data)
    path.unlink(missing_ok=True)  # the owner's lock is ours: whoever made it is dead
    app = web.Application(client_max_size=LARGEST_CALL)
    app.router.add_post("/call", Calls(operations).answer)
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


# --- the command's side ----------------------------------------------------------------------------------------
async def call(data: Path, name: str, params: Mapping[str, object]) -> AsyncIterator[Line]:
    """Call the owner: yields ``{"progress": ...}`` and last ``{"result": ...}``.

    Raises CallFailed with the owner's sentence, OwnerGone where nobody answers or the owner ended meanwhile.
    """
    path = control_path(data)
    timeout = ClientTimeout(total=None, sock_connect=3.0, sock_read=ALIVE_SECONDS * 3)
    try:
        async with (
            ClientSession(connector=UnixConnector(str(path)), timeout=timeout) as session,
            session.post("http://owner/call", json={"name": name, "params": params}) as response,
        ):
            async for line in replies(response):
                yield line
    except (ClientError, OSError, TimeoutError) as error:
        raise OwnerGone(f"{type(error).__name__}: {error}") from error


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
