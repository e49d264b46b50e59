"""Workers: which kinds of jobs this installation can make, and a process that makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot_app import rehearsal
from bot_app.settings import Settings
from bot_core import pictures
from bot_core.ports.work import BatchRule, Lane
from bot_media import FolderFiles
from bot_queue.connection import open_store
from bot_queue.jobs import RedisJobQueue
from bot_queue.worker import Maker, Worker, WorkerOptions


def makers(settings: Settings) -> dict[str, Maker]:
    """Return what makes the jobs of each kind."""
    from bot_handlers.imagine.options import STYLES
    from bot_media.images.collage import CollageMaker
    from bot_media.studio import Studio

    files = FolderFiles(settings.data / "files")
    studio = Studio(CollageMaker(files, dict(STYLES)), files)
    return {pictures.KIND: studio, rehearsal.KIND: rehearsal.rehearse}


async def run_worker(
    url: str, name: str, chosen: Mapping[str, Maker], lanes: Sequence[Lane], side_by_side: int
) -> None:
    """Work on the queue at ``url`` until SIGTERM or SIGINT, then drain. Raises EngineDown."""
    rules = {rehearsal.KIND: BatchRule(largest=1)}
    options = WorkerOptions(lanes=tuple(lanes), rules=rules, side_by_side=side_by_side)
    async with open_store(url) as store:
        worker = Worker(RedisJobQueue(store), chosen, name, options)
        worker.stop_on_signals()
        await worker.run()
