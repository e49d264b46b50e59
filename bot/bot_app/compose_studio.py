"""The studio put together: its handlers, the messages that follow jobs, and what workers make."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot_app.settings import Settings
from bot_app.stored_files import files_of
from bot_app.studio_rules import limits_by_role
from bot_app.workers import maker_profile
from bot_core.conversation import Context
from bot_core.dispatch import Handler
from bot_core.ports.ledger import Ledger
from bot_core.ports.safety import Clock
from bot_core.ports.work import Budget, JobQueue, Notes, Outgoing
from bot_handlers.imagine.catalogue import CommunityCatalogues
from bot_handlers.imagine.following import JobFollower, PicturesOut
from bot_handlers.imagine.gallery import GalleryHandler
from bot_handlers.imagine.handler import ImagineHandler
from bot_handlers.imagine.options import StudioOptions
from bot_handlers.imagine.settings import StudioSettings
from bot_handlers.imagine.submitting import Submitter
from bot_handlers.imagine.wording import PromptHelp
from bot_media.images.collage.used import CollagePromptReader
from bot_media.images.describe import PlainPictureReader
from bot_queue.board import Ended
from bot_queue.finisher import result_key
from bot_safety import Guarded, RuleModerator
from bot_safety.prompts import PicturePrompts

Render = Callable[[Ended], Awaitable[Outgoing | None]]


@dataclass(frozen=True, slots=True)
class StudioParts:
    """What the house takes of the studio."""

    handlers: tuple[Handler, ...]
    imagine: ImagineHandler
    follower: JobFollower
    render: Render


def studio_options(settings: Settings) -> StudioOptions:
    """Return what the studio allows."""
    profile = maker_profile(settings)
    members, helpers, admins = limits_by_role(settings)
    return StudioOptions(
        profile=profile.kind,
        maker=profile.shown,
        jobs=settings.jobs_per_prompt,
        admin_jobs=max(settings.jobs_per_prompt, 40),
        ask_from=settings.studio_ask_from,
        members=members,
        helpers=helpers,
        admins=admins,
    )


def open_studio(
    settings: Settings,
    queue: JobQueue,
    ledger: Ledger,
    notes: Notes,
    budget: Budget,
    clock: Clock,
    context: Context,
    holder: str,
) -> StudioParts:
    """Put the studio together; ``holder`` names this process."""
    options = studio_options(settings)
    judge = Guarded(PicturePrompts(RuleModerator(ledger.setting)), closed=settings.moderation_closed)
    submit = Submitter(queue, ledger, budget, clock, options, judge)
    catalogues = CommunityCatalogues(settings.data / "communities")
    imagine = ImagineHandler(queue, ledger, notes, submit, options, catalogues)
    files = files_of(settings)
    used = CollagePromptReader() if options.profile == "collage" else None
    prompts = PromptHelp(ledger, notes, files, options, PlainPictureReader(), used, catalogues)
    own = StudioSettings(queue, ledger, budget, options)
    out = PicturesOut(context, clock, options.maker)

    follower = JobFollower(queue, context, notes, holder=holder)

    async def render(ended: Ended) -> Outgoing | None:
        follower.ended(ended.view)
        return out.render(ended.view, *result_key(ended))

    gallery = GalleryHandler(ledger, files, settings.gallery_shared)
    return StudioParts((imagine, own, prompts, gallery), imagine, follower, render)
