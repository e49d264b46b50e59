"""What a transcription has so far, on the disk, so that a worker that comes after goes on where another stopped."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot_core.codec import plain, restore
from bot_core.recordings import Line

STALE = 7 * 24 * 3600.0  # s after which nobody comes back for it


@dataclass(slots=True)
class SoFar:
    """``seconds`` is the whole recording (0: not decoded yet), ``at`` where the next piece begins."""

    seconds: float = 0.0
    at: float = 0.0
    language: str = ""
    lines: list[Line] = field(default_factory=list)


class Kept:
    """One job's files in ``folder``: samples, and what was heard. Blocks."""

    def __init__(self, folder: Path, job: str) -> None:
        self._folder = folder
        self.samples, self._heard = folder / f"{job}.pcm", folder / f"{job}.json"

    def read(self) -> SoFar:
        """Return what is there; a fresh start where it is not whole."""
        try:
            found: dict[str, Any] = json.loads(self._heard.read_text(encoding="utf-8"))
            lines = [restore(Line, line) for line in found["lines"]]
            kept = SoFar(float(found["seconds"]), float(found["at"]), str(found["language"]), lines)
            return kept if self.samples.is_file() else SoFar()
        except (OSError, ValueError, KeyError, TypeError):
            return SoFar()

    def write(self, so_far: SoFar) -> None:
        """Keep it, whole or not at all."""
        found = {
            "seconds": so_far.seconds,
            "at": so_far.at,
            "language": so_far.language,
            "lines": plain(tuple(so_far.lines)),
        }
        new = self._heard.with_suffix(".new")
        new.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        new.replace(self._heard)

    def begin(self) -> None:
        """Make the folder, and remove what was left there long ago."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.iterdir():
            if path.stat().st_mtime < time.time() - STALE:
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Forget all of it."""
        self.samples.unlink(missing_ok=True)
        self._heard.unlink(missing_ok=True)
