"""The sentences that carry most, found without a model: central words, little repetition, in the order they were said."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from bot_core.recordings import Line, Point

SHORTEST, LONGEST = 8, 220  # weight of letters: what is shorter says little, what is longer is no quote
MARGIN = 0.6  # how much likeness to what is chosen already counts against a sentence
_WORD = re.compile(r"[a-z][a-z'-]{2,}|\d[\d.,:%]*|[\u4e00-\u9fff]+")
_EMPTY = re.compile(
    r"the|and|for|that|this|with|you|are|was|but|not|have|has|had|they|his|her|its|our|your|from|what|will|would|can"
    r"|could|just|like|there|then|than|them|been|were|which|about|into|out|one|all|some|very|more|also|yeah|okay"
    r"|这个|那个|我们|你们|他们|就是|然后|一个|什么|没有|可以|因为|所以|但是|的话|是的|时候|大家"
)


def weightiest(lines: Sequence[Line], count: int) -> list[Point]:
    """Return the at most ``count`` lines that carry most, verbatim, in their order.

    A line's weight is the mean tf-idf of its words; each further choice is marked down by its likeness (cosine) to
    those before it (maximal marginal relevance, Carbonell and Goldstein 1998).
    """
    known = [Counter(_words(line.text)) for line in lines]
    seen = Counter(word for words in known for word in words)
    total = Counter[str]()
    for words in known:
        total.update(words)
    weigh = {w: (1 + math.log(total[w])) * math.log(1 + len(lines) / seen[w]) for w in seen}
    rows = [{word: n * weigh[word] for word, n in words.items()} for words in known]
    weights = [_weight(line, row) for line, row in zip(lines, rows, strict=True)]
    chosen: list[int] = []
    while len(chosen) < count:
        best = max(
            (at for at in range(len(lines)) if at not in chosen and weights[at] > 0),
            key=lambda at: _worth(at, weights, rows, chosen),
            default=None,
        )
        if best is None:
            break
        chosen.append(best)
    return [Point(lines[at].start, lines[at].text) for at in sorted(chosen)]


def _worth(
    at: int, weights: Sequence[float], rows: Sequence[dict[str, float]], chosen: Sequence[int]
) -> float:
    like = max((_cosine(rows[at], rows[other]) for other in chosen), default=0.0)
    return weights[at] * (1 - MARGIN * like)


def _weight(line: Line, row: dict[str, float]) -> float:
    """Return the mean weight of a line's words; numbers and a full length speak for it."""
    length = sum(2 if "\u4e00" <= letter <= "\u9fff" else 0.6 for letter in line.text)
    if not row or not SHORTEST <= length <= LONGEST:
        return 0.0
    fits = min(1.0, length / 40)
    return sum(row.values()) / math.sqrt(len(row) + 2) * fits * (1.15 if re.search(r"\d", line.text) else 1.0)


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    over = sum(value * other.get(word, 0.0) for word, value in one.items())
    size = math.hypot(*one.values()) * math.hypot(*other.values())
    return over / size if size else 0.0


def _words(text: str) -> list[str]:
    """Return words of English and pairs of Chinese letters, without those that say nothing."""
    found: list[str] = []
    for match in _WORD.findall(text.lower()):
        if "\u4e00" <= match[0] <= "\u9fff":
            found += [a + b for a, b in pairwise(match) if not _EMPTY.fullmatch(a + b)]
        elif not _EMPTY.fullmatch(match):
            found.append(re.sub(r"(ing|ed|es|s)$", "", match) if len(match) > 4 else match)
    return found
