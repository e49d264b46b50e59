"""What kind of thing a question asks for: a number, a time, a person, a way to do it."""

from __future__ import annotations

import re
from enum import StrEnum

from bot_knowledge.text.language import CJK


class Expected(StrEnum):
    """The kind of answer."""

    NUMBER = "number"
    TIME = "time"
    PERSON = "person"
    PLACE = "place"
    STEPS = "steps"
    REASON = "reason"
    YES_NO = "yes_no"
    LIST = "list"
    ANY = "any"


_RULES: tuple[tuple[Expected, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (Expected.REASON, r"\bwhy\b|\breason\b|为什么|为何|原因|凭什么"),
        (
            Expected.TIME,
            r"\bwhen\b|\b(?:what|which) (?:time|day|date|weekday|year|month)\b"
            r"|\bhow (?:long|often|soon|late|early)\b|\bdeadline\b|\buntil\b"
            r"|什么时候|何时|几点|几号|哪天|哪一天|多久|多长时间|几天|几小时|几周|几个月|几年|截止|哪年|日期|周几|星期几",
        ),
        (
            Expected.NUMBER,
            r"\bhow (?:many|much|big|large|far|high|old|tall|deep|fast)\b|\bwhat (?:percentage|share|number|amount|price|limit)\b"
            r"|\b(?:maximum|minimum|at most|at least|cost|price|fee)\b|多少|几|多大|多高|多远|上限|下限|最多|最少|价格|费用",
        ),
        (Expected.STEPS, r"\bhow (?:do|does|can|should|would|to|is|are)\b|怎么|怎样|如何|步骤|流程|怎么办"),
        (Expected.PERSON, r"\bwho(?:m|se)?\b|谁|哪位|何人|什么人|哪些人|负责人"),
        (
            Expected.PLACE,
            r"\bwhere\b|\bwhich (?:channel|place|page|folder|file)\b|哪里|哪儿|在哪|何处|什么地方|哪个频道",
        ),
        (Expected.LIST, r"\b(?:which|what) (?:are|\w+s)\b|\blist\b|\bwhat kinds?\b|哪些|哪几|有什么|都有"),
        (
            Expected.YES_NO,
            r"^(?:is|are|am|was|were|do|does|did|can|could|may|must|should|shall|will|would|has|have|had|need)\b|吗[?？]?$|是否|能不能|可不可以|有没有|要不要|会不会|是不是|能否|可以.*么[?？]?$",
        ),
    )
)
_ANSWERS: dict[Expected, re.Pattern[str]] = {
    Expected.NUMBER: re.compile(
        rf"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|half|none|no|unlimited|every)\b|[一二三四五六七八九十百千万两半][^{CJK}]?[{CJK}]|不限|没有",
        re.IGNORECASE,
    ),
    Expected.TIME: re.compile(
        r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:january|february|march|april|may|june|july|august|september|october"
        r"|november|december)\b|\b(?:day|week|month|year|hour|minute|season|daily|weekly|monthly|always|never|before|after|immediately)s?\b"
        r"|[天日周月年时分秒季]|随时|立即|马上|之前|之后|以内|小时|赛季",
        re.IGNORECASE,
    ),
    Expected.PERSON: re.compile(
        r"(?<!^)\b[A-Z][a-z]+|@\w+|[\u4e00-\u9fff]{2,4}(?:员|长|者|人|组|会|师|官|主|家|委)|\b\w+(?:er|or|ist|team|council|group)s?\b"
    ),
    Expected.PLACE: re.compile(
        r"#\S+|https?://|\b(?:in|at|on|under|near|channel|page|folder)\b|[在到于]|频道|网址|[/\\]\w+",
        re.IGNORECASE,
    ),
    Expected.REASON: re.compile(
        r"\b(?:because|since|so that|in order|due|therefore|to avoid|otherwise|reason)\b"
        r"|因为|由于|所以|为了|以免|否则|防止|避免|才",
        re.IGNORECASE,
    ),
    Expected.STEPS: re.compile(
        r"^\s*(?:\d+[.)、](?!\d)|[-*•])|\b(?:first|then|click|send|type|open|go to|fill|write|ask|use"
        r"|press|run|post|choose|add|need|must|after|once)\b"
        r"|先|然后|再|点击|发送|填写|打开|输入|提交|申请|联系|选择|使用|需要|即可|就能|步",
        re.IGNORECASE | re.MULTILINE,
    ),
    Expected.LIST: re.compile(r"^\s*(?:\d+[.)、](?!\d)|[-*•])|[、,，;；:：]", re.MULTILINE),
}


def expected(question: str) -> Expected:
    """Return what kind of thing a question asks for."""
    for kind, pattern in _RULES:
        if pattern.search(question.strip()):
            return kind
    return Expected.ANY


def fits(text: str, kind: Expected) -> bool:
    """Say whether a text holds such a thing at all; kinds without a look of their own always fit."""
    pattern = _ANSWERS.get(kind)
    return pattern is None or pattern.search(text) is not None
