"""Workers: which kinds of jobs this installation can make, and a process that makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from bot_app import rehearsal
from bot_app.settings import Settings
from bot_core import pictures
from bot_core.ports.work import BatchRule, Lane
from bot_handlers.imagine.options import STYLES
from bot_media import FolderFiles
from bot_media.images.choose import MakerProfile, open_maker
from bot_media.studio import Studio
from bot_queue.connection import open_store
from bot_queue.jobs import RedisJobQueue
from bot_queue.worker import Maker, Worker, WorkerOptions

KINDS = (pictures.KIND, rehearsal.KIND)


def maker_profile(settings: Settings) -> MakerProfile:
    """Return what draws here."""
    chosen, model = settings.picture_maker, settings.models.image
    kind = ("openai" if model is not None else "collage") if chosen == "auto" else chosen
    return MakerProfile(
        kind=kind,
        url=str(model.url) if model else "",
        key=model.key.get_secret_value() if model and model.key else "",
        model=model.model if model else "",
        folder=settings.picture_folder,
        styles=dict(STYLES),
    )


@asynccontextmanager
async def opened_makers(settings: Settings) -> AsyncIterator[dict[str, Maker]]:
    """Give what makes the jobs of each kind. Raises SettingWrong, StartRefused, MissingExtra."""
    files = FolderFiles(settings.data / "files")
    async with open_maker(maker_profile(settings), files) as maker:
        yield {pictures.KIND: Studio(maker, files), rehearsal.KIND: rehearsal.rehearse}


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
