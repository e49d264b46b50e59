"""Text into sentences, whole or while it is written."""

from __future__ import annotations

import re

from bot_media.speech.reading.marks import is_chinese, unmarked

FIRST, LONGEST = 14.0, 40.0  # weight (see _weight) of the first piece and of any
_SHORT = (
    "e.g",
    "i.e",
    "etc",
    "vs",
    "mr",
    "mrs",
    "ms",
    "dr",
    "st",
    "no",
    "approx",
    "fig",
    "jr",
    "sr",
    "prof",
    "inc",
)
_END = re.compile(r"(?:[。！？；…]+|[!?]+(?![\w/=&#-])|\.+(?![\w]))[”’\"')）」』】]*|\n+")
_PAUSE = re.compile(r"[，、：；,;:—]+(?![\d])\s*")


def sentences(text: str) -> list[str]:
    """Return the sentences to be spoken; the first piece is short so that speech begins soon."""
    whole = _split(unmarked(text))
    if len(whole) == 1 and _weight(whole[0]) <= LONGEST:
        return [piece for piece in whole if any(letter.isalnum() for letter in piece)]
    stream = SentenceStream()
    return stream.push(text) + stream.finish()


class SentenceStream:
    """Sentences of a text that grows: what can still change stays inside."""

    def __init__(self) -> None:
        self._held = ""
        self._begun = False

    def push(self, text: str) -> list[str]:
        """Add text; return the sentences that are complete now."""
        self._held += text
        cut = _safe(self._held)
        ready, self._held = self._held[:cut], self._held[cut:]
        return self._pieces(ready)

    def finish(self) -> list[str]:
        """Return what is left."""
        ready, self._held = self._held, ""
        return self._pieces(ready)

    def _pieces(self, text: str) -> list[str]:
        found: list[str] = []
        for sentence in _split(unmarked(text)):
            for piece in _pieces(sentence, LONGEST if self._begun or found else FIRST):
                if any(letter.isalnum() for letter in piece):
                    found.append(piece)
        self._begun = self._begun or bool(found)
        return found


def _safe(text: str) -> int:
    """Return up to where a growing text is complete: behind the last sentence outside an open code block or mark."""
    fence = -1
    if text.count("```") % 2:
        fence = text.rfind("```")
    limit = fence if fence >= 0 else len(text)
    cut = 0
    for match in _END.finditer(text, 0, limit):
        end = match.end()
        last = end == len(text)
        if last and not match[0].startswith(("。", "！", "？", "\n")):
            break  # "3." may become "3.5", "etc." may go on
        if _abbreviated(text[: match.start()], match[0]) or _open_mark(text[cut:end]):
            continue
        cut = end
    rest = re.match(r"\s*(?:\[\d{1,3}\]\s*)+", text[cut:])  # citations behind a full stop belong to it
    return cut + rest.end() if rest and cut else cut


def _open_mark(text: str) -> bool:
    return text.count("**") % 2 == 1 or text.count("`") % 2 == 1


def _split(text: str) -> list[str]:
    found, start = [], 0
    for match in _END.finditer(text):
        if _abbreviated(text[: match.start()], match[0]):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _abbreviated(before: str, end: str) -> bool:
    if end != ".":
        return False
    word = re.search(r"[A-Za-z.]+$", before)
    return (
        bool(word)
        and word is not None
        and (word[0].lower() in _SHORT or bool(re.fullmatch(r"(?:[A-Za-z]\.)*[A-Z]", word[0])))
    )


def _weight(text: str) -> float:
    """Return roughly how long a text takes to say: a Chinese letter 1, any other 0.35."""
    return sum(1.0 if is_chinese(letter) else 0.35 for letter in text)


def _pieces(sentence: str, first: float) -> list[str]:
    """Cut a long sentence at its pauses; the first piece at the earliest pause that leaves it worth saying."""
    if _weight(sentence) <= LONGEST and _weight(sentence) <= first * 1.6:
        return [sentence]
    parts: list[str] = []
    for piece in _at_pauses(sentence):
        room = first if len(parts) <= 1 else LONGEST
        if parts and _weight(parts[-1]) + _weight(piece) <= room:
            parts[-1] += piece
        else:
            parts.append(piece)
    return [short.strip() for part in parts for short in _at_spaces(part)]


def _at_pauses(sentence: str) -> list[str]:
    found, start = [], 0
    for match in _PAUSE.finditer(sentence):
        if _weight(sentence[start : match.end()]) >= 5 and _weight(sentence[match.end() :]) >= 3:
            found.append(sentence[start : match.end()])
            start = match.end()
    return [*found, sentence[start:]]


def _at_spaces(part: str) -> list[str]:
    """Cut what has no pause at all, by spaces or else by letters, into pieces a model can say."""
    found = []
    while _weight(part) > 2 * LONGEST:
        room = int(len(part) * LONGEST * 1.5 / _weight(part))
        space = part.rfind(" ", 1, room)
        cut = space if space > 0 else room
        found.append(part[:cut])
        part = part[cut:]
    return [*found, part]
