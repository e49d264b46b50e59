"""Numbers, dates, money, units and signs in Chinese words."""

from __future__ import annotations

import re
from collections.abc import Callable

_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_GROUPS = ("", "万", "亿", "万亿")
_MEASURES = "个次位条种只张页名件份天周年小时分钟秒项步句段倍人篇部台道家块颗台场组号门轮层"
_UNITS = {
    "km": "公里", "cm": "厘米", "mm": "毫米", "m": "米", "kg": "公斤", "g": "克", "mg": "毫克", "ms": "毫秒",
    "s": "秒", "min": "分钟", "h": "小时", "l": "升", "ml": "毫升", "px": "像素", "hz": "赫兹", "khz": "千赫",
    "mhz": "兆赫", "ghz": "吉赫", "kb": " K B", "mb": "兆", "gb": " G B", "tb": " T B", "w": "瓦", "kwh": "度",
}  # fmt: skip
_COINS = {"$": "美元", "€": "欧元", "£": "英镑", "¥": "元", "￥": "元"}
_SIGNS = {
    "&": "和", "+": "加", "=": "等于", "@": "艾特", "→": "到", "×": "乘", "÷": "除以", "≥": "大于等于", "≤": "小于等于",
    ">": "大于", "<": "小于", "±": "正负", "≈": "约", "%": "百分之", "#": " ", "_": " ", "/": " ", "\\": " ", "*": " ",
    "~": "到", "|": "，", "^": " ", "•": "，", "℃": "摄氏度", "°": "度",
}  # fmt: skip
_N = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"


def cardinal(number: int) -> str:
    """Return 10203 as 一万零二百零三; 10 to 19 without the leading 一."""
    if number < 0:
        return "负" + cardinal(-number)
    if number == 0:
        return "零"
    if number >= 10**16:
        return digits(str(number))
    said, group, lower = "", 0, 0
    while number:
        number, low = divmod(number, 10_000)
        if low:
            gap = "零" if said and lower < 1000 else ""
            said = _below(low) + _GROUPS[group] + gap + said
        elif said and not said.startswith("零"):
            said = "零" + said
        lower, group = low, group + 1
    return re.sub("零+", "零", said[1:] if said.startswith("一十") else said)


def _below(number: int) -> str:
    """Return a number below ten thousand."""
    said = ""
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            said += _DIGITS[digit] + _PLACES[place]
        elif said and not said.endswith("零") and number % 10**place:
            said += "零"
    return said


def digits(text: str, *, phone: bool = False) -> str:
    """Return each digit; in telephone numbers 一 is read 幺."""
    said = "".join(_DIGITS[int(letter)] for letter in text if letter.isascii() and letter.isdigit())
    return said.replace("一", "幺") if phone else said


def amount(text: str) -> str:
    """Return "1,234.5" as 一千二百三十四点五; long bare numbers as digits."""
    whole, _, part = text.replace(",", "").partition(".")
    long = ("," not in text and len(whole) >= 9) or (len(whole) > 1 and whole.startswith("0"))
    words = digits(whole, phone=len(whole) == 11) if long else cardinal(int(whole))
    return f"{words}点{digits(part)}" if part else words


def spelled(text: str) -> str:
    """Return the sentence with everything that is no word in words; English words stay as they are."""
    for pattern, replace in _RULES:
        text = pattern.sub(replace, text)
    for sign, said in _SIGNS.items():
        text = text.replace(sign, said)
    return re.sub(r"[ \t]+", " ", text).strip()


def _link(match: re.Match[str]) -> str:
    host = re.sub(r"^www\.", "", match["host"].split("@")[-1].split(":")[0])
    return f"链接 {host.replace('.', ' 点 ').replace('-', ' ')} "


def _mail(match: re.Match[str]) -> str:
    return f"{match[1].replace('.', ' 点 ')} 艾特 {match[2].replace('.', ' 点 ')}"


def _date(match: re.Match[str]) -> str:
    if not 1 <= int(match[2]) <= 12 or not 1 <= int(match[3]) <= 31:
        return match[0]
    return f"{digits(match[1])}年{cardinal(int(match[2]))}月{cardinal(int(match[3]))}日"


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if hour > 24 or minute > 59:
        return match[0]
    if not minute:
        return f"{_hours(hour)}点"
    return f"{_hours(hour)}点{'零' if minute < 10 else ''}{cardinal(minute)}分"


