"""Whether a quote holds a value of the kind that was asked for: a clock for "what time", a figure for "how many"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot_knowledge.answering.figures import Figures, figures
from bot_knowledge.answering.quotes import Quote

ODDS = 0.3  # of a quote that may hold the value in the place of the first
# What answers without a figure: none, all, at once, any time.
_WITHOUT = re.compile(
    r"\b(?:no|none|never|unlimited|free|any(?:one|body|time|where)?|always|forever|immediately|at once|right away|same day"
    r"|every|each|once|twice|daily|weekly|monthly|yearly|annually|until|both|dozens?|hundreds|several|a few"
    r"|an? (?:hour|day|week|month|year)"
    r"|as (?:long|many|much|often))\b"
    r"|不限|没有|无需|免费|不收|不用|随时|立即|马上|永久|终身|一直|当天|当场|即时|全部|所有|每|各|半|直到|为止|好几|若干|数十",
    re.IGNORECASE,
)
_ASKED: tuple[tuple[re.Pattern[str], Callable[[Figures], bool]], ...] = (
    (re.compile(r"几点(?!灯油|积分|分)|几时|\bwhat time\b", re.IGNORECASE), lambda found: "clock" in found),
    (
        re.compile(
            r"星期几|周几|礼拜几|哪天|哪一天|几号|\b(?:what|which) (?:day|date|weekday)\b", re.IGNORECASE
        ),
        lambda found: bool({"weekday", "date"} & set(found)),
    ),
    (
        re.compile(
            r"多久|多长时间|多少|百分之几|几(?:天|小时|个小时|分钟|周|个星期|个月|年|个|位|次|人|名|张|条|种|家|票|成|块|份|枚|场|遍|倍|级|期|任|篇|字|行|米|公里)"
            r"|\bhow (?:long|soon|often|many|much)\b|\bwhat (?:share|percentage|price|amount|number)\b",
            re.IGNORECASE,
        ),
        bool,
    ),
)


def holds_what_is_asked(question: str, quotes: Sequence[Quote]) -> bool:
    """Say whether the first quotes hold a value of the asked kind; questions that ask for none are always content."""
    wanted = next((fits for asked, fits in _ASKED if asked.search(question)), None)
    if wanted is None or not quotes:
        return True
    told = [quotes[0], *(quote for quote in quotes[1:] if quote.odds >= ODDS)]
    return any(wanted(figures(quote.text)) or _WITHOUT.search(quote.text) for quote in told)
