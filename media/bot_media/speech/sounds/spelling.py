"""English words that no lexicon has, from their letters: rules of spelling, longest first."""

from __future__ import annotations

_RULES = {
    "tion": "ʃən", "sion": "ʒən", "ture": "ʧəɹ", "ough": "O", "augh": "ɔ", "eigh": "A", "igh": "I", "tch": "ʧ",
    "sch": "sk", "dge": "ʤ", "que": "k", "ous": "əs", "air": "ɛɹ", "are": "ɛɹ", "ear": "ɪɹ", "eer": "ɪɹ",
    "ire": "Iəɹ", "ore": "ɔɹ", "ure": "jʊɹ", "ing": "ɪŋ", "zh": "ʤ", "sh": "ʃ", "ch": "ʧ", "th": "θ", "ph": "f",
    "wh": "w", "kn": "n", "wr": "ɹ", "gh": "ɡ", "ck": "k", "ng": "ŋ", "qu": "kw", "xi": "ʃi", "ee": "i", "ea": "i",
    "oo": "u", "ou": "W", "ow": "O", "oa": "O", "oi": "Y", "oy": "Y", "ai": "A", "ay": "A", "au": "ɔ", "aw": "ɔ",
    "ei": "A", "ey": "i", "ie": "i", "ue": "u", "ui": "u", "ew": "ju", "ar": "ɑɹ", "er": "əɹ", "ir": "ɜɹ",
    "or": "ɔɹ", "ur": "ɜɹ", "yr": "ɪɹ", "bb": "b", "cc": "k", "dd": "d", "ff": "f", "gg": "ɡ", "ll": "l",
    "mm": "m", "nn": "n", "pp": "p", "rr": "ɹ", "ss": "s", "tt": "t", "zz": "z", "ce": "sɛ", "ci": "sɪ", "cy": "si",
    "ge": "ʤɛ", "a": "æ", "b": "b", "c": "k", "d": "d", "e": "ɛ", "f": "f", "g": "ɡ", "h": "h", "i": "ɪ", "j": "ʤ",
    "k": "k", "l": "l", "m": "m", "n": "n", "o": "ɑ", "p": "p", "q": "k", "r": "ɹ", "s": "s", "t": "t", "u": "ʌ",
    "v": "v", "w": "w", "x": "ks", "y": "i", "z": "z",
}  # fmt: skip
_LONG = {"a": "A", "e": "i", "i": "I", "o": "O", "u": "u"}
_FINAL = {"a": "ə", "e": "", "i": "i", "o": "O", "u": "u", "y": "i"}
_VOWELS = frozenset("aeiou")
_SOUNDED = frozenset("AIOQWYaiuæɑɔəɛɜɪʊʌ")


def by_spelling(word: str) -> str:
    """Return phonemes for a lower-case word, stressed on its first sounded vowel."""
    said: list[str] = []
    at = 0
    while at < len(word):
        step, sound = _next(word, at)
        said.append(sound)
        at += step
    phonemes = "".join(said)
    for index, phoneme in enumerate(phonemes):
        if phoneme in _SOUNDED:
            return phonemes[:index] + "ˈ" + phonemes[index:]
    return phonemes


def _next(word: str, at: int) -> tuple[int, str]:
    left = len(word) - at
    if at == 0 and word[:1] == "y":
        return 1, "j"
    if left == 1 and at and word[at] in _FINAL:
        return 1, _FINAL[word[at]]
    magic = left == 3 and word[at] in _VOWELS and word[at + 1] not in _VOWELS and word.endswith("e")
    if magic and word[at + 1] not in "rwxy":
        return 1, _LONG[word[at]]
    for size in (4, 3, 2, 1):
        sound = _RULES.get(word[at : at + size])
        if sound is not None and len(word[at : at + size]) == size:
            return size, sound
    return 1, ""
