"""What a model is asked for: a request of the port read into words, a picture to begin with, and a mask.

Models know three ways: from words alone, from a picture that is changed by so much, and a masked part made anew.
Every step of a picture's story is one of them, or needs no model at all (enlarging).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from bot_core.errors import BadInput
from bot_core.identity import Words
from bot_core.pictures import PictureAction, Step, prompt_of, steps_of
from bot_core.ports.media import Files, ImageRequest
from bot_core.prompt import Part, Prompt
from bot_media.images.grid import opened
from bot_media.labels import clean

A = PictureAction
PAN_GROWTH = 1.5  # how much longer the side gets that a picture is continued to
MIDDLE = "0.25,0.25,0.75,0.75"
STRENGTHS = {A.VARY_SUBTLE: 0.4, A.VARY_STRONG: 0.75, A.REMIX: 0.7, A.BLEND: 0.6}
NO_PICTURE = Words(
    "这一步要从一张图片开始，但没有找到图片。", "This step starts from a picture, and there is none."
)


class Way(StrEnum):
    """How a model makes it."""

    WORDS = "words"
    PICTURE = "picture"
    PAINT = "paint"
    RESIZE = "resize"  # by a resampler, without a model


@dataclass(frozen=True, slots=True)
class Draft:
    """One picture to make. ``parts`` are words with weights above 0, ``against`` words to keep away from.

    ``picture`` is RGB, ``mask`` is L and white where it is made anew, both ``width`` x ``height``; ``strength``
    0..1 is how much of the picture is made anew; ``pace`` is the share of a maker's usual steps; ``stop`` is the
    share of these after which it ends.
    """

    way: Way
    parts: tuple[Part, ...]
    against: tuple[Part, ...]
    width: int
    height: int
    seed: int
    picture: Image.Image | None = None
    mask: Image.Image | None = None
    strength: float = 1.0
    pace: float = 1.0
    stop: float = 1.0
    tile: bool = False

    @property
    def words(self) -> str:
        """Return the words, heavier ones first, without their weights."""
        return ", ".join(part.text for part in sorted(self.parts, key=lambda part: -part.weight))

    @property
    def without(self) -> str:
        """Return what is not wanted."""
        return ", ".join(part.text for part in self.against)


async def inputs_of(request: ImageRequest, files: Files) -> tuple[list[bytes], bytes | None]:
    """Return the pictures that a request starts from, and its painted mask. Raises NotFound."""
    steps = steps_of(request)
    mask = steps[-1].mask if steps else None
    inputs = [await files.read(ref.key) for ref in request.inputs]
    return inputs, await files.read(mask.key) if mask is not None else None


def draft(
    request: ImageRequest,
    inputs: Sequence[bytes] = (),
    mask: bytes | None = None,
    styles: Mapping[str, str] | None = None,
) -> Draft:
    """Return what a model is asked for. CPU-heavy: decodes pictures. Raises BadInput."""
    steps = steps_of(request)
    step = steps[-1] if steps else Step(_action(request.operation), "", request.seed)
    prompt = prompt_of(step) if steps else Prompt(parts=(Part(request.prompt),))
    pictures = [opened(clean(data)).convert("RGB") for data in inputs]
    plain = _plain(request, prompt, styles or {})
    return _drawn(plain, step, prompt, pictures, mask)


def _action(operation: str) -> PictureAction:
    return next((action for action in A if action.value == operation), A.IMAGINE)


def _plain(request: ImageRequest, prompt: Prompt, styles: Mapping[str, str]) -> Draft:
    wanted = tuple(part for part in prompt.parts if part.weight > 0 and part.text)
    style = styles.get(prompt.style, prompt.style)
    away = tuple(Part(part.text, -part.weight) for part in prompt.weighted if part.weight < 0)
    if not away and request.negative:
        away = (Part(request.negative, 0.5),)
    return Draft(
        Way.WORDS,
        tuple(Part(f"{part.text}, {style}" if style else part.text, part.weight) for part in wanted),
        away,
        request.width,
        request.height,
        request.seed,
        pace=prompt.quality,
        stop=prompt.stop / 100,
        tile=prompt.tile,
    )


def _drawn(
    plain: Draft, step: Step, prompt: Prompt, pictures: Sequence[Image.Image], mask: bytes | None
) -> Draft:
    """Return a plain draft with the way that its step takes."""
    size = (plain.width, plain.height)
    if step.action in (A.IMAGINE, A.REROLL):
        if not pictures or prompt.picture_weight == 0:
            return plain
        strength = min(0.95, max(0.3, 0.9 - 0.25 * prompt.picture_weight))
        return _with(plain, Way.PICTURE, mixed(pictures, size), None, strength)
    if not pictures:
        raise BadInput(f"{step.action} without a picture", NO_PICTURE)
    if step.action in (A.UPSCALE, A.ENLARGE):
        return _with(plain, Way.RESIZE, resized(pictures[0], size), None, 0.0)
    if step.action is A.ZOOM:
        canvas, fresh = placed(pictures[0], size, zoomed_box(size, step.amount or 2.0))
        return _with(plain, Way.PAINT, canvas, fresh, 1.0)
    if step.action is A.PAN:
        canvas, fresh = placed(pictures[0], size, panned_box(size, int(step.amount)))
        return _with(plain, Way.PAINT, canvas, fresh, 1.0)
    if step.action is A.REGION:
        fresh = _painted(mask, size) if mask is not None else _rectangle(step.area or MIDDLE, size)
        return _with(plain, Way.PAINT, covering(pictures[0], size), fresh, 0.95)
    strength = STRENGTHS.get(step.action, 0.7)
    return _with(plain, Way.PICTURE, mixed(pictures, size), None, strength)


def _with(plain: Draft, way: Way, picture: Image.Image, mask: Image.Image | None, strength: float) -> Draft:
    return replace(plain, way=way, picture=picture, mask=mask, strength=strength)


def resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a picture at another size, by Lanczos, a little sharper where it grew: no detail is invented."""
    if picture.size == size:
        return picture
    grown = size[0] > picture.width
    other = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return other.filter(ImageFilter.UnsharpMask(1.2, 60, 2)) if grown else other


