"""What grows, lies and glitters on the ground: pieces that several places share."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from bot_media.images.collage.backdrop import Stage
from bot_media.images.collage.colour import mix
from bot_media.images.collage.shapes import ellipse, gradient, land, n, rect, waves

Place = Callable[[str, float, float, float, Random], str]  # icon, x, foot, height, randomness


def base(stage: Stage, near: str, far: str, line: float = 0.012, name: str = "ground") -> list[str]:
    view, light = stage.view, stage.light
    stops = [(0.0, mix(far, light.horizon, 0.3), 1.0), (0.5, mix(far, near, 0.6), 1.0), (1.0, near, 1.0)]
    bottom = max(view.bottom, 1.0)
    return [
        f"<defs>{gradient(name, stops, stage.horizon, 1.0)}</defs>",
        land(
            waves(stage.random(name), line, 0.7),
            stage.horizon + 0.02,
            view.left,
            view.right,
            bottom,
            f"url(#{name})",
        ),
    ]


def snowy(stage: Stage) -> bool:
    return "snow" in stage.wish.weather


def water(stage: Stage, top: float, bottom: float, deep: str, bright: str, name: str) -> list[str]:
    light, view = stage.light, stage.view
    stops = [
        (0.0, mix(bright, light.horizon, 0.55), 1.0),
        (0.5, mix(deep, light.middle, 0.35), 1.0),
        (1.0, mix(deep, light.top, 0.3), 1.0),
    ]
    end = max(bottom, top + 0.2)
    parts = [
        f"<defs>{gradient(name, stops, top, max(1.0, top + 0.3))}</defs>",
        rect(view.left, top, view.width, end - top, f"url(#{name})"),
    ]
    lamp = stage.random("lamp")  # the same draw as the sun's own, so that its light lies below it
    x = lamp.choice([-1, 1]) * lamp.uniform(0.12, 0.34)
    for cell, random in stage.cells(f"{name}glints", 0.12):
        for _ in range(9):
            gx, gy = (cell + random.random()) * 0.12, top + (end - top) * random.random() ** 1.5
            near = max(0.0, 1 - abs(gx - x) / 0.16)
            size = 0.008 + 0.05 * (gy - top)
            solid = 0.12 + 0.6 * near * (1 if light.low > 0.4 else 0.5)
            colour = mix("#ffffff", light.sun, near)
            parts.append(
                ellipse(
                    gx, gy, size * (1 + near), 0.0016 + 0.004 * (gy - top), colour, f'opacity="{n(solid)}"'
                )
            )
    return parts


def row(
    stage: Stage,
    place: Place,
    layer: str,
    step: float,
    thick: float,
    icons: tuple[str, ...],
    below: float,
    height: float,
    *,
    middle: float = 0.0,
    foot: float | None = None,
) -> list[str]:
    """Return icons standing in a row ``below`` the horizon, ``middle`` of the picture's width left free."""
    parts: list[str] = []
    for cell, random in stage.cells(layer, step):
        x = (cell + random.random()) * step
        if random.random() > thick or abs(x) < middle:
            continue
        tall = height * random.uniform(0.7, 1.2)
        at = (stage.horizon + below if foot is None else foot) + random.uniform(0, 0.02)
        parts.append(place(random.choice(icons), x, at, tall, random))
    return parts


def scatter(
    stage: Stage,
    place: Place,
    layer: str,
    icons: tuple[str, ...],
    thick: float,
    least: float,
    most: float,
    low: float = 0.0,
) -> list[str]:
    """Return small icons strewn over the ground, nearer ones larger."""
    found: list[tuple[float, str]] = []
    chosen = stage.random(layer).sample(icons, min(3, len(icons)))
    for cell, random in stage.cells(layer, 0.14):
        for _ in range(4):
            x, depth = (cell + random.random()) * 0.14, random.random()
            if random.random() > thick:
                continue
            foot = max(low, stage.horizon + 0.1) + depth * (1.02 - max(low, stage.horizon + 0.1))
            found.append(
                (foot, place(random.choice(chosen), x, foot, least + (most - least) * depth, random))
            )
    return [part for _, part in sorted(found, key=lambda item: item[0])]


def tufts(stage: Stage, colour: str) -> list[str]:
    parts: list[str] = []
    for cell, random in stage.cells("tufts", 0.1):
        for _ in range(7):
            x, depth = (cell + random.random()) * 0.1, random.random()
            y = stage.horizon + 0.07 + depth * (0.95 - stage.horizon)
            tall = 0.008 + 0.02 * depth
            blades = "".join(
                f"M{n(x)} {n(y)}q{n(tall * bend * 0.4)} {n(-tall * 0.7)} {n(tall * bend)} {n(-tall * high)}"
                for bend, high in ((-0.7, 1.0), (0.1, 1.2), (0.8, 0.9))
            )
        parts.append(
            f'<path d="{blades}" stroke="{colour}" stroke-width="{n(0.0016 + 0.002 * depth)}" fill="none" opacity="0.55"/>'
        )
    return parts
