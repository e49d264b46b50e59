"""How often the hidden mark is read back: ``python docs/pictures/measure_marks.py``. 20 collages of varied prompts."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable

from contact_sheet import PROMPTS, on
from PIL import Image

from bot_core.identity import Locale
from bot_core.pictures import PictureAction, PictureJob, Step
from bot_media import MemoryFiles
from bot_media.images.collage import CollageMaker
from bot_media.labels import found, hidden

PAYLOAD = bytes(range(12))


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """Return it after JPEG."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue()))


def half(picture: Image.Image) -> Image.Image:
    """Return it at half its size."""
    return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)


def crop(picture: Image.Image) -> Image.Image:
    """Return it less a tenth of its sides."""
    across, down = picture.width // 20, picture.height // 20
    return picture.crop((across, down, picture.width - across, picture.height - down))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "PNG": lambda picture: picture,
    "JPEG 80": lambda picture: jpeg(picture, 80),
    "JPEG 60": lambda picture: jpeg(picture, 60),
    "JPEG 50": lambda picture: jpeg(picture, 50),
    "half the size": half,
    "10 % cropped": crop,
    "10 % cropped, JPEG 80": lambda picture: jpeg(crop(picture), 80),
    "half the size, JPEG 80": lambda picture: jpeg(half(picture), 80),
}


async def main() -> None:
    """Print one line per change."""
    maker, steps = (
        CollageMaker(MemoryFiles()),
        [Step(PictureAction.IMAGINE, text, 7) for text in PROMPTS[::2]],
    )
    for side in (1024, 512):
        requests = [PictureJob((step,), side, side, Locale.EN, "marks").requests()[0] for step in steps]
        plain = [Image.open(io.BytesIO(data)).convert("RGB") for data in await maker.make(requests, on)]
        marked = [hidden(picture, PAYLOAD) for picture in plain]
        for name, change in CHANGES.items():
            read = sum(found(change(picture)) == PAYLOAD for picture in marked)
            sys.stdout.write(f"{side} px | {name} | {read} of {len(marked)}\n")
        none = sum(found(picture) is not None for picture in plain)
        sys.stdout.write(f"{side} px | found where there is none | {none}\n")


if __name__ == "__main__":
    asyncio.run(main())
