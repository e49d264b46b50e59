"""What may not be changed when something is said in other words: numbers, dates, names, and whether it is denied."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot_knowledge.text.language import CJK, folded

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "廿": 20}
_TENS = {"十": 10, "百": 100, "千": 1000}
_BIG = {"万": 10_000, "亿": 100_000_000}
_ZH_RUN = re.compile("[零〇一二三四五六七八九十百千万亿两]+")
_UNIT = re.compile(
    "[个天周月年次人名小时分钟秒票成倍元块页张句级季号点条封步篇位字枚轮席份期项种组场美欧%％刻届段层件款]"
)
_VAGUE = re.compile(
    "十分(?!钟)|万一|千万|一(?:些|起|样|般|直|定|下|旦|切|共|同|致|边|方面|点)|统一|唯一|百科|三思|四处|万分|千奇百怪"
)
_WORDS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"  # noqa: SIM905 - read as a sentence
        " sixteen seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100,
     "thousand": 1000, "dozen": 12, "twice": 2, "thrice": 3, "fortnight": 2}  # fmt: skip
_ORDINALS = {
    word: value
    for value, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
        ],
        1,
    )
}
_MONTHS = {name: n for n, name in enumerate(re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec"), 1)}
_WEEKDAYS = {name: n for n, name in enumerate(re.findall("...", "montuewedthufrisatsun"), 1)}
_ZH_WEEKDAY = re.compile("(?:周|星期|礼拜)([一二三四五六日天])")
_MONTH = re.compile(
    r"\b(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b(?=\.?\s*\d)|(?<=\d )(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b"
    r"|\b(january|february|april|august|september|october|november|december)\b"
)
_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?days?\b")
_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b(?:\s*([ap])\.?m\b)?|\b(\d{1,2})\s*([ap])\.?\s?m\b")
_ZH_CLOCK = re.compile(r"(凌晨|早上|上午|中午|下午|晚上|今晚)?\s*(\d{1,2})\s*点(?:(\d{1,2})分|(半))?")
_DATE = re.compile(r"\b(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?\b")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?|(?<=[a-z_#\-])\d+(?:\.\d+)?|\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")
_TIMES = re.compile(r"(\d+(?:\.\d+)?)\s*(万|亿|千|k\b|million\b|thousand\b|m\b)")
_SCALE = {"万": 1e4, "亿": 1e8, "千": 1e3, "k": 1e3, "million": 1e6, "thousand": 1e3, "m": 1e6}
_WORD = re.compile(r"[a-z]+")

_STRICT = re.compile(  # whatever the language: commands, channels, addresses, code, abbreviations
    r"`[^`\n]{1,60}`|(?<!\w)[#/@][\w\u4e00-\u9fff][\w\u4e00-\u9fff-]*|[\w.+-]+@[\w-]+\.[\w.]+|\b(?:[\w-]+\.)+[a-z]{2,}\b(?:/\S*)?"
    r"|\b[A-Z]{2,}\w*\b|\b(?=\w*\d)(?=\w*[a-zA-Z])\w{2,}\b"
)
_CAPITAL = re.compile(r"(?<![.!?:：…\"“(（]\s)(?<!^)(?<![\"“(（])\b[A-Z][a-z][\w-]*")
_LATIN = re.compile(r"(?<![\w@#/.])[A-Za-z][\w+-]+")
_TITLED = re.compile("[「『《]([^」』》]{1,30})[」』》]")
_COMMON = frozenset(
    ("ok", "vs", "am", "pm", "id", "faq", "tv", "ai", "utc", "i", "id", "url", "st", "nd", "rd", "th")
)

_BOUND = re.compile(
    r"\b(?:no|not) (?:more|less|fewer|later|earlier|longer) than\b|\bnot (?:exceed(?:ing)?|only|just|necessarily)\b"
    r"|\bno later\b|\bno matter\b|\bwhether or not\b|\bnot to mention\b|\bno\.\s*\d|\bwithout delay\b"
    r"|不(?:得|能|可|要|许|准)?(?:超过|多于|少于|低于|高于|早于|晚于|迟于|大于|小于|足)|不(?:仅|但|只|光|过|同|少|断|论|管|妨|久|错|便|满|如|等|止|是吗)"
    r"|无论|非常|除非|特别|区别|级别|分别|类别|性别|别人|别的|个别|没关系|未来|未成年|无限|要不|可不可以|能不能|是不是|会不会|对不起|从不同"
)
_DENIED = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without|forbidden|prohibited|banned|refused?|unable|except)\b"
    r"|n['’]t\b|\bdon t\b|\bunpaid\b|\bunnecessary\b"
    r"|不|没|无(?!人机)|未|勿|别(?!针)|禁止|严禁|拒绝|免(?!疫)|非(?=[\u4e00-\u9fff]{1,4}(?:不|成员|会员))"
)
_CONDITION = re.compile(
    r"\b(?:if|unless|until|when|whoever|as long as)\b|如果|若|除非|假如|只要|只有|的话|一旦|凡是|者",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[，,；;。.!?！？:：\n]+\s*|\s(?:and|but|while)\s|而且|但是|不过|同时", re.IGNORECASE)


def stated(text: str) -> set[str]:
    """Return the numbers, dates, weekdays and times that a text clearly states, in one form whatever the language."""
    plain = _THOUSANDS.sub("", folded(text))
    found: set[str] = set()
    plain = _take_dates(plain, found)
    plain = _take_clocks(plain, found).replace("百分之", " ")
    plain = _TIMES.sub(lambda m: f" {_number(float(m[1]) * _SCALE[m[2]])} ", plain)
    found |= {_number(float(number)) for number in _NUMBER.findall(plain)}
    for run, after in _chinese_runs(_VAGUE.sub(" ", plain)):
        if len(run) > 1 or (run != "一" and _UNIT.match(after)):
            found |= {_number(value) for value in _chinese(run)}
    found |= {
        str(_WORDS[word]) for word in _WORD.findall(plain) if word in _WORDS and word not in ("one", "second")
    }
    return found


def standing(text: str) -> set[str]:
    """Return every number that can be read in a text, in all the forms that ``stated`` may give it."""
    plain = _THOUSANDS.sub("", folded(text))
    found = stated(text) | {_number(float(number)) for number in _NUMBER.findall(plain)}
    found |= {_number(float(m[1]) * _SCALE[m[2]]) for m in _TIMES.finditer(plain)}
    for run, _ in _chinese_runs(plain):
        found |= {_number(value) for value in _chinese(run)}
    words = set(_WORD.findall(plain))
    found |= {str(value) for word, value in (_WORDS | _ORDINALS).items() if word in words}
    found |= {number[1:] for number in found if number[:1] == "m"}
    for match in re.finditer(r"(\d{1,2})\s*月", plain):
        found.add(f"m{int(match[1])}")
    if re.search(r"\bhalf\b|半", plain):
        found |= {"50", "0.5", "30"}
    return found


def names(text: str, *, same_language: bool) -> set[str]:
    """Return names, commands, addresses and abbreviations, folded: what must stand in the passage as it is."""
    found = {match.group() for match in _STRICT.finditer(text)}
    if re.search(f"[{CJK}]", text):
        found |= set(_LATIN.findall(text))
        if same_language:
            found |= set(_TITLED.findall(text))
    elif same_language:
        found |= {name for name in _CAPITAL.findall(text) if name.lower()[:3] not in _MONTHS | _WEEKDAYS}
    plain = {folded(name).strip("`.,:;!?'’") for name in found}
    plain = {name.removesuffix("'s").removesuffix("’s") for name in plain}
    return {name for name in plain if name and name not in _COMMON and not name.isdigit()}


def denied(text: str) -> bool:
    """Say whether a text denies something."""
    return _DENIED.search(_BOUND.sub(" ", folded(text))) is not None


def clauses(text: str) -> list[str]:
    """Return the clauses of a text, each of which may deny by itself; one with a condition stays whole."""
    return [text] if _CONDITION.search(text) else [part for part in _CLAUSE.split(text) if part.strip()]


def _take_dates(plain: str, found: set[str]) -> str:
    for match in _DATE.finditer(plain):
        if 1 <= int(match[2]) <= 12:
            found |= {match[1], f"m{int(match[2])}"} | ({str(int(match[3]))} if match[3] else set())
    plain = _DATE.sub(lambda m: " " if 1 <= int(m[2]) <= 12 else m[0], plain)
    found |= {f"m{_MONTHS[name[:3]]}" for groups in _MONTH.findall(plain) for name in groups if name}
    for match in re.finditer(r"(\d{1,2})\s*月(?!份?前|内|后|以)", plain):
        if 1 <= int(match[1]) <= 12 and not plain[match.end(1) :].lstrip().startswith("个"):
            found.add(f"m{int(match[1])}")
    plain = re.sub(r"\d{1,2}\s*月(?!份?前|内|后|以)", " ", plain)
    found |= {f"w{_WEEKDAYS[name]}" for name in _WEEKDAY.findall(plain)}
    found |= {
        f"w{'一二三四五六日天'.index(day) + 1 if day != '天' else 7}" for day in _ZH_WEEKDAY.findall(plain)
    }
    return _ZH_WEEKDAY.sub(" ", plain)


def _take_clocks(plain: str, found: set[str]) -> str:
    for match in _CLOCK.finditer(plain):
        hour, half = int(match[1] or match[4]), match[3] or match[5]
        found.add(f"{_hour(hour, half)}:{match[2] or '00'}")
    plain = _CLOCK.sub(" ", plain)
    for match in _ZH_CLOCK.finditer(plain):
        later = match[1] in ("下午", "晚上", "今晚") and int(match[2]) < 12
        minutes = "30" if match[4] else (match[3] or "0").zfill(2)
        found.add(f"{int(match[2]) + 12 * later}:{minutes}")
    return _ZH_CLOCK.sub(" ", plain)


def _hour(hour: int, half: str | None) -> int:
    if half == "p" and hour < 12:
        return hour + 12
    return 0 if half == "a" and hour == 12 else hour


def _chinese_runs(plain: str) -> Iterator[tuple[str, str]]:
    for match in _ZH_RUN.finditer(plain):
        yield match.group(), plain[match.end() : match.end() + 2].strip()


def _chinese(run: str) -> set[float]:
    """Return what a run of Chinese numerals may mean: one number, or digits one by one (二〇二六)."""
    if not any(char in _TENS or char in _BIG for char in run):
        return {float("".join(str(_DIGITS[char] % 10) for char in run))} if run else set()
    total = section = digit = 0
    for char in run:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _TENS:
            section += (digit or 1) * _TENS[char]
            digit = 0
        else:
            total = (total + section + digit or 1) * _BIG[char]
            section = digit = 0
    return {float(total + section + digit)}


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)
