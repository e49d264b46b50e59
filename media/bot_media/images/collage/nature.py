"""The ground of places without houses."""

from __future__ import annotations

from bot_media.images.collage.backdrop import Stage
from bot_media.images.collage.colour import mix
from bot_media.images.collage.growth import Place, base, row, scatter, snowy, tufts, water
from bot_media.images.collage.layout import BANK
from bot_media.images.collage.shapes import gradient, land, waves


def meadow(stage: Stage, place: Place) -> list[str]:
    """Grass with flowers, bushes and a few trees at the back."""
    if snowy(stage):
        return snowfield(stage, place)
    tones = [("#5fae4d", "#8cc96a"), ("#6fb25a", "#a9d47c"), ("#4f9d5b", "#86c98a")]
    near, far = stage.random("tone").choice(tones)
    if "leaves" in stage.wish.weather:
        near, far = "#b9853f", "#e0b45e"
    parts = base(stage, near, far)
    parts += row(stage, place, "back", 0.3, 0.55, ("deciduous-tree", "evergreen-tree"), 0.05, 0.16)
    flowers = ("blossom", "tulip", "sunflower", "hibiscus", "cherry-blossom", "hyacinth")
    many = "blossom" in stage.wish.weather or any(s.icon.kind == "plant-flower" for s in stage.wish.subjects)
    parts += tufts(stage, mix(near, "#2f6b35", 0.35))
    parts += scatter(stage, place, "flowers", flowers, 0.9 if many else 0.35, 0.035, 0.07)
    return parts


def forest(stage: Stage, place: Place) -> list[str]:
    """Rows of trees, nearer ones larger and darker."""
    parts = base(stage, "#3f7a48", "#6aa06a") if not snowy(stage) else base(stage, "#e9f0f7", "#cfdcec")
    trees = ("evergreen-tree", "deciduous-tree", "evergreen-tree")
    parts += row(stage, place, "farthest", 0.1, 0.95, trees, 0.03, 0.2)
    parts += row(stage, place, "far", 0.17, 0.9, trees, 0.08, 0.3)
    parts += row(stage, place, "sides", 0.3, 0.75, trees, 0.2, 0.55, middle=0.28)
    parts += tufts(stage, "#2f5f3a") if not snowy(stage) else []
    parts += scatter(stage, place, "floor", ("mushroom", "herb", "fallen-leaf", "blossom"), 0.35, 0.035, 0.06)
    return parts


def sea(stage: Stage, place: Place) -> list[str]:
    """Open water with the light of the sky on it."""
    return water(stage, stage.horizon, stage.view.bottom, "#1f6fa8", "#5fb3d9", "water")


def beach(stage: Stage, place: Place) -> list[str]:
    """Sea above, sand below, palms at the sides."""
    shore = stage.horizon + 0.17
    parts = water(stage, stage.horizon, shore + 0.06, "#2a9fc4", "#6cc9dd", "water")
    line = waves(stage.random("shore"), 0.02, 0.9)
    view, bottom = stage.view, max(stage.view.bottom, 1.0)
    parts.append(
        land(lambda x: line(x) - 0.014, shore, view.left, view.right, bottom, "#f4fbff", 'opacity="0.85"')
    )
    stops = [(0.0, "#e9cf9a", 1.0), (0.25, "#f3dfb2", 1.0), (1.0, "#e2bd80", 1.0)]
    parts.append(f"<defs>{gradient('sand', stops, shore, 1.0)}</defs>")
    parts.append(land(line, shore, view.left, view.right, bottom, "url(#sand)"))
    parts += row(stage, place, "palms", 0.7, 0.75, ("palm-tree",), 0.22, 0.5, middle=0.4)
    return parts + scatter(
        stage, place, "shells", ("spiral-shell", "coral", "crab", "shell"), 0.3, 0.035, 0.06
    )


def lake(stage: Stage, place: Place) -> list[str]:
    """Water between two shores, reeds in front."""
    parts = row(stage, place, "shoretrees", 0.14, 0.85, ("evergreen-tree", "deciduous-tree"), 0.012, 0.15)
    parts += water(stage, stage.horizon + 0.015, stage.view.bottom, "#2f6f8f", "#86b9c9", "water")
    line = waves(stage.random("bank"), 0.03, 0.8)
    near = "#4f8a52" if not snowy(stage) else "#e6eef6"
    view = stage.view
    parts.append(land(line, BANK + 0.02, view.left, view.right, max(view.bottom, 1.0), near))
    return parts + scatter(
        stage, place, "reeds", ("sheaf-of-rice", "herb", "lotus"), 0.5, 0.06, 0.1, low=0.92
    )


def desert(stage: Stage, place: Place) -> list[str]:
    """Dunes, each with its lit and its shaded side."""
    view, parts = stage.view, []
    for k, (tone, at) in enumerate((("#e9c48a", 0.0), ("#dfae6c", 0.1), ("#d09a57", 0.22))):
        line = waves(stage.random("dune", k), 0.045, 1.0 - 0.15 * k)
        name = f"dune{k}"
        stops = [
            (0.0, mix(tone, "#fff0cf", 0.35), 1.0),
            (0.4, tone, 1.0),
            (1.0, mix(tone, "#9a6a3c", 0.3), 1.0),
        ]
        top = stage.horizon + at
        parts.append(f"<defs>{gradient(name, stops, top - 0.05, top + 0.4)}</defs>")
        parts.append(land(line, top + 0.02, view.left, view.right, max(view.bottom, 1.0), f"url(#{name})"))
    return parts + row(stage, place, "cacti", 0.6, 0.5, ("cactus",), 0.1, 0.16)


def snowfield(stage: Stage, place: Place) -> list[str]:
    """Snow, with the sky's blue in its shadows."""
    parts = base(stage, "#f4f8fc", "#cfdfef", 0.02)
    shade = mix("#b5c9e2", stage.light.middle, 0.25)
    for k in range(3):
        line = waves(stage.random("drift", k), 0.018, 0.6)
        parts.append(
            land(
                line,
                stage.horizon + 0.12 + 0.13 * k,
                stage.view.left,
                stage.view.right,
                max(stage.view.bottom, 1.0),
                shade,
                'opacity="0.22"',
            )
        )
    return parts + row(stage, place, "firs", 0.26, 0.6, ("evergreen-tree",), 0.04, 0.17)
