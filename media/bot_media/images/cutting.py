"""Cutting a subject out of its background, and putting another behind it: around any maker of pictures.

The subject is found by GrabCut (C. Rother, V. Kolmogorov, A. Blake: interactive foreground extraction using iterated
graph cuts, 2004), begun from the picture's own rim instead of a rectangle drawn by hand: what looks like the rim is
background.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from bot_core.codec import plain
from bot_core.errors import BadInput, MissingExtra
from bot_core.identity import Words
from bot_core.pictures import PictureAction, Step, steps_of
from bot_core.ports.media import Files, ImageModel, ImageRequest
from bot_core.ports.work import Progress
from bot_media.images.grid import opened, png

Tell = Callable[[int, Progress], Awaitable[bool]]
SMALLEST = 16  # pixels of the shorter side
SIDE = 512  # pixels of the longer side, on which the subject is looked for
RIM = 0.04  # of a side: surely background
ROUNDS = 4
LEAST, MOST = 0.005, 0.97  # share of the picture that a subject takes
KEPT = 0.3  # of the main part's weight, that another part must have
HEIGHT = 0.8  # of the new picture that the subject takes at most
NO_SUBJECT = Words(
    "这张图里分不出主体和背景。", "I can't tell a subject from the background in this picture."
)
NEEDED = Words("抠图", "Cutting out")


@dataclass(frozen=True, slots=True)
class Cutting:
    """An ImageModel that cuts out by itself and leaves everything else, new backgrounds too, to ``maker``."""

    maker: ImageModel
    files: Files

    @property
    def name(self) -> str:
        """Return what the screen calls the maker."""
        return self.maker.name

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the maker tells of itself
        return getattr(self.maker, name)

    async def make(self, requests: Sequence[ImageRequest], tell: Tell) -> list[bytes]:
        """Return one PNG per request; see the port. Raises BadInput for a picture without a subject, MissingExtra."""
        others = [n for n, request in enumerate(requests) if request.operation != PictureAction.CUTOUT.value]
        made: list[bytes] = [b""] * len(requests)
        if others:

            async def told(index: int, progress: Progress) -> bool:
                return await tell(others[index], progress)

            asked = [_behind(requests[n]) for n in others]
            for number, picture in zip(others, await self.maker.make(asked, told), strict=True):
                made[number] = picture
        for number, request in enumerate(requests):
            if request.operation == PictureAction.CUTOUT.value:
                if await tell(number, Progress("cutting", 0.1)):
                    made[number] = await self._cut(request)
            elif request.operation == PictureAction.BACKDROP.value and made[number]:
                made[number] = await self._placed(request, made[number])
        return made

    async def _cut(self, request: ImageRequest) -> bytes:
        data = await self.files.read(request.inputs[0].key)
        return await asyncio.to_thread(lambda: png(cut_out(opened(data))))

    async def _placed(self, request: ImageRequest, scene: bytes) -> bytes:
        data = await self.files.read(request.inputs[0].key)
        return await asyncio.to_thread(lambda: png(placed(cut_out(opened(data)), opened(scene))))


def _behind(request: ImageRequest) -> ImageRequest:
    """Return the request for the scene behind a subject: drawn from the words alone."""
    if request.operation != PictureAction.BACKDROP.value:
        return request
    steps = steps_of(request)
    plainly = Step(PictureAction.IMAGINE, steps[-1].prompt, steps[-1].seed)
    options = {**request.options, "steps": plain((plainly,))}
    return replace(request, operation=PictureAction.IMAGINE.value, inputs=(), options=options)


def cut_out(picture: Image.Image) -> Image.Image:
    """Return the picture (RGBA, same size) with its background transparent. Raises BadInput, MissingExtra.

    A picture that is partly transparent already keeps its own.
    """
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        own = picture.convert("RGBA")
        if min(own.getchannel("A").getextrema()) < 250:  # type: ignore[operator]
            return own
    whole = picture.convert("RGB")
    mask = Image.fromarray(subject_of(whole)).resize(whole.size, Image.Resampling.BICUBIC)
    soft = mask.filter(ImageFilter.GaussianBlur(max(whole.size) / SIDE * 0.8))
    found = whole.convert("RGBA")
    found.putalpha(soft)
    return found


def subject_of(picture: Image.Image) -> NDArray[np.uint8]:
    """Return where the subject is: 255 there, 0 elsewhere, at most ``SIDE`` wide and high. Raises BadInput, MissingExtra."""
    cv2 = _library()
    small = picture.copy()
    small.thumbnail((SIDE, SIDE))
    image = np.ascontiguousarray(np.asarray(small.convert("RGB"))[:, :, ::-1])
    height, width = image.shape[:2]
    if min(height, width) < SMALLEST:
        raise BadInput("a picture too small to cut", NO_SUBJECT)
    rim = max(2, round(min(height, width) * RIM))
    mask = np.full((height, width), cv2.GC_PR_FGD, np.uint8)
    mask[_like_the_rim(cv2.cvtColor(image, cv2.COLOR_BGR2LAB), rim)] = cv2.GC_PR_BGD
    for edge in (np.s_[:rim, :], np.s_[-rim:, :], np.s_[:, :rim], np.s_[:, -rim:]):
        mask[edge] = cv2.GC_BGD
    if not (mask == cv2.GC_PR_FGD).any():
        raise BadInput("no subject", NO_SUBJECT)
    cv2.setRNGSeed(1)  # the same picture, the same cut
    cv2.grabCut(image, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    brush = np.ones((5, 5), np.uint8)
    closed = cv2.morphologyEx(found, cv2.MORPH_CLOSE, brush)
    found = _main_parts(cv2.morphologyEx(closed, cv2.MORPH_OPEN, brush))
    if not LEAST < float((found > 0).mean()) < MOST:
        raise BadInput("no subject", NO_SUBJECT)
    return np.asarray(found, dtype=np.uint8)


def _main_parts(found: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the large parts near the lower middle, where subjects stand; a sun, a cloud and blades of grass go."""
    count, labels, stats, middles = _library().connectedComponentsWithStats(found)
    height, width = found.shape
    off = np.hypot(middles[:, 0] / width - 0.5, middles[:, 1] / height - 0.6)
    weight = stats[:, 4] * np.maximum(0.1, 1.0 - 1.6 * off)
    weight[0] = 0.0  # the background
    kept = np.flatnonzero(weight >= max(KEPT * weight.max(), 1.0)) if count > 1 else np.zeros(0)
    return np.where(np.isin(labels, kept), 255, 0).astype(np.uint8)


