"""What members send, made safe: decoded within bounds, turned upright, written anew without its metadata."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from bot_core.errors import BadInput
from bot_core.identity import Words

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
NOT_A_PICTURE = Words(
    "这不是我能读的图片（支持 PNG、JPEG、WebP、GIF）。",
    "That is no picture I can read (PNG, JPEG, WebP or GIF).",
)
BROKEN = Words("这张图片损坏了，打不开。", "This picture is damaged and can't be opened.")
LARGE = Words(
    "图片太大：{size}最多 {most} 百万像素。", "The picture is too large: {size}at most {most} megapixels."
)
HEAVY = Words("图片文件太大，最多 {most} MB。", "The picture's file is too large; at most {most} MB.")


@dataclass(frozen=True, slots=True)
class Bounds:
    """``pixels`` in all, ``file`` in bytes; a longer side than ``side`` is made smaller."""

    pixels: int = 40_000_000
    file: int = 20_000_000
    side: int = 2048


def clean(data: bytes, bounds: Bounds | None = None) -> bytes:
    """Return the (first) picture as PNG without metadata. Raises BadInput before anything large is decoded."""
    bounds = bounds or Bounds()
    if len(data) > bounds.file:
        most = bounds.file // 1_000_000
        raise BadInput(
            f"a picture of {len(data)} bytes", Words(HEAVY.zh.format(most=most), HEAVY.en.format(most=most))
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes are checked here, in the member's language
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
            _check_size(picture, bounds)
            picture.load()
            upright = ImageOps.exif_transpose(picture) or picture
            plain = upright.convert(
                "RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB"
            )
    except Image.DecompressionBombError:  # raised at opening, from the header alone
        raise _large("", "", bounds) from None
    except UnidentifiedImageError:
        raise BadInput("not a picture", NOT_A_PICTURE) from None
    except BadInput:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise BadInput(f"a damaged picture: {type(error).__name__}", BROKEN) from None
    plain.thumbnail((bounds.side, bounds.side))
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    out = io.BytesIO()
    fresh.save(out, "PNG")
    return out.getvalue()


def _check_size(picture: Image.Image, bounds: Bounds) -> None:
    width, height = picture.size
    if width * height > bounds.pixels or not width or not height:
        raise _large(f"{width}×{height}，", f"{width} x {height}, ", bounds)


def _large(zh: str, en: str, bounds: Bounds) -> BadInput:
    most = bounds.pixels // 1_000_000
    words = Words(LARGE.zh.format(size=zh, most=most), LARGE.en.format(size=en, most=most))
    return BadInput(f"a picture of {en}at most {most} megapixels", words)
