"""Terms for exact search, in Chinese and English.

Chinese runs give jieba's words and character pairs; other words are folded and stemmed; numbers, names and commands
stay whole. A term's id is a hash, the same on every machine, so that vectors need no shared vocabulary.
"""

from __future__ import annotations

import logging
import re
import threading
import zlib
from collections import Counter
from functools import lru_cache
from itertools import pairwise

import jieba
import snowballstemmer  # type: ignore[import-untyped,unused-ignore]

from bot_knowledge.text.language import CJK, folded

_PIECES = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:[.,:/'’_+-][^\W_{CJK}]+)*")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_SPLIT = re.compile(r"[.,:/'’_+-]")
PAIR_WEIGHT = 0.5  # a character pair says less than a word


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


STOP_EN = _set_of(
    "a an the of to in on at by for from with and or but not no is are was were be been being am do does did "
    "done doing have has had having will would shall should can could may might must i me my we us our you "
    "your he she it its they them their this that these those there here what which who whom whose when where "
    "why how if then than as so such about into over under out up down off again just only own same too very s "
    "t don now any all some each get gets got also please tell know want "
)
STOP_ZH = _set_of(
    "的 了 吗 呢 吧 啊 呀 么 嘛 是 在 有 和 与 及 或 就 都 也 还 又 很 我 你 您 他 她 它 我们 你们 他们 "
    "这 那 这个 那个 这些 那些 什么 怎么 怎样 如何 为什么 为何 哪 哪里 "
    "哪儿 哪个 哪些 谁 几 多少 是否 能 可以 能否 要 会 请 请问 想 想要 知道 一个 一下 把 被 给 对 从 到 "
    "向 让 用 以 于 而 但 如果 的话 之 其 该 吗? 得 地 着 过 没 没有 不 "
    "应该 需要 必须 何时 时候 什么样 何 多久 多长 怎么办 如果 因为 所以 关于 里 上 下 中 "
)


class Words:
    """jieba's dictionary, loaded once per process and behind a lock: its first use takes a second."""

    def __init__(self) -> None:
        jieba.setLogLevel(logging.WARNING)
        self._cutter = jieba.Tokenizer()
        self._lock = threading.Lock()

    def cut(self, text: str) -> list[str]:
        """Return the words of a run of Chinese characters."""
        with self._lock:
            return list(self._cutter.cut(text, HMM=False))


@lru_cache(maxsize=1)
def _words() -> Words:
    return Words()


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return an English word's stem."""
    return str(snowballstemmer.stemmer("english").stemWord(word)) if word.isalpha() else word


def warm() -> None:
    """Load the dictionary now."""
    _words().cut("预热")


def terms(text: str) -> Counter[str]:
    """Return terms with how much each counts; stop words are left out."""
    found: Counter[str] = Counter()
    for match in _PIECES.finditer(_THOUSANDS.sub("", folded(text))):
        piece = match.group()
        if piece[0] > "⺀" and not piece.isascii():
            _chinese(piece, found)
        else:
            _latin(piece, found)
    return found


def _chinese(run: str, found: Counter[str]) -> None:
    for word in _words().cut(run):
        if word not in STOP_ZH:
            found[word] += 1
    if len(run) == 1:
        return
    for left, right in pairwise(run):
        if left not in STOP_ZH and right not in STOP_ZH:
            found["=" + left + right] += 1


def _latin(piece: str, found: Counter[str]) -> None:
    parts = _SPLIT.split(piece)
    if len(parts) > 1 and parts[-1] not in ("s", "t", "re", "ll", "ve", "d", "m"):
        found[piece] += 1
    for part in parts:
        if part and (len(part) > 1 or len(parts) == 1) and part not in STOP_EN:
            found[stem(part)] += 1


@lru_cache(maxsize=200_000)
def term_id(term: str) -> int:
    """Return a term's id, 31 bits, the same everywhere."""
    return zlib.crc32(term.encode()) & 0x7FFFFFFF


def content_words(text: str) -> set[str]:
    """Return the terms that are words, without character pairs."""
    return {term for term in terms(text) if not term.startswith("=")}


def surface_words(text: str, *, stops: bool = False) -> list[str]:
    """Return the words of a text that carry meaning (with ``stops`` all others too), as written and in order, each once."""
    found: dict[str, None] = {}
    for match in _PIECES.finditer(text):
        piece = match.group()
        is_chinese = piece[0] > "⺀" and not piece.isascii()
        for word in _words().cut(piece) if is_chinese else [piece]:
            stop = word in STOP_ZH if is_chinese else word.lower() in STOP_EN
            if stops or not stop:
                found[word] = None
    return list(found)
