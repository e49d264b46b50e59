"""The framing words of answers, in both languages."""

from __future__ import annotations

from bot_core.identity import Words

RELATED = Words(
    "文档里没有找到能直接回答的内容。下面这些与问题有关，但不一定是您要的答案：",
    "I found nothing in the documents that answers this directly. These passages are related, but may not be what you need:",
)
DISAGREE = Words(
    "文档里的说法不一致，请以较新的为准或向管理员确认：",
    "The documents disagree on this; go by the newer one, or check with an admin:",
)
UNKNOWN = Words("文档里没有说到这个问题。", "The documents don't say.")
NEAREST = Words("内容最接近的文档：", "The nearest documents:")
EMPTY = Words(
    "这个社区还没有导入文档，所以我没有可以引用的内容。",
    "This community has no documents yet, so there is nothing I could quote.",
)
OLD = Words(
    "注意：这份文档的日期是 {date}({age}),可能已经过时。",
    "Note: this document is dated {date} ({age}) and may be out of date.",
)
DATED = Words("({date})", " ({date})")
YEARS = Words("约 {years} 年前", "about {years} years ago")
MONTHS = Words("约 {months} 个月前", "about {months} months ago")
EMPTY_QUESTION = Words(
    "问题是空的，请写下您想知道的事。", "The question is empty. Please write what you want to know."
)
LONG_QUESTION = Words(
    "问题太长了(最多 {limit} 个字符),请缩短一些。",
    "The question is too long (at most {limit} characters). Please shorten it.",
)
