"""Answers that are kept: the same question, or one that means the same, is answered at once.

What is kept holds for one community, one state of its documents, one audience and language, and the models and prompts that
were at work; where any of these differs, nothing is found. A question that only looks alike must not be taken for another: beside
a very close meaning its numbers, names, denials, what it asks for and every word but asides must be equal.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot_core.answers import Answer, Question
from bot_knowledge.answering.expect import Expected, expected
from bot_knowledge.text.language import folded, language_of, squeezed
from bot_knowledge.text.terms import stem, surface_words
from bot_knowledge.writing.facts import denied, names, standing

Floats = NDArray[np.float32]
Key = tuple[object, ...]
ALIKE = 0.9  # cosine from which two questions may mean the same
# What may be said beside a question, and what little words may stand for each other, without its meaning anything else.
_ASIDE = frozenset(
    """
    hi hello hey dear all everyone guys please pls kindly quick question tell me could you would can do does is are i we us
    the a an to of there any anybody anyone somebody someone know thanks thank you thx ty so just my our it's its s
    请问 请 问 问下 问一下 想 想问 一下 下 谢谢 感谢 多谢 大佬 大佬们 们 大家 有人 知道 有没有 人 你好 您好 吗 么 呢 啊 呀 吧
    的 了 是 我 我们 你们 咱们 这里 社区 有 会 要 需要 可以 能 还 就 也 那 那么
    """.split()  # noqa: SIM905 - a list of words is read best as words
)
_SAME = {
    **dict.fromkeys(("如何", "怎样", "咋"), "怎么"),
    **dict.fromkeys(("哪儿", "什么地方"), "哪里"),
    "何时": "什么时候",
    "几": "多少",
    "为何": "为什么",
    **{f"{word}'s": word for word in ("what", "where", "who", "how", "when")},
}
_ASKS = re.compile(
    r"\b(who|whom|whose|when|where|why|which|what|how (?:many|much|long|often|old|far|big|large)|how)\b"
    r"|(谁|哪位|什么时候|何时|几点|几号|哪天|哪里|哪儿|在哪|为什么|为何|多少|几|多久|怎么|怎样|如何|哪些|哪个|什么|吗|是否|能不能|可不可以)"
)
_OPPOSITES = tuple(  # what turns a question into another one, in pairs
    re.compile(pattern)
    for pattern in (
        r"\b(?:most|max\w*|upper|highest|latest)\b|最多|最大|上限|最高|最晚|最迟",
        r"\b(?:least|min\w*|lower|lowest|earliest)\b|最少|最小|下限|最低|最早|至少",
        r"\b(?:before|start\w*|begin\w*|open\w*)\b|之前|以前|开始|开放|开启",
        r"\b(?:after|end\w*|finish\w*|clos\w*)\b|之后|以后|结束|关闭|截止",
        r"\b(?:join\w*|enter\w*|add\w*|get)\b|加入|进入|添加|获得|领",
        r"\b(?:leav\w*|quit\w*|remov\w*|los\w*)\b|退出|离开|删除|移除|失去|取消",
        r"\b(?:first|new|next)\b|第一|新|下一?个",
        r"\b(?:last|old|previous)\b|最后|旧|上一?个",
        r"\b(?:win|accept\w*|pass\w*|approv\w*)\b|通过|接受|批准",
        r"\b(?:lose|reject\w*|fail\w*|refus\w*)\b|失败|拒绝|驳回|否决",
        r"\b(?:create|propose|submit|send|give|pay)\w*\b|创建|提交|发|给|付",
        r"\b(?:receive|edit|change|withdraw|delete)\w*\b|收|改|撤",
    )
)


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer with what its question is compared by."""

    key: Key
    exact: str
    vector: Floats
    shape: tuple[object, ...]
    words: tuple[str, ...]
    answer: Answer
    since: float


@dataclass(slots=True)
class AnswerCache:
    """At most ``size`` answers in memory, the oldest go first; each for at most ``seconds``."""

    now: Callable[[], float]
    size: int = 2_000
    seconds: float = 24 * 3600.0
    alike: float = ALIKE
    _kept: OrderedDict[tuple[Key, str], _Kept] = field(default_factory=OrderedDict)
    _by_key: dict[Key, list[_Kept]] = field(default_factory=dict)

    def exact(self, key: Key, text: str) -> Answer | None:
        """Return the answer to the same words, blind to case, width, punctuation and traditional characters."""
        held = self._kept.get((key, normal(text)))
        return held.answer if held is not None and self._fresh(held) else None

    def alike_to(self, key: Key, text: str, vector: Sequence[float]) -> Answer | None:
        """Return the answer to a question that means the same, None where no kept one surely does."""
        group = self._by_key.get(key)
        if not group:
            return None
        asked = np.asarray(vector, dtype=np.float32)
        scores = np.stack([held.vector for held in group]) @ asked
        own = shape(text)
        words = telling(text)
        for index in np.argsort(-scores)[:5]:
            held = group[int(index)]
            if scores[index] < self.alike:
                return None
            if held.shape == own and words == held.words and self._fresh(held):
                return held.answer
        return None

    def keep(self, key: Key, text: str, vector: Sequence[float], answer: Answer) -> None:
        """Keep an answer."""
        place = (key, normal(text))
        self._drop(place)
        unit = np.asarray(vector, dtype=np.float32)
        held = _Kept(key, place[1], unit, shape(text), telling(text), answer, self.now())
        self._kept[place] = held
        self._by_key.setdefault(key, []).append(held)
        while len(self._kept) > self.size:
            self._drop(next(iter(self._kept)))

    def __len__(self) -> int:
        return len(self._kept)

    def _fresh(self, held: _Kept) -> bool:
        return self.now() - held.since < self.seconds

    def _drop(self, place: tuple[Key, str]) -> None:
        held = self._kept.pop(place, None)
        if held is None:
            return
        group = [other for other in self._by_key[held.key] if other is not held]
        if group:
            self._by_key[held.key] = group
        else:
            del self._by_key[held.key]


def key_of(question: Question, version: str, revision: int, signature: str) -> Key:
    """Return what must be equal for a kept answer to hold; ``revision`` tells changes that leave documents' words alone."""
    language = language_of(question.text)
    return (question.community, version, revision, question.audience, question.locale, language, signature)


def normal(text: str) -> str:
    """Return the form in which equal questions are equal; signs that mean something stay."""
    return squeezed(text) + "|" + "".join(re.findall(r"[#/@$%+<>=-](?=\w)|(?<=\w)[%+]", folded(text)))


def shape(text: str) -> tuple[object, ...]:
    """Return what must not differ between two questions with one answer."""
    plain = folded(text)
    asks = frozenset(left or right for left, right in _ASKS.findall(plain))
    kind = expected(text)
    sides = tuple(pattern.search(plain) is not None for pattern in _OPPOSITES)
    loose = kind in (Expected.ANY, Expected.STEPS)
    return (
        kind,
        frozenset() if loose else frozenset(asks & {"who", "谁", "where", "哪里", "why", "为什么"}),
        frozenset(standing(text)),
        frozenset(names(text, same_language=True)),
        denied(text),
        sides,
    )


def telling(text: str) -> tuple[str, ...]:
    """Return the words by which two questions differ, in order: all but asides, each in the form that stands for its like."""
    words = (_SAME.get(word, word) for word in surface_words(folded(text), stops=True))
    return tuple(stem(word) if word.isascii() else word for word in words if word not in _ASIDE)
