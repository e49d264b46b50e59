"""The framing words of answers that a model wrote."""

from __future__ import annotations

from bot_core.identity import Words

PARTLY = Words(
    "文档里只说到一部分，不一定是您要的完整答案：",
    "The documents tell only a part of this; it may not be all you need:",
)
LEFT_OUT = Words(
    "（有的句子在文档里找不到依据，已略去。）",
    "(Some sentences were left out: nothing in the documents says so.)",
)
