"""What it means when a folder of ours can't be used."""

from __future__ import annotations

import errno
from pathlib import Path

from bot_core.errors import StartRefused, StorageFull
from bot_core.identity import Words


def unusable(folder: Path, error: OSError) -> StartRefused | StorageFull:
    """Return the error to raise where the data folder, or a part of it, can't be made or written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(str(folder))
    reason = error.strerror or str(error)
    return StartRefused(
        f"{folder}: {error}",
        Words(f"不能使用数据目录 {folder}:{reason}", f"Can't use the data folder {folder}: {reason}"),
    )
