"""``yinlu restore``: a data folder from an archive of ``yinlu backup``; whole and checked, or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from bot_app.backup import FORMAT, MANIFEST, BackupDamaged, filled
from bot_app.folders import unusable
from bot_core.errors import NotFound, StartRefused
from bot_core.identity import Words

DAMAGED = Words(
    "备份 {path} 不完整或被改动过（{why}），没有恢复任何东西。",
    "The backup {path} is cut off or was changed ({why}); nothing was restored.",
)
NEWER = Words(
    "备份 {path} 来自更新的版本，请先升级引路。",
    "The backup {path} is of a newer version; upgrade Yinlu first.",
)
NOT_EMPTY = Words(
    "{path} 不是空的。请恢复到一个新的目录：yinlu restore 备份 --data 新目录",
    "{path} is not empty. Restore into a new folder: yinlu restore BACKUP --data NEW_FOLDER",
)
NO_FILE = Words("没有这个文件：{path}", "There is no file {path}")
LARGEST_MANIFEST = 256 * 1024**2
CHUNK = 1024**2
Step = Callable[[dict[str, Any]], None]


def restore(archive: Path, data: Path, step: Step) -> dict[str, Any]:
    """Restore into ``data``, which must be empty or missing; ``step`` is told {stage, done, total} in bytes.

    Returns the archive's manifest. Raises NotFound, StartRefused, BackupDamaged, StorageFull.
    """
    if not archive.is_file():
        raise NotFound(str(archive), filled(NO_FILE, path=str(archive)))
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise StartRefused(f"{data} is not empty", filled(NOT_EMPTY, path=str(data)))
    beside: Path | None = None
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{data.name}.restoring-", dir=data.parent))
        manifest = _unpacked(archive, beside, step)
        if data.exists():
            data.rmdir()
        beside.chmod(0o700)
        beside.replace(data)
    except OSError as error:
        raise unusable(data, error) from error
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
    return manifest


def _unpacked(archive: Path, folder: Path, step: Step) -> dict[str, Any]:
    """Unpack, and compare every file with what the manifest says of it."""
    try:
        found, manifest = _extract(archive, folder, step)
        version = int(manifest["format"])
        named: Mapping[str, Any] = {name: (f["size"], f["sha256"]) for name, f in manifest["files"].items()}
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise _damaged(archive, type(error).__name__) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(archive, "manifest") from error
    if version > FORMAT:
        raise BackupDamaged(f"{archive}: format {version}", filled(NEWER, path=str(archive)))
    if found != named:
        differing = sorted(set(found.items()) ^ set(named.items()))[0][0]
        raise _damaged(archive, differing)
    return manifest


def _extract(archive: Path, folder: Path, step: Step) -> tuple[dict[str, tuple[int, str]], dict[str, Any]]:
    found: dict[str, tuple[int, str]] = {}
    manifest: dict[str, Any] = {}
    total = archive.stat().st_size
    with archive.open("rb") as raw, gzip.open(raw, "rb") as packed, tarfile.open(None, "r|", packed) as tar:
        for member in tar:
            source = tar.extractfile(member)
            if source is None or not member.isreg():
                raise tarfile.TarError("not a plain file")
            if member.name == MANIFEST:
                if member.size > LARGEST_MANIFEST:
                    raise tarfile.TarError("manifest")
                manifest = json.loads(source.read())
                continue
            found[member.name] = _written(source, _place(folder, member.name), member.mtime)
            step({"stage": "unpacking", "done": raw.tell(), "total": total})
    return found, manifest


def _place(folder: Path, name: str) -> Path:
    """Return where a member goes; raises TarError for a name that leads out of the folder."""
    parts = name.split("/")
    if name.startswith("/") or any(part in ("", ".", "..") for part in parts) or "\\" in name:
        raise tarfile.TarError("a name that leads elsewhere")
    return folder.joinpath(*parts)


def _written(source: IO[bytes], target: Path, mtime: float) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    os.utime(target, (mtime, mtime))
    return size, digest.hexdigest()


def _damaged(archive: Path, why: str) -> BackupDamaged:
    return BackupDamaged(f"{archive}: {why}", filled(DAMAGED, path=str(archive), why=why))