def _hours(hour: int) -> str:
    return "两" if hour == 2 else cardinal(hour)


def _money(match: re.Match[str]) -> str:
    return f"{amount(match[2])}{match[3] or ''}{_COINS[match[1]]}"


def _unit(match: re.Match[str]) -> str:
    name = _UNITS.get(match[2].lower())
    return match[0] if name is None else f"{_two(match[1])}{name}"


def _two(text: str) -> str:
    return "两" if text == "2" else amount(text)


def _version(match: re.Match[str]) -> str:
    said = "点".join(cardinal(int(part)) if len(part) < 4 else digits(part) for part in match[2].split("."))
    return f"版本{said}" if match[1] else said


_Replace = Callable[[re.Match[str]], str] | str
_RULES: tuple[tuple[re.Pattern[str], _Replace], ...] = (
    (re.compile(r"https?://(?P<host>[^\s/?#,，。；)）\u4e00-\u9fff]+)[^\s,，。；)）\u4e00-\u9fff]*"), _link),
    (re.compile(r"\b(?P<host>www\.[a-zA-Z0-9.-]+)(?:/[^\s，。\u4e00-\u9fff]*)?"), _link),
    (re.compile(r"([A-Za-z0-9._+-]+)@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"), _mail),
    (
        re.compile(
            r"(?<![A-Za-z])([a-z][a-z0-9-]+)\.(com|org|net|io|dev|cn|ai|py|js|md|json|txt)(?![A-Za-z])"
        ),
        r"\1 点 \2",
    ),
    (re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)"), _date),
    (
        re.compile(r"(?<!\d)(\d{4})\s*[-–—~～至到]\s*(\d{4})(?=年)"),
        lambda m: f"{digits(m[1])}到{digits(m[2])}",
    ),
    (re.compile(r"(?<!\d)(\d{4})(?=年)(?!年前|年后|年来)"), lambda m: digits(m[1])),
    (re.compile(r"(?<!\d)(\d{2})(?=年代)"), lambda m: cardinal(int(m[1]))),
    (re.compile(r"(?<!\d)(\d{1,2})[:：](\d{2})(?:[:：]\d{2})?(?!\d)"), _clock),
    (re.compile(rf"([$€£¥￥]) ?({_N})([万亿千百]?)"), _money),
    (re.compile(r"(?<![A-Za-z])(?:版本 ?)?(v|V(?=\d+\.))(\d+(?:\.\d+)*)"), _version),
    (re.compile(r"(?<![\d.])()(\d+(?:\.\d+){2,})"), _version),
    (
        re.compile(rf"({_N})%?\s*[-–—~～至]\s*({_N})%"),
        lambda m: f"百分之{amount(m[1])}到百分之{amount(m[2])}",
    ),
    (re.compile(rf"(?<!\d)-({_N})(?=%|℃|°|度)"), r"负\1"),
    (re.compile(rf"({_N})\s*%"), lambda m: f"百分之{amount(m[1])}"),
    (
        re.compile(r"(?<![\d/])(\d{1,3})/(\d{1,3})(?![\d/])"),
        lambda m: f"{cardinal(int(m[2]))}分之{cardinal(int(m[1]))}",
    ),
    (re.compile(rf"({_N})\s*[-–—~～]\s*(?=(?:{_N}))"), lambda m: f"{amount(m[1])}到"),
    (
        re.compile(
            rf"({_N})\s*(km|cm|mm|kg|mg|ms|min|ml|px|[kKmMgG]?[hH]z|[kKmMgGtT][bB]|kWh|m|g|s|h|l|w)(?![A-Za-z])"
        ),
        _unit,
    ),
    (re.compile(rf"(?<![\d.第])2(?=\s?[{_MEASURES}])(?!号|月)"), "两"),
    (re.compile(r"(?<=\d)\s*[xX×*]\s*(?=\d)"), "乘"),
    (re.compile(rf"(?<![\w.)）])-({_N})"), lambda m: f"负{amount(m[1])}"),
    (re.compile(r"(?<=[A-Za-z])-(?=\d)"), " "),
    (re.compile(rf"{_N}"), lambda m: amount(m[0])),
    (re.compile(r"(?<![A-Za-z0-9])/(?=[a-zA-Z]\w+)"), "斜杠 "),
    (re.compile(r"([a-z])([A-Z][a-z])"), r"\1 \2"),
)
