"""A scene: a wish with its seeds, drawn as one SVG of any size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from bot_media.images.collage.backdrop import Stage, View, distance, sky
from bot_media.images.collage.colour import Recolour, mix
from bot_media.images.collage.ground import ground
from bot_media.images.collage.icons import SIDE, Icon, IconPack
from bot_media.images.collage.layout import FLOATING, Figure, arrange, nudged
from bot_media.images.collage.lexicon import HOMES
from bot_media.images.collage.light import light_of
from bot_media.images.collage.reading import Wish
from bot_media.images.collage.shapes import blur, circle, ellipse, n, rect

PLACES = ("meadow", "meadow", "lake", "mountains", "forest", "beach")
HORIZONS = {"space": 0.95, "underwater": 0.85, "sky": 0.62, "room": 0.56, "city": 0.6, "beach": 0.5}


@dataclass(frozen=True, slots=True)
class Nudge:
    """A subtle variation: its seed, and how far things move."""

    seed: int
    by: float = 0.05


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture made anew: another seed, perhaps another wish, within a rectangle of the world."""

    view: View
    seed: int
    wish: Wish


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a picture follows from. ``wide`` is the width of the first picture, whose height is 1.

    ``air`` is the seed of light and backdrop, ``mood`` that of the composition: varying strongly changes the
    latter alone.
    """

    wish: Wish
    air: int
    mood: int
    wide: float
    view: View
    nudges: tuple[Nudge, ...] = ()
    regions: tuple[Region, ...] = ()
    tints: tuple[str, ...] = ()
    chaos: float = 0.0
    extra: tuple[str, ...] = field(default=())


OUTDOORS = ("place-", "plant-other", "transport-")  # what stands in no room, whatever food lies beside it


def place_of(wish: Wish, random: Random) -> str:
    """Return where the scene is: asked for, implied by a subject, or the seed's choice."""
    if wish.place:
        return wish.place
    if wish.peaks:
        return "mountains"
    outdoors = any(subject.icon.kind.startswith(OUTDOORS) for subject in wish.subjects)
    for subject in wish.subjects:
        home = HOMES.get(subject.icon.name) or HOMES.get(subject.icon.kind)
        if home is None and subject.icon.kind.startswith(("food", "drink")):
            home = "room"
        if home and not (home == "room" and outdoors):
            return home
    if "snow" in wish.weather:
        return random.choice(("snowfield", "forest", "mountains"))
    return random.choice(PLACES)


def stage_of(scene: Scene) -> Stage:
    """Return what the backdrop is drawn from."""
    random = Random(f"{scene.air}:place")  # noqa: S311 - pictures, not secrets
    place = place_of(scene.wish, random)
    usual = (
        "night"
        if scene.wish.moon or "aurora" in scene.wish.weather
        else random.choice(["day", "day", "dawn", "sunset"])
    )
    time = scene.wish.time or usual
    light = light_of(scene.wish, place, time, Random(f"{scene.air}:light"), scene.tints)  # noqa: S311
    horizon = HORIZONS.get(place, random.uniform(0.5, 0.58))
    return Stage(scene.wish, place, time, light, horizon, scene.air, scene.view)


