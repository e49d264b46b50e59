"""Numbers, dates, money, units and signs in English words."""

from __future__ import annotations

import re
from collections.abc import Callable

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
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_GROUPS = ("", " thousand", " million", " billion", " trillion")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_UNITS = {
    "km": "kilometer", "cm": "centimeter", "mm": "millimeter", "m": "meter", "kg": "kilogram", "g": "gram",
    "mg": "milligram", "ms": "millisecond", "s": "second", "min": "minute", "h": "hour", "hr": "hour",
    "l": "liter", "ml": "milliliter", "kb": "kilobyte", "mb": "megabyte", "gb": "gigabyte", "tb": "terabyte",
    "kib": "kibibyte", "mib": "mebibyte", "gib": "gibibyte", "khz": "kilohertz", "mhz": "megahertz",
    "ghz": "gigahertz", "hz": "hertz", "px": "pixel", "mph": "mile per hour", "w": "watt", "kwh": "kilowatt hour",
}  # fmt: skip
_COINS = {
    "$": ("dollar", "cent"),
    "€": ("euro", "cent"),
    "£": ("pound", "penny"),
    "¥": ("yuan", ""),
    "￥": ("yuan", ""),
}
_SIZES = {"k": "thousand", "m": "million", "b": "billion", "bn": "billion"}
_FRACTIONS = {
    "1/2": "one half",
    "1/3": "one third",
    "2/3": "two thirds",
    "1/4": "one quarter",
    "3/4": "three quarters",
}
_WORDS = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus", "vs": "versus", "Mr.": "mister",
    "Mrs.": "missus", "Ms.": "miz", "Dr.": "doctor", "approx.": "approximately", "Prof.": "professor", "w/": "with",
    "w/o": "without", "a.m.": "A M", "p.m.": "P M", "No.": "number",
}  # fmt: skip
_SIGNS = {
    "&": " and ", "+": " plus ", "=": " equals ", "@": " at ", "→": " to ", "×": " times ", "÷": " divided by ",
    "≥": " at least ", "≤": " at most ", ">": " greater than ", "<": " less than ", "±": " plus or minus ",
    "≈": " about ", "°": " degrees ", "%": " percent ", "#": " ", "_": " ", "/": " ", "\\": " ", "*": " ", "~": " ",
    "|": ", ", "^": " ", "•": ", ", "·": " ", "©": " ", "®": " ", "™": " ",
}  # fmt: skip
_N = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"


def cardinal(number: int) -> str:
    """Return 1234 as "one thousand two hundred thirty-four"; numbers beyond trillions digit by digit."""
    if number < 0:
        return "minus " + cardinal(-number)
    if number >= 10**15:
        return digits(str(number))
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f"-{_ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = f" {cardinal(number % 100)}" if number % 100 else ""
        return f"{_ONES[number // 100]} hundred{rest}"
    parts, group = [], 0
    while number:
        number, low = divmod(number, 1000)
        if low:
            parts.append(cardinal(low) + _GROUPS[group])
        group += 1
    return " ".join(reversed(parts))


def digits(text: str) -> str:
    """Return each digit's name."""
    return " ".join(_ONES[int(letter)] for letter in text if letter.isascii() and letter.isdigit())


def ordinal(number: int) -> str:
    """Return 23 as "twenty-third"."""
    words = cardinal(number)
    head, dash, last = words.rpartition("-") if "-" in words.split()[-1] else words.rpartition(" ")
    regular = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return head + dash + _IRREGULAR.get(last, regular)


def year(number: int) -> str:
    """Return 2026 as "twenty twenty-six", 2005 as "two thousand five", 1900 as "nineteen hundred"."""
    high, low = divmod(number, 100)
    if 2000 <= number < 2010 or number < 1000:
        return cardinal(number)
    if low == 0:
        return cardinal(number) if high % 10 == 0 else f"{cardinal(high)} hundred"
    return f"{cardinal(high)} {'oh ' if low < 10 else ''}{cardinal(low)}"


