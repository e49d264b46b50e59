"""Words in pictures, read by RapidOCR (its models come with the package). Only in the decoding process."""

from __future__ import annotations

import io
import logging
from functools import cache
from importlib.util import find_spec
from typing import Any

from bot_knowledge.formats.bounds import DecoderOptions
from bot_knowledge.loaders.model import Document, Unreadable
from bot_knowledge.loaders.plain import load_plain

LONGEST_SIDE = 2400
SURE = 0.6


def can_read() -> bool:
    """Tell whether the package is there."""
    return find_spec("rapidocr") is not None


def read_picture(data: bytes, name: str, options: DecoderOptions) -> Document:
    """Read the words of a picture. Raises Unreadable."""
    from PIL import Image, UnidentifiedImageError

    if not can_read():
        raise Unreadable("a picture: it takes pip install 'yinlu[ocr]' to read its words")
    Image.MAX_IMAGE_PIXELS = None  # the bound below is ours
    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > options.pixels:
            raise Unreadable(
                f"a picture of {image.width} x {image.height}, at most {options.pixels // 1_000_000} megapixels"
            )
        image.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Unreadable(f"damaged: {type(error).__name__}") from None
    text = words_of(image)
    if not text.strip():
        raise Unreadable("no words found in the picture")
    return load_plain(text, name)


def words_of(image: Any) -> str:  # noqa: ANN401 - a PIL picture
    """Return a picture's words, a line each, from above to below and left to right."""
    import numpy as np

    plain = image.convert("RGB")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    found = _engine()(np.asarray(plain)[:, :, ::-1])
    if found is None or found.txts is None:
        return ""
    boxes = [
        (box, text)
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if score >= SURE
    ]
    return "\n".join(_rows(boxes))


def _rows(boxes: list[tuple[Any, str]]) -> list[str]:
    """Return the words row by row."""
    placed = sorted(
        (
            (float(box[:, 1].mean()), float(box[:, 0].min()), float(np_height(box)), text)
            for box, text in boxes
        )
    )
    rows: list[list[tuple[float, float, float, str]]] = []
    for item in placed:
        if rows and abs(item[0] - rows[-1][-1][0]) < item[2] * 0.5:
            rows[-1].append(item)
        else:
            rows.append([item])
    return ["  ".join(text for _, _, _, text in sorted(row, key=lambda item: item[1])) for row in rows]


def np_height(box: Any) -> float:  # noqa: ANN401 - an array (4, 2)
    """Return how high a box is."""
    return float(box[:, 1].max() - box[:, 1].min())


@cache
def _engine() -> Any:  # noqa: ANN401 - RapidOCR has no types; made once in the process that decodes
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(params={"Global.log_level": "error"})
