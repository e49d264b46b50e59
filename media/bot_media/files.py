"""The Files port: stored bytes under the hash of their content, in a folder or in memory."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
import tempfile
import time
from pathlib import Path

from bot_core.errors import EngineDown, NotFound, StorageFull
from bot_core.files import FileRef

KEY_BYTES = 32
STALE_SECONDS = 3600.0  # a temporary file older than this was left by a process that was killed
_KEY = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def content_key(data: bytes) -> str:
    """Return the key of these bytes: 64 hex digits of BLAKE2b."""
    return hashlib.blake2b(data, digest_size=KEY_BYTES).hexdigest()


def place_of(key: str) -> str:
    """Return where a key's bytes lie below a folder or a bucket; raises NotFound for what is no key."""
    if not _KEY.fullmatch(key):
        raise NotFound("not a file's key")
    return f"{key[:2]}/{key[2:]}"


class FolderFiles:
    """Files in a folder, one per content: ``ab/cd...``.

    A file appears under its key whole and on the disk, or not at all, whatever is killed when: it is written
    beside, flushed, renamed, and the folder flushed. Keys are hashes, so no name a caller gives reaches the
    file system. Raises StorageFull, EngineDown.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(path)

    async def put(self, data: bytes, media_type: str, name: str = "") -> FileRef:
        """Store and return the reference; equal bytes are stored once. Raises StorageFull."""
        key = await asyncio.to_thread(self._put, data)
        return FileRef(key, media_type, len(data), name)

    async def read(self, key: str) -> bytes:
        """Return the bytes. Raises NotFound."""
        return await asyncio.to_thread(self._read, key)

    async def delete(self, key: str) -> None:
        """Remove the bytes; a missing key is no error."""
        await asyncio.to_thread(self._delete, key)

    async def sweep(self) -> int:
        """Remove what killed processes left half written; return how many files went."""
        return await asyncio.to_thread(self._sweep)

    def _put(self, data: bytes) -> str:
        key = content_key(data)
        target = self._place(key)
        try:
            if target.is_file() and target.stat().st_size == len(data):
                return key
            self._prepare(target.parent)
            self._write(data, target)
        except OSError as error:
            raise self._broken(error) from error
        return key

    def _write(self, data: bytes, target: Path) -> None:
        handle, name = tempfile.mkstemp(dir=self._temporary)  # 0600: no other user reads it
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _flush_folder(target.parent)

    def _read(self, key: str) -> bytes:
        try:
            return self._place(key).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"file {key[:16]}") from None
        except OSError as error:
            raise self._broken(error) from error

    def _delete(self, key: str) -> None:
        try:
            self._place(key).unlink(missing_ok=True)
        except NotFound:
            return
        except OSError as error:
            raise self._broken(error) from error

    def _sweep(self) -> int:
        gone = 0
        before = time.time() - STALE_SECONDS
        for left in self._temporary.glob("*"):
            if left.stat().st_mtime < before:
                left.unlink(missing_ok=True)
                gone += 1
        return gone

    @property
    def _temporary(self) -> Path:
        return self._path / "temporary"

    def _place(self, key: str) -> Path:
        """Return where a key's bytes lie; what is no key is nowhere."""
        return self._path / place_of(key)

    def _prepare(self, folder: Path) -> None:
        if folder.is_dir() and self._temporary.is_dir():
            return
        for path in (self._path, self._temporary, folder):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _flush_folder(self._path)

    def _broken(self, error: OSError) -> StorageFull | EngineDown:
        if error.errno in _FULL:
            return StorageFull(str(self._path))
        return EngineDown("files", f"{type(error).__name__}: {error.strerror}")


def _flush_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class MemoryFiles:
    """The twin in memory; with ``room`` bytes it is full beyond them."""

    def __init__(self, room: int | None = None) -> None:
        self._room, self._files = room, dict[str, bytes]()

    async def put(self, data: bytes, media_type: str, name: str = "") -> FileRef:
        """Store and return the reference. Raises StorageFull."""
        key = content_key(data)
        held = sum(map(len, self._files.values()))
        if self._room is not None and key not in self._files and held + len(data) > self._room:
            raise StorageFull("memory")
        self._files[key] = bytes(data)
        return FileRef(key, media_type, len(data), name)

    async def read(self, key: str) -> bytes:
        """Return the bytes. Raises NotFound."""
        try:
            return self._files[key]
        except KeyError:
            raise NotFound(f"file {key[:16]}") from None

    async def delete(self, key: str) -> None:
        """Remove the bytes; a missing key is no error."""
        self._files.pop(key, None)
