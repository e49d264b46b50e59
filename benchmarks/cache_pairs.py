"""Questions that mean the same, and questions that only look the same, made from the question sets by rules."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from bot_knowledge.text.language import language_of
from bot_knowledge.text.terms import surface_words

# Each of a pair turns a question into another one.
TURNS_EN = (
    "first last", "minimum maximum", "least most", "before after", "open close", "join leave", "start end", "begin stop",
    "win lose", "buy sell", "Discord Telegram", "member moderator", "proposal grant", "mentor editor", "Windows Linux",
    "iron tin", "create delete", "day week", "month year", "upload download", "public private", "add remove", "up down",
    "send receive", "can can't", "do don't", "is isn't", "who when", "when where", "why how", "new old", "large small",
    "morning evening", "Monday Friday", "season year", "vote talk", "pay earn", "lamp rope", "water fire", "server page",
)  # fmt: skip
TURNS_ZH = (
    "最多 最少", "上限 下限", "之前 之后", "开始 结束", "加入 退出", "创建 删除", "周一 周五", "天 周", "月 年",
    "什么时候 在哪里", "谁 什么时候", "可以 不可以", "能 不能", "第一 最后", "提案 资助", "成员 管理员", "公开 私密",
    "上传 下载", "增加 减少", "会费 押金", "白天 晚上", "需要 不需要", "要 不要", "赛季 年份", "投票 讨论", "领 交",
    "多少 多久", "怎么 为什么", "新人 老成员", "灯 绳子", "服务器 网页", "中文 英文", "报销 预支", "发 收", "图片 视频",
    "频道 论坛",
)  # fmt: skip
ASIDES_EN = (
    "Hi, {}",
    "Please tell me: {}",
    "{} Thanks!",
    "Quick question: {}",
    "Does anybody know {}",
    "{}??",
    "hey {}",
)
ASIDES_ZH = ("请问{}", "想问一下，{}", "{}谢谢", "有人知道{}", "{}？？", "大佬们，{}", "问下{}")
SAME = (
    ("What is", "What's"), ("what is", "what's"), ("do I", "can I"), ("How do I", "How can I"), ("does it", "will it"),
    ("I am", "I'm"), ("Is there", "Is there any"), ("怎么", "如何"), ("什么时候", "何时"), ("哪里", "哪儿"), ("多少", "几"),
    ("吗", "么"), ("可以", "能"), ("我", "我们"), ("你们", "社区"), ("需要", "要"), ("在哪", "在什么地方"), ("为什么", "为何"),
)  # fmt: skip


def alike(text: str) -> Iterator[str]:
    """Yield the same question in other words."""
    for aside in ASIDES_ZH if language_of(text) == "zh" else ASIDES_EN:
        yield aside.format(text)
    yield text.rstrip("?？")
    for old, new in SAME:
        if old in text:
            yield text.replace(old, new, 1)


def turned(text: str, others: Sequence[str], seed: int) -> Iterator[str]:
    """Yield other questions that look like this one: a word turned round, a number or a thing exchanged."""
    chinese = language_of(text) == "zh"
    for pair in TURNS_ZH if chinese else TURNS_EN:
        for old, new in (pair.split(" "), pair.split(" ")[::-1]):
            pattern = re.escape(old) if chinese else rf"\b{re.escape(old)}\b"
            if re.search(pattern, text, re.IGNORECASE):
                yield re.sub(pattern, new, text, count=1, flags=re.IGNORECASE)
    for match in re.finditer(r"\d+", text):
        yield f"{text[: match.start()]}{int(match.group()) + 1}{text[match.end() :]}"
    chance = random.Random(seed)  # the same pairs in every run
    words = surface_words(text)
    for word in chance.sample(words, min(3, len(words))):
        theirs = [other for other in surface_words(chance.choice(others)) if other.lower() != word.lower()]
        if theirs:
            yield text.replace(word, chance.choice(theirs), 1)
