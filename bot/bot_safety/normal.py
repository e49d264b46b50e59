"""One form for words that are written to look alike, with the way back to where they stood."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

# Cyrillic and Greek letters (and a few more) that are drawn like Latin ones; after case folding.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝѵɡɑαοιυκνρτεβıℓкмтвнп",
    "aeopcyxijshdqwvgaaoiukvpteb" + "ilkmtbhn",
)


@dataclass(frozen=True, slots=True)
class Normal:
    """``text`` in its plain form; ``origin[i]`` is where letter ``i`` stood in the original."""

    text: str
    origin: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original's offsets of ``text[start:end]`` (not empty)."""
        return self.origin[start], self.origin[end - 1] + 1


def normal(text: str) -> Normal:
    """Fold case, width (NFKC), accents of Latin letters, look-alikes and traditional characters; drop what can't be seen."""
    letters: list[str] = []
    origin: list[int] = []
    for index, letter in enumerate(text):
        plain = _letter(letter)
        letters.append(plain)
        origin.extend([index] * len(plain))
    return Normal("".join(letters), tuple(origin))


@lru_cache(maxsize=8192)
def _letter(letter: str) -> str:
    if unicodedata.category(letter) in ("Cf", "Mn", "Me") or "\ufe00" <= letter <= "\ufe0f":
        return ""
    folded = unicodedata.normalize("NFKC", letter).casefold()
    bare = "".join(
        part for part in unicodedata.normalize("NFKD", folded) if unicodedata.category(part) != "Mn"
    )
    plain = simplified((bare if bare.isascii() else folded).translate(_LOOKALIKES))
    return " " if plain.isspace() else plain


def simplified(text: str) -> str:
    """Return ``text`` with traditional characters made simplified, one for one."""
    return text.translate(_characters())


@lru_cache(maxsize=1)
def _characters() -> dict[int, str]:
    """Map traditional characters to simplified ones (OpenCC's table of single characters)."""
    table = files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8")
    rows = (line.partition("\t") for line in table.splitlines())
    return {ord(old): new.split()[0] for old, _, new in rows if len(old) == 1 and new}
