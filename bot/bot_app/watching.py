"""The setting ``watch``: folders that are kept in step while the house runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot_app.knowledge_remote import AnyKnowledge
from bot_app.operations import DEFAULT
from bot_core.errors import YinluError
from bot_core.ports.ledger import Community, Ledger
from bot_core.ports.safety import Clock
from bot_knowledge.watch import Watched

log = logging.getLogger(__name__)


def read_watches(watches: Sequence[str], base: Path) -> list[Watched]:
    """Return what ``FOLDER`` and ``FOLDER=COMMUNITY`` mean; relative folders lie below ``base``."""
    found = []
    for watch in watches:
        folder, _, community = watch.partition("=")
        found.append(Watched(Path(folder.strip()).expanduser(), community or DEFAULT, base))
    return found


@asynccontextmanager
async def watching(
    watches: Sequence[str], knowledge: AnyKnowledge, ledger: Ledger, clock: Clock
) -> AsyncIterator[None]:
    """Keep folders in step while inside."""
    folders = read_watches(watches, Path.cwd())
    known = {community.id for community in await ledger.communities()}
    for name in sorted({watched.community for watched in folders} - known):
        await ledger.add_community(Community(name, name, name, clock.now()))

    async def work() -> None:
        try:
            await knowledge.watch(folders)
        except YinluError as error:
            log.error("folders are not watched", extra={"error": str(error)})

    task = asyncio.create_task(work(), name="watch-folders")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
