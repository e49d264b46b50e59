"""Four pictures as one: the 2x2 grid."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, UnidentifiedImageError

from bot_core.errors import BadInput

GAP = 4  # pixels between two pictures
PAPER = (244, 243, 240)
MOST_PIXELS = 64_000_000


def opened(data: bytes) -> Image.Image:
    """Return a picture, decoded. Raises BadInput for what is none, is broken, or is too large."""
    try:
        picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > MOST_PIXELS:
            raise BadInput(f"a picture of {picture.width} x {picture.height}")
        picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadInput(f"not a picture: {type(error).__name__}") from error
    return picture


def grid(pictures: Sequence[bytes]) -> bytes:
    """Return one PNG with the pictures (PNG, equal sizes) in rows of two."""
    parts = [opened(picture).convert("RGB") for picture in pictures]
    width, height = parts[0].size
    columns, rows = min(2, len(parts)), (len(parts) + 1) // 2
    whole = Image.new("RGB", (columns * width + (columns - 1) * GAP, rows * height + (rows - 1) * GAP), PAPER)
    for number, part in enumerate(parts):
        whole.paste(part, ((number % 2) * (width + GAP), (number // 2) * (height + GAP)))
    return png(whole)


def png(picture: Image.Image) -> bytes:
    """Return a picture as PNG."""
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=3)
    return out.getvalue()


def preview(picture: Image.Image, side: int = 384) -> bytes:
    """Return a small JPEG, for messages that follow a job."""
    small = picture.convert("RGB")
    small.thumbnail((side, side))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=70)
    return out.getvalue()