class Painter:
    """Draws scenes with an icon pack."""

    def __init__(self, pack: IconPack) -> None:
        self._pack = pack

    def svg(self, scene: Scene, width: int, height: int) -> str:
        """Return the scene as SVG, ``width`` x ``height`` pixels."""
        stage = stage_of(scene)
        symbols: dict[str, str] = {}
        body = [*sky(stage), *distance(stage), *ground(stage, self._placer(stage, symbols))]
        figures = self.figures(scene, stage)
        shadow = f"<defs>{blur('shadow', 0.012)}{blur('bloom', 0.05)}</defs>"
        body += [shadow, *_fog(stage), *_shade(stage, stage.light.dark * 0.72)]
        body += [self._figure(figure, stage, symbols) for figure in figures]
        body += [*_weather(stage), *_shade(stage, stage.light.dark * 0.4), *_lit(stage, figures)]
        view = stage.view
        box = f"{n(view.left)} {n(view.top)} {n(view.width)} {n(view.height)}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{box}" '
            f'preserveAspectRatio="xMidYMid slice"><defs>{"".join(symbols.values())}</defs>{"".join(body)}</svg>'
        )

    def figures(self, scene: Scene, stage: Stage) -> list[Figure]:
        """Return everything the scene's subjects became, farthest first."""
        random = Random(f"{scene.mood}:figures")  # noqa: S311
        figures = arrange(scene.wish.subjects, stage.place, stage.horizon, scene.wide, random)
        for nudge in scene.nudges:
            figures = nudged(figures, Random(f"{nudge.seed}:nudge"), nudge.by)  # noqa: S311
        for region in scene.regions:
            kept = [figure for figure in figures if not _within(figure, region.view)]
            view = region.view
            own = Random(f"{region.seed}:region")  # noqa: S311
            fresh = arrange(region.wish.subjects, stage.place, stage.horizon, view.width * 0.8, own)
            middle = (view.left + view.right) / 2
            moved = [_into(figure, view, middle) for figure in fresh]
            figures = sorted([*kept, *moved], key=lambda figure: (not figure.airborne, figure.y))
        return figures

    def _placer(
        self, stage: Stage, symbols: dict[str, str]
    ) -> Callable[[str, float, float, float, Random], str]:
        def place(name: str, x: float, foot: float, height: float, random: Random) -> str:
            if not self._pack.has(name):
                return ""
            icon = self._pack.icon(name)
            share = max(0.0, min(0.5, 0.5 - (foot - stage.horizon) * 1.4))
            drawn = self._icon(
                icon, "", x, foot - height / 2, height, random.random() < 0.5, random.uniform(-3, 3), symbols
            )
            haze = f'opacity="{n(1 - share * 0.5)}"'
            return f"<g {haze}>{drawn}</g>"

        return place

    def _figure(self, figure: Figure, stage: Stage, symbols: dict[str, str]) -> str:
        middle = figure.y if figure.airborne else figure.y - figure.height * 0.47
        icon, colour = figure.subject.icon, figure.subject.colour
        if icon.head:
            drawn = self._animal(figure, middle, symbols)
        else:
            drawn = self._icon(
                icon, colour, figure.x, middle, figure.height, figure.flip, figure.turn, symbols
            )
        if figure.airborne or stage.place in FLOATING:
            return drawn
        wet = stage.place in ("sea", "lake")
        colour, solid = (mix(stage.light.shade, "#ffffff", 0.2), 0.28) if wet else (stage.light.shade, 0.36)
        low = ellipse(
            figure.x + figure.height * 0.06,
            figure.y + figure.height * 0.005,
            figure.height * 0.42,
            figure.height * 0.06,
            colour,
            f'opacity="{n(solid)}" filter="url(#shadow)"',
        )
        return low + drawn

    def _animal(self, figure: Figure, middle: float, symbols: dict[str, str]) -> str:
        """Return an animal of which the pack has the head alone, with a sitting body in its own colours."""
        icon, colour = figure.subject.icon, figure.subject.colour
        main = self._pack.main_colour(icon, Recolour(colour) if colour else None)
        tall, x, foot = figure.height, figure.x, middle + figure.height * 0.47
        side = -1 if figure.flip else 1
        dark, pale = mix(main, "#2a1a20", 0.22), mix(main, "#ffffff", 0.62)
        tip = (x + side * tall * 0.4, foot - tall * 0.34)
        tail = (
            f'<path d="M{n(x + side * tall * 0.1)} {n(foot - tall * 0.06)}'
            f'Q{n(x + side * tall * 0.46)} {n(foot)} {n(tip[0])} {n(tip[1])}" '
            f'stroke="{dark}" stroke-width="{n(tall * 0.11)}" stroke-linecap="round" fill="none"/>'
        )
        parts = [
            tail,
            circle(*tip, tall * 0.055, pale),
            ellipse(x, foot - tall * 0.2, tall * 0.22, tall * 0.24, main),
            ellipse(x, foot - tall * 0.15, tall * 0.12, tall * 0.16, pale),
            *(
                ellipse(x + step * tall * 0.1, foot - tall * 0.03, tall * 0.075, tall * 0.045, dark)
                for step in (-1, 1)
            ),
        ]
        head = self._icon(icon, colour, x, foot - tall * 0.62, tall * 0.66, figure.flip, figure.turn, symbols)
        return "".join(parts) + head

    def _icon(
        self,
        icon: Icon,
        colour: str,
        x: float,
        y: float,
        height: float,
        flip: bool,
        turn: float,
        symbols: dict[str, str],
    ) -> str:
        """Return an icon whose middle is at (x, y)."""
        name = f"i-{icon.name}-{colour}"
        if name not in symbols:
            body = self._pack.body(icon, Recolour(colour) if colour else None)
            symbols[name] = f'<g id="{name}">{body}</g>'
        scale = height / SIDE
        across = -scale if flip else scale
        move = f"translate({n(x)} {n(y)}) rotate({n(turn)}) scale({across:.5f} {scale:.5f}) translate({-SIDE / 2} {-SIDE / 2})"
        return f'<use href="#{name}" transform="{move}"/>'


