"""Where the subjects stand: size by kind and depth, apart from each other, the first one where the eye looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from bot_media.images.collage.lexicon import HEIGHTS
from bot_media.images.collage.reading import Subject

USUAL_HEIGHT = 0.26
TRIES = 24
FLOATING = ("space", "underwater", "sky")
BANK = 0.8  # where a lake's near shore begins
SWIM = ("transport-water", "animal-marine", "animal-amphibian")
SWIMMERS = ("duck", "swan", "goose", "hippopotamus", "crocodile", "otter", "beaver", "turtle", "lotus")


@dataclass(frozen=True, slots=True)
class Figure:
    """One subject in the world: its foot (or middle, in the air), its height, which way it looks."""

    subject: Subject
    x: float
    y: float
    height: float
    flip: bool = False
    turn: float = 0.0  # degrees
    airborne: bool = False


def arrange(
    subjects: Sequence[Subject], place: str, horizon: float, wide: float, random: Random
) -> list[Figure]:
    """Return figures, farthest first; ``wide`` is the picture's width in the world."""
    total = sum(subject.count for subject in subjects)
    crowd = 1.18 if total == 1 else 1.0 if total <= 3 else max(0.5, 1.25 - 0.09 * total)
    figures: list[Figure] = []
    for number, subject in enumerate(subjects):
        for copy in range(subject.count):
            first = number == 0 and copy == 0
            figures.append(
                _placed(subject, place, horizon, wide, crowd, figures, random, first and total <= 3)
            )
    return sorted(figures, key=lambda figure: (not figure.airborne, figure.y))


def _placed(
    subject: Subject,
    place: str,
    horizon: float,
    wide: float,
    crowd: float,
    others: Sequence[Figure],
    random: Random,
    leads: bool,
) -> Figure:
    """Return the best of a few places: far from the others, within the picture."""
    base = HEIGHTS.get(subject.icon.kind, USUAL_HEIGHT) * subject.size * crowd
    options = [_anywhere(subject, place, horizon, wide, base, random, leads) for _ in range(TRIES)]
    return max(options, key=lambda figure: _room(figure, others))


def _anywhere(
    subject: Subject, place: str, horizon: float, wide: float, base: float, random: Random, leads: bool
) -> Figure:
    airborne = subject.airborne or place in FLOATING
    height = min(0.85, base * random.uniform(0.92, 1.08))
    edge = max(0.02, wide / 2 - height * 0.55)
    x = random.choice([-1, 1]) * random.uniform(0.03, 0.17) * wide if leads else random.uniform(-edge, edge)
    flip, turn = random.random() < 0.5, random.uniform(-5, 5) if airborne else random.uniform(-1.5, 1.5)
    if airborne:
        low = horizon - 0.04 if subject.airborne and place not in FLOATING else 0.8
        y = random.uniform(height * 0.6 + 0.03, max(height * 0.6 + 0.05, low - height * 0.3))
        return Figure(subject, x, y, height * 0.9, flip, turn, airborne=True)
    farthest, nearest = _reach(subject, place, horizon)
    y = random.uniform(max(farthest, min(0.82, nearest - 0.08)), nearest) if leads else 0.0
    y = y or random.uniform(farthest, nearest)
    depth = (y - horizon) / max(0.05, nearest - horizon)
    return Figure(subject, x, y, height * (0.55 + 0.5 * depth), flip, turn)


def _reach(subject: Subject, place: str, horizon: float) -> tuple[float, float]:
    """Return the farthest and the nearest foot of a subject: at a lake only what swims is in the water."""
    if place != "lake":
        return horizon + 0.14, 0.9 if place == "sea" else 0.95
    if subject.icon.kind in SWIM or subject.icon.name in SWIMMERS:
        return horizon + 0.1, BANK - 0.03
    return BANK + 0.06, 0.96


def _room(figure: Figure, others: Sequence[Figure]) -> float:
    """Return how free a place is: the least distance to the others, less what it overlaps."""
    if not others:
        return 0.0
    gaps = []
    for other in others:
        apart = math.hypot(figure.x - other.x, (_middle(figure) - _middle(other)) * 0.8)
        gaps.append(apart - (figure.height + other.height) * 0.42)
    return min(gaps)


def _middle(figure: Figure) -> float:
    return figure.y if figure.airborne else figure.y - figure.height / 2


def nudged(figures: Sequence[Figure], random: Random, by: float) -> list[Figure]:
    """Return the same composition with everything a little elsewhere: what varying subtly does."""
    moved = [
        replace(
            figure,
            x=figure.x + random.uniform(-by, by),
            y=figure.y + random.uniform(-by, by) * 0.4,
            height=figure.height * random.uniform(1 - by, 1 + by),
            turn=figure.turn + random.uniform(-60, 60) * by,
            flip=figure.flip if random.random() > by else not figure.flip,
        )
        for figure in figures
    ]
    return sorted(moved, key=lambda figure: (not figure.airborne, figure.y))
