"""A prompt that was understood."""

from __future__ import annotations

import math
from dataclasses import dataclass

NEGATIVE = -0.5  # what ``--no`` weighs, as in ``words::-0.5``


@dataclass(frozen=True, slots=True)
class Part:
    """Words with what they weigh; 1 is plain, below 0 pushes away."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """Width to height, in lowest terms."""

    width: int = 1
    height: int = 1

    @classmethod
    def of(cls, width: int, height: int) -> Ratio:
        """Return the ratio in lowest terms."""
        common = math.gcd(width, height)
        return cls(width // common, height // common)

    def size(self, pixels: int, multiple: int = 8) -> tuple[int, int]:
        """Return (width, height) in pixels of about ``pixels`` squared in area, each a multiple of ``multiple``."""
        scale = pixels / math.sqrt(self.width * self.height)
        return _near(self.width * scale, multiple), _near(self.height * scale, multiple)

    def __str__(self) -> str:
        """Return ``W:H``."""
        return f"{self.width}:{self.height}"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One picture job's wish. ``seed`` None: a new one is drawn; ``lane`` empty: the member's own setting.

    ``str(prompt)`` is the prompt in its plainest spelling, which reads back as the same prompt.
    """

    parts: tuple[Part, ...] = ()
    pictures: tuple[str, ...] = ()  # links
    no: tuple[str, ...] = ()
    ratio: Ratio = Ratio()
    seed: int | None = None
    chaos: int = 0  # 0..100: how far the four pictures differ
    stylize: int = 100  # 0..1000
    picture_weight: float = 1.0  # 0..2
    quality: float = 1.0  # .25 | .5 | 1
    stop: int = 100  # percent of the steps
    tile: bool = False
    repeat: int = 1
    lane: str = ""  # fast | relax
    style: str = ""

    @property
    def words(self) -> str:
        """Return the words without weights and parameters."""
        return " ".join(part.text for part in self.parts if part.weight > 0)

    @property
    def weighted(self) -> tuple[Part, ...]:
        """Return all parts, those of ``--no`` as what they equal."""
        return (*self.parts, *(Part(text, NEGATIVE) for text in self.no))

    def __str__(self) -> str:
        """Return the prompt in its plainest spelling."""
        pieces = [*self.pictures, _parts(self.parts), *_parameters(self)]
        return " ".join(piece for piece in pieces if piece)


def _near(value: float, multiple: int) -> int:
    return max(multiple, round(value / multiple) * multiple)


def number(value: float) -> str:
    """Return a number without needless digits."""
    return f"{value:g}"


def _parts(parts: tuple[Part, ...]) -> str:
    if len(parts) == 1 and parts[0].weight == 1.0:
        return escaped(parts[0].text)
    return " ".join(f"{escaped(part.text)}::{number(part.weight)}" for part in parts)


def escaped(text: str) -> str:
    """Return words as they are typed: what would be read as a set gets a backslash."""
    return "".join("\\" + letter if letter in "\\{}" else letter for letter in text)


def _parameters(prompt: Prompt) -> list[str]:
    plain = Prompt()
    found = [
        f"--{name} {number(value)}"
        for name, value, usual in (
            ("chaos", prompt.chaos, plain.chaos),
            ("stylize", prompt.stylize, plain.stylize),
            ("iw", prompt.picture_weight, plain.picture_weight),
            ("q", prompt.quality, plain.quality),
            ("stop", prompt.stop, plain.stop),
            ("repeat", prompt.repeat, plain.repeat),
        )
        if value != usual
    ]
    if prompt.ratio != plain.ratio:
        found.insert(0, f"--ar {prompt.ratio}")
    if prompt.seed is not None:
        found.append(f"--seed {prompt.seed}")
    if prompt.style:
        found.append(f"--style {prompt.style}")
    found += [f"--{name}" for name in ("tile",) if prompt.tile]
    found += [f"--{prompt.lane}"] if prompt.lane else []
    if prompt.no:
        found.append("--no " + ", ".join(escaped(text) for text in prompt.no))
    return found