def covering(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the middle of a picture that fills ``size``."""
    scale = max(size[0] / picture.width, size[1] / picture.height)
    whole = (max(size[0], round(picture.width * scale)), max(size[1], round(picture.height * scale)))
    grown = resized(picture, whole)
    left, top = (whole[0] - size[0]) // 2, (whole[1] - size[1]) // 2
    return grown.crop((left, top, left + size[0], top + size[1]))


def mixed(pictures: Sequence[Image.Image], size: tuple[int, int]) -> Image.Image:
    """Return pictures lying over one another, equally strong."""
    whole = covering(pictures[0], size)
    for number, picture in enumerate(pictures[1:], 2):
        whole = Image.blend(whole, covering(picture, size), 1 / number)
    return whole


def zoomed_box(size: tuple[int, int], factor: float) -> tuple[int, int, int, int]:
    """Return where a picture lies when the view gets ``factor`` times wider."""
    width, height = round(size[0] / factor), round(size[1] / factor)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return left, top, left + width, top + height


def panned_box(size: tuple[int, int], side: int) -> tuple[int, int, int, int]:
    """Return where a picture lies when the view is continued to one of ``SIDES`` (left, right, up, down)."""
    width, height = size
    if side < 2:
        kept = round(width / PAN_GROWTH)
        return (width - kept, 0, width, height) if side == 0 else (0, 0, kept, height)
    kept = round(height / PAN_GROWTH)
    return (0, height - kept, width, height) if side == 2 else (0, 0, width, kept)


def placed(
    picture: Image.Image, size: tuple[int, int], box: tuple[int, int, int, int]
) -> tuple[Image.Image, Image.Image]:
    """Return a canvas with the picture in ``box`` and the colours of its edges around, and the mask of what is new."""
    inner = covering(picture, (box[2] - box[0], box[3] - box[1]))
    beyond = ((box[1], size[1] - box[3]), (box[0], size[0] - box[2]), (0, 0))
    around = Image.fromarray(np.pad(np.asarray(inner), beyond, mode="edge"))  # its edges, drawn out
    around = around.filter(ImageFilter.GaussianBlur(max(size) / 32))
    around.paste(inner, box[:2])
    mask = Image.new("L", size, 255)
    seam = max(1, max(size) // 64)  # a strip of the old picture is made anew, so that no edge stays
    keep = [
        box[0] + (seam if box[0] > 0 else 0),
        box[1] + (seam if box[1] > 0 else 0),
        box[2] - (seam if box[2] < size[0] else 0),
        box[3] - (seam if box[3] < size[1] else 0),
    ]
    ImageDraw.Draw(mask).rectangle((keep[0], keep[1], keep[2] - 1, keep[3] - 1), fill=0)
    return around, mask


def kept(original: Image.Image, made: Image.Image, mask: Image.Image) -> Image.Image:
    """Return what was made inside the mask and the original outside, across a soft seam."""
    soft = mask.filter(ImageFilter.GaussianBlur(max(1.0, max(mask.size) / 256)))
    return Image.composite(made.convert("RGB"), original.convert("RGB"), soft)


def _painted(data: bytes, size: tuple[int, int]) -> Image.Image:
    strokes = opened(clean(data)).convert("RGBA")
    grey = Image.alpha_composite(Image.new("RGBA", strokes.size, "black"), strokes).convert("L")
    grey = grey.resize(size, Image.Resampling.NEAREST)
    return grey.point([0] * 128 + [255] * 128)


def _rectangle(area: str, size: tuple[int, int]) -> Image.Image:
    try:
        left, top, right, bottom = (min(1.0, max(0.0, float(side))) for side in area.split(","))
    except ValueError:
        raise BadInput(f"an area {area[:40]!r}") from None
    mask = Image.new("L", size, 0)
    box = (int(left * size[0]), int(top * size[1]), int(right * size[0]) - 1, int(bottom * size[1]) - 1)
    if box[2] <= box[0] or box[3] <= box[1]:
        raise BadInput(f"an empty area {area[:40]!r}")
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    return mask
