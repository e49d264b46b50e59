"""Watched folders: what changes in them is in the index a moment later, for as long as the house runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot_core.errors import Broken, MissingExtra
from bot_core.identity import Words
from bot_core.ports.knowledge import IngestResult

if TYPE_CHECKING:
    from bot_knowledge.library import DocumentLibrary

log = logging.getLogger(__name__)

QUIET_MS = 400  # a change is read when nothing else changed for so long
LONGEST_MS = 1_600  # and after so long at the latest
LOOK_MS = 2_000  # how often a folder is looked for that is not there (any more)
AGAIN = 5.0  # seconds until a folder is tried again after something failed
EVERYTHING = 3_600.0  # seconds between two readings of the whole folder: events can be lost


@dataclass(frozen=True, slots=True)
class Watched:
    """A folder and the community that its documents belong to; relative ones lie below ``base``."""

    folder: Path
    community: str
    base: Path | None = None

    @property
    def place(self) -> Path:
        """Return where the folder is."""
        return self.folder if self.base is None else self.base / self.folder


async def watch(library: DocumentLibrary, folders: Sequence[Watched]) -> None:
    """Keep the index in step with folders until cancelled. Raises MissingExtra."""
    if not folders:
        return
    try:
        import watchfiles  # noqa: F401 - told before anything is watched
    except ImportError:
        raise MissingExtra("watch", Words("监视文件夹", "Watching folders")) from None
    async with asyncio.TaskGroup() as group:
        for watched in folders:
            group.create_task(_keep(library, watched), name=f"watch-{watched.folder.name}")


async def _keep(library: DocumentLibrary, watched: Watched) -> None:
    told = False
    while True:
        if watched.place.is_dir():
            told = False
            try:
                await _follow(library, watched)
            except (Broken, OSError) as error:
                log.warning("knowledge.watch_failed", extra={"error": type(error).__name__})
                await asyncio.sleep(AGAIN)
        elif not told:
            told = True
            log.warning("knowledge.watch_missing", extra={"folder": watched.folder.name})
        await asyncio.sleep(LOOK_MS / 1000)


async def _follow(library: DocumentLibrary, watched: Watched) -> None:
    """Read the folder, then what changes in it, until it is gone or it is time to read all of it again."""
    from watchfiles import awatch

    changes = awatch(
        watched.place,
        watch_filter=None,
        debounce=LONGEST_MS,
        step=QUIET_MS,
        rust_timeout=LOOK_MS,
        yield_on_timeout=True,
    )
    over = asyncio.get_running_loop().time() + EVERYTHING
    pending = asyncio.ensure_future(anext(changes))
    try:
        await asyncio.sleep(0)  # it watches from here on: nothing is missed while everything is read
        await _read(library, watched, None)
        while watched.place.is_dir() and asyncio.get_running_loop().time() < over:
            changed = sorted({Path(path) for _, path in await pending})
            pending = asyncio.ensure_future(anext(changes))
            if changed:
                await _read(library, watched, changed)
    finally:
        pending.cancel()
        await asyncio.gather(pending, return_exceptions=True)
        await changes.aclose()


async def _read(library: DocumentLibrary, watched: Watched, changed: Sequence[Path] | None) -> None:
    folder, base, community = watched.folder, watched.base, watched.community
    steps = (
        library.ingest(community, [folder], base=base, finish=False)
        if changed is None
        else library.refresh(community, folder, changed, base)
    )
    async for step in steps:
        if isinstance(step, IngestResult) and (step.added or step.updated or step.removed):
            counts = {"added": step.added, "updated": step.updated, "removed": step.removed}
            log.info("knowledge.watched", extra={"community": community, **counts})
