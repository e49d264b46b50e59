"""Colours: recolouring an icon by a word, and mixing."""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass

from bot_media.images.collage.lexicon import COLOURS

HEX = re.compile(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
RGB = tuple[float, float, float]


def rgb(text: str) -> RGB:
    """Return ``#rgb`` or ``#rrggbb`` as three numbers in 0..1."""
    digits = text.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def text_of(colour: RGB) -> str:
    """Return a colour as ``#rrggbb``."""
    return "#" + "".join(f"{round(max(0.0, min(1.0, part)) * 255):02x}" for part in colour)


def mix(first: str, second: str, share: float) -> str:
    """Return ``share`` of the second colour in the first."""
    left, right = rgb(first), rgb(second)
    a, b, c = (x + (y - x) * share for x, y in zip(left, right, strict=True))
    return text_of((a, b, c))


@dataclass(frozen=True, slots=True)
class Recolour:
    """Turns an icon's colours into a named one; eyes and outlines (nearly black or white) stay."""

    name: str

    def svg(self, body: str) -> str:
        """Return an SVG's contents, recoloured."""
        return HEX.sub(lambda found: self.colour(found[0]), body)

    def colour(self, text: str) -> str:
        """Return one colour, changed."""
        hue, saturation, lift = COLOURS[self.name]
        own_hue, light, own = colorsys.rgb_to_hls(*rgb(text))
        if light < 0.13 or light > 0.93 or (own < 0.12 and hue is not None):
            return text
        if hue is None:
            light = min(0.96, max(0.06, light + lift * (1 if light > 0.2 else 0.3)))
            return text_of(colorsys.hls_to_rgb(own_hue, light, own * saturation))
        drift = (own_hue * 360 - 20) % 40 - 20  # neighbouring hues stay a little apart, so that shading lives
        light = min(0.92, max(0.1, light + lift))
        return text_of(
            colorsys.hls_to_rgb(
                ((hue + drift * 0.25) % 360) / 360, light, min(1.0, max(own, 0.45) * saturation)
            )
        )
