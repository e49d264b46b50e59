"""The embedded Valkey: started and stopped by the owner, restarted when it dies, never two on one folder.

- It listens on a Unix socket in a short private folder; TCP is off. Its log is an append-only file in ``data/valkey``.
- It gets SIGTERM when its owner dies. Should it live on nevertheless (it hung, or was stopped), the next owner finds it
  by its program and working folder, ends it and waits for its exit before anything opens the log again.
- It inherits a locked file of its folder: the kernel keeps that lock for as long as any Valkey, a child that rewrites
  the log included, has the folder open. Without the lock no second one is started, whatever the search found.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import re
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Literal, Protocol

from bot_app.folders import unusable
from bot_app.runtime_folder import remove_runtime_folder, runtime_folder
from bot_app.valkey_command import ValkeyOptions, command
from bot_app.valkey_orphans import stop_orphans
from bot_core.errors import EngineDown, StartRefused, StorageFull, YinluError
from bot_core.identity import Words

log = logging.getLogger(__name__)

ENGINE = "Valkey"
LINE = re.compile(r"\d+:[A-Z] \d+ \w+ \d{4} [\d:.]+ ([.*#-]) (.*)")
ADVICE = (
    "WARNING",
    "Valkey is now ready to exit",
)  # it writes these as warnings; here nobody need act on them
TAIL = 12  # lines kept to explain a failed start
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 5.0  # seconds before a restart


class ValkeySettings(Protocol):
    """What this needs of the settings."""

    @property
    def data(self) -> Path:
        """The data folder."""
        ...

    @property
    def journal_fsync(self) -> Literal["everysec", "always"]:
        """How often the log reaches the disk."""
        ...

    @property
    def valkey_memory(self) -> int:
        """Bytes."""
        ...


@asynccontextmanager
async def embedded_valkey(settings: ValkeySettings) -> AsyncIterator[str]:
    """Run the embedded Valkey as ``settings`` say; gives its URL. Only for the owner of the data folder."""
    options = ValkeyOptions(settings.journal_fsync, settings.valkey_memory)
    async with open_valkey(settings.data, options) as valkey:
        yield valkey.url


@asynccontextmanager
async def open_valkey(data: Path, options: ValkeyOptions | None = None) -> AsyncIterator[EmbeddedValkey]:
    """Run a Valkey on ``data/valkey``; only for the owner of ``data``, and from its main thread.

    Raises StartRefused where another process has the folder open, StorageFull, EngineDown.
    """
    options = options or ValkeyOptions()
    folder = _made(data / "valkey")
    await asyncio.to_thread(stop_orphans, folder, options.stop_seconds)
    runtime = runtime_folder(data)
    with _folder_lock(folder) as lock:
        await _locked(lock, folder, options.stop_seconds)
        valkey = EmbeddedValkey(folder, runtime / "valkey.sock", lock, options)
        try:
            await valkey.start()
            yield valkey
        finally:
            await valkey.stop()
            remove_runtime_folder(runtime)


class EmbeddedValkey:
    """One Valkey and the task that restarts it."""

    def __init__(self, folder: Path, socket: Path, lock: int, options: ValkeyOptions) -> None:
        self.folder, self.socket, self.options = folder, socket, options
        self.restarts = 0
        self._lock = lock
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._said: deque[str] = deque(maxlen=TAIL)

    @property
    def url(self) -> str:
        """Return where clients connect."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int | None:
        """Return its process id; None while it is down."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def check(self) -> None:
        """Raise EngineDown unless it answers."""
        answer = await ping(self.socket)
        if answer != "+PONG":
            raise EngineDown(ENGINE, answer)

    async def start(self) -> None:
        """Start it, wait until it answers, and watch over it from then on."""
        await self._launch()
        self._supervisor = asyncio.create_task(self._supervise(), name="valkey-supervisor")

    async def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL where that does not help."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        await self._end()

    async def _supervise(self) -> None:
        clock, pause = asyncio.get_running_loop().time, SHORTEST_PAUSE
        while True:
            assert self._process is not None
            begun = clock()
            code = await self._process.wait()
            log.error("Valkey ended by itself", extra={"code": code, "restarts": self.restarts})
            pause = SHORTEST_PAUSE if clock() - begun > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            pause = await self._relaunch(pause)

    async def _relaunch(self, pause: float) -> float:
        """Start it again, as often as it takes; return the pause before the last try."""
        while True:
            await self._end()
            await asyncio.sleep(pause)
            try:
                await self._launch()
            except YinluError as error:
                pause = min(pause * 2, LONGEST_PAUSE)
                log.error("Valkey did not come back: %s", error, extra={"next_try": pause})
                continue
            self.restarts += 1
            log.warning("Valkey is back", extra={"valkey": self.pid, "restarts": self.restarts})
            return pause

    async def _launch(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start Valkey from the main thread: it is told of that thread's end")
        self._said.clear()
        self._process = process = await asyncio.create_subprocess_exec(
            *command(self.folder, self.socket, self.options),
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=(self._lock,),
            start_new_session=True,  # Ctrl-C in a terminal is for the owner, which then ends it in order
            umask=0o077,
        )
        assert process.stdout is not None
        self._reader = asyncio.create_task(self._listen(process.stdout), name="valkey-log")
        await self._ready(process)

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        clock = asyncio.get_running_loop().time
        begun, answer = clock(), ""
        while process.returncode is None:
            try:
                answer = await ping(self.socket)
            except EngineDown as error:
                answer = str(error)
            if answer == "+PONG":
                return
            loading = answer.startswith("-LOADING")
            if clock() - begun > (self.options.load_seconds if loading else self.options.start_seconds):
                raise EngineDown(ENGINE, f"no answer after {clock() - begun:.0f} s: {answer}")
            await asyncio.sleep(0.01)
        if self._reader is not None:
            await self._reader
        said = " / ".join(self._said)
        if "No space left" in said or "Disk quota" in said:
            raise StorageFull(str(self.folder))
        raise EngineDown(ENGINE, f"it ended with {process.returncode}: {said or 'it said nothing'}")

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        """Pass its log on to ours."""
        async for raw in stream:
            line = raw.decode(errors="replace").rstrip()
            found = LINE.match(line)
            mark, text = (found[1], found[2]) if found else ("", line)
            if text.startswith(ADVICE):
                mark = ""
            elif text:
                self._said.append(text)
            log.log(logging.WARNING if mark == "#" else logging.DEBUG, "valkey: %s", text)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), self.options.stop_seconds)
            except TimeoutError:
                log.error("Valkey does not end; killing it", extra={"pid": process.pid})
                process.kill()
                await process.wait()
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)


async def ping(socket: Path, seconds: float = 2.0) -> str:
    """Return the first line that the server on ``socket`` answers to PING; raises EngineDown."""
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                writer.write(b"PING\r\n")
                return (await reader.readline()).decode(errors="replace").strip()
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        raise EngineDown(ENGINE, f"{type(error).__name__}: {error}") from error


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise unusable(folder, error) from error
    return folder.resolve()


@contextmanager
def _folder_lock(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def _locked(descriptor: int, folder: Path, seconds: float) -> None:
    until = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if asyncio.get_running_loop().time() > until:
                raise StartRefused(
                    f"another process has {folder} open",
                    Words(f"另一个进程还在使用 {folder}。", f"Another process still has {folder} open."),
                ) from None
            await asyncio.sleep(0.05)
        else:
            return
