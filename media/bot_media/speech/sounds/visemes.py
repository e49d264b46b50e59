"""Phonemes with durations to mouth shapes: the fifteen visemes that character rigs share."""

from __future__ import annotations

from collections.abc import Sequence

NAMES = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")
_SHAPES = {
    "PP": "pbmβ",
    "FF": "fvɸʋ",
    "TH": "θð",
    "DD": "tdɾTɖʈɽ",
    "kk": "kɡŋxhqcɟɣχʔɴɰ",
    "CH": "ʧʤʃʒʨʥɕꭧʂʝç",
    "SS": "szʦʣ",
    "nn": "nlɳɲʎ",
    "RR": "ɹɻrʁɚɜ",
    "aa": "aɑɐæʌIW",
    "E": "eɛəɤAᵊ",
    "I": "iɪjɨᵻyY",
    "O": "oɔɒOQœø",
    "U": "uʊwɯɥ",
}
_BY_PHONEME = {letter: name for name, letters in _SHAPES.items() for letter in letters}
_KEPT = frozenset(" ˈˌːʰʲ↓→↗↘ᵝ\u0303")  # the mouth stays as it is: marks, and the space between words
_LEAST = 0.04  # s, shorter shapes are not seen


def visemes(phonemes: str, durations: Sequence[float], end: float) -> tuple[tuple[str, float], ...]:
    """Return (shape, seconds from the start), each until the next, the last one "sil" at ``end``.

    ``durations`` are seconds per phoneme with one more at either side for the silence around them.
    """
    found: list[tuple[str, float]] = [("sil", 0.0)]
    at = durations[0] if durations else 0.0
    for letter, seconds in zip(phonemes, durations[1:], strict=False):
        name = found[-1][0] if letter in _KEPT else _BY_PHONEME.get(letter, "sil")
        if name != found[-1][0]:
            if at - found[-1][1] < _LEAST and len(found) > 1 and name != "PP":
                found[-1] = (name, found[-1][1])
            else:
                found.append((name, round(at, 3)))
        at += seconds
    if found[-1][0] != "sil":
        found.append(("sil", round(min(at, end), 3)))
    return tuple((name, min(time, end)) for name, time in found)
