"""The ground of places that people, planets or fish made theirs."""

from __future__ import annotations

from bot_media.images.collage.backdrop import Stage, cloud
from bot_media.images.collage.colour import mix
from bot_media.images.collage.growth import Place, base, row
from bot_media.images.collage.shapes import blur, circle, ellipse, gradient, land, n, polygon, rect, waves


def city(stage: Stage, place: Place) -> list[str]:
    """Two rows of houses with lit windows, and a street that is wet when it rains."""
    night = stage.time in ("night", "sunset", "dawn")
    parts = _houses(
        stage, "skyline", 0.16, 0.34, mix("#5d6b8a", stage.light.horizon, 0.5), 0.25 if night else 0.0
    )
    parts += _houses(
        stage, "front", 0.22, 0.26, mix("#4a5270", stage.light.middle, 0.12), 0.6 if night else 0.25
    )
    wet = "rain" in stage.wish.weather
    near, far = ("#2c3347", "#4b5570") if wet or stage.time == "night" else ("#8a8f99", "#b5b8bd")
    parts += base(stage, near, far, 0.0, "street")
    view = stage.view
    if wet or stage.time == "night":
        parts.append(f"<defs>{blur('wet', 0.018)}</defs>")
        for cell, random in stage.cells("puddles", 0.16):
            colour = random.choice(["#ffcf7a", "#ff8fa0", "#7fd0ff", "#ffe7a8"])
            x, y = (cell + random.random()) * 0.16, stage.horizon + random.uniform(0.06, 0.3)
            parts.append(
                rect(
                    x,
                    y,
                    random.uniform(0.006, 0.02),
                    random.uniform(0.06, 0.22),
                    colour,
                    'opacity="0.34" filter="url(#wet)"',
                )
            )
    kerb = stage.horizon + 0.035
    parts.append(rect(view.left, kerb, view.width, 0.008, mix(far, "#ffffff", 0.3), 'opacity="0.7"'))
    return parts


def _houses(stage: Stage, layer: str, step: float, tall: float, tone: str, lit: float) -> list[str]:
    parts: list[str] = []
    for cell, random in stage.cells(layer, step):
        x, width = cell * step, step * random.uniform(0.75, 1.02)
        height = tall * random.uniform(0.45, 1.0)
        top = stage.horizon + 0.03 - height
        colour = mix(tone, random.choice(["#c97b63", "#d9a66b", "#7f9bb3", "#8f7fa8"]), 0.28)
        parts.append(rect(x, top, width, height + 0.02, colour))
        if random.random() < 0.45:
            parts.append(
                polygon(
                    [(x - 0.006, top), (x + width / 2, top - 0.05), (x + width + 0.006, top)],
                    mix(colour, "#3a2c38", 0.45),
                )
            )
        across, down = max(2, int(width / 0.042)), max(2, int(height / 0.055))
        for column in range(across):
            for floor in range(down):
                on = random.random() < lit
                shade = "#ffdf8f" if on else mix(colour, "#1d2438", 0.4)
                wx, wy = x + (column + 0.28) * width / across, top + 0.018 + floor * (height - 0.03) / down
                parts.append(rect(wx, wy, width / across * 0.44, 0.026, shade, 'rx="0.003"'))
    return parts


def space(stage: Stage, place: Place) -> list[str]:
    """No ground but the curve of a planet; others hang in the dark."""
    random, view = stage.random("planet"), stage.view
    tone = random.choice(["#b5543a", "#5a6fb0", "#8f7a5f", "#4c8a86", "#8d5aa8"])
    stops = [(0.0, mix(tone, "#ffffff", 0.25), 1.0), (1.0, mix(tone, "#000000", 0.45), 1.0)]
    parts = [f"<defs>{gradient('planet', stops, 0.8, 1.25)}{blur('air', 0.02)}</defs>"]
    for _ in range(2):
        x, y, radius = random.uniform(-0.55, 0.55), random.uniform(0.1, 0.4), random.uniform(0.03, 0.08)
        own = random.choice(["#e0a458", "#7fb0d9", "#c98bb0", "#9fd0b0"])
        parts.append(
            circle(x, y, radius, own)
            + circle(x + radius * 0.35, y + radius * 0.2, radius * 0.98, "#070518", 'opacity="0.45"')
        )
        if random.random() < 0.5:
            turn = f'stroke="{mix(own, "#ffffff", 0.4)}" stroke-width="0.006" transform="rotate(-18 {n(x)} {n(y)})"'
            parts.append(ellipse(x, y, radius * 1.8, radius * 0.42, "none", turn))
    middle = (view.left + view.right) / 2 * 0
    parts.append(circle(middle, 2.62, 1.84, mix(tone, "#ffffff", 0.4), 'opacity="0.35" filter="url(#air)"'))
    parts.append(circle(middle, 2.64, 1.82, "url(#planet)"))
    for _ in range(9):
        x = random.uniform(-0.8, 0.8)
        y = 0.9 + 0.2 * x * x + random.random() * 0.12
        parts.append(
            ellipse(
                x,
                y,
                random.uniform(0.02, 0.07),
                random.uniform(0.006, 0.018),
                mix(tone, "#000000", 0.3),
                'opacity="0.6"',
            )
        )
    return parts