def amount(text: str) -> str:
    """Return "1,234.5" as "one thousand two hundred thirty-four point five"; long bare numbers as digits."""
    whole, _, part = text.replace(",", "").partition(".")
    long = (len(whole) >= 8 and "," not in text) or (len(whole) > 1 and whole.startswith("0"))
    words = digits(whole) if long else cardinal(int(whole))
    return f"{words} point {digits(part)}" if part else words


def spelled(text: str) -> str:
    """Return the sentence with everything that is no word in words."""
    for written, said in _WORDS.items():
        text = re.sub(
            rf"(?<![\w.]){re.escape(written)}(?!\w)", said, text, flags=re.I if written.islower() else 0
        )
    for pattern, replace in _RULES:
        text = pattern.sub(replace, text)
    for sign, said in _SIGNS.items():
        text = text.replace(sign, said)
    return re.sub(r"\s+", " ", text).strip()


def _link(match: re.Match[str]) -> str:
    host = re.sub(r"^www\.", "", match["host"].split("@")[-1].split(":")[0])
    return f" link to {host.replace('.', ' dot ').replace('-', ' dash ')} "


def _mail(match: re.Match[str]) -> str:
    name = re.sub(
        r"[._-]", lambda mark: {".": " dot ", "_": " underscore ", "-": " dash "}[mark[0]], match[1]
    )
    return f"{name} at {match[2].replace('.', ' dot ').replace('-', ' dash ')}"


def _date(match: re.Match[str]) -> str:
    number, month, day = int(match[1]), int(match[2]), int(match[3])
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return match[0]
    return f"{_MONTHS[month - 1]} {ordinal(day)}, {year(number)}"


def _named_date(match: re.Match[str]) -> str:
    month = next(name for name in _MONTHS if name.lower().startswith(match[1].lower()[:3]))
    after = f", {year(int(match[3]))}" if match[3] else ""
    return f"{month} {ordinal(int(match[2]))}{after}"


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    half = (match[4] or "").replace(".", "").upper()
    if hour > 24 or minute > 59:
        return match[0]
    words = cardinal(hour)
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    elif not half:
        words += " o'clock" if 0 < hour < 13 else " hundred"
    return f"{words} {' '.join(half)}".strip()


def _money(match: re.Match[str]) -> str:
    coin, small = _COINS[match[1]]
    plural = "s" if coin not in ("yuan",) else ""
    if match[3]:
        return f"{amount(match[2])} {_SIZES[match[3].lower()]} {coin}{plural}"
    whole, _, part = match[2].replace(",", "").partition(".")
    words = f"{cardinal(int(whole))} {coin}{'' if int(whole) == 1 else plural}"
    if not part or not int(part) or not small or len(part) > 2:
        return words if not part or not int(part) else f"{amount(match[2])} {coin}{plural}"
    cents = int(part.ljust(2, "0"))
    return (
        f"{words} and {cardinal(cents)} {small if cents == 1 else {'penny': 'pence'}.get(small, small + 's')}"
    )


def _unit(match: re.Match[str]) -> str:
    name = _UNITS.get(match[2].lower())
    if name is None or (match[2] in ("M", "G", "L", "W", "S") and match[2] != "W"):
        return match[0]
    many = "" if match[1] == "1" or name.endswith("hertz") else "s"
    said = name.replace(" per", f"{many} per") if " per" in name else name + many
    return f"{amount(match[1])} {said}"


def _version(match: re.Match[str]) -> str:
    said = " point ".join(
        cardinal(int(part)) if len(part) < 4 else digits(part) for part in match[2].split(".")
    )
    return f"version {said}" if match[1] else said


def _in_year(match: re.Match[str]) -> str:
    return f"{match[1]}{year(int(match[2]))}"


