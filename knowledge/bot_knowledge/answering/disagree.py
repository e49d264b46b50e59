"""Two documents that say different things about what was asked: figures, persons, places, yes and no.

Two statements are compared by themselves, where they share most of their words and give one figure differently; and as two
answers to the question, where both are worth about the same as its answer and what was asked for is not the same in them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot_knowledge.answering.expect import Expected
from bot_knowledge.answering.figures import BARE, COUNTED, TIMES, figures
from bot_knowledge.answering.quotes import Quote
from bot_knowledge.text.terms import content_words

_NUMBER = re.compile(r"(\d+(?:[.,]\d+)*)\s*(%|[\u4e00-\u9fff]|[A-Za-z]+)")
_DATES = re.compile(r"\d{4}[-年/.]\d{1,2}(?:[-月/.]\d{1,2}日?)?")
_CLOCK = re.compile(r"\b\d{1,2}[:：]\d{2}\b")
_WEEKDAY = re.compile(
    r"\b((?:mon|tue|wed|thu|fri|sat|sun)[a-z]*day)s?\b|(?:周|星期|礼拜)([一二三四五六日天])", re.IGNORECASE
)
_CHANGED = re.compile(
    r"\b(?:raised|lowered|reduced|increased|changed|cut|extended|shortened|formerly|previously|instead of)\b"
    r"|改为|改成|提高到|降到|降为|降至|增加到|减少到|延长到|缩短|由.{1,12}改|原(?:来|先|为)",
    re.IGNORECASE,
)
CLOSE = 3.0  # worth within which two statements of one thing are compared
CLOSE_ANSWERS = 3.2  # worth within which both may answer the question
TOLD, TOLD_TOO = (
    0.68,
    0.58,
)  # how well the first and the other must match the words of the question that tell most
WORDS, WORDS_TOO = (
    0.45,
    0.3,
)  # share of the question's words, by what they tell, that they and their headings must hold
CLOSE_PLACE = 2.0  # the same for places, of which there can be several
SAME_PLACE = 0.34  # share of words beyond the question's that two statements of one place have in common
ALIKE = 0.6  # share of words that two statements built alike have in common
SHARED = 0.5  # share of words that two statements of one thing have in common
SHARED_CHANGED = 0.3  # the same, where one tells that the other's figure was changed

_NO = re.compile(
    r"\b(?:not|no|never|neither|nor|without|cannot|forbidden|prohibited|banned|\w+n['’]t)\b"
    r"|不能|不可|不得|不许|不准|不允许|不让|不会|不用|不必|不需要|不再|不行|无需|无法|禁止|严禁|谢绝|没有|并非|不是|(?<!\w)不",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[,，;；。!！]|\bbut\b|\.\s")
_PERMISSION = frozenset(
    ("allow", "permit", "permiss", "welcom", "forbidden", "prohibit", "ban", "possibl", "abl", "right",
     "允许", "许可", "可以", "能够", "禁止", "不准", "不许", "严禁", "欢迎")
)  # fmt: skip
_NAME = re.compile(r"(?<=[a-z,:;] )[A-Z][\w'’-]+|(?<=[:：] )[A-Z][\w'’-]+")
_NAME_ZH = re.compile(
    r"(?:由|归|是|为|为：|[:：]|给|找|请|问)\s*([\u4e00-\u9fff·]{2,4}?)(?=负责|维护|管理|担任|主持|掌管|保管|带|[,，。;；、(（\s]|$)"
)
_PLACE = re.compile(
    r"\b(?:in|at|on|under|near|behind|beside|to|from)\b|#\S+|https?://|[在到于]|[楼层室厅馆号]", re.IGNORECASE
)


def disagreement(quotes: Sequence[Quote], question: str = "", kind: Expected = Expected.ANY) -> Quote | None:
    """Return a quote of another document that answers the question otherwise than the first quote, or None."""
    first, asked = quotes[0], content_words(question)
    for other in quotes[1:]:
        gap = first.worth - other.worth
        if (
            other.passage.document == first.passage.document
            or gap > CLOSE_ANSWERS
            or not _about(first, other, asked)
        ):
            continue
        alike = first.passage.language == other.passage.language and gap <= CLOSE
        if alike and _contradict(first.text, other.text):
            return other
        if asked and _both_answer(first, other) and _answer_otherwise(first, other, asked, kind):
            return other
    return None


def _both_answer(first: Quote, other: Quote) -> bool:
    """Say whether both quotes are as near to the question as answers are."""
    told = [quote.clues.get("telling", 0.0) for quote in (first, other)]
    words = [quote.clues.get("words", 0.0) + quote.clues.get("in_path", 0.0) for quote in (first, other)]
    return told[0] >= TOLD and told[1] >= TOLD_TOO and words[0] >= WORDS and words[1] >= WORDS_TOO


def _answer_otherwise(first: Quote, other: Quote, asked: set[str], kind: Expected) -> bool:
    """Say whether two quotes answer a question, and not alike."""
    match kind:
        case Expected.NUMBER | Expected.TIME:
            return _other_figures(first.text, other.text, kind)
        case Expected.YES_NO:
            return _other_verdict(first.text, other.text, asked)
        case Expected.PERSON:
            return _disjoint(_named(first.text, asked), _named(other.text, asked))
        case Expected.PLACE:
            told = [content_words(quote.text) - asked for quote in (first, other)]
            common = len(told[0] & told[1]) / max(min(map(len, told)), 1)
            placed = all(told) and all(_PLACE.search(quote.text) for quote in (first, other))
            return placed and first.worth - other.worth < CLOSE_PLACE and common < SAME_PLACE
        case _:
            return False


def _about(first: Quote, other: Quote, asked: set[str]) -> bool:
    """Say whether the other quote is about what the first is about.

    It must be about the year or number that the question names; and where the two are built alike (``dinghy berths cost 40``,
    ``yacht berths cost 300``) it must not have another word in the place of one of the question's.
    """
    numbers = {word for word in asked if word[0].isdigit()}
    if not numbers & _held(first) <= _held(other):
        return False
    left, right = _words(first.text), _words(other.text)
    alike = len(left & right) >= ALIKE * max(len(left), len(right))
    return not alike or asked & left <= right | _PERMISSION


def _held(quote: Quote) -> set[str]:
    passage = quote.passage
    held = content_words(" ".join((passage.title, *passage.heading, passage.date, quote.text)))
    return held | {word.partition("-")[0] for word in held}


def _other_figures(left: str, right: str, kind: Expected) -> bool:
    """Say whether two statements measure the same and have no value of it in common; a single number fits any unit."""
    wanted = [_wanted(figures(text), kind) for text in (left, right)]
    common = set(wanted[0]) & set(wanted[1])
    if common:
        return any(wanted[0][name].isdisjoint(wanted[1][name]) for name in common)
    lone = [[value for values in own.values() for value in values] for own in wanted]
    plain = all(
        len(values) == 1 and _counts(next(iter(own))) for values, own in zip(lone, wanted, strict=True)
    )
    return kind is Expected.NUMBER and plain and lone[0] != lone[1]


def _wanted(found: dict[str, set[float]], kind: Expected) -> dict[str, set[float]]:
    """Return the figures that a kind of question asks for."""
    if kind is Expected.TIME:
        return {name: values for name, values in found.items() if name in TIMES}
    return {name: values for name, values in found.items() if name not in TIMES or name == "duration"}


def _counts(name: str) -> bool:
    return name == BARE or name.startswith(COUNTED)


def _other_verdict(left: str, right: str, asked: set[str]) -> bool:
    """Say whether one statement denies what the other grants; both must be about all that the question and either name."""
    words = [content_words(text) - _PERMISSION for text in (left, right)]
    if (asked & words[0]) - _PERMISSION != (asked & words[1]) - _PERMISSION:
        return False  # guests may not, members may
    return _denies(left, asked) != _denies(right, asked)


def _denies(text: str, asked: set[str]) -> bool:
    """Say whether a statement says no, in its part that is most about the question."""
    parts = [part for part in _PARTS.split(text) if part.strip()]
    most = max((len(content_words(part) & asked) for part in parts), default=0)
    return any(_NO.search(part) for part in parts if len(content_words(part) & asked) == most)


def _named(text: str, asked: set[str]) -> set[str]:
    """Return the persons that a statement names: words in capitals within it, or what Chinese puts where a name stands."""
    english = {word.lower() for word in _NAME.findall(text)} - {word.lower() for word in asked}
    return english or set(_NAME_ZH.findall(text))


def _disjoint(left: set[str], right: set[str]) -> bool:
    return bool(left) and bool(right) and left.isdisjoint(right)


def _contradict(left: str, right: str) -> bool:
    """Say whether two statements share their words and a unit, but not the figure of it.

    Fewer common words will do where the one says that the very figure of the other was changed.
    """
    if " | " in left or " | " in right:
        return False  # rows of tables are about different things
    figures = [_figures(text) for text in (left, right)]
    pairs = [(figures[0][unit], figures[1][unit]) for unit in set(figures[0]) & set(figures[1])]
    shared = _shared(_words(left), _words(right))
    if any(own.isdisjoint(others) for own, others in pairs):
        return shared >= SHARED
    return shared >= SHARED_CHANGED and any(_changed(own, others, left, right) for own, others in pairs)


def _words(text: str) -> set[str]:
    return {word for word in content_words(text) if not word[0].isdigit()}


def _shared(left: set[str], right: set[str]) -> float:
    """Return the share of words that the shorter of two statements has in common with the other."""
    return len(left & right) / max(min(len(left), len(right)), 1)


def _changed(own: set[str], others: set[str], left: str, right: str) -> bool:
    """Say whether the statement with more figures of a unit tells that the other's was changed."""
    told = (own < others and _CHANGED.search(right)) or (others < own and _CHANGED.search(left))
    return bool(told)


def _figures(text: str) -> dict[str, set[str]]:
    """Return numbers by their unit, times of day and weekdays."""
    found = _by_unit(_CLOCK.sub(" ", _DATES.sub(" ", text)))
    if clocks := set(_CLOCK.findall(text.replace("：", ":"))):
        found["clock"] = clocks
    if days := {(english or chinese).lower() for english, chinese in _WEEKDAY.findall(text)}:
        found["weekday"] = days
    return found


def _by_unit(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for number, unit in _NUMBER.findall(text):
        found.setdefault(unit.lower().rstrip("s"), set()).add(number.replace(",", ""))
    return found