def _within(figure: Figure, view: View) -> bool:
    middle = figure.y if figure.airborne else figure.y - figure.height / 2
    return view.left <= figure.x <= view.right and view.top <= middle <= view.bottom


def _into(figure: Figure, view: View, middle: float) -> Figure:
    """Return a figure moved into a part of the picture, not larger than it."""
    height = min(figure.height, view.height * 0.85)
    low, high = (
        (view.top + height * 0.5, view.bottom - height * 0.3)
        if figure.airborne
        else (view.top + height, view.bottom)
    )
    y = min(max(figure.y, min(low, high)), max(low, high))
    return Figure(figure.subject, figure.x + middle, y, height, figure.flip, figure.turn, figure.airborne)


def _weather(stage: Stage) -> list[str]:
    """Return what falls or hangs between us and the scene."""
    weather, view, parts = stage.wish.weather, stage.view, []
    if stage.place in ("room", "underwater", "space"):
        return []
    for kind, many in (("rain", 30), ("snow", 16), ("blossom", 4), ("leaves", 4)):
        if kind not in weather:
            continue
        for cell, random in stage.cells(kind, 0.2):
            for _ in range(many):
                x, y = (cell + random.random()) * 0.2, view.top + random.random() * view.height
                parts.append(_flake(kind, x, y, random))
    return parts


def _flake(kind: str, x: float, y: float, random: Random) -> str:
    if kind == "rain":
        long = random.uniform(0.02, 0.05)
        line = f'x1="{n(x)}" y1="{n(y)}" x2="{n(x - long * 0.22)}" y2="{n(y + long)}"'
        thick, solid = n(random.uniform(0.0012, 0.0028)), n(random.uniform(0.25, 0.6))
        return f'<line {line} stroke="#dfeaf6" stroke-width="{thick}" opacity="{solid}"/>'
    if kind == "snow":
        return circle(
            x, y, random.uniform(0.002, 0.008), "#ffffff", f'opacity="{n(random.uniform(0.5, 0.95))}"'
        )
    colour = random.choice(
        ["#ffc4d6", "#ffd9e4", "#ffb0c8"] if kind == "blossom" else ["#d9772b", "#e8a33d", "#b5462a"]
    )
    turn = f'transform="rotate({random.randrange(180)} {n(x)} {n(y)})" opacity="0.9"'
    return ellipse(x, y, random.uniform(0.006, 0.012), random.uniform(0.003, 0.006), colour, turn)


def _fog(stage: Stage) -> list[str]:
    """Return banks of mist behind the subjects."""
    if "fog" not in stage.wish.weather or stage.place in ("room", "underwater", "space"):
        return []
    parts = [f"<defs>{blur('mist', 0.05)}</defs>"]
    for cell, random in stage.cells("fog", 0.5):
        for k in range(3):
            x, y = (cell + random.random()) * 0.5, stage.horizon + random.uniform(-0.1, 0.25)
            how = 'opacity="0.55" filter="url(#mist)"'
            parts.append(ellipse(x, y, 0.4, 0.05 + 0.03 * k, stage.light.horizon, how))
    return parts


def _shade(stage: Stage, dark: float) -> list[str]:
    """Return the dark of the hour over what was drawn so far."""
    view, light = stage.view, stage.light
    if dark < 0.01:
        return []
    how = f'opacity="{n(dark)}" style="mix-blend-mode:multiply"'
    return [rect(view.left, view.top, view.width, view.height, light.shade, how)]


def _lit(stage: Stage, figures: Sequence[Figure]) -> list[str]:
    """Return the warm light of a low sun, and a glow around the nearest subjects at night."""
    view, light, parts = stage.view, stage.light, []
    if light.low > 0.9:
        warm = 'opacity="0.16" style="mix-blend-mode:soft-light"'
        parts.append(
            rect(view.left, view.top, view.width, view.height, mix(light.sun, light.middle, 0.4), warm)
        )
    if stage.time == "night" and stage.place not in ("space", "underwater"):
        for figure in figures[-2:]:
            middle = figure.y if figure.airborne else figure.y - figure.height / 2
            parts.append(circle(figure.x, middle, figure.height * 0.9, "url(#halo)", 'opacity="0.2"'))
    return parts
