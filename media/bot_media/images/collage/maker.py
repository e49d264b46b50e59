"""The collage maker: the ImageModel port over scenes. A picture follows from its story (words and seeds) alone."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from random import Random

import numpy as np
from PIL import Image

from bot_core.errors import MissingExtra
from bot_core.identity import Words
from bot_core.pictures import SEEDS, PictureAction, Step, prompt_of, steps_of
from bot_core.ports.media import Files, ImageRequest
from bot_core.ports.work import Progress
from bot_core.prompt import Prompt
from bot_media.images.collage.backdrop import View
from bot_media.images.collage.colour import text_of
from bot_media.images.collage.finish import finished
from bot_media.images.collage.icons import IconPack
from bot_media.images.collage.reading import Reader, Wish
from bot_media.images.collage.scene import Nudge, Painter, Region, Scene
from bot_media.images.grid import opened, png
from bot_media.labels import clean

log = logging.getLogger(__name__)

Tell = Callable[[int, Progress], Awaitable[bool]]
NEEDS = Words("内置拼贴绘图", "The built-in collage maker")
FINISHED_AT = 2048  # pixels a side: beyond it a style is made smaller and grown, so that it takes seconds
DRAWN_AT = 4096
PAN_BY = 0.5


class CollageMaker:
    """Draws from words, without a model. ``files`` holds the pictures that members send along."""

    def __init__(self, files: Files, styles: dict[str, str] | None = None) -> None:
        self._files, self._styles = files, styles or {}
        self._pack = IconPack()
        self._reader, self._painter = Reader(self._pack), Painter(self._pack)

    @property
    def name(self) -> str:
        """Return what the screen calls it."""
        return "collage"

    async def make(self, requests: Sequence[ImageRequest], tell: Tell) -> list[bytes]:
        """Return one PNG per request; one that is stopped comes empty. Raises BadInput, MissingExtra."""
        made = []
        for index, request in enumerate(requests):
            if not await tell(index, Progress("drawing", 0.1)):
                made.append(b"")
                continue
            inputs = [await self._files.read(ref.key) for ref in request.inputs]
            made.append(await asyncio.to_thread(self._draw, request, inputs))
            await tell(index, Progress("drawing", 1.0))
        return made

    def _draw(self, request: ImageRequest, inputs: Sequence[bytes]) -> bytes:
        steps = steps_of(request) or (Step(PictureAction.IMAGINE, request.prompt, request.seed),)
        picture = int(str(request.options.get("picture", 0)))
        if steps[0].action is PictureAction.BLEND and len(steps) == 1:
            return png(
                blended([opened(clean(data)) for data in inputs], request.width, request.height, request.seed)
            )
        tints = (
            tuple(colour for data in inputs for colour in main_colours(opened(clean(data))))
            if len(steps) == 1
            else ()
        )
        scene = self.scene(steps, picture, request.width / request.height, tints)
        drawn = self._pixels(scene, request.width, request.height)
        style = scene.wish.style
        if not style:
            return png(drawn)
        return png(_styled(drawn, style, scene.air))

    def scene(self, steps: Sequence[Step], picture: int, ratio: float, tints: tuple[str, ...] = ()) -> Scene:
        """Return the scene that a story leads to; ``picture`` is which of the last step's pictures."""
        scene: Scene | None = None
        for number, step in enumerate(steps):
            last = number == len(steps) - 1
            which = picture if last else max(0, steps[number + 1].pick)
            scene = self._after(scene, step, which, ratio if number == 0 or last else None, tints)
        assert scene is not None
        return scene

    def _after(
        self, scene: Scene | None, step: Step, which: int, ratio: float | None, tints: tuple[str, ...]
    ) -> Scene:
        """Return the scene after one more step."""
        seed = (step.seed + which) % SEEDS
        prompt = prompt_of(step)
        if scene is None:
            wide = float(prompt.ratio.width / prompt.ratio.height)
            wish = self._wish(prompt)
            return Scene(wish, seed, seed, wide, View(-wide / 2, 0.0, wide / 2, 1.0), tints=tints)
        match step.action:
            case PictureAction.VARY_SUBTLE:
                return replace(scene, nudges=(*scene.nudges, Nudge(seed)))
            case PictureAction.VARY_STRONG:
                return replace(scene, mood=seed, nudges=(), regions=())
            case PictureAction.REMIX:
                return replace(scene, wish=self._wish(prompt), nudges=(*scene.nudges, Nudge(seed, 0.02)))
            case PictureAction.ZOOM:
                return replace(
                    scene, view=_wider(scene.view, step.amount), nudges=_four(scene.nudges, seed, which)
                )
            case PictureAction.PAN:
                return replace(
                    scene, view=_panned(scene.view, int(step.amount)), nudges=_four(scene.nudges, seed, which)
                )
            case PictureAction.REGION:
                region = Region(_area(scene.view, step.area), seed, self._wish(prompt))
                return replace(scene, regions=(*scene.regions, region))
            case _:  # upscaling and enlarging draw the same scene with more pixels
                return scene

    def _wish(self, prompt: Prompt) -> Wish:
        words = ", ".join(part.text for part in prompt.parts if part.weight > 0)
        named = self._styles.get(prompt.style, prompt.style)
        no = ", ".join((*prompt.no, *(part.text for part in prompt.parts if part.weight < 0)))
        wish = self._reader.read(f"{words}, {named}" if named else words, no)
        heavy = {part.text: part.weight for part in prompt.parts if part.weight > 1.5}
        if not heavy:
            return wish
        favoured = {subject.icon.name for text in heavy for subject in self._reader.read(text).subjects}
        larger = tuple(
            replace(subject, size=subject.size * 1.3) if subject.icon.name in favoured else subject
            for subject in wish.subjects
        )
        return replace(wish, subjects=larger)

    def _pixels(self, scene: Scene, width: int, height: int) -> Image.Image:
        try:
            import resvg_py
        except ImportError as error:
            raise MissingExtra("pictures", NEEDS) from error
        svg = self._painter.svg(scene, width, height)
        data = resvg_py.svg_to_bytes(svg_string=svg, width=width, height=height, skip_system_fonts=True)
        return Image.open(io.BytesIO(data)).convert("RGB")


