"""HTML taken out of a text that is Markdown at most."""

from __future__ import annotations

import re

DEEPEST = 20  # rounds of taking tags out of what taking tags out has made

_NAMES = (
    "a|abbr|acronym|animate|applet|area|article|aside|b|base|basefont|bdi|bdo|bgsound|big|blink|blockquote|body|br"
    "|canvas|center|col|colgroup|datalist|dd|del|dfn|dialog|dir|div|dl|dt|em|embed|fieldset|figcaption|figure"
    "|font|frame|frameset|h[1-6]|head|hgroup|hr|html|i|iframe|img|ins|isindex|kbd|keygen|layer|li|listing"
    "|marquee|math|meta|nav|nobr|noembed|noframes|noscript|ol|optgroup|p|plaintext|portal|pre|q|rp|rt|ruby|s|samp"
    "|script|small|span|strike|strong|style|sub|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|tr|tt|u|ul"
    "|use|wbr|xml|xmp|tg-spoiler|tg-emoji"
)
# Tags whose names people also write as "/remind <time> <title>".
_WORDS = (
    "address|audio|button|caption|cite|code|command|data|details|footer|form|header|image|input|label|legend|link"
    "|main|map|mark|menu|menuitem|meter|object|option|output|param|picture|progress|section|select|set|slot|source"
    "|summary|time|title|track|var|video"
)
_ANY = f"{_NAMES}|{_WORDS}"
_ATTRIBUTES = r"/?[a-z][\w.-]*(?::[\w.-]+)?[\s/][^<>]*="
_TAG = re.compile(rf"<(?:/?(?:{_ANY})(?:[\s/][^<>]*)?|{_ATTRIBUTES}[^<>]*|[!?][^<>]*)>", re.IGNORECASE)
_START = re.compile(rf"<(?=/?(?:{_ANY})(?:[\s/>]|\Z)|[!?/]|{_ATTRIBUTES})", re.IGNORECASE)
_PLACEHOLDER = re.compile(rf"<({_WORDS})>", re.IGNORECASE)
_CODE = re.compile(r"```[\s\S]*?```|`[^`\n]+`")


def without_tags(text: str) -> str:
    """Return the text without tags; in code, and where a tag is only begun, ``<`` becomes ``‹``.

    ``<amount>`` in "/tip <amount>" is no tag and stays; ``<time>`` alone is meant like it and becomes ``‹time›``.
    """
    if "<" not in text:
        return text
    text = _CODE.sub(lambda match: _START.sub("‹", match[0]), text)
    closed = {name.lower() for name in re.findall(rf"</({_WORDS})[\s>]", text, re.IGNORECASE)}
    text = _PLACEHOLDER.sub(lambda match: match[0] if match[1].lower() in closed else f"‹{match[1]}›", text)
    for _ in range(DEEPEST):
        shorter = _TAG.sub("", _without_comments(text))
        if shorter == text:
            break
        text = shorter
    return _START.sub("‹", text)


def _without_comments(text: str) -> str:
    """Take comments out; with a pattern the time would grow with the square of those that never end."""
    kept: list[str] = []
    start = 0
    while (begin := text.find("<!--", start)) >= 0:
        end = text.find("-->", begin + 4)
        if end < 0:
            break
        kept.append(text[start:begin])
        start = end + 3
    return "".join((*kept, text[start:]))