def _camel(match: re.Match[str]) -> str:
    return f"{match[1]} {match[2]}"


_Replace = Callable[[re.Match[str]], str] | str
_RULES: tuple[tuple[re.Pattern[str], _Replace], ...] = (
    (re.compile(r"https?://(?P<host>[^\s/?#,]+)[^\s,，。)）]*(?<![.!?,;:])"), _link),
    (re.compile(r"\b(?P<host>www\.[\w.-]+\.\w{2,})(?:/[^\s,]*(?<![.!?,;:]))?"), _link),
    (re.compile(r"\b([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)\b"), _mail),
    (re.compile(r"\b([a-z][a-z0-9-]+)\.(com|org|net|io|dev|cn|ai)\b"), r"\1 dot \2"),
    (re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b"), _date),
    (re.compile(r"\b(\d{4})-(\d{4})\b"), lambda m: f"{year(int(m[1]))} to {year(int(m[2]))}"),
    (
        re.compile(
            r"\b(Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec|January|February|March|April|August|"
            r"September|October|November|December)\.? (\d{1,2})(?:st|nd|rd|th)?\b(?:,? (\d{4})\b)?"
        ),
        _named_date,
    ),
    (re.compile(r"\b(\d{1,2}):(\d{2})(?::\d{2})?( ?([ap]m|[ap]\.m\.)(?!\w))?", re.I), _clock),
    (
        re.compile(r"\b(\d{1,2}) ?(am|pm)\b", re.I),
        lambda m: f"{cardinal(int(m[1]))} {' '.join(m[2].upper())}",
    ),
    (re.compile(rf"([$€£¥￥]) ?({_N})(?: ?(k|m|bn?|K|M|B)\b)?"), _money),
    (re.compile(r"\b([Vv]ersion v?|v)(\d+(?:\.\d+)*)\b"), _version),
    (re.compile(r"\b()(\d+(?:\.\d+){2,})\b"), _version),
    (re.compile(r"\b(?:1/2|1/3|2/3|1/4|3/4)\b"), lambda m: _FRACTIONS[m[0]]),
    (re.compile(r"\b(\d+)/(\d+)\b"), lambda m: f"{cardinal(int(m[1]))} out of {cardinal(int(m[2]))}"),
    (re.compile(r"(?<![\w.])-(?=\d)"), "minus "),
    (re.compile(rf"({_N})\s*[-–—~]\s*(?={_N})"), r"\1 to "),
    (
        re.compile(rf"({_N}) ?°\s?([CF])\b"),
        lambda m: f"{amount(m[1])} degrees {'Celsius' if m[2] == 'C' else 'Fahrenheit'}",
    ),
    (re.compile(rf"\b({_N}) ?([A-Za-z]{{1,3}})\b(?!['’])"), _unit),
    (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"), lambda m: ordinal(int(m[1]))),
    (re.compile(r"\b(\d{2,3}0)s\b"), lambda m: re.sub(r"y$", "ies", year(int(m[1])))),
    (
        re.compile(
            r"\b((?:in|since|by|of|from|until|till|year|before|after|to) )(1[1-9]\d\d|20\d\d)\b(?!,?\d| \w+s\b)"
        ),
        _in_year,
    ),
    (re.compile(rf"\b({_N})x(\d+)\b"), lambda m: f"{amount(m[1])} by {amount(m[2])}"),
    (re.compile(r"(?<=[A-Za-z])-(?=\d)|(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)"), " "),
    (re.compile(rf"{_N}"), lambda m: amount(m[0])),
    (re.compile(r"(?<!\S)/(?=[a-z]\w+)"), "slash "),
    (re.compile(r"\b([a-z]+)([A-Z][a-z]+)"), _camel),
    (re.compile(r"\b(\w+)\.(py|js|md|txt|json|toml|yml|yaml|csv|pdf|png|jpg|html)\b"), r"\1 dot \2"),
)
