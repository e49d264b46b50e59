"""The front door: a question that names nothing in particular is about the whole community.

"How do I join?" fits the welcome page and every working group's page alike; the member means the community.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot_knowledge.ranking.candidates import Candidate
from bot_knowledge.ranking.query import Asked
from bot_knowledge.text.terms import content_words

BONUS = 3.0  # more than the scores of the first few passages lie apart
_DOORS = re.compile(
    r"^\W*(?:welcome|read ?me|index|about|overview|introduction|getting started|start here|faq"
    r"|欢迎|首页|关于|简介|介绍|概览|入门|新人必读|从这里开始|常见问题|社区(?:简介|介绍|手册|指南)|加入(?:我们|社区))",
    re.IGNORECASE,
)
# words for the community itself and those in it, stemmed
_WHOLE_EN = frozenset(
    {"communiti", "server", "guild", "chat", "club", "dao", "discord", "here", "your", "our"}
)
_WHOLE_ZH = frozenset(
    {"社区", "群", "本群", "群里", "社群", "服务器", "行会", "公会", "这里", "这儿", "你们", "我们"}
)
_WHOLE = _WHOLE_EN | _WHOLE_ZH | {"咱们", "大家", "想", "要", "请问", "这个"}


def prefer_front(asked: Asked, candidates: Sequence[Candidate]) -> None:
    """Raise the front door's passages whose headings name all that the question asks about."""
    wanted = asked.words - _WHOLE
    if not wanted:
        return
    for candidate in candidates:
        passage = candidate.passage
        if _DOORS.search(passage.title) and wanted <= set(content_words(" ".join(passage.heading))):
            candidate.score += BONUS
            candidate.signals["front"] = 1.0
