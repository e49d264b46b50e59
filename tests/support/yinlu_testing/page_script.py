"""What the fake house says: sources and answers in Chinese and English, and some that test the page's limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

QUORUM = (
    "## 法定人数\n\n"
    "提案投票需要至少 **20%** 的活跃成员参加才有效。未达到法定人数的提案自动延期一周，只延期一次。\n\n"
    "| 提案类型 | 法定人数 | 通过比例 |\n|---|---:|---:|\n| 普通提案 | 20% | 过半数 |\n"
    "| 预算超过 5,000 元 | 30% | 三分之二 |\n| 修改章程 | 40% | 四分之三 |\n\n"
    "计票由两名值班成员共同完成，结果在 24 小时内公布。"
)
PROPOSAL = (
    "# Writing a proposal\n\n1. Open a draft in the #proposals channel and say in one paragraph what changes for members.\n"
    "2. Collect comments for at least five days.\n3. Ask a steward to put it to the vote.\n\n"
    "A proposal that asks for money names the amount, the wallet and the person who answers for it."
)


def source(n: int, name: str, title: str, heading: list[str], passage: str, quote: str, **more: str) -> Json:
    """Return a source whose quote stands in its passage."""
    start = passage.index(quote)
    made: Json = {
        "n": n,
        "source": name,
        "title": title,
        "heading": heading,
        "quote": quote,
        "passage": passage,
        "start": start,
        "end": start + len(quote),
        "url": "",
        "date": "",
    }
    return {**made, **more}


SOURCES_ZH = [
    source(
        1,
        "规则/投票与法定人数.md",
        "投票与法定人数",
        ["投票与法定人数", "法定人数"],
        QUORUM,
        "提案投票需要至少 **20%** 的活跃成员参加才有效。未达到法定人数的提案自动延期一周，只延期一次。",
        url="https://example.org/rules/quorum",
        date="2026-03-01",
    ),
    source(
        2,
        "规则/投票与法定人数.md",
        "投票与法定人数",
        ["投票与法定人数", "法定人数", "各类提案"],
        QUORUM,
        "| 预算超过 5,000 元 | 30% | 三分之二 |",
        date="2026-03-01",
    ),
    source(
        3,
        "how-to/proposals.md",
        "Writing a proposal",
        [],
        PROPOSAL,
        "Collect comments for at least five days.",
    ),
]
SOURCES_EN = [
    {**SOURCES_ZH[2], "n": 1, "date": "2025-11-20", "url": "https://example.org/proposals"},
    {**SOURCES_ZH[0], "n": 2},
]

ANSWER_ZH = (
    "普通提案的投票需要**至少 20% 的活跃成员**参加才有效；没达到的自动延期一周，只延期一次。[1]\n\n"
    "涉及较大金额或章程时要求更高：[2]\n\n"
    "| 提案类型 | 法定人数 | 通过比例 |\n|---|---:|---:|\n| 普通提案 | 20% | 过半数 |\n"
    "| 预算超过 5,000 元 | 30% | 三分之二 |\n| 修改章程 | 40% | 四分之三 |\n\n"
    "提交前记得：\n\n1. 在 #proposals 频道发草稿；\n2. 至少收集五天意见；[3]\n3. 请一位值班成员发起投票。"
)
ANSWER_EN = (
    "Open a draft in the **#proposals** channel and say in one paragraph what changes for members. "
    "Then collect comments for at least five days before a steward puts it to the vote.[1]\n\n"
    "A proposal that asks for money also names:\n\n- the amount,\n- the wallet,\n- the person who answers for it.\n\n"
    "Votes count when at least 20 % of active members take part.[2]"
)
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
ODD = (
    f"### Long things\n\n{LONG_WORD}\n\nhttps://example.org/{'path/' * 30}end?query={'x' * 120}\n\n"
    "```python\ndef way(from_here: str, to_there: str) -> list[str]:\n"
    "    return ['a very long line of code that does not fit into any phone, however it is held', from_here, to_there]\n```\n\n"
    "| a | b | c | d | e | f |\n|---|---|---|---|---|---|\n| one column | two columns | three | four | five of them | six |\n\n"
    "- first\n  - nested `code`\n    1. deeper\n- second\n\n> A quotation, *slanted*, and ~~struck~~.\n\n[a link](https://example.org/a_(b))"
)
EVIL = (
    '<script>window.pwned=1</script><img src=x onerror="window.pwned=1"> [js](javascript:window.pwned=1) '
    "[data](data:text/html,<script>window.pwned=1</script>) ![p](https://example.org/p.png) "
    '<a href="javascript:window.pwned=1">x</a> `<b>code</b>` **<i>bold</i>** [1]'
)
EVIL_SOURCE = source(
    1,
    "<img src=x onerror=window.pwned=1>.md",
    "<svg onload=window.pwned=1>",
    ["<b>h</b>", '"><script>window.pwned=1</script>'],
    "before <img src=x onerror=window.pwned=1> after",
    "<img src=x onerror=window.pwned=1>",
    url="javascript:window.pwned=1",
    date="<i>2026</i>",
)
LONG = "\n\n".join(f"Paragraph {n}: " + "words about the way " * 24 + "[1]" for n in range(110))


@dataclass(frozen=True, slots=True)
class Script:
    """One scripted answer; ``gate`` waits in the middle until the test opens it."""

    text: str
    sources: list[Json] = field(default_factory=list)
    outcome: str = "answered"
    reason: str = "none"
    follow_ups: tuple[str, ...] = ()
    gate: bool = False
    error: Json | None = None


ZH = Script(ANSWER_ZH, SOURCES_ZH, follow_ups=("预算超过 5,000 元怎么投票？", "谁来计票？"))
EN = Script(ANSWER_EN, SOURCES_EN, follow_ups=("How long do I collect comments?", "Who counts the votes?"))

SCRIPTS = {
    "slow": Script(ANSWER_EN, SOURCES_EN, gate=True),
    "related": Script(
        "> Collect comments for at least five days.[1]", SOURCES_EN[:1], "related", "near_but_not_this"
    ),
    "相关": Script(
        "> 未达到法定人数的提案自动延期一周，只延期一次。[1]", SOURCES_ZH[:1], "related", "near_but_not_this"
    ),
    "unknown": Script(
        "I found nothing about this in the community's documents.", SOURCES_EN[:1], "unknown", "nothing_near"
    ),
    "不知道": Script(
        "社区的文档没有写到这个问题。下面是最接近的文档。", SOURCES_ZH[:2], "unknown", "nothing_near"
    ),
    "silent": Script("The documents don't say.", outcome="unknown", reason="nothing_near"),
    "disagree": Script(ANSWER_EN, SOURCES_EN, reason="documents_disagree"),
    "odd": Script(ODD, SOURCES_EN),
    "evil": Script(EVIL, [EVIL_SOURCE], follow_ups=("<img src=x onerror=window.pwned=1>",)),
    "held": Script(LONG, SOURCES_EN, gate=True),
    "long": Script(LONG, SOURCES_EN),
    "limit": Script(
        "",
        error={"code": "LimitReached", "text": "Too many questions; please wait a moment.", "retry_after": 1},
    ),
}


def script_for(question: str) -> Script:
    """Return what is said to a question: by the first known word in it, else by its language."""
    for word, script in SCRIPTS.items():
        if word in question.lower():
            return script
    return ZH if any("\u4e00" <= letter <= "\u9fff" for letter in question) else EN
