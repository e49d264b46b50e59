"""A sentence in words, cut where the script changes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot_media.speech.reading import chinese, english
from bot_media.speech.reading.marks import is_chinese

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_RUNS = re.compile(rf"[{_HAN}]+|[A-Za-z](?:[A-Za-z'’.\- ]*[A-Za-z'’])?|[^{_HAN}A-Za-z]+")
_STOPS = str.maketrans(
    {
        "，": ",", "、": ",", "。": ".", "．": ".", "！": "!", "？": "?", "：": ":", "；": ";", "（": "(", "）": ")",
        "「": "“", "」": "”", "『": "“", "』": "”", "《": "“", "》": "”", "【": "“", "】": "”", "‘": "'", "’": "'",
        "–": "—", "～": "—", "[": "(", "]": ")", "{": "(", "}": ")",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one script: ``kind`` is "zh", "en" or "stop" (punctuation and spaces)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What is said: ``words`` in full, and its runs."""

    words: str
    language: str
    runs: tuple[Run, ...]


def read_aloud(sentence: str) -> Reading:
    """Return a sentence in words; one that holds any Chinese has its numbers read in Chinese."""
    text = "".join(_plain(letter) for letter in sentence)
    language = "zh" if is_chinese(text) else "en"
    words = chinese.spelled(text) if language == "zh" else english.spelled(text)
    return Reading(words, language, tuple(_run(match[0]) for match in _RUNS.finditer(words)))


def _plain(letter: str) -> str:
    """Return full-width letters and digits as plain ones; Chinese punctuation stays."""
    if "\uff10" <= letter <= "\uff5a" and letter.isalnum():
        return unicodedata.normalize("NFKC", letter)
    if unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cs") and letter != "\n":
        return ""
    return letter if letter.isascii() or is_chinese(letter) else _accent(letter)


def _accent(letter: str) -> str:
    """Return é as e; what has no plain form stays."""
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() and base.isalpha() else letter


def _run(text: str) -> Run:
    if is_chinese(text[0]):
        return Run("zh", text)
    if text[0].isascii() and text[0].isalpha():
        return Run("en", text)
    return Run("stop", text.translate(_STOPS))
