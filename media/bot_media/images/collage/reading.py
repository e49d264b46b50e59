"""From a prompt's words to what the scene shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot_media.images.collage import lexicon
from bot_media.images.collage.icons import Icon, IconPack
from bot_media.images.collage.splitting import (
    FLYING,
    known_words,
    meanings,
    modifiers,
    placed_tokens,
    tokens,
)

BREAKS = re.compile(r"[,，。;；、.!?！？]|\b(?:and|with|beside|near)\b|[和与在]")
MOST_SUBJECTS = 6
MOST_COUNT = 12


@dataclass(frozen=True, slots=True)
class Subject:
    """Something to be seen: how many, how large (1 is usual), in which colour, in the air or not."""

    icon: Icon
    count: int = 1
    size: float = 1.0
    colour: str = ""
    airborne: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What a prompt asks for; empty strings are left to the seed."""

    subjects: tuple[Subject, ...] = ()
    place: str = ""
    time: str = ""
    weather: frozenset[str] = frozenset()
    style: str = ""
    colours: tuple[str, ...] = ()  # named without a subject: the light takes them
    sun: bool = False
    moon: float = 0.0  # its size, 0 for none asked for
    peaks: int = 0  # mountains asked for by number
    unknown: tuple[str, ...] = ()  # words that nothing was found for
    names: tuple[str, ...] = field(default=(), compare=False)


@dataclass(slots=True)
class _Reading:
    """What was read so far, with the qualities that wait for their subject."""

    colour: str = ""
    count: int = 1
    size: float = 1.0
    flying: bool = False


class Reader:
    """Reads prompts with an icon pack's names."""

    def __init__(self, pack: IconPack) -> None:
        self._pack = pack

    def read(self, text: str, without: str = "") -> Wish:
        """Return what a prompt asks for, ``without`` what it does not want to see."""
        lowered = text.lower()
        banned = {
            icon.name
            for word in tokens(without.lower(), self._pack.words)
            if (icon := self._pack.words.get(word))
        }
        banned_words = set(tokens(without.lower(), self._pack.words))
        found: dict[str, str] = {}
        weather: set[str] = set()
        subjects: list[Subject] = []
        colours: list[str] = []
        unknown: list[str] = []
        sun, moon, peaks = False, 0.0, 0
        for clause in BREAKS.split(lowered):
            waiting = _Reading()
            pending: list[Subject] = []
            placed = list(placed_tokens(clause, self._pack.words))
            dropped = modifiers(clause, placed, self._named)
            for number, (word, _, _) in enumerate(placed):
                if word in banned_words or number in dropped:
                    continue
                quality = self._quality(word, waiting)
                if quality:
                    continue
                known = False
                for name in ("time", "place", "style"):
                    if meaning := meanings(name).get(word):
                        found.setdefault(name, meaning)
                        known = True
                if meaning := meanings("weather").get(word):
                    weather.add(meaning)
                    known = True
                if word in ("moon", "月亮", "明月", "圆月", "满月"):
                    moon, known = max(moon, waiting.size), True
                if word in ("sun", "太阳", "烈日"):
                    sun = known = True
                if word in ("mountain", "mountains", "山", "雪山", "peaks"):
                    peaks, known = max(peaks, waiting.count), True
                    waiting.count, waiting.size = 1, 1.0
                icon = None if known else self._pack.words.get(word)
                if icon is not None and icon.name not in banned:
                    pending.append(_subject(icon, waiting))
                    waiting.colour, waiting.count, waiting.size = "", 1, 1.0
                elif not known and len(word) > 1 and word not in lexicon.LITTLE:
                    unknown.append(word)
            if (
                waiting.colour
            ):  # "a fox in red": the colour follows what it colours; "under blue sky" it does not
                last = bool(placed) and bool(meanings("colour").get(placed[-1][0]))
                if last and pending and not pending[-1].colour:
                    pending[-1] = _with(pending[-1], colour=waiting.colour)
                else:
                    colours.append(waiting.colour)
            if waiting.flying:
                pending = [_with(subject, airborne=True) for subject in pending]
            subjects += pending
        return Wish(
            subjects=tuple(_distinct(subjects)[:MOST_SUBJECTS]),
            place=found.get("place", ""),
            time=found.get("time", ""),
            weather=frozenset(weather),
            style=found.get("style", ""),
            colours=tuple(colours),
            sun=sun,
            moon=moon,
            peaks=peaks,
            unknown=tuple(unknown),
        )

    def _named(self, word: str) -> Icon | None:
        """Return the icon of a word that means nothing else."""
        return None if word in known_words() or word.isdigit() else self._pack.words.get(word)

    def _quality(self, word: str, waiting: _Reading) -> bool:
        """Note a colour, a count or a size for the next subject; tell whether the word was one."""
        if colour := meanings("colour").get(word):
            waiting.colour = colour
        elif count := meanings("count").get(word):
            waiting.count = int(count)
        elif size := meanings("size").get(word):
            waiting.size = float(size)
        elif word in FLYING:
            waiting.flying = True
        elif word.isdigit():
            waiting.count = max(1, min(MOST_COUNT, int(word[:3])))
        else:
            return False
        return True


def _subject(icon: Icon, waiting: _Reading) -> Subject:
    airy = (icon.kind in lexicon.AIRY or icon.name in lexicon.AIRY) and icon.name not in lexicon.AIRY_NOT
    return Subject(icon, waiting.count, waiting.size, waiting.colour, airy)


def _with(subject: Subject, *, colour: str = "", airborne: bool | None = None) -> Subject:
    return Subject(
        subject.icon,
        subject.count,
        subject.size,
        colour or subject.colour,
        subject.airborne if airborne is None else airborne,
    )


def _distinct(subjects: list[Subject]) -> list[Subject]:
    """Drop what was named twice, keeping the fuller mention."""
    best: dict[str, Subject] = {}
    for subject in subjects:
        before = best.get(subject.icon.name)
        if before is None or (subject.colour and not before.colour) or subject.count > before.count:
            best[subject.icon.name] = subject
    return list(best.values())
