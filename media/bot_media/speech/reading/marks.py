"""What is written but not read: Markdown, citations, code blocks, pictures; links become words."""

from __future__ import annotations

import re
import unicodedata

_CITATION = re.compile(r"\s*(?:\[\d{1,3}(?:\s*[,，、-]\s*\d{1,3})*\]|【\d{1,3}】|[¹²³⁴-⁹⁰]+)(?!\()")
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.S)
_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_HTML = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<!--.*?-->", re.S)
_AUTO = re.compile(r"<(https?://[^>\s]+)>")
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$|^\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*:?-*:?\s*$", re.M)
_LEAD = re.compile(r"^\s*(?:#{1,6}\s+|>\s?|[-*+•]\s+(?:\[[ xX]\]\s+)?|(\d{1,3})[.)]\s+)", re.M)
_EMPHASIS = re.compile(r"(\*{1,3}|~~|(?<!\w)_{1,3})(?=\S)(.+?)(?<=\S)(?:\*{1,3}|~~|_{1,3}(?!\w))", re.S)
_TICKS = re.compile(r"`+([^`\n]*)`+")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|~>])")
_ENDED = tuple("。！？!?.…:：;；,，、")
CODE = {True: "代码见文字。", False: "The code is in the text."}
FACES = {
    "👍": ("赞", "thumbs up"),
    "🎉": ("撒花", "hooray"),
    "❤": ("爱心", "heart"),
    "😂": ("笑哭", "laughing"),
    "😀": ("笑脸", "smile"),
    "🙏": ("拜托", "please"),
    "✅": ("完成", "done"),
    "❌": ("不行", "no"),
    "🔥": ("火", "fire"),
    "🚀": ("火箭", "rocket"),
}


def is_chinese(text: str) -> bool:
    """Tell whether a text holds any Chinese letter."""
    return any("\u4e00" <= letter <= "\u9fff" or "\u3400" <= letter <= "\u4dbf" for letter in text)


def unmarked(text: str) -> str:
    """Return the words of a text in Markdown: lines that end nothing end with a full stop."""
    chinese = is_chinese(text)
    text = _FENCE.sub(lambda _: f"\n{CODE[chinese]}\n", text)
    text = _PICTURE.sub(r"\1", text)
    text = _AUTO.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _CITATION.sub("", text)
    text = _HTML.sub(" ", text)
    text = _RULE.sub("", text)
    text = _LEAD.sub(_numbered, text)
    for _ in range(2):  # bold within italics
        text = _EMPHASIS.sub(r"\2", text)
    text = _TICKS.sub(r"\1", text)
    text = _ESCAPED.sub(r"\1", text)
    lines = [_line(line) for line in text.splitlines()]
    return without_faces("\n".join(line for line in lines if line), chinese)


def _numbered(match: re.Match[str]) -> str:
    return f"{match[1]}, " if match[1] else ""


def _line(line: str) -> str:
    if line.count("|") >= 2:  # a row of a table
        line = ", ".join(cell.strip() for cell in line.strip().strip("|").split("|") if cell.strip())
    line = line.strip()
    if not any(letter.isalnum() for letter in line) and not any(map(_is_face, line)):
        return ""
    if line and not line.endswith(_ENDED):
        line += "。" if is_chinese(line) else "."
    return line


def without_faces(text: str, chinese: bool) -> str:
    """Return the text without emoji; a text of nothing else says what they are."""
    bare = "".join(" " if _is_face(letter) else letter for letter in text)
    if any(letter.isalnum() for letter in bare):
        return re.sub(r"[ \t]+(?=[。！？，、.!?,;；])", "", re.sub(r"[ \t]{2,}", " ", bare)).strip()
    names = [_face(letter, chinese) for letter in text if _is_face(letter)]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _is_face(letter: str) -> bool:
    code = ord(letter)
    if code in (0xFE0F, 0x200D, 0x20E3) or 0x1F3FB <= code <= 0x1F3FF:
        return True
    return code >= 0x1F000 or 0x2600 <= code <= 0x27BF or 0x2B00 <= code <= 0x2BFF or 0x2300 <= code <= 0x23FF


def _face(letter: str, chinese: bool) -> str:
    if letter in FACES:
        return FACES[letter][0 if chinese else 1]
    code = ord(letter)
    if code in (0xFE0F, 0x200D, 0x20E3) or 0x1F3FB <= code <= 0x1F3FF:
        return ""
    return "表情" if chinese else unicodedata.name(letter, "emoji").lower()
