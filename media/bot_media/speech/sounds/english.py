"""English words to Kokoro's phonemes: misaki's lexicons, endings, compounds, letters, then spelling.

The lexicons (us_gold.json, us_silver.json) are data of the package misaki, Apache-2.0; its English code,
which asks for spaCy and eSpeak, is not used.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
from pathlib import Path

from bot_core.errors import MissingExtra
from bot_media.audio.decode import VOICE
from bot_media.speech.sounds.spelling import by_spelling

_VOWELS = frozenset("AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻ")
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*\.?")
_VERB_BEFORE = frozenset(
    [
        "to",
        "will",
        "would",
        "can",
        "could",
        "should",
        "must",
        "may",
        "might",
        "i",
        "you",
        "we",
        "they",
        "don't",
        "doesn't",
        "didn't",
    ]
)
_NOUN_BEFORE = frozenset(
    [
        "the",
        "a",
        "an",
        "this",
        "that",
        "my",
        "your",
        "our",
        "their",
        "his",
        "her",
        "its",
        "no",
        "some",
        "any",
        "each",
        "every",
        "of",
    ]
)
_HEARD = {
    "discord": "dˈɪskɔɹd", "github": "ɡˈɪthˌʌb", "webhook": "wˈɛbhˌʊk", "yinlu": "jˈɪnlu", "ethereum": "ɪθˈɪɹiəm",
    "api": "ˌApˌiˈI", "nft": "ˌɛnˌɛftˈi", "dao": "dˈW", "json": "ʤˈAsən", "sql": "sˈikwəl", "gif": "ɡˈɪf",
    "png": "pˌiˌɛnʤˈi", "wifi": "wˈIfI", "oauth": "ˈOɔθ", "redis": "ɹˈɛdɪs", "kokoro": "kəkˈɔɹO",
    "postgresql": "pˈOsɡɹɛskjˌuˌɛl", "linux": "lˈɪnəks", "python": "pˈIθɑn", "emoji": "ɪmˈOʤi", "douyin": "dˈOjˈin",
    "wechat": "wˈiʧˌæt", "bilibili": "bˈilibˌili", "tiktok": "tˈɪktˌɑk", "openai": "ˌOpənˌAˈI", "chatgpt": "ʧˌætʤˌipˌitˈi",
    "stablecoin": "stˈAbəlkˌYn", "defi": "dˈifI", "web3": "wˈɛb θɹˈi", "readme": "ɹˈidmi", "admin": "ˈædmɪn",
    "ok": "ˌOkˈA", "imagine": "ɪmˈæʤən", "config": "kˈɑnfɪɡ", "async": "ˈAsɪŋk", "repo": "ɹˈipO",
}  # fmt: skip


class English:
    """Loads the lexicons, 6 MB of JSON. Raises MissingExtra."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec("misaki")
        if spec is None or spec.origin is None:
            raise MissingExtra("voice", VOICE)
        folder = Path(spec.origin).parent / "data"
        self._gold: dict[str, str | dict[str, str | None]] = json.loads((folder / "us_gold.json").read_text())
        self._silver: dict[str, str] = json.loads((folder / "us_silver.json").read_text())
        self._letters = {letter: str(self._gold[letter]) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
        self._known = functools.lru_cache(maxsize=4000)(self._lexical)

    def phonemes(self, text: str) -> str:
        """Return a stretch of English words as phonemes, words separated by spaces."""
        words = [match[0].rstrip(".").replace("’", "'") for match in _WORD.finditer(text)]
        said: list[str] = []
        after = ""
        for index in range(len(words) - 1, -1, -1):  # from the end: "the" and "to" hang on what follows
            before = words[index - 1].lower() if index else ""
            after = self.word(words[index], before, after, alone=len(words) == 1)
            said.append(after)
        joined = " ".join(part for part in reversed(said) if part)
        return joined.replace("ɾ", "T").replace("ʔ", "t")  # the first Kokoro's alphabet

    def word(self, word: str, before: str = "", after: str = "", *, alone: bool = False) -> str:
        """Return one word's phonemes, given the word before and the phonemes after."""
        weak = None if alone else _weak(word, after)
        if weak:
            return weak
        low = word.lower()
        if low in _HEARD:
            return _HEARD[low]
        if _spelled_out(word, low in self._gold):
            return self._letter_by_letter(word)
        entry = self._gold.get(word, self._gold.get(low))
        if isinstance(entry, dict):
            return _chosen(entry, before)
        found = self._known(low)
        if found:
            return found
        parts = re.findall(r"[A-Z]?[a-z']+|[A-Z]+(?![a-z])", word)
        if len(parts) > 1:
            return " ".join(self.word(part, alone=True) for part in parts)
        if word.isupper() and len(word) <= 5:
            return self._letter_by_letter(word)
        return by_spelling(low.replace("'", ""))

    def _lexical(self, low: str) -> str:
        """Return what the lexicons say of a word or of its stem with its ending, "" for nothing."""
        direct = self._entry(low)
        return direct or self._with_ending(low) or self._compound(low)

    def _entry(self, low: str) -> str:
        found = self._gold.get(low) or self._gold.get(low.capitalize()) or self._silver.get(low)
        found = found or self._silver.get(low.capitalize())
        if isinstance(found, dict):
            found = found["DEFAULT"]
        return found or ""

    def _with_ending(self, low: str) -> str:
        if low.endswith("s'"):
            return self._lexical(low[:-1])
        for ending, sound in (
            ("'s", _plural),
            ("s", _plural),
            ("ed", _past),
            ("d", _past),
            ("ing", _running),
        ):
            if (
                not low.endswith(ending)
                or len(low) - len(ending) < 2
                or (ending == "s" and low.endswith("ss"))
            ):
                continue
            for stem in _stems(low[: -len(ending)], ending):
                found = self._entry(stem) or self._compound(stem)
                if found:
                    return sound(found)
        for ending, tail in (("'ll", "ᵊl"), ("'ve", "v"), ("'d", "d"), ("'re", "ɹ"), ("n't", "ᵊnt")):
            if low.endswith(ending) and (found := self._entry(low[: -len(ending)])):
                return found + tail
        return ""

    def _compound(self, low: str) -> str:
        """Return two known words joined (web+socket), the second with the weaker stress."""
        for cut in range(len(low) - 3, 2, -1):
            first, second = self._entry(low[:cut]), self._entry(low[cut:])
            if first and second:
                return first + second.replace("ˌ", "").replace("ˈ", "ˌ")
        return ""

    def _letter_by_letter(self, word: str) -> str:
        names = [self._letters[letter] for letter in word.upper() if letter in self._letters]
        return "".join([*(name.replace("ˈ", "ˌ") for name in names[:-1]), *names[-1:]])


def _weak(word: str, after: str) -> str | None:
    """Return how a small word sounds within a sentence."""
    vowel = next((letter in _VOWELS for letter in after if letter not in "ˈˌ "), None)
    low = word.lower()
    if low == "the":
        return "ði" if vowel else "ðə"
    if low == "a" and after:
        return "ɐ"
    if low == "an" and after:
        return "ɐn"
    if low == "to" and after:
        return "tʊ" if vowel else "tə"
    if word == "I":
        return "ˌI"
    return None


def _spelled_out(word: str, known: bool) -> bool:
    if len(word) == 1:
        return True
    if not word.isupper() or len(word) > 5:
        return False
    return (len(word) <= 3 and not known) or not any(letter in "AEIOUY" for letter in word)


def _chosen(entry: dict[str, str | None], before: str) -> str:
    """Return the reading of a word that has several, by the word before it."""
    default = entry["DEFAULT"] or ""
    if before in _VERB_BEFORE:
        return entry.get("VERB") or entry.get("VB") or default
    if before in _NOUN_BEFORE:
        return entry.get("NOUN") or default
    if before in ("have", "has", "had", "was", "were", "been", "be", "is", "are"):
        return entry.get("VBN") or entry.get("ADJ") or default
    return default


def _stems(stem: str, ending: str) -> list[str]:
    """Return the words an ending may have been put on."""
    found = [stem, stem + "e"] if ending in ("ed", "ing") else [stem]
    if ending == "s" and stem.endswith("ie"):
        found.append(stem[:-2] + "y")
    if ending == "s" and stem.endswith("e"):
        found.append(stem[:-1])
    if ending == "ed" and stem.endswith("i"):
        found.append(stem[:-1] + "y")
    if len(stem) > 2 and stem[-1] == stem[-2] and ending in ("ed", "ing"):
        found.append(stem[:-1])
    return found


def _plural(sound: str) -> str:
    if sound[-1] in "szʃʒʧʤ":
        return sound + "ᵻz"
    return sound + ("s" if sound[-1] in "ptkfθ" else "z")


def _past(sound: str) -> str:
    if sound[-1] in "td":
        return sound + "ᵻd"
    return sound + ("t" if sound[-1] in "pkfθʃsʧ" else "d")


def _running(sound: str) -> str:
    return sound + "ɪŋ"
