"""``yinlu backup``: one archive of a data folder, taken while the house runs.

What others write is frozen for as long as it is copied, one engine after the other: the queue's log (an append-only
log can be copied at any moment once it is not being rewritten), the ledger (SQLite's backup), the index (the engine's
thread waits, so the copy looks like that of a process killed at that instant, which the index survives). Files
come last: what the others name is in them.

An archive is a gzipped tar of plain files; its last member, ``manifest.json``, names every other with size and SHA-256.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot_app.folders import unusable
from bot_app.operations import Line, Operation
from bot_app.secrets_store import FILE as KEYS
from bot_app.settings import Settings
from bot_core.errors import BadInput, EngineDown, StorageFull, YinluError
from bot_core.identity import Words
from bot_core.ports.safety import Clock
from bot_queue.connection import Store

FORMAT = 1
MANIFEST = "manifest.json"
LEDGER, INDEX, QUEUE, FILES = "ledger.sqlite3", "knowledge", "valkey", "files"
NEVER = frozenset({"owner.lock", "control.sock", "control.path", LEDGER, INDEX, QUEUE, FILES})
STAGING = "backup-"  # a folder of a backup that was cut off begins so, and is cleared by the next one
REWRITE = "auto-aof-rewrite-percentage"
REWRITE_SECONDS = 60.0
THERE = Words("{path} 已经存在，请换一个名字。", "{path} is there already; choose another name.")


@dataclass(frozen=True, slots=True)
class Backed:
    """What is backed up, and how it is held still.

    ``store`` is the embedded Valkey's connection where it runs (None: it stands still, or is a server of its own);
    ``frozen`` holds the index; ``servers`` names engines that are servers, whose data is theirs to back up.
    """

    data: Path
    clock: Clock
    store: Store | None
    frozen: Callable[[], AbstractAsyncContextManager[None]]
    servers: tuple[str, ...] = ()

    @property
    def names(self) -> dict[str, Operation]:
        """Return what crosses the control socket."""
        return {"backup": self.backup}

    async def backup(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{path, keys} -> {path, files, bytes, left_out}; progress has stage, done, total (bytes)."""
        target = Path(str(params["path"]))
        staging = await asyncio.to_thread(_begun, self.data, target)
        try:
            yield {"progress": {"stage": "copying", "done": 0, "total": None}}
            left_out = await self._stage(staging, keys=bool(params.get("keys", True)))
            async for done, total in _packed(staging, target, self._about(left_out)):
                yield {"progress": {"stage": "packing", "done": done, "total": total}}
            count, size = await asyncio.to_thread(_counted, staging, target)
        except OSError as error:
            raise unusable(target.parent, error) from error
        finally:
            await asyncio.to_thread(shutil.rmtree, staging, True)
        yield {"result": {"path": str(target), "files": count, "bytes": size, "left_out": left_out}}

    def _about(self, left_out: list[str]) -> Line:
        return {"format": FORMAT, "time": self.clock.now().isoformat(), "left_out": left_out}

    async def _stage(self, staging: Path, *, keys: bool) -> list[str]:
        left_out = list(self.servers)
        _check_room(self.data)
        if "redis" not in self.servers:
            await self._stage_queue(staging / QUEUE)
        if "database" not in self.servers:
            await asyncio.to_thread(copy_sqlite, self.data / LEDGER, staging / LEDGER)
        async with self.frozen():
            await asyncio.to_thread(_copy_index, self.data / INDEX, staging / INDEX)
        await asyncio.to_thread(_copy_rest, self.data, staging, keys)
        if not keys:
            left_out.append(KEYS)
        return left_out

    async def _stage_queue(self, to: Path) -> None:
        folder = self.data / QUEUE
        if self.store is None:
            await asyncio.to_thread(_copy_tree, folder, to, ("lock", "*.pid", "*.sock"))
            return
        found = await self.store.call("CONFIG", "GET", REWRITE)
        await self.store.call("CONFIG", "SET", REWRITE, "0")
        try:
            await self._no_rewrite()
            await asyncio.to_thread(_copy_tree, folder, to, ("lock", "*.pid", "*.sock", "temp-*"))
        finally:
            await self.store.call("CONFIG", "SET", REWRITE, _value(found) or "100")

    async def _no_rewrite(self) -> None:
        """Wait until the log is not being rewritten; raises EngineDown."""
        until = self.clock.monotonic() + REWRITE_SECONDS
        while True:
            said = await self.store.call("INFO", "persistence") if self.store is not None else ""
            running = isinstance(said, Mapping) and int(said.get("aof_rewrite_in_progress", 0))
            if not running and "aof_rewrite_in_progress:1" not in _text(said):
                return
            if self.clock.monotonic() > until:
                raise EngineDown("Valkey", "its log is being rewritten for too long")
            await self.clock.sleep(0.1)


def backed(
    settings: Settings,
    clock: Clock,
    store: Store | None,
    frozen: Callable[[], AbstractAsyncContextManager[None]],
) -> Backed:
    """Return the backup of a house; ``store`` is the embedded Valkey's connection, None where none runs."""
    given = {
        "redis": settings.redis_url,
        "database": settings.database_url,
        "qdrant": settings.qdrant_url,
        "files": settings.s3_url,
        "documents": settings.knowledge_url,
    }
    servers = tuple(name for name, url in given.items() if url)
    return Backed(settings.data, clock, None if settings.redis_url else store, frozen, servers)


