"""Words with times to lines as people read them, and lines to files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot_core.ports.media import Heard
from bot_core.recordings import Line, clock_time

PAUSE, BREATH = 1.0, 0.25  # s of silence that end a line, and one that says something already
ENOUGH = 24  # width from which a breath ends a line: a recognizer that leaves out full stops
LONGEST = 12.0  # s of one line
WIDEST = 84  # of one line, in Latin letters: two rows of a subtitle
_END = re.compile(r"[。！？!?…]$|[^\d.][.]$")
_CLAUSE = re.compile(r"[，,；;：:、]$")
_COMMA = re.compile(r"(?<=[\u4e00-\u9fff])\s*,\s*(?=$|\w)|(?<=[\d%])\s*,\s*(?=[\u4e00-\u9fff])")
_SPACED = re.compile(r"[A-Za-z0-9.,;:!?%)\]'\"-]$")
_LATIN = re.compile(r"[A-Za-z0-9($\[]")


def lines_of(heard: Heard, start: float) -> list[Line]:
    """Return what was heard as lines; ``start`` is where its piece begins in the whole recording, in s."""
    if not heard.words:
        return [Line(start, start + heard.seconds, heard.text)] if heard.text else []
    lines: list[Line] = []
    open_: list[tuple[str, float, float]] = []
    for word in heard.words:
        if open_ and _ends(open_, word[1]):
            lines.append(_line(open_, start))
            open_ = []
        open_.append(word)
    return [*lines, _line(open_, start)]


def _ends(words: Sequence[tuple[str, float, float]], following: float) -> bool:
    """Tell whether a line ends before a word that begins at ``following``."""
    last, began = words[-1], words[0][1]
    text, wide = last[0].strip(), _width(joined(word for word, _, _ in words))
    silence, seconds = following - last[2], last[2] - began
    if silence > PAUSE or _END.search(text) or seconds > 1.5 * LONGEST or wide > 1.5 * WIDEST:
        return True
    if wide > ENOUGH and silence > BREATH:
        return True
    return (seconds > LONGEST or wide > WIDEST) and bool(_CLAUSE.search(text) or silence > BREATH / 2)


def _width(text: str) -> int:
    """Return how wide a text is shown: Chinese letters count for two."""
    return sum(2 if letter >= "\u2e80" else 1 for letter in text)


def _line(words: Sequence[tuple[str, float, float]], start: float) -> Line:
    text = _COMMA.sub("，", joined(word for word, _, _ in words))
    return Line(round(start + words[0][1], 2), round(start + words[-1][2], 2), text)


def joined(words: Iterable[str]) -> str:
    """Return words as a sentence: spaces beside Latin ones, none between Chinese ones."""
    text = ""
    for word in (word.strip() for word in words):
        text += f" {word}" if text and _SPACED.search(text) and _LATIN.match(word) else word
    return text


def as_text(lines: Sequence[Line]) -> str:
    """Return one line per line, each with the time at which it begins."""
    return "".join(f"[{clock_time(line.start)}] {line.text}\n" for line in lines)


def as_subtitles(lines: Sequence[Line]) -> str:
    """Return SubRip, as players show it beside the recording."""
    return "\n".join(
        f"{number}\n{_srt(line.start)} --> {_srt(max(line.end, line.start + 0.2))}\n{line.text}\n"
        for number, line in enumerate(lines, 1)
    )


def _srt(seconds: float) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"
