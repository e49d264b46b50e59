"""What a statement says in figures: amounts, times and shares, so that two statements can be compared however they write them."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot_knowledge.text.terms import STOP_EN, stem

Figures = dict[
    str, set[float]
]  # by dimension: clock and duration in minutes, date as month * 100 + day, percent, money ...

COUNTED = "count:"  # and the stem of what is counted
BARE = "bare"
TIMES = frozenset({"clock", "weekday", "date", "duration"})

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_TEENS = ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_SMALL = {word: number for number, word in enumerate([*_ONES, *_TEENS])}
_TENS = {
    word: 10 * n
    for n, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2
    )
}
_ENGLISH = re.compile(
    rf"\b(?:({'|'.join(_TENS)})(?:[- ]({'|'.join(list(_SMALL)[1:10])}))?|({'|'.join(_SMALL)})(?: (hundred|thousand))?)\b",
    re.IGNORECASE,
)
_DIGITS = {digit: n for n, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千万]+(?=[^零〇一二两三四五六七八九十百千万]|$)")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_N = r"(?<![\d.])(\d+(?:\.\d+)?)"
_MONTH = rf"({'|'.join(f'{month[:3]}(?:{month[3:]})?' for month in _MONTHS)})"
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SHARES = {"half": 50.0, "一半": 50.0, "半数": 50.0}
_THIRDS = re.compile(r"\b(1|2|3|a)[- ](third|quarter)s?\b|(\d)分之(\d)", re.IGNORECASE)
_HUNDREDTHS = re.compile(rf"%之\s*{_N}")
_LENGTHS = {
    "minute": 1, "hour": 60, "day": 1440, "week": 10080, "month": 43200, "year": 525600,
    "分钟": 1, "小时": 60, "钟头": 60, "天": 1440, "日": 1440, "周": 10080, "星期": 10080, "月": 43200, "年": 525600,
}  # fmt: skip


def figures(text: str) -> Figures:
    """Return the figures of a statement by what they measure. ``nine in the evening`` and ``21:00`` are the same."""
    found: Figures = {}
    rest = _THOUSANDS.sub("", text.replace("：", ":").replace("％", "%").replace("百分之", "%之"))
    rest = _HUNDREDTHS.sub(r"\1%", _in_digits(rest))
    for name, pattern, value in _KINDS:

        def take(
            match: re.Match[str], name: str = name, value: Callable[[re.Match[str]], float] = value
        ) -> str:
            found.setdefault(name, set()).add(value(match))
            return " "

        rest = pattern.sub(take, rest)
    for number, unit in _COUNTED.findall(rest):
        name = COUNTED + stem(unit.lower()) if unit and unit.lower() not in STOP_EN else BARE
        found.setdefault(name, set()).add(float(number))
    return found


def _in_digits(text: str) -> str:
    """Write number words as digits, in both languages."""
    return _CHINESE.sub(_read_chinese, _ENGLISH.sub(_read_english, text))


def _read_english(match: re.Match[str]) -> str:
    tens, one, small, times = match.groups()
    if tens:
        return str(_TENS[tens.lower()] + (_SMALL[one.lower()] if one else 0))
    return str(_SMALL[small.lower()] * {"hundred": 100, "thousand": 1000}.get((times or "").lower(), 1))


def _read_chinese(match: re.Match[str]) -> str:
    whole = part = digit = 0
    for letter in match.group():
        if letter in _DIGITS:
            digit = _DIGITS[letter]
        elif letter in _PLACES:
            part += (digit or 1) * _PLACES[letter]
            digit = 0
        else:  # 万
            whole += (part + digit) * 10_000
            part = digit = 0
    return str(whole + part + digit)


def _clock(match: re.Match[str]) -> float:
    when, hour, minute, half, noon = (
        match["when"] or "",
        int(match["hour"]),
        match["minute"],
        match["half"],
        match["noon"] or "",
    )
    late = when in ("下午", "晚上", "傍晚", "夜里", "晚") or noon.lower().startswith("p")
    return (hour + 12 * (late and hour < 12)) * 60 + (int(minute) if minute else 30 if half else 0)


def _weekday(match: re.Match[str]) -> float:
    if match[1]:
        return float(_DAYS.index(match[1][:3].lower()))
    return float("123456日天".index(match[2]) % 7) if match[2] in "123456" else 6.0


def _date(match: re.Match[str]) -> float:
    day, name, again, later, month, date = match.groups()
    if month:
        return int(month) * 100 + int(date)
    number = next(n for n, full in enumerate(_MONTHS, 1) if full.startswith((name or again).lower()[:3]))
    return number * 100 + int(day or later)


def _share(match: re.Match[str]) -> float:
    times, part, below, above = match.groups()
    if part:
        return round(
            100 * (1 if times.lower() == "a" else int(times)) / (3 if part.lower() == "third" else 4), 1
        )
    return round(100 * int(above) / max(int(below), 1), 1)


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], float]], ...] = (
    (
        "date",
        re.compile(
            rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}\b|\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)"
            r"|(?:(?<!\d)\d{4}[-年/.])?(?<![\d.])(\d{1,2})(?:[-/]| ?月 ?)(\d{1,2})(?: ?[日号])?(?![\d:%])",
            re.IGNORECASE,
        ),
        _date,
    ),
    (
        "clock",
        re.compile(
            r"(?P<when>上午|中午|下午|晚上|傍晚|夜里|晚|早上|早)?\s*(?<![\d.])(?P<hour>\d{1,2})"
            r"(?:(?::| ?[点时])(?P<minute>\d{2})?分?(?P<half>半)?(?!钟头)"
            r"|(?= ?[ap]\.?m))\s*(?P<noon>[ap]\.?m\.?)?",
            re.IGNORECASE,
        ),
        _clock,
    ),
    (
        "weekday",
        re.compile(rf"\b({'|'.join(_DAYS)})[a-z]*days?\b|(?:周|星期|礼拜)([1-6日天])(?!\d)", re.IGNORECASE),
        _weekday,
    ),
    ("percent", _THIRDS, _share),
    ("percent", re.compile(r"\bhalf\b|一半|半数", re.IGNORECASE), lambda match: 50.0),
    ("percent", re.compile(rf"{_N}\s*(?:%|per ?cent\b)", re.IGNORECASE), lambda match: float(match[1])),
    (
        "money",
        re.compile(
            rf"[$€£¥￥]\s*{_N}|{_N}\s*(?:[$€£]|dollars?\b|euros?\b|pounds?\b|yuan\b|rmb\b|usd\b|eur\b|美元|欧元|元|块)",
            re.IGNORECASE,
        ),
        lambda match: float(match[1] or match[2]),
    ),
    (
        "duration",
        re.compile(
            rf"{_N}\s*-?\s*(minute|hour|day|week|month|year)s?\b|{_N}\s*个?(分钟|小时|钟头|天|日|周|星期|(?<=个)月|(?<!\d{{4}})年)",
            re.IGNORECASE,
        ),
        lambda match: float(match[1] or match[3]) * _LENGTHS[(match[2] or match[4]).lower()],
    ),
)
_COUNTED = re.compile(rf"{_N}\s*([A-Za-z]+|[\u4e00-\u9fff])?")