def above_clouds(stage: Stage, place: Place) -> list[str]:
    """A sea of clouds."""
    parts: list[str] = []
    for layer in range(5):
        line = stage.horizon + 0.06 + layer * 0.1
        for cell, random in stage.cells(f"cloudsea{layer}", 0.2 + layer * 0.03):
            x = cell * (0.2 + layer * 0.03) + random.random() * 0.12
            below = mix(stage.light.cloud, stage.light.middle, 0.5 - layer * 0.06)
            parts.append(
                cloud(
                    x,
                    line + random.uniform(-0.02, 0.02),
                    0.08 + layer * 0.02,
                    stage.light.cloud,
                    below,
                    random,
                    0.95,
                )
            )
    return parts


def underwater(stage: Stage, place: Place) -> list[str]:
    """Rays from above, sand and weeds below, bubbles between."""
    view, random = stage.view, stage.random("rays")
    parts = [f"<defs>{blur('ray', 0.02)}</defs>"]
    for _ in range(7):
        x, wide = random.uniform(-0.9, 0.9), random.uniform(0.03, 0.09)
        lean = random.uniform(0.1, 0.3)
        ray = [(x, view.top), (x + wide, view.top), (x + wide * 2.6 + lean, 1.0), (x + lean, 1.0)]
        parts.append(polygon(ray, "#dffaff", 'opacity="0.12" filter="url(#ray)"'))
    line = waves(stage.random("bed"), 0.03, 0.9)
    stops = [(0.0, "#c9b98a", 1.0), (1.0, "#8f7f58", 1.0)]
    parts.append(f"<defs>{gradient('bed', stops, 0.84, 1.0)}</defs>")
    parts.append(land(line, 0.88, view.left, view.right, max(view.bottom, 1.0), "url(#bed)"))
    parts += row(stage, place, "weeds", 0.13, 0.7, ("coral", "herb", "coral", "shell"), 0.4, 0.12, foot=0.92)
    for cell, own in stage.cells("bubbles", 0.2):
        for _ in range(4):
            x, y = (cell + own.random()) * 0.2, own.uniform(0.05, 0.85)
            ring = f'stroke="#eafcff" stroke-width="0.002" fill-opacity="0.18" opacity="{n(own.uniform(0.3, 0.8))}"'
            parts.append(circle(x, y, own.uniform(0.004, 0.015), "#ffffff", ring))
    return parts


def room(stage: Stage, place: Place) -> list[str]:
    """A wall with a window, and a table."""
    view, light, random = stage.view, stage.light, stage.random("room")
    x, y, side = random.choice([-1, 1]) * random.uniform(0.16, 0.3), random.uniform(0.1, 0.15), 0.3
    pane = {"night": "#1b2350", "sunset": "#f3a46c", "dawn": "#f6cfc2"}.get(stage.time, "#a9dbf5")
    stops = [(0.0, mix(pane, "#000000", 0.1), 1.0), (1.0, mix(pane, "#ffffff", 0.5), 1.0)]
    frame = mix(light.shade, "#ffffff", 0.82)
    parts = [
        f"<defs>{gradient('pane', stops, y, y + side)}</defs>",
        rect(x - side / 2 - 0.014, y - 0.014, side + 0.028, side + 0.028, frame, 'rx="0.008"'),
        rect(x - side / 2, y, side, side, "url(#pane)"),
        rect(x - 0.005, y, 0.01, side, frame),
        rect(x - side / 2, y + side * 0.46, side, 0.01, frame),
    ]
    wood = random.choice(["#b98456", "#a9744a", "#caa06f", "#8d6e63"])
    top = stage.horizon + 0.06
    stops = [(0.0, mix(wood, "#ffffff", 0.2), 1.0), (1.0, mix(wood, "#000000", 0.18), 1.0)]
    parts.append(f"<defs>{gradient('table', stops, top, 1.0)}</defs>")
    parts.append(rect(view.left, top, view.width, max(view.bottom, 1.0) - top, "url(#table)"))
    for k in range(1, 5):
        parts.append(
            rect(
                view.left,
                top + 0.07 * k * (1 + k * 0.15),
                view.width,
                0.0025,
                mix(wood, "#000000", 0.3),
                'opacity="0.5"',
            )
        )
    parts.append(rect(view.left, top, view.width, 0.012, mix(wood, "#ffffff", 0.4)))
    return parts