def _begun(data: Path, target: Path) -> Path:
    """Clear what a cut-off backup left, make the archive's folder, return a staging folder. Raises BadInput."""
    if target.exists():
        raise BadInput(f"{target} exists", filled(THERE, path=str(target)))
    for left in data.glob(STAGING + "*"):
        shutil.rmtree(left, True)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(target.parent, error) from error
    try:
        return Path(tempfile.mkdtemp(prefix=STAGING, dir=data))
    except OSError as error:
        raise unusable(data, error) from error


def _counted(staging: Path, target: Path) -> tuple[int, int]:
    return sum(1 for path in staging.rglob("*") if path.is_file()), target.stat().st_size


def _text(said: object) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def _value(found: object) -> str:
    """Return the value of a CONFIG GET, whichever form the client gives it."""
    if isinstance(found, Mapping):
        return _text(next(iter(found.values()), ""))
    return _text(found[1]) if isinstance(found, list | tuple) and len(found) > 1 else ""


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database that others write to; nothing where there is none."""
    if not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    reading = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)
    with closing(reading) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)
        there.execute("PRAGMA journal_mode=DELETE")


def _copy_index(source: Path, target: Path) -> None:
    """Copy the index while nothing writes to it: its manifest first, as SQLite does it."""
    for database in source.glob("*.sqlite3"):
        copy_sqlite(database, target / database.name)
    _copy_tree(source, target, ("*.sqlite3", "*.sqlite3-*"))


def _copy_tree(source: Path, target: Path, without: tuple[str, ...]) -> None:
    if source.exists():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*without))


def _copy_rest(data: Path, staging: Path, keys: bool) -> None:
    """Copy whatever else lies in the folder; stored files never change, so another name for them will do."""
    skipped = NEVER if keys else NEVER | {KEYS}
    for path in sorted(data.iterdir()):
        if path.name in skipped or path.name.startswith((STAGING, LEDGER)) or path.is_symlink():
            continue
        if path.is_dir():
            _copy_tree(path, staging / path.name, ("*.sock", "*.part", "*.pid"))
        elif path.is_file():
            shutil.copy2(path, staging / path.name)
    if (data / FILES).exists():
        shutil.copytree(data / FILES, staging / FILES, copy_function=_linked)


def _linked(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except FileNotFoundError:
        pass  # deleted meanwhile, as its owner wished
    except OSError:
        shutil.copy2(source, target)
    return target


def _check_room(data: Path) -> None:
    """Raises StorageFull where the copies would not fit."""
    needed = sum(p.stat().st_size for p in data.rglob("*") if p.is_file() and FILES not in p.parts)
    if shutil.disk_usage(data).free < needed * 1.1:
        raise StorageFull(str(data))


async def _packed(staging: Path, target: Path, about: Line) -> AsyncIterator[tuple[int, int]]:
    """Write the archive beside its place and put it there whole; yields bytes done and all."""
    steps = _pack(staging, target, about)
    while (step := await asyncio.to_thread(next, steps, None)) is not None:
        yield step


def _pack(staging: Path, target: Path, about: Line) -> Iterator[tuple[int, int]]:
    paths = sorted(path for path in staging.rglob("*") if path.is_file())
    total, done = sum(path.stat().st_size for path in paths), 0
    files: dict[str, object] = {}
    part = target.with_name(target.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with gzip.open(raw, "wb", compresslevel=3) as packed, tarfile.open(None, "w|", packed) as tar:
                for path in paths:
                    name = path.relative_to(staging).as_posix()
                    files[name] = _add(tar, path, name)
                    done += path.stat().st_size
                    yield done, total
                _write_manifest(tar, {**about, "files": files})
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _add(tar: tarfile.TarFile, path: Path, name: str) -> Line:
    info = tarfile.TarInfo(name)
    info.size, info.mode = path.stat().st_size, 0o600
    info.mtime = int(path.stat().st_mtime)
    with path.open("rb") as opened:
        hashed = _Hashing(opened)
        tar.addfile(info, hashed)
    return {"size": info.size, "sha256": hashed.digest.hexdigest()}


class _Hashing(io.RawIOBase):
    """A file that is hashed as it is read."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source, self.digest = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.digest.update(data)
        return data


def _write_manifest(tar: tarfile.TarFile, manifest: Mapping[str, object]) -> None:
    data = json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()
    info = tarfile.TarInfo(MANIFEST)
    info.size, info.mode = len(data), 0o600
    tar.addfile(info, io.BytesIO(data))


def filled(words: Words, **values: str) -> Words:
    """Return the sentence with its names filled in."""
    zh, en = words.zh, words.en
    for name, value in values.items():
        zh, en = zh.replace("{" + name + "}", value), en.replace("{" + name + "}", value)
    return Words(zh, en)


def default_name(now: datetime) -> str:
    """Return an archive's name, by the time."""
    return f"yinlu-{now:%Y%m%d-%H%M%S}.tar.gz"


class BackupDamaged(YinluError):
    """An archive that can't be restored."""