def _library() -> Any:  # noqa: ANN401 - OpenCV's own types say less than its documentation
    try:
        import cv2
    except ImportError:
        raise MissingExtra("cutout", NEEDED) from None
    return cv2


def _like_the_rim(lab: NDArray[np.uint8], rim: int) -> NDArray[np.bool_]:
    """Return which pixels look like one of the rim's colours (k-means of eight, in CIELAB)."""
    cv2 = _library()
    edges = (lab[:rim], lab[-rim:], lab[:, :rim], lab[:, -rim:])
    samples = np.concatenate([edge.reshape(-1, 3) for edge in edges]).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1.0)
    cv2.setRNGSeed(1)
    _, labels, centres = cv2.kmeans(samples, 8, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    spread = np.array([
        max(6.0, float(np.linalg.norm(samples[labels[:, 0] == n] - centre, axis=1).mean()) * 2)
        if (labels[:, 0] == n).any() else 6.0
        for n, centre in enumerate(centres)
    ])  # fmt: skip
    flat = lab.reshape(-1, 3).astype(np.float32)
    near = np.zeros(len(flat), bool)
    for centre, reach in zip(centres, spread, strict=True):
        near |= np.linalg.norm(flat - centre, axis=1) < reach
    return near.reshape(lab.shape[:2])


def placed(subject: Image.Image, scene: Image.Image) -> Image.Image:
    """Return the scene with the subject standing in its lower middle, with a soft shadow below it."""
    box = subject.getchannel("A").point(lambda alpha: 255 * (alpha > 40)).getbbox()
    if box is None:
        raise BadInput("no subject", NO_SUBJECT)
    own = subject.crop(box)
    scale = min(HEIGHT * scene.height / own.height, 0.9 * scene.width / own.width)
    own = own.resize(
        (max(1, round(own.width * scale)), max(1, round(own.height * scale))), Image.Resampling.LANCZOS
    )
    left = (scene.width - own.width) // 2
    top = scene.height - own.height - scene.height // 25
    whole = scene.convert("RGBA")
    shadow = Image.new("L", whole.size)
    foot = (
        own.getchannel("A").resize((own.width, max(1, own.height // 8))).point(lambda alpha: alpha * 2 // 5)
    )
    shadow.paste(foot, (left, min(whole.height - foot.height, top + own.height - foot.height // 2)))
    dark = Image.new("RGBA", whole.size, (0, 0, 0, 0))
    dark.putalpha(shadow.filter(ImageFilter.GaussianBlur(scene.height / 60)))
    whole = Image.alpha_composite(whole, dark)
    whole.alpha_composite(own, (left, top))
    return whole.convert("RGB")
