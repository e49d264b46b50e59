"""Bytes to text: the encodings that communities' files come in."""

from __future__ import annotations

import re

from bot_knowledge.loaders.model import Unreadable

_META = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
_BINARY = (
    b"%PDF",
    b"PK\x03\x04",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x7fELF",
    b"\x1f\x8b",
    b"OggS",
    b"ID3",
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
# Joiners, marks of direction, and Unicode's tag letters and selectors, which can spell words that nobody sees.
_INVISIBLE = re.compile(
    "[\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)


def decode(data: bytes) -> str:
    """Return the text; raises Unreadable naming why not: binary, or no known encoding."""
    if data.startswith(_BINARY):
        raise Unreadable("a binary file, not text")
    for encoding in _candidates(data):
        try:
            text = _INVISIBLE.sub("", data.decode(encoding))
        except (UnicodeDecodeError, LookupError):
            continue
        if _plausible(text):
            return _CONTROLS.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    if b"\x00" in data[:4096]:
        raise Unreadable("a binary file, not text")
    raise Unreadable("unknown encoding (UTF-8, UTF-16 and GB18030 were tried)")


def _candidates(data: bytes) -> list[str]:
    if data.startswith(b"\xef\xbb\xbf"):
        return ["utf-8-sig"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ["utf-16"]
    names = ["utf-8"]
    declared = _META.search(data[:2048])
    if declared:
        names.append(declared.group(1).decode("ascii"))
    head = data[:400]
    if head.count(0) > len(head) // 5:
        names.extend(["utf-16-le", "utf-16-be"])
    return [*names, "gb18030", "big5"]


def _plausible(text: str) -> bool:
    """Say whether decoded text reads like text: a wrong encoding gives controls and rare characters."""
    head = text[:20_000]
    if not head:
        return True
    odd = len(_CONTROLS.findall(head)) + head.count("\ufffd")
    private = sum(
        "\ue000" <= letter <= "\uf8ff"
        or (letter > "\U0002ffff" and not "\U0001f000" <= letter <= "\U0001ffff")
        for letter in head
    )
    if odd + private > 0.01 * len(head):
        return False
    letters = [letter for letter in head if letter > "\x7f"]
    usual = sum(_usual(letter) for letter in letters)
    return usual >= 0.6 * len(letters)


def _usual(letter: str) -> bool:
    """Say whether a character is of a script in use: Latin, Greek, Cyrillic, Hebrew to Thai, Kana, common Han, Hangul."""
    point = ord(letter)
    return (
        point < 0x1200
        or 0x1E00 <= point < 0x2E00
        or 0x3000 <= point < 0x3100
        or 0x4E00 <= point < 0x9FA6
        or 0xAC00 <= point < 0xD7A4
        or 0xFB00 <= point < 0x10000
        or 0x1F000 <= point < 0x20000
    )
