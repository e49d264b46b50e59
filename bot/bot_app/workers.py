"""Workers: which kinds of jobs this installation can make, and a process that makes them."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bot_app import rehearsal
from bot_app.compose_recordings import opened_transcription
from bot_app.settings import Settings
from bot_app.stored_files import files_of
from bot_app.studio_rules import Saying, maker_options
from bot_core import pictures, recordings
from bot_core.errors import BadInput, MissingExtra, SettingWrong
from bot_core.identity import Words
from bot_core.ports.media import Files, ImageModel
from bot_core.ports.safety import Moderator
from bot_core.ports.work import BatchRule, Lane
from bot_handlers.imagine.options import STYLES
from bot_media.checks import NudityNet, PictureCheck
from bot_media.images.choose import MakerProfile, open_maker
from bot_media.images.cutting import Cutting
from bot_media.labels.provenance import Provenance
from bot_media.studio import Labelling, Studio
from bot_queue.connection import open_store
from bot_queue.jobs import RedisJobQueue
from bot_queue.worker import Maker, Worker, WorkerOptions
from bot_safety import Guarded, RuleModerator
from bot_safety.prompts import PicturePrompts

log = logging.getLogger(__name__)

KINDS = (pictures.KIND, recordings.KIND, rehearsal.KIND)
HOURS = 6 * 3600.0  # s that one recording may take


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
        options=maker_options(settings),
        styles=dict(STYLES),
    )


@asynccontextmanager
async def opened_makers(settings: Settings) -> AsyncIterator[dict[str, Maker]]:
    """Give what makes the jobs of each kind. Raises SettingWrong, StartRefused, MissingExtra."""
    files = files_of(settings)
    async with chosen_maker(settings, files) as maker, opened_transcription(settings, files) as writes:
        judge = await asyncio.to_thread(picture_judge, settings)
        labelling = Labelling(provenance=await asyncio.to_thread(provenance, settings))
        profile = maker_profile(settings)
        shown = Words(maker.name, maker.name) if profile.kind == "extension" else profile.shown
        studio = Saying(Studio(Cutting(maker, files), files, labelling, judge), maker, shown)
        yield {pictures.KIND: studio, recordings.KIND: writes, rehearsal.KIND: rehearsal.rehearse}


def chosen_maker(settings: Settings, files: Files) -> AbstractAsyncContextManager[ImageModel]:
    """Return the way to what draws here: an extension's maker, or the one that the profile names. Raises SettingWrong."""
    if settings.picture_maker != "extension":
        return open_maker(maker_profile(settings), files)
    from bot_app.extensions import loaded, maker_of

    found = maker_of(loaded(settings.extensions))
    if found is None:
        raise SettingWrong("extensions", "a module with a maker, since picture_maker is extension")
    return found(files)


def provenance(settings: Settings) -> Provenance | None:
    """Return what signs pictures, where the settings name a certificate. Raises SettingWrong, MissingExtra."""
    if not settings.c2pa_certificate:
        return None
    key = settings.c2pa_key.get_secret_value() if settings.c2pa_key else ""
    try:
        chain = Path(settings.c2pa_certificate).read_bytes()
        return Provenance(chain, key.encode(), version=_version())
    except OSError as error:
        raise SettingWrong("c2pa_certificate", "a file that can be read", str(error)) from None
    except BadInput as error:
        raise SettingWrong(
            "c2pa_certificate", f"a chain that signs with c2pa_key: {error.words.en}"
        ) from None


def _version() -> str:
    try:
        return version("yinlu")
    except PackageNotFoundError:  # run from a checkout
        return ""


def picture_judge(settings: Settings) -> Moderator:
    """Return who judges prompts and, with the extra ``checks``, looks at pictures; reads its weights from the disk."""
    rules = PicturePrompts(RuleModerator())
    try:
        judge: Moderator = PictureCheck(rules, NudityNet())
    except MissingExtra:
        log.info("pictures are not looked at: the extra `checks` is not installed")
        judge = rules
    return Guarded(judge, closed=settings.moderation_closed)


async def run_worker(
    url: str,
    name: str,
    chosen: Mapping[str, Maker],
    lanes: Sequence[Lane],
    side_by_side: int,
    drain: float,
    rules: Mapping[str, BatchRule],
) -> None:
    """Work on the queue at ``url`` until SIGTERM or SIGINT, then drain for ``drain`` seconds. Raises EngineDown.

    ``rules`` say by profile how jobs are batched. Recordings have a worker of their own: pictures don't wait for hours.
    """
    options = WorkerOptions(lanes=tuple(lanes), rules=rules, side_by_side=side_by_side, drain=drain)
    long = {kind: maker for kind, maker in chosen.items() if kind == recordings.KIND}
    short = {kind: maker for kind, maker in chosen.items() if kind not in long}
    async with open_store(url) as store:
        queue = RedisJobQueue(store)
        slow = replace(options, side_by_side=1, longest=HOURS)
        workers = [Worker(queue, short, name, options)] if short else []
        workers += [Worker(queue, long, f"{name}:r", slow)] if long else []
        _stop_on_signals(workers)
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(worker.run())


def _stop_on_signals(workers: Sequence[Worker]) -> None:
    """Drain on SIGTERM and SIGINT."""

    def stop() -> None:
        for worker in workers:
            worker.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
