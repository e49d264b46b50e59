"""Finishes: what a style does to the drawn scene, on pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from bot_media.images.collage.painted import STARRY, WAVE, painted

Finish = Callable[[Image.Image, np.random.Generator], Image.Image]
Pixels = NDArray[np.floating[Any]]


def finished(picture: Image.Image, style: str, seed: int) -> Image.Image:
    """Return the picture in a style; an unknown or empty one leaves it as it is."""
    finish = FINISHES.get(style)
    return finish(picture, np.random.default_rng(seed)) if finish else picture


def _noise(random: np.random.Generator, size: tuple[int, int], coarse: int) -> Pixels:
    """Return smooth noise in -1..1, shape (height, width); ``coarse`` is how many bumps lie across."""
    width, height = size
    small = random.standard_normal((max(2, coarse * height // width), max(2, coarse))).astype(np.float32)
    grown = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
    noise: Pixels = np.clip(np.asarray(grown) / 2, -1, 1)
    return noise


def _array(picture: Image.Image) -> Pixels:
    return np.asarray(picture.convert("RGB"), np.float32) / 255


def _picture(pixels: Pixels) -> Image.Image:
    return Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8))


def _warped(pixels: Pixels, random: np.random.Generator, by: float, coarse: int) -> Pixels:
    """Return the picture with wobbling edges; ``by`` in shares of its width."""
    height, width = pixels.shape[:2]
    size = (width, height)
    across, down = (_noise(random, size, coarse) * by * width for _ in range(2))
    rows, columns = np.mgrid[0:height, 0:width]
    y = np.clip(rows + down, 0, height - 1).astype(np.int32)
    x = np.clip(columns + across, 0, width - 1).astype(np.int32)
    warped: Pixels = pixels[y, x]
    return warped


def _edges(picture: Image.Image, blur: float) -> Pixels:
    """Return how much of an edge each pixel is, 0..1."""
    grey = picture.convert("L").filter(ImageFilter.GaussianBlur(blur))
    values = np.asarray(grey, np.float32) / 255
    across, down = np.gradient(values)
    edges: Pixels = np.clip(np.hypot(across, down) * 9 * max(1.0, blur), 0, 1)
    return edges


def watercolour(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Wet colours: wobbling edges that dry darker, pigment in the paper's grain, white at the rim."""
    width, height = picture.size
    scale = width / 512
    flat = picture.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.GaussianBlur(1.1 * scale))
    pixels = _warped(_array(flat), random, 0.006, 60)
    edge = _edges(_picture(pixels), 1.4 * scale)[..., None]
    pixels = pixels * (1 - 0.3 * edge)
    blooms = (
        _noise(random, picture.size, 7)[..., None] * 0.12 + _noise(random, picture.size, 30)[..., None] * 0.06
    )
    pixels = 1 - (1 - pixels) * (0.86 + blooms)
    grain = _noise(random, picture.size, width // 3)[..., None] * 0.03
    paper = np.array([0.99, 0.975, 0.94], np.float32)
    rows, columns = np.mgrid[0:height, 0:width]
    rim = np.minimum(
        np.minimum(columns, width - 1 - columns) / width, np.minimum(rows, height - 1 - rows) / height
    )
    fade = np.clip((rim + _noise(random, picture.size, 14) * 0.02 - 0.012) / 0.03, 0, 1)[..., None]
    return _picture((pixels * fade + paper * (1 - fade)) * (1 + grain) * paper)


def ink(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Ink on rice paper: few tones, wet edges, colour almost gone."""
    scale = picture.width / 512
    soft = picture.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.GaussianBlur(1.4 * scale))
    colour = _warped(_array(soft), random, 0.008, 50)
    grey = colour @ np.array([0.3, 0.55, 0.15], np.float32)
    grey = (grey - grey.min()) / max(float(np.ptp(grey)), 0.05)
    tone = np.clip(grey * 1.15 + 0.06, 0, 1)
    tone = tone * 0.75 + np.round(tone * 5) / 5 * 0.25
    line = _edges(_picture(np.repeat(grey[..., None], 3, 2)), 1.0 * scale)
    wash = _noise(random, picture.size, 12) * 0.07
    value = np.clip(1 - (1 - tone) * (0.82 + wash) - line * 0.5, 0, 1)[..., None]
    paper = np.array([0.965, 0.945, 0.895], np.float32)
    hint = (colour - colour.mean(axis=2, keepdims=True)) * 0.32
    dark = np.array([0.09, 0.1, 0.12], np.float32)
    return _picture(dark + (paper - dark) * value + hint * (0.3 + 0.7 * value))


def papercut(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Layers of paper: flat colours, each with a soft shadow on the one behind."""
    scale = picture.width / 512
    flat = (
        picture.filter(ImageFilter.ModeFilter(7))
        .convert("RGB")
        .quantize(14, method=Image.Quantize.MEDIANCUT)
        .convert("RGB")
    )
    flat = flat.filter(ImageFilter.ModeFilter(7))
    edge = Image.fromarray((_edges(flat, 0.8 * scale) * 255).astype(np.uint8))
    shadow = ImageChops.offset(
        edge.filter(ImageFilter.GaussianBlur(4 * scale)), round(3 * scale), round(5 * scale)
    )
    pixels = _array(flat) * (1 - 0.55 * np.asarray(shadow, np.float32)[..., None] / 255)
    return _picture(pixels * (1 + _noise(random, picture.size, picture.width // 2)[..., None] * 0.025))


def poster(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """A print: few strong colours."""
    strong = ImageEnhance.Color(picture.convert("RGB")).enhance(1.35)
    return ImageEnhance.Contrast(ImageOps.posterize(strong.filter(ImageFilter.ModeFilter(5)), 3)).enhance(
        1.08
    )


def pastel(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Chalk: light, soft, a little dusty."""
    pixels = _array(picture.filter(ImageFilter.GaussianBlur(picture.width / 900)))
    pixels = 0.34 + 0.66 * pixels
    glow = _array(picture.filter(ImageFilter.GaussianBlur(picture.width / 40)))
    pixels = 1 - (1 - pixels) * (1 - 0.18 * glow)
    return _picture(pixels * (1 + _noise(random, picture.size, picture.width // 2)[..., None] * 0.04))


def sketch(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Pencil on paper: dodge of the picture by its own blur, hatching in the shadows."""
    grey = picture.convert("L")
    soft = ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(picture.width / 70))
    values, other = np.asarray(grey, np.float32), np.asarray(soft, np.float32)
    line = np.clip(values * 255 / np.maximum(255 - other, 1), 0, 255) / 255
    rows, columns = np.mgrid[0 : picture.height, 0 : picture.width]
    hatch = 0.5 + 0.5 * np.sin(
        (rows + columns) * (2 * np.pi / (picture.width / 110)) + _noise(random, picture.size, 20) * 2
    )
    shade = np.clip(1 - (0.55 - values / 255) * 0.9 * hatch, 0.45, 1)
    tone = np.clip(line * shade * (1 + _noise(random, picture.size, picture.width // 2) * 0.05), 0, 1)[
        ..., None
    ]
    paper = np.array([0.975, 0.965, 0.945], np.float32)
    hint = (_array(picture) - 0.5) * 0.16
    return _picture(np.array([0.17, 0.17, 0.2], np.float32) * (1 - tone) + paper * tone + hint)


def pixel(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Large square pixels of few colours."""
    cells = 96
    small = picture.convert("RGB").resize(
        (cells, max(1, cells * picture.height // picture.width)), Image.Resampling.BOX
    )
    few = ImageEnhance.Color(small).enhance(1.2).quantize(28, method=Image.Quantize.MEDIANCUT).convert("RGB")
    return few.resize(picture.size, Image.Resampling.NEAREST)


def neon(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Glowing lines in the dark."""
    scale = picture.width / 512
    pixels = _array(ImageEnhance.Color(picture.convert("RGB")).enhance(1.9))
    edge = _edges(picture, 0.9 * scale)[..., None]
    hue = _array(
        ImageEnhance.Color(picture.convert("RGB").filter(ImageFilter.GaussianBlur(3 * scale))).enhance(3.0)
    )
    hue = hue / np.maximum(hue.max(axis=2, keepdims=True), 0.2)
    tint = np.array([0.75, 0.35, 1.15], np.float32)
    base = pixels * 0.32 * (0.6 + 0.4 * tint)
    lines = _picture(edge * hue)
    halo = _array(lines.filter(ImageFilter.GaussianBlur(6 * scale))) * 1.5
    return _picture(base + _array(lines) * 1.1 + halo * (0.7 + 0.3 * tint))


def oil(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Thick strokes: colours of neighbourhoods, a relief lit from the upper left."""
    scale = max(1, round(picture.width / 512))
    strong = ImageEnhance.Color(picture.convert("RGB")).enhance(1.25)
    flat = strong.filter(ImageFilter.ModeFilter(5 + 2 * scale)).filter(ImageFilter.MedianFilter(3))
    pixels = _warped(_array(flat), random, 0.008, 90)
    strokes = _noise(random, picture.size, picture.width // 7)
    light = np.gradient(strokes + pixels.mean(axis=2) * 0.6)
    return _picture(pixels + ((light[0] + light[1]) * 0.35)[..., None])


def vintage(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """An old print: browned, faded, darker at the corners."""
    pixels = _array(ImageEnhance.Color(picture.convert("RGB")).enhance(0.55))
    pixels = 0.1 + pixels * np.array([0.92, 0.82, 0.64], np.float32)
    rows, columns = np.mgrid[-1 : 1 : picture.height * 1j, -1 : 1 : picture.width * 1j]
    corner = 1 - 0.32 * np.clip(np.hypot(rows, columns) - 0.6, 0, 1)[..., None]
    return _picture(
        pixels * corner * (1 + _noise(random, picture.size, picture.width // 2)[..., None] * 0.05)
    )


def mono(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Black and white with deep blacks."""
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    return ImageEnhance.Contrast(grey).enhance(1.2).convert("RGB")


def starry(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Swirls of thick paint, as over Saint-Rémy; painted by hand where the network is not there."""
    return painted(picture, STARRY, 0.85, 0.45, random) or oil(picture, random)


def woodcut(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Lines and pale inks of a colour woodcut; painted by hand where the network is not there."""
    return painted(picture, WAVE, 0.8, 0.5, random) or poster(picture, random)


FINISHES: dict[str, Finish] = {
    "watercolour": watercolour,
    "ink": ink,
    "papercut": papercut,
    "poster": poster,
    "pastel": pastel,
    "sketch": sketch,
    "pixel": pixel,
    "neon": neon,
    "oil": oil,
    "vintage": vintage,
    "mono": mono,
    "starry": starry,
    "woodcut": woodcut,
}
