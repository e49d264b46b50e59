"""From a prompt or a press to the jobs it makes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot_core.actions import Action
from bot_core.events import Incoming
from bot_core.files import FileRef
from bot_core.identity import short_id
from bot_core.pictures import KIND, SEEDS, PictureAction, PictureJob, Step
from bot_core.ports.work import Job, Lane
from bot_core.prompt import Prompt
from bot_handlers.imagine.options import StudioOptions

PAN_GROWTH = 1.5
BIGGEST = 4096  # pixels a side
STEPS = 30  # what a cost counts where the maker has no steps of its own

ACTIONS = {
    Action.UPSCALE: PictureAction.UPSCALE,
    Action.VARY: PictureAction.VARY_STRONG,
    Action.VARY_SUBTLE: PictureAction.VARY_SUBTLE,
    Action.VARY_STRONG: PictureAction.VARY_STRONG,
    Action.REROLL: PictureAction.REROLL,
    Action.ENLARGE: PictureAction.ENLARGE,
    Action.ZOOM: PictureAction.ZOOM,
    Action.PAN: PictureAction.PAN,
    Action.REGION: PictureAction.REGION,
    Action.REMIX: PictureAction.REMIX,
}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, where, in answer to which event."""

    incoming: Incoming
    community: str
    lane: Lane
    time: datetime
    account: str = ""


def root(
    prompt: Prompt, inputs: tuple[FileRef, ...], asker: Asker, options: StudioOptions, seed: int
) -> PictureJob:
    """Return the job of a fresh prompt."""
    width, height = prompt.ratio.size(options.grid)
    step = Step(PictureAction.IMAGINE, str(prompt), prompt.seed if prompt.seed is not None else seed)
    return PictureJob((step,), width, height, asker.incoming.locale, asker.incoming.person.name, inputs)


def blend(inputs: tuple[FileRef, ...], asker: Asker, options: StudioOptions, seed: int) -> PictureJob:
    """Return the job that blends pictures."""
    step = Step(PictureAction.BLEND, "", seed)
    name = asker.incoming.person.name
    return PictureJob((step,), options.grid, options.grid, asker.incoming.locale, name, inputs)


def cutout(
    inputs: tuple[FileRef, ...], prompt: Prompt | None, asker: Asker, options: StudioOptions, seed: int
) -> PictureJob:
    """Return the job that cuts a subject out, or puts what the prompt says behind it."""
    width, height = prompt.ratio.size(options.grid) if prompt is not None else (options.grid, options.grid)
    if prompt is None:
        step = Step(PictureAction.CUTOUT, "", seed)
    else:
        step = Step(PictureAction.BACKDROP, str(prompt), prompt.seed if prompt.seed is not None else seed)
    return PictureJob((step,), width, height, asker.incoming.locale, asker.incoming.person.name, inputs)


def child(
    parent: PictureJob,
    files: tuple[FileRef, ...],
    job: str,
    action: Action,
    index: int,
    asker: Asker,
    options: StudioOptions,
    seed: int,
    *,
    prompt: Prompt | None = None,
    area: str = "",
    mask: FileRef | None = None,
) -> PictureJob:
    """Return the job of a press under ``job``'s pictures; ``files`` are these pictures, the grid left out."""
    made = ACTIONS[action]
    pick, amount = _meaning(action, index, parent)
    width, height = _size(parent, made, amount, options)
    step = Step(
        made, str(prompt) if prompt is not None else parent.last.prompt, seed, pick, amount, mask, area
    )
    if made is PictureAction.REROLL:
        fixed = parent.prompt.seed  # a seed that was asked for is kept
        again = replace(parent.last, seed=fixed if fixed is not None else seed)
        steps: tuple[Step, ...] = (*parent.steps[:-1], again)
        inputs = parent.inputs
    else:
        if made in (PictureAction.UPSCALE, PictureAction.ENLARGE):
            step = replace(step, seed=(parent.last.seed + pick) % SEEDS)
        steps = (*parent.steps, step)
        inputs = (files[pick],) if pick < len(files) else ()
    return PictureJob(
        steps, width, height, asker.incoming.locale, asker.incoming.person.name, inputs, parent=job
    )


def queued(picture: PictureJob, asker: Asker, options: StudioOptions, number: int) -> Job:
    """Return the queue's job for a picture job; ``number`` tells jobs of one event apart."""
    key = f"{asker.incoming.key}:{KIND}:{number}"
    pixels = picture.width * picture.height * picture.last.action.pictures
    prompt, limits = picture.prompt, options.limits(asker.incoming.roles)
    return Job(
        id=short_id(key),
        key=key,
        kind=KIND,
        profile=f"{options.profile}:{picture.width}x{picture.height}:{picture.last.action.value}",
        lane=Lane(prompt.lane) if prompt.lane and limits.fast else asker.lane,
        person=asker.incoming.person.id,
        community=asker.community,
        origin=asker.incoming.origin,
        cost=pixels / 1e6 * STEPS * prompt.quality,
        payload=picture.payload(),
        created=asker.time,
        event=f"{asker.incoming.key}:{number}",
        account=asker.account,
        most_waiting=limits.waiting,
        most_open=limits.open,
    )


def _meaning(action: Action, index: int, parent: PictureJob) -> tuple[int, float]:
    """Return which picture is meant, and the amount: buttons under a single picture always mean that one."""
    if action in (Action.UPSCALE, Action.VARY):
        return min(index, parent.last.action.pictures - 1), 0.0
    if action in (Action.REMIX, Action.VARY_STRONG):
        return min(index, parent.last.action.pictures - 1), 0.0
    if action is Action.ENLARGE:
        return 0, float(index)
    if action is Action.ZOOM:
        return 0, index / 10
    if action is Action.PAN:
        return 0, float(index)
    return 0, 0.0


def _size(parent: PictureJob, made: PictureAction, amount: float, options: StudioOptions) -> tuple[int, int]:
    width, height = parent.width, parent.height
    if made is PictureAction.UPSCALE:
        factor = options.full / options.grid
        return _even(width * factor), _even(height * factor)
    if made is PictureAction.ENLARGE:
        factor = min(amount, BIGGEST / max(width, height))
        return _even(width * factor), _even(height * factor)
    if made is PictureAction.REROLL:
        return width, height
    shrink = options.grid / max(options.grid, (width * height) ** 0.5)  # from one full picture back to a grid
    if made is PictureAction.PAN:
        wide = amount < 2
        return _even(width * shrink * (PAN_GROWTH if wide else 1)), _even(
            height * shrink * (1 if wide else PAN_GROWTH)
        )
    return _even(width * shrink), _even(height * shrink)


def _even(side: float) -> int:
    return max(64, min(BIGGEST, round(side / 8) * 8))
