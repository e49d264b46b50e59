"""Prompts split into words, known phrases and compounds, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

from bot_media.images.collage import lexicon
from bot_media.images.collage.icons import Icon
from bot_media.images.collage.naming import NOTHING

LATIN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
HAN = re.compile(r"[\u4e00-\u9fff]")
COMPOUND = re.compile(r"['’]s\s+|-|\s+|\s+of\s+(?:an?\s+|the\s+)?")
HEAD = 4  # letters at least of the last part of a word written together
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
def known_words() -> frozenset[str]:
    names = ("colour", "count", "size", "time", "weather", "place", "style")
    return (
        frozenset(word for name in names for word in meanings(name))
        | FLYING
        | {"月亮", "太阳", "明月", "圆月", "满月", "烈日"}
    )


def tokens(text: str, words: Mapping[str, Icon]) -> Iterator[str]:
    """Yield words and known phrases: of Chinese the longest known one first, of English up to three words together."""
    for word, _, _ in placed_tokens(text, words):
        yield word


def placed_tokens(text: str, words: Mapping[str, Icon]) -> Iterator[tuple[str, int, int]]:
    """Yield each token with where it begins and ends."""
    at = 0
    latin = [(found.start(), found.end()) for found in LATIN.finditer(text)]
    starts = {start: number for number, (start, _) in enumerate(latin)}
    while at < len(text):
        if at in starts:
            word, end = _longest_latin(text, latin, starts[at], words)
            if not (word == "s" and text[at - 1 : at] in ("'", "’")):
                yield word, at, end
            at = end
        elif HAN.match(text[at]):
            word = _longest_han(text[at : at + LONGEST_HAN], words)
            yield word, at, at + len(word)
            at += len(word)
        else:
            at += 1


def modifiers(
    text: str, placed: Sequence[tuple[str, int, int]], named: Callable[[str], Icon | None]
) -> set[int]:
    """Return which tokens only say what kind of thing the next one is: of a compound the head is drawn.

    "Pirate ship", "witch's house", "cup of coffee" and 小丑鱼 are one thing each. An animal before a person stays:
    a cat astronaut is both.
    """
    icons = [
        (number, icon, word, start, end)
        for number, (word, start, end) in enumerate(placed)
        if (icon := named(word)) is not None
    ]
    dropped = set()
    for (number, icon, _, _, end), (_, head, word, start, _) in pairwise(icons):
        gap = text[end:start]
        compound = len(word) == 1 and not gap if HAN.match(word) else COMPOUND.fullmatch(gap) is not None
        if compound and not (icon.kind.startswith("animal") and head.kind.startswith("person")):
            dropped.add(number)
    return dropped


def _longest_latin(
    text: str, latin: list[tuple[int, int]], number: int, words: Mapping[str, Icon]
) -> tuple[str, int]:
    for span in (3, 2):
        piece = latin[number : number + span]
        if len(piece) == span:
            joined = " ".join(text[start:end] for start, end in piece)
            for form in (joined, joined.replace(" ", "-")):
                if form in words or form in known_words():
                    return form, piece[-1][1]
    start, end = latin[number]
    word = text[start:end]
    if word not in words and word not in known_words():
        for single in (word.removesuffix("s"), word.removesuffix("es"), f"{word.removesuffix('ies')}y"):
            if single in words or single in known_words():
                return single, end
        return _head(word, words), end
    return word, end


def _head(word: str, words: Mapping[str, Icon]) -> str:
    """Return what a word written together ends in ("lighthouse" is a house), itself where its parts are not plainly known."""
    if word in NOTHING:
        return word
    for at in range(3, len(word) - HEAD + 1):
        first = word[:at]
        if first not in words and first not in known_words() and first not in lexicon.VAGUE:
            continue
        for last in (word[at:], word[at:].removesuffix("s")):
            icon = words.get(last) if len(last) >= HEAD else None
            if icon is not None and (icon.name == last or last in lexicon.PREFERRED):
                return last
    return word


def _longest_han(text: str, words: Mapping[str, Icon]) -> str:
    for length in range(len(text), 1, -1):
        if text[:length] in words or text[:length] in known_words() or text[:length] in NOTHING:
            return text[:length]
    return text[0]
