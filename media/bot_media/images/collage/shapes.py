"""Small SVG pieces, in world coordinates: 1 is the height of a picture, y grows downwards."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random


def n(value: float) -> str:
    """Return a number as short as it may be."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def rect(x: float, y: float, width: float, height: float, fill: str, more: str = "") -> str:
    """Return a rectangle."""
    return f'<rect x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" fill="{fill}" {more}/>'


def circle(x: float, y: float, radius: float, fill: str, more: str = "") -> str:
    """Return a circle."""
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}" fill="{fill}" {more}/>'


def ellipse(x: float, y: float, across: float, down: float, fill: str, more: str = "") -> str:
    """Return an ellipse."""
    return f'<ellipse cx="{n(x)}" cy="{n(y)}" rx="{n(across)}" ry="{n(down)}" fill="{fill}" {more}/>'


def polygon(points: Sequence[tuple[float, float]], fill: str, more: str = "") -> str:
    """Return a polygon."""
    return f'<polygon points="{" ".join(f"{n(x)},{n(y)}" for x, y in points)}" fill="{fill}" {more}/>'


def gradient(name: str, stops: Sequence[tuple[float, str, float]], top: float, bottom: float) -> str:
    """Return a vertical gradient between two heights; stops are (share, colour, opacity)."""
    inner = "".join(
        f'<stop offset="{n(at)}" stop-color="{colour}" stop-opacity="{n(solid)}"/>'
        for at, colour, solid in stops
    )
    return (
        f'<linearGradient id="{name}" gradientUnits="userSpaceOnUse" x1="0" x2="0" y1="{n(top)}" y2="{n(bottom)}">{inner}'
        "</linearGradient>"
    )


def glow(name: str, colour: str, strength: float = 1.0) -> str:
    """Return a round glow, strongest in the middle."""
    return (
        f'<radialGradient id="{name}"><stop offset="0" stop-color="{colour}" stop-opacity="{n(strength)}"/>'
        f'<stop offset="0.35" stop-color="{colour}" stop-opacity="{n(strength * 0.35)}"/>'
        f'<stop offset="1" stop-color="{colour}" stop-opacity="0"/></radialGradient>'
    )


def blur(name: str, by: float) -> str:
    """Return a filter that blurs by ``by``."""
    return (
        f'<filter id="{name}" x="-50%" y="-50%" width="200%" height="200%">'
        f'<feGaussianBlur stdDeviation="{n(by)}"/></filter>'
    )


Height = Callable[[float], float]


def waves(random: Random, amplitude: float, length: float) -> Height:
    """Return a gentle endless line: a few sines of the seed."""
    parts = [
        (
            amplitude / (1 + k),
            (2 * math.pi / length) * (0.6 + k * 0.9 + random.random() * 0.5),
            random.random() * 7,
        )
        for k in range(4)
    ]
    return lambda x: sum(size * math.sin(x * often + shift) for size, often, shift in parts) / 1.6


def ridge(random: Random, amplitude: float, length: float) -> Height:
    """Return an endless mountain line with sharp tops."""
    parts = [
        (amplitude * 0.55**k, length / (1 + 1.1 * k) * (0.85 + 0.3 * random.random()), random.random() * 9)
        for k in range(5)
    ]

    def height(x: float) -> float:
        total = 0.0
        for size, long, shift in parts:
            share = ((x + shift) / long) % 1.0
            total += size * (1 - abs(2 * share - 1))
        return -total

    return height


def land(
    height: Height, base: float, left: float, right: float, bottom: float, fill: str, more: str = ""
) -> str:
    """Return the ground below ``base + height(x)``."""
    steps = max(24, min(600, int((right - left) * 90)))
    points = [(left + (right - left) * k / steps, 0.0) for k in range(steps + 1)]
    line = [(x, base + height(x)) for x, _ in points]
    return polygon([(left, bottom), *line, (right, bottom)], fill, more)
