"""Backdrops: sky, lights in it, distances, and the ground of each place. Endless to both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from bot_media.images.collage.colour import mix
from bot_media.images.collage.light import Light
from bot_media.images.collage.reading import Wish
from bot_media.images.collage.shapes import (
    blur,
    circle,
    ellipse,
    glow,
    gradient,
    land,
    n,
    polygon,
    rect,
    ridge,
    waves,
)


@dataclass(frozen=True, slots=True)
class View:
    """What is seen of the world: the picture's frame in world coordinates."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Return how much is seen across."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Return how much is seen down."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything a backdrop is drawn from. ``horizon`` is a height in the world; ``mood`` the layout's own seed."""

    wish: Wish
    place: str
    time: str
    light: Light
    horizon: float
    mood: int
    view: View

    def random(self, *names: object) -> Random:
        """Return randomness of its own for a layer or a cell, the same whatever else is drawn."""
        return Random(f"{self.mood}:{':'.join(map(str, names))}")  # noqa: S311 - pictures, not secrets

    def cells(self, layer: str, step: float) -> Iterator[tuple[int, Random]]:
        """Yield the cells of a layer that the view touches, each with its randomness."""
        first, last = int(self.view.left // step) - 1, int(self.view.right // step) + 1
        for cell in range(first, last + 1):
            yield cell, self.random(layer, cell)


Tree = Callable[[str, float, float, float, Random], str]


def sky(stage: Stage) -> list[str]:
    """Return sky, stars, sun or moon, and clouds."""
    light, view, horizon = stage.light, stage.view, stage.horizon
    top = min(view.top, 0.0)
    stops = [(0.0, light.top, 1.0), (0.55, light.middle, 1.0), (1.0, light.horizon, 1.0)]
    parts = [
        f"<defs>{gradient('sky', stops, min(0.0, horizon - 0.9), horizon)}{glow('halo', light.sun)}{blur('soft', 0.012)}"
        f"{blur('softer', 0.03)}</defs>",
        rect(view.left, top, view.width, view.bottom - top, "url(#sky)"),
    ]
    if stage.place in ("room", "underwater"):
        return parts
    if light.stars:
        parts += list(_stars(stage))
    if stage.place == "space":
        parts += _nebula(stage)
    if "aurora" in stage.wish.weather:
        parts += _aurora(stage)
    parts += _lamp(stage)
    if "rainbow" in stage.wish.weather:
        parts += _rainbow(stage)
    if stage.place != "space":
        parts += list(_clouds(stage))
    return parts


def _stars(stage: Stage) -> Iterator[str]:
    low = stage.horizon if stage.place != "space" else stage.view.bottom
    for cell, random in stage.cells("stars", 0.25):
        for _ in range(16):
            x, y = (
                cell * 0.25 + random.random() * 0.25,
                min(0.0, stage.view.top) + random.random() * (low - min(0.0, stage.view.top)),
            )
            size = 0.0012 + 0.0026 * random.random() ** 3
            yield circle(x, y, size, "#fffbe8", f'opacity="{n(0.35 + 0.65 * random.random())}"')


def _nebula(stage: Stage) -> list[str]:
    random = stage.random("nebula")
    colours = random.sample(["#8a3ffc", "#ff5fa2", "#33b1ff", "#08bdba", "#ff832b"], 3)
    parts = [f"<defs>{blur('nebula', 0.09)}</defs>"]
    for colour in colours:
        for _ in range(3):
            x, y = random.uniform(-0.7, 0.7), random.uniform(0.05, 0.8)
            turn = f'opacity="0.28" filter="url(#nebula)" transform="rotate({random.randrange(-40, 40)} {n(x)} {n(y)})"'
            parts.append(ellipse(x, y, random.uniform(0.15, 0.4), random.uniform(0.05, 0.14), colour, turn))
    return parts


def _aurora(stage: Stage) -> list[str]:
    random, parts = stage.random("aurora"), [f"<defs>{blur('veil', 0.02)}</defs>"]
    for number, colour in enumerate(("#4dffb8", "#35c9ff", "#b96bff")):
        line, base = waves(random, 0.07, 1.1), 0.12 + 0.08 * number
        name = f"aurora{number}"
        stops = [(0.0, colour, 0.0), (0.3, colour, 0.55), (1.0, colour, 0.0)]
        parts.append(f"<defs>{gradient(name, stops, base - 0.12, base + 0.35)}</defs>")
        parts.append(
            land(
                line,
                base,
                stage.view.left,
                stage.view.right,
                base + 0.34,
                f"url(#{name})",
                'filter="url(#veil)"',
            )
        )
    return parts


def _lamp(stage: Stage) -> list[str]:
    """Return the sun or the moon."""
    random, wish, light = stage.random("lamp"), stage.wish, stage.light
    if stage.place == "space" and not (wish.moon or wish.sun):
        return []
    night = stage.time == "night" and not wish.sun
    hidden = ("rain" in wish.weather or "fog" in wish.weather) and not (wish.moon or wish.sun)
    if hidden:
        return []
    size = (0.075 if night or wish.moon else 0.06) * max(1.0, wish.moon * 1.35 if wish.moon else 1.0)
    x = random.choice([-1, 1]) * random.uniform(0.12, 0.34)
    y = stage.horizon - size * 0.6 if light.low > 0.9 and not night else random.uniform(0.14, 0.26)
    parts = [circle(x, y, size * 3.4, "url(#halo)", 'opacity="0.8"')]
    if night or wish.moon:
        face = mix(light.sun, "#ffffff", 0.2)
        parts.append(circle(x, y, size, face))
        for _ in range(6):
            off, turn = random.random() * size * 0.62, random.random() * 6.28
            import math

            spot = circle(
                x + off * math.cos(turn),
                y + off * math.sin(turn),
                size * random.uniform(0.07, 0.2),
                mix(face, light.middle, 0.22),
            )
            parts.append(spot)
    else:
        parts.append(circle(x, y, size, mix(light.sun, "#ffffff", 0.35)))
    return parts


def _rainbow(stage: Stage) -> list[str]:
    random = stage.random("rainbow")
    x, y = random.uniform(-0.3, 0.3), stage.horizon + 0.05
    colours = ("#e84a4a", "#f39a3d", "#f6e05a", "#5fc36a", "#4a90e2", "#7a5fd0")
    return [
        circle(x, y, 0.56 - 0.022 * k, "none", f'stroke="{colour}" stroke-width="0.024" opacity="0.5"')
        for k, colour in enumerate(colours)
    ]


def _clouds(stage: Stage) -> Iterator[str]:
    light, heavy = stage.light, "rain" in stage.wish.weather or "snow" in stage.wish.weather
    thick = 0.8 if heavy or stage.place == "sky" else 0.45
    for cell, random in stage.cells("clouds", 0.5):
        if random.random() > thick:
            continue
        x, y = cell * 0.5 + random.random() * 0.4, random.uniform(0.03, max(0.12, stage.horizon - 0.2))
        yield cloud(
            x, y, random.uniform(0.05, 0.1), light.cloud, mix(light.cloud, light.middle, 0.45), random, 0.85
        )


def cloud(x: float, y: float, size: float, colour: str, below: str, random: Random, solid: float) -> str:
    """Return a heap of round puffs, lit from above."""
    puffs = [
        (
            x + random.uniform(-1.5, 1.5) * size,
            y + random.uniform(-0.35, 0.3) * size,
            size * random.uniform(0.4, 0.85),
        )
        for _ in range(7)
    ]
    under = "".join(ellipse(px, py + pr * 0.22, pr, pr * 0.72, below) for px, py, pr in puffs)
    over = "".join(ellipse(px, py, pr * 0.96, pr * 0.64, colour) for px, py, pr in puffs)
    return f'<g opacity="{n(solid)}">{under}{over}</g>'


def distance(stage: Stage) -> list[str]:
    """Return mountains and hills behind the ground."""
    light, view, horizon = stage.light, stage.view, stage.horizon
    parts: list[str] = []
    if stage.place in ("space", "underwater", "room", "sky"):
        return parts
    if stage.place == "mountains" or stage.wish.peaks:
        parts += _peaks(stage)
    else:
        far = (
            ridge(stage.random("far"), 0.13, 0.9)
            if stage.place in ("lake", "snowfield", "desert", "forest")
            else waves(stage.random("far"), 0.035, 1.4)
        )
        colour = mix(mix("#5b7a99", "#c9a06a", 0.5 if stage.place == "desert" else 0.0), light.horizon, 0.6)
        if stage.place not in ("sea",):
            parts.append(land(far, horizon - 0.01, view.left, view.right, view.bottom, colour))
    if stage.place in ("meadow", "forest", "lake", "mountains"):
        green = mix("#4d8a5b", light.horizon, 0.42)
        parts.append(
            land(
                waves(stage.random("near"), 0.03, 0.8),
                horizon - 0.005,
                view.left,
                view.right,
                view.bottom,
                green,
            )
        )
    return parts


def _peaks(stage: Stage) -> list[str]:
    light, view, horizon = stage.light, stage.view, stage.horizon
    random, parts = stage.random("peaks"), []
    snowy = stage.place != "desert"
    count = min(5, max(stage.wish.peaks, 1) if stage.wish.peaks > 1 else random.choice([2, 3, 3]))
    back = ridge(stage.random("back"), 0.2, 0.8)
    parts.append(land(back, horizon, view.left, view.right, view.bottom, mix("#6d7fa3", light.horizon, 0.62)))
    for k in range(count):
        x = (k - (count - 1) / 2) * (0.95 / count) * 1.25 + random.uniform(-0.05, 0.05)
        tall, wide = random.uniform(0.28, 0.42), random.uniform(0.3, 0.42)
        dark, bright = mix("#4a587c", light.middle, 0.25), mix("#7487ad", light.horizon, 0.3)
        peak, left, right = (x, horizon - tall), (x - wide, horizon + 0.02), (x + wide, horizon + 0.02)
        jag = [
            (x + (0.5 - t) * 0.05 + random.uniform(-0.02, 0.02), horizon - tall * (1 - t))
            for t in (0.3, 0.55, 0.8)
        ]
        parts.append(polygon([peak, left, right], bright))
        parts.append(polygon([peak, *jag, (x + 0.06, horizon + 0.02), right], dark))
        if snowy:
            cap = tall * 0.36
            edge = [
                (x + wide * 0.36 * (s / 3 - 1), horizon - tall + cap * (0.78 + 0.3 * (s % 2)))
                for s in range(7)
            ]
            parts.append(polygon([peak, *edge], mix("#ffffff", light.horizon, 0.12)))
            parts.append(polygon([peak, jag[0], *edge[4:]], mix("#cdd8ea", light.middle, 0.2)))
    return parts
