"""Voice messages go soon after they were heard: noted on the disk, so that a restart forgets none."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot_core.errors import Broken
from bot_core.ports.media import Files

log = logging.getLogger(__name__)
AFTER = 600.0  # s: the same recording sent on a moment later, or an event handled again after a crash, still finds it
EVERY = 60.0  # s


@dataclass(frozen=True, slots=True)
class HeardRecordings:
    """Deletes files ``after`` seconds; ``folder`` holds one empty file per key that waits for it."""

    files: Files
    folder: Path
    after: float = AFTER

    async def heard(self, key: str) -> None:
        """Note that a recording was heard and is needed no longer."""
        await asyncio.to_thread(self._note, key)

    async def sweep(self) -> int:
        """Delete what was heard long enough ago; return how many there were. Raises EngineDown."""
        due = await asyncio.to_thread(self._due)
        for path in due:
            await self.files.delete(path.name)
            await asyncio.to_thread(path.unlink, missing_ok=True)
        return len(due)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[HeardRecordings]:
        """Sweep for as long as this is open."""
        task = asyncio.create_task(self._run(), name="heard-recordings")
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except (Broken, OSError) as error:
                log.warning("recordings that were heard are deleted later", extra={"error": str(error)})
            await asyncio.sleep(EVERY)

    def _note(self, key: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / key).touch()

    def _due(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        until = time.time() - self.after
        return [path for path in self.folder.iterdir() if path.stat().st_mtime <= until]
