"""From a prompt's words to what the scene shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from bot_media.images.collage import lexicon
from bot_media.images.collage.icons import Icon, IconPack

LATIN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
HAN = re.compile(r"[\u4e00-\u9fff]")
BREAKS = re.compile(r"[,，。;；、.!?！？]|\b(?:and|with|beside|near)\b|[和与在]")
MOST_SUBJECTS = 6
MOST_COUNT = 12
LONGEST_HAN = 6
FLYING = frozenset(
    [
        "flying",
        "floating",
        "above",
        "over",
        "soaring",
        "飞",
        "飞过",
        "飞翔",
        "飞行",
        "漂浮",
        "天上",
        "空中",
        "上空",
        "飘",
    ]
)


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
            for word in tokens(clause, self._pack.words):
                if word in banned_words:
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
            if waiting.colour:  # "a fox in red": the colour follows what it colours
                if pending and not pending[-1].colour:
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


@cache
def meanings(name: str) -> Mapping[str, str]:
    """Return the words of one table, each with what it means."""
    tables: dict[str, Mapping[object, str]] = {
        "colour": lexicon.COLOUR_WORDS,  # type: ignore[dict-item]
        "count": lexicon.COUNTS,  # type: ignore[dict-item]
        "size": lexicon.SIZES,  # type: ignore[dict-item]
        "time": lexicon.TIMES,  # type: ignore[dict-item]
        "weather": lexicon.WEATHERS,  # type: ignore[dict-item]
        "place": lexicon.PLACES,  # type: ignore[dict-item]
        "style": lexicon.STYLES,  # type: ignore[dict-item]
    }
    return {word: str(meaning) for meaning, words in tables[name].items() for word in words.split()}


@cache
def _known() -> frozenset[str]:
    names = ("colour", "count", "size", "time", "weather", "place", "style")
    return (
        frozenset(word for name in names for word in meanings(name))
        | FLYING
        | {"月亮", "太阳", "明月", "圆月", "满月", "烈日"}
    )


def tokens(text: str, words: Mapping[str, Icon]) -> Iterator[str]:
    """Yield words and known phrases: of Chinese the longest known one first, of English up to three words together."""
    at = 0
    latin = [(found.start(), found.end()) for found in LATIN.finditer(text)]
    starts = {start: number for number, (start, _) in enumerate(latin)}
    while at < len(text):
        if at in starts:
            number = starts[at]
            word, end = _longest_latin(text, latin, number, words)
            yield word
            at = end
        elif HAN.match(text[at]):
            word = _longest_han(text[at : at + LONGEST_HAN], words)
            yield word
            at += len(word)
        else:
            at += 1


def _longest_latin(
    text: str, latin: list[tuple[int, int]], number: int, words: Mapping[str, Icon]
) -> tuple[str, int]:
    for span in (3, 2):
        piece = latin[number : number + span]
        if len(piece) == span:
            joined = " ".join(text[start:end] for start, end in piece)
            for form in (joined, joined.replace(" ", "-")):
                if form in words or form in _known():
                    return form, piece[-1][1]
    start, end = latin[number]
    word = text[start:end]
    if word not in words and word not in _known():
        for single in (word.removesuffix("s"), word.removesuffix("es"), f"{word.removesuffix('ies')}y"):
            if single in words or single in _known():
                return single, end
    return word, end


def _longest_han(text: str, words: Mapping[str, Icon]) -> str:
    for length in range(len(text), 1, -1):
        if text[:length] in words or text[:length] in _known():
            return text[:length]
    return text[0]
