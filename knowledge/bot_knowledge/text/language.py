"""Which language a text is in, and folding of characters that mean the same."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files

CJK = "㐀-䶿一-鿿豈-﫿々〇"
_CJK = re.compile(f"[{CJK}]")
_KANA = re.compile("[぀-ヿ]")
_WORD = re.compile(r"[^\W\d_]{2,}")


def language_of(text: str) -> str:
    """Return ``zh``, ``ja`` or ``en`` (any other script counts as ``en``: words between spaces)."""
    han = len(_CJK.findall(text))
    kana = len(_KANA.findall(text))
    if kana > 0.15 * (han + kana):
        return "ja"
    words = len(_WORD.findall(_CJK.sub(" ", text)))
    return "zh" if han > 1.0 * words else "en"


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    """Map traditional characters to simplified ones (OpenCC's table of single characters)."""
    table = files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8")
    mapping: dict[int, str] = {}
    for line in table.splitlines():
        traditional, _, simplified = line.partition("\t")
        if len(traditional) == 1 and simplified:
            mapping[ord(traditional)] = simplified.split()[0]
    return mapping


def simplified(text: str) -> str:
    """Return ``text`` with traditional characters made simplified; its length does not change."""
    return text.translate(_simplified())


def folded(text: str) -> str:
    """Return the form that words are compared in: NFKC, lower case, simplified, without accents."""
    plain = unicodedata.normalize("NFKC", text).lower()
    if not plain.isascii():
        split = unicodedata.normalize("NFD", plain)
        plain = unicodedata.normalize("NFC", "".join(c for c in split if unicodedata.category(c) != "Mn"))
        plain = simplified(plain)
    return plain


def squeezed(text: str) -> str:
    """Return letters and digits alone, folded: the form that spans are compared in, blind to space and markup."""
    return "".join(letter for letter in folded(text) if letter.isalnum())