def _styled(picture: Image.Image, style: str, seed: int) -> Image.Image:
    if max(picture.size) <= FINISHED_AT:
        return finished(picture, style, seed)
    share = FINISHED_AT / max(picture.size)
    small = picture.resize(
        (round(picture.width * share), round(picture.height * share)), Image.Resampling.LANCZOS
    )
    return finished(small, style, seed).resize(picture.size, Image.Resampling.LANCZOS)


def _four(nudges: tuple[Nudge, ...], seed: int, which: int) -> tuple[Nudge, ...]:
    """Let the four pictures of a zoom or pan differ a little, the first one not at all."""
    return nudges if which == 0 else (*nudges, Nudge(seed, 0.012))


def _wider(view: View, factor: float) -> View:
    middle, centre = (view.left + view.right) / 2, (view.top + view.bottom) / 2
    across, down = view.width * factor / 2, view.height * factor / 2
    return View(middle - across, centre - down, middle + across, centre + down)


def _panned(view: View, side: int) -> View:
    across, down = view.width * PAN_BY, view.height * PAN_BY
    return View(
        view.left - (across if side == 0 else 0),
        view.top - (down if side == 2 else 0),
        view.right + (across if side == 1 else 0),
        view.bottom + (down if side == 3 else 0),
    )


def _area(view: View, text: str) -> View:
    left, top, right, bottom = (float(side) for side in (text or "0.25,0.25,0.75,0.75").split(","))
    return View(
        view.left + view.width * left,
        view.top + view.height * top,
        view.left + view.width * right,
        view.top + view.height * bottom,
    )


def main_colours(picture: Image.Image, most: int = 2) -> list[str]:
    """Return the colours that a picture shows most of, lively ones first."""
    small = picture.convert("RGB").resize((48, 48)).quantize(8).convert("RGB")
    pixels = np.asarray(small, np.float32).reshape(-1, 3) / 255
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    lively = counts * (0.3 + np.ptp(colours, axis=1))
    best = colours[np.argsort(-lively)][:most]
    return [text_of((float(red), float(green), float(blue))) for red, green, blue in best]


def blended(pictures: Sequence[Image.Image], width: int, height: int, seed: int) -> Image.Image:
    """Return pictures flowing into one another across soft, seeded borders."""
    random = Random(seed)  # noqa: S311 - pictures, not secrets
    parts = [_covering(picture.convert("RGB"), width, height) for picture in pictures]
    order = list(range(len(parts)))
    random.shuffle(order)
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    turn = random.uniform(-0.9, 0.9)
    line = columns * np.cos(turn) + rows * np.sin(turn)
    line = line + 0.16 * np.sin(rows * random.uniform(2, 5) + random.random() * 6)
    total, weights = np.zeros((height, width, 3)), np.zeros((height, width, 1))
    for place, which in enumerate(order):
        middle = -1 + (2 * place + 1) / len(order)
        share = partial(np.exp, -(((line - middle) * len(order) / 1.35) ** 2))()[..., None] + 1e-4
        total += np.asarray(parts[which], np.float64) * share
        weights += share
    return Image.fromarray((total / weights).clip(0, 255).astype(np.uint8))


def _covering(picture: Image.Image, width: int, height: int) -> Image.Image:
    scale = max(width / picture.width, height / picture.height)
    grown = picture.resize((round(picture.width * scale) + 1, round(picture.height * scale) + 1))
    left, top = (grown.width - width) // 2, (grown.height - height) // 2
    return grown.crop((left, top, left + width, top + height))
