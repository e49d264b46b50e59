"""The light of a scene: what a time of day and the weather do to every colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from bot_media.images.collage.colour import mix, text_of
from bot_media.images.collage.lexicon import COLOURS
from bot_media.images.collage.reading import Wish


@dataclass(frozen=True, slots=True)
class Light:
    """Colours of a scene. ``dark`` is how much of ``shade`` lies over everything; ``low`` is 1 where the sun is low."""

    top: str
    middle: str
    horizon: str
    sun: str
    shade: str
    dark: float
    cloud: str
    low: float
    stars: bool = False


DAYS: dict[str, tuple[Light, ...]] = {
    "day": (
        Light("#3f8fe0", "#86c3f4", "#dff1fb", "#fff3c4", "#27406b", 0.0, "#ffffff", 0.2),
        Light("#4aa3d8", "#98d4e6", "#f3f4dc", "#fff0b8", "#2b4660", 0.0, "#ffffff", 0.3),
        Light("#5b7fd6", "#a8c4f0", "#f6e6df", "#fff1d0", "#2d3d6b", 0.0, "#fffdfa", 0.25),
    ),
    "dawn": (
        Light("#6f8fd8", "#f1b9c0", "#ffe6b8", "#ffe9b0", "#4a4272", 0.1, "#ffe4e0", 0.8),
        Light("#7fa6dd", "#f5d3c6", "#fff0cf", "#fff0c0", "#4d4f7a", 0.08, "#fff0ea", 0.8),
    ),
    "sunset": (
        Light("#3b3f8c", "#d9617a", "#ffb45e", "#ffdf8a", "#3a2354", 0.16, "#ffb08a", 1.0),
        Light("#5a4a9c", "#e8785a", "#ffc96e", "#ffe6a0", "#44274d", 0.14, "#ffc49a", 1.0),
        Light("#27527f", "#e2856b", "#ffd58a", "#ffe8b0", "#30304f", 0.14, "#ffbfa0", 1.0),
    ),
    "night": (
        Light("#070b2b", "#141f4f", "#33437e", "#fdf6d8", "#0a1033", 0.42, "#4a5688", 0.5, stars=True),
        Light("#0a0a24", "#1f1b4d", "#4b3a78", "#fbf3df", "#100c30", 0.42, "#5a4f86", 0.5, stars=True),
        Light("#03121f", "#0c2d45", "#27566b", "#f5f7e6", "#04141f", 0.42, "#416079", 0.5, stars=True),
    ),
}
SPACE = Light("#05041a", "#140b35", "#2a1450", "#fff6dc", "#080520", 0.1, "#6a4aa0", 0.4, stars=True)
DEEP = Light("#0fa3c8", "#0878b0", "#06437f", "#e8fbff", "#032a55", 0.1, "#bff1ff", 0.4)
INDOORS = (
    Light("#f6e4cc", "#f1d8b8", "#e8c9a0", "#fff3d0", "#5a3c2a", 0.04, "#ffffff", 0.3),
    Light("#dfe8e4", "#d2dfd9", "#c2d2ca", "#fff8e0", "#33463f", 0.04, "#ffffff", 0.3),
    Light("#e9dcee", "#dfcfe8", "#cfbcd9", "#fff2e6", "#4a3558", 0.04, "#ffffff", 0.3),
)


def light_of(wish: Wish, place: str, time: str, random: Random, tints: Sequence[str] = ()) -> Light:
    """Return the light for a scene; ``tints`` (colours of picture prompts) and colours without a subject mix in."""
    if place == "space":
        light = SPACE
    elif place == "underwater":
        light = DEEP
    elif place == "room":
        light = random.choice(INDOORS)
        if time == "night":
            light = replace(light, dark=0.3, shade="#1c1740")
    else:
        light = random.choice(DAYS[time])
    if "rain" in wish.weather or "fog" in wish.weather:
        grey = "#8c98a6" if time in ("day", "dawn") else "#39425e"
        light = replace(
            light,
            top=mix(light.top, grey, 0.55),
            middle=mix(light.middle, grey, 0.5),
            horizon=mix(light.horizon, grey, 0.4),
            cloud=mix(light.cloud, grey, 0.4),
            dark=light.dark + 0.08,
        )
    if "snow" in wish.weather:
        light = replace(
            light, middle=mix(light.middle, "#dfe8f2", 0.3), horizon=mix(light.horizon, "#eef3f8", 0.4)
        )
    named = [_plain(name) for name in wish.colours]
    for tint, share in [*((colour, 0.45) for colour in named), *((colour, 0.4) for colour in tints)]:
        light = replace(
            light,
            top=mix(light.top, tint, share),
            middle=mix(light.middle, tint, share * 0.8),
            horizon=mix(light.horizon, tint, share * 0.5),
        )
    return light


def _plain(name: str) -> str:
    """Return a colour's name as a colour."""
    import colorsys

    hue, saturation, lift = COLOURS[name]
    return text_of(colorsys.hls_to_rgb((hue or 0) / 360, min(0.9, 0.5 + lift), saturation * 0.75))
