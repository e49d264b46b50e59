"""Looking at a picture without a model that sees: its own record, its colours, its light, where its weight lies.

What is shown in it is not recognised, and that is said.
"""

from __future__ import annotations

import asyncio
import colorsys
import io
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from bot_core.identity import Locale, Words
from bot_core.ports.media import Described
from bot_core.prompt.model import Ratio
from bot_media.labels import aigc_of, clean

SIDE = 96  # pixels a side of what is looked at
SHARE = 0.08  # of the picture that a colour must fill to be named
DARK, BRIGHT = 0.28, 0.68  # mean brightness, 0..1
JOB = re.compile(r"[0-9a-f]{24}")
LONGEST = 400  # characters of a foreign record's words
HOW = Words(
    "这里没有能看懂图片内容的模型：下面只依据颜色、明暗和构图，画面里是什么请自己补上。",
    "No model that sees is set up: this goes by colours, light and layout alone; add what the picture shows.",
)
RECORD = Words("文件里留有生成它时的提示词。", "The file holds the prompt that it was made with.")
HUES = (
    (15, Words("红色", "red")),
    (40, Words("橙色", "orange")),
    (65, Words("黄色", "yellow")),
    (160, Words("绿色", "green")),
    (195, Words("青色", "teal")),
    (255, Words("蓝色", "blue")),
    (290, Words("紫色", "purple")),
    (345, Words("粉色", "pink")),
    (361, Words("红色", "red")),
)
GREYS = ((0.2, Words("黑色", "black")), (0.8, Words("灰色", "grey")), (1.1, Words("白色", "white")))
LIGHTS = {
    "dark": Words("夜晚", "at night"),
    "warm": Words("夕阳", "at sunset"),
    "bright": Words("白天", "in daylight"),
    "even": Words("柔和的光", "soft light"),
}
PLACES = {
    "centre": Words("主体在中间", "one subject in the centre"),
    "left": Words("主体在左边", "the subject on the left"),
    "right": Words("主体在右边", "the subject on the right"),
    "upper": Words("主体偏上", "the subject in the upper half"),
    "lower": Words("主体偏下", "the subject in the lower half"),
    "all": Words("画面铺满", "detail everywhere"),
}
STYLES = (
    Words("水彩", "watercolour"),
    Words("水墨", "ink wash"),
    Words("扁平海报", "flat poster"),
    Words("油画", "oil"),
)


@dataclass(frozen=True, slots=True)
class _Look:
    colours: tuple[Words, ...]
    light: Words
    place: Words
    ratio: Ratio


class PlainPictureReader:
    """The PictureReader port without a model."""

    async def describe(self, data: bytes, locale: Locale) -> Described:
        """Return four prompts. Raises BadInput for what is no picture."""
        return await asyncio.to_thread(_described, data, locale)


def _described(data: bytes, locale: Locale) -> Described:
    cleaned = clean(data)  # raises BadInput
    with Image.open(io.BytesIO(cleaned)) as opened:
        look = _look(opened.convert("RGB"))
    prompt, job = _recorded(data), _job(data)
    prompts = [_prompt(look, style, locale) for style in STYLES]
    if prompt:
        prompts = [prompt, *prompts[:3]]
    return Described(tuple(prompts), _seen(look), RECORD if prompt else HOW, job)


def _look(picture: Image.Image) -> _Look:
    small: NDArray[np.float32] = np.asarray(picture.resize((SIDE, SIDE)), np.float32) / np.float32(255)
    brightness = float(small.mean())
    named = Counter(_name(pixel) for pixel in small.reshape(-1, 3)[::7])
    total = sum(named.values())
    colours = tuple(name for name, count in named.most_common(3) if count >= SHARE * total)
    warm = float(small[..., 0].mean() - small[..., 2].mean())
    light = (
        "dark"
        if brightness < DARK
        else "warm"
        if warm > 0.18
        else "bright"
        if brightness > BRIGHT
        else "even"
    )
    return _Look(colours, LIGHTS[light], PLACES[_weight(small)], _ratio(picture.width / picture.height))


def _name(pixel: NDArray[np.float32]) -> Words:
    """Return the word for a colour (red, green, blue in 0..1)."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(float(part) for part in pixel))
    if saturation < 0.18 or value < 0.15:
        return next(words for below, words in GREYS if value < below)
    return next(words for below, words in HUES if hue * 360 < below)


def _weight(small: NDArray[np.float32]) -> str:
    """Return where the detail lies: the sum of differences between neighbours, by thirds."""
    grey = small.mean(axis=2)
    detail = np.abs(np.diff(grey, axis=0))[:, :-1] + np.abs(np.diff(grey, axis=1))[:-1, :]
    total = float(detail.sum()) or 1.0
    across = [float(part.sum()) / total for part in np.array_split(detail, 3, axis=1)]
    down = [float(part.sum()) / total for part in np.array_split(detail, 3, axis=0)]
    if max(across) < 0.42 and max(down) < 0.42:
        return "all"
    if max(across) >= max(down):
        return ("left", "centre", "right")[across.index(max(across))]
    return ("upper", "centre", "lower")[down.index(max(down))]


def _ratio(value: float) -> Ratio:
    known = [(1, 3), (1, 2), (9, 16), (2, 3), (3, 4), (1, 1), (4, 3), (3, 2), (16, 9), (2, 1), (3, 1)]
    return Ratio.of(*min(known, key=lambda pair: abs(pair[0] / pair[1] - value)))


def _prompt(look: _Look, style: Words, locale: Locale) -> str:
    between, last = ("，", "和") if locale is Locale.ZH else (", ", " and ")
    colours = last.join(colour.of(locale) for colour in look.colours[:2])
    words = between.join(
        part for part in (colours, look.light.of(locale), look.place.of(locale), style.of(locale)) if part
    )
    return words if look.ratio == Ratio() else f"{words} --ar {look.ratio}"


def _seen(look: _Look) -> Words:
    zh = "、".join(colour.zh for colour in look.colours) or "没有突出的颜色"
    en = ", ".join(colour.en for colour in look.colours) or "no colour that stands out"
    return Words(
        f"主要颜色：{zh}；光线：{look.light.zh}；构图：{look.place.zh}；比例约 {look.ratio}。",
        f"Main colours: {en}; light: {look.light.en}; layout: {look.place.en}; about {look.ratio}.",
    )


def _job(data: bytes) -> str:
    """Return the job that our own record names."""
    record = aigc_of(data) or {}
    return next((found[0] for value in record.values() if (found := JOB.search(str(value)))), "")


def _recorded(data: bytes) -> str:
    """Return the words that a maker left in a PNG's text (AUTOMATIC1111 and its like), without their settings."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            text = str(opened.info.get("parameters") or "")
    except (UnidentifiedImageError, OSError):
        return ""
    ends = [text.find(mark) for mark in ("\nNegative prompt:", "\nSteps:")]
    end = min((at for at in ends if at >= 0), default=len(text))
    return re.sub(r"\s+", " ", text[:end]).strip()[:LONGEST]
