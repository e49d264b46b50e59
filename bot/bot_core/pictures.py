"""What a picture job is: written by the handler, read by the maker, the same in queue, ledger and buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from bot_core.codec import plain, restore
from bot_core.files import FileRef
from bot_core.identity import Locale
from bot_core.ports.media import ImageRequest
from bot_core.prompt import Prompt, Rules, read

KIND = "picture"
GRID = 4  # pictures of one job, but for those that make one
SEEDS = 2**32
SIDES = ("left", "right", "up", "down")


class PictureAction(StrEnum):
    """What a picture job does."""

    IMAGINE = "imagine"
    REROLL = "reroll"
    VARY_SUBTLE = "vary_subtle"
    VARY_STRONG = "vary_strong"
    UPSCALE = "upscale"  # one of the grid, at full size
    ENLARGE = "enlarge"  # amount: 2 or 4 times
    ZOOM = "zoom"  # amount: how many times wider the view gets
    PAN = "pan"  # amount: which of SIDES the view is continued to
    REGION = "region"  # what the mask covers is made anew
    REMIX = "remix"  # another prompt, the same picture to begin with
    BLEND = "blend"
    CUTOUT = "cutout"  # the subject alone, on a transparent ground
    BACKDROP = "backdrop"  # the subject before what the words say

    @property
    def pictures(self) -> int:
        """Return how many pictures it makes."""
        return 1 if self in ONE else GRID


ONE = (PictureAction.UPSCALE, PictureAction.ENLARGE, PictureAction.CUTOUT, PictureAction.BACKDROP)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a picture's story; ``pick`` is the parent's picture (0..3) that it goes on from, -1 at the root.

    ``prompt`` is the plainest spelling; picture n of a step has the seed ``(seed + n) % 2**32``.
    """

    action: PictureAction
    prompt: str
    seed: int
    pick: int = -1
    amount: float = 0.0
    mask: FileRef | None = None  # white where the picture is made anew
    area: str = ""  # the same as a rectangle, in fractions of the side: ``left,top,right,bottom``


@dataclass(frozen=True, slots=True)
class PictureJob:
    """A picture job's payload. ``steps`` is the whole story, root first: makers that draw from words replay it.

    ``inputs`` are the pictures it starts from (the picked picture of the parent first, then picture prompts);
    ``width`` and ``height`` are one picture's, in pixels.
    """

    steps: tuple[Step, ...]
    width: int
    height: int
    locale: Locale
    member: str
    inputs: tuple[FileRef, ...] = ()
    parent: str = ""

    @property
    def last(self) -> Step:
        """Return what this job does."""
        return self.steps[-1]

    @property
    def prompt(self) -> Prompt:
        """Return the prompt, understood."""
        return prompt_of(self.last)

    def requests(self) -> list[ImageRequest]:
        """Return one request per picture, in the grid's order."""
        prompt, step = self.prompt, self.last
        negative = ", ".join((*(part.text for part in prompt.parts if part.weight < 0), *prompt.no))
        return [
            ImageRequest(
                prompt=prompt.words,
                width=self.width,
                height=self.height,
                seed=(step.seed + n) % SEEDS,
                operation=step.action.value,
                inputs=self.inputs,
                negative=negative,
                options={"steps": plain(self.steps), "picture": n},
            )
            for n in range(step.action.pictures)
        ]

    def payload(self) -> Mapping[str, object]:
        """Return it as small JSON."""
        return cast(Mapping[str, object], plain(self))


def picture_job(payload: Mapping[str, object]) -> PictureJob:
    """Read what ``payload`` wrote. Raises ValueError."""
    return restore(PictureJob, payload)


def steps_of(request: ImageRequest) -> tuple[Step, ...]:
    """Return the story of a request, root first; empty where it was not made from a job."""
    steps: Any = request.options.get("steps", [])
    return tuple(restore(Step, step) for step in steps)


def prompt_of(step: Step) -> Prompt:
    """Return a step's prompt, understood; what was accepted once is not refused later, whatever the limits are."""
    style = step.prompt.rpartition("--style ")[2].split(" ")[0] if "--style " in step.prompt else ""
    styles = {style: ""} if style else {}
    rules = Rules(100_000, jobs=1000, parts=1000, pictures=1000, styles=styles, wordless=True)
    return read(step.prompt, rules)[0] if step.prompt else Prompt()
