"""A short, private place for sockets: the path of a Unix socket must stay under 108 bytes, a data folder's need not."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from bot_core.errors import StartRefused
from bot_core.identity import Words

LONGEST_SOCKET = 100  # bytes
LONGEST_FOLDER = 60  # bytes, leaves room for our own names below it


def runtime_folder(data: Path) -> Path:
    """Return the folder for the sockets of this data folder, made 0700 and ours; raises StartRefused.

    Below XDG_RUNTIME_DIR where there is one, else ``/tmp/yinlu-<uid>-...``: the name depends on the data folder.
    """
    mark = hashlib.blake2b(os.fsencode(data.resolve()), digest_size=6).hexdigest()
    folder = _base() / f"yinlu-{os.getuid()}-{mark}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise _refused(folder, error.strerror or "") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise _refused(folder, "it is not a private folder of this user")
    return folder


def remove_runtime_folder(folder: Path) -> None:
    """Remove the folder if nothing is left in it."""
    try:
        folder.rmdir()
    except OSError:
        return


def too_long(path: Path) -> bool:
    """Tell whether a path does not fit a Unix socket's address."""
    return len(os.fsencode(path)) > LONGEST_SOCKET


def _base() -> Path:
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(given)
    if given and base.is_absolute() and len(os.fsencode(base)) <= LONGEST_FOLDER and os.access(base, os.W_OK):
        return base
    return Path("/tmp")  # noqa: S108 - the folder below it is made 0700 and checked to be ours


def _refused(folder: Path, reason: str) -> StartRefused:
    return StartRefused(
        f"{folder}: {reason}",
        Words(
            f"不能使用套接字目录 {folder}:{reason}", f"Can't use the folder for sockets {folder}: {reason}"
        ),
    )
