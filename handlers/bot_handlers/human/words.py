"""What is said around a hand-over, and its buttons."""

from __future__ import annotations

from bot_core.actions import Action
from bot_core.answers import Turn
from bot_core.identity import Locale, Words
from bot_core.ports.ledger import Fact
from bot_core.replies import Button, Reply, Style, Text

ASK_HUMAN = Words("🙋 问真人", "🙋 Ask a human")
TELL_ME = Words("🔔 有答案时告诉我", "🔔 Tell me when it is answered")
HANDED = Words(
    "已转给真人助手，有人回复会送到这里。", "Handed to the human helpers; their reply will reach you here."
)
NOBODY = Words(
    "已记下。这个社区还没有指定真人助手在哪里，管理员会在等待列表里看到它。",
    "Noted. This community has not said yet where its helpers sit; its administrators see it among the waiting.",
)
AGAIN = Words("这个问题已经转给真人助手了，请稍候。", "This question is with the human helpers already.")
WHAT = Words("请写上想问真人的问题：`/human 你的问题`", "Say what you want to ask: `/human your question`")
WILL_TELL = Words("好的，有答案时会在这里告诉你。", "All right, I tell you here when it is answered.")
HEAD = Words("**{name} 想请真人帮忙**", "**{name} asks for a human**")
QUESTION, ANSWER = Words("**问题**", "**Question**"), Words("**我的回答**", "**What I said**")
BEFORE = Words("**之前的对话**", "**Before that**")
REPLY_HERE = Words("直接回复这条消息，就会送到对方那里。", "Reply to this message and it reaches them.")
ANSWERED = Words(
    "**{helper}** 回复你的问题「{question}」：", "**{helper}** answers your question “{question}”:"
)
FOLLOWS = Words("**{name}** 补充：", "**{name}** adds:")
SENT = Words("已送到提问者那里。", "It has reached who asked.")
TAKEN = Words("{helper} 接手了。", "{helper} takes it.")
TAKEN_BY = Words("{helper} 已经接手了，仍可以回复。", "{helper} has it already; you can still reply.")
CLOSED = Words("已关闭。", "Closed.")
CURATED = Words(
    "已成为知识：以后会照此回答。已告诉 {n} 位等待的人。",
    "It is knowledge now and answers from here on. {n} who waited were told.",
)
FAILED = Words("没能加进知识库：{why}", "It could not be added to the knowledge: {why}")
TOLD = Words("你之前问的「{question}」现在有答案了：", "You asked “{question}” - now there is an answer:")
NOTHING_WAITS = Words("没有等待中的问题。", "Nothing is waiting.")
WAITING = Words("**等待中的问题（{n}）**", "**Waiting ({n})**")
REMINDER = Words("⏰ 还在等真人回复：{question}", "⏰ Still waiting for a human: {question}")
BUTTONS = (
    (Action.TAKE, Words("✋ 我来", "✋ Take it"), Style.PRIMARY),
    (Action.RESPOND, Words("💬 回复", "💬 Answer"), Style.PLAIN),
    (Action.CURATE, Words("📚 成为知识", "📚 Make it knowledge"), Style.PLAIN),
    (Action.CLOSE, Words("✔ 关闭", "✔ Close"), Style.PLAIN),
)


def human_rows(answer: str, locale: Locale) -> tuple[tuple[Button, ...], ...]:
    """Return the row under an answer that is none: a human, or to be told later. ``answer``: 24 hex digits."""
    return (
        (
            Button(ASK_HUMAN.of(locale), Action.HUMAN, answer),
            Button(TELL_ME.of(locale), Action.TELL_ME, answer),
        ),
    )


def helper_row(id: str, locale: Locale) -> tuple[Button, ...]:
    """Return what a helper can do with a hand-over."""
    return tuple(Button(words.of(locale), action, id, style=style) for action, words, style in BUTTONS)


def posting(fact: Fact, locale: Locale) -> Reply:
    """Return the message in the helpers' place: who asks what, what was said, what they can do."""
    data = fact.data
    parts = [filled(HEAD, locale, name=str(data["name"] or "?"))]
    parts.append(f"{QUESTION.of(locale)}\n\n{quoted(str(data['question']))}")
    if data["answer"]:
        parts.append(f"{ANSWER.of(locale)}\n\n{quoted(str(data['answer'])[:1500])}")
    if data["turns"]:
        parts.append(f"{BEFORE.of(locale)}\n\n{quoted(str(data['turns']))}")
    parts.append(REPLY_HERE.of(locale))
    rows = (helper_row(fact.id, locale),)
    return Reply((Text("\n\n".join(parts)),), rows=rows, about=fact.id, calls_helpers=True)


def turns_text(turns: list[Turn]) -> str:
    """Return a conversation's last turns in a few lines."""
    signs = {"user": "🙂", "assistant": "🤖"}
    return "\n".join(f"{signs.get(turn.role, '')} {' '.join(turn.text.split())[:300]}" for turn in turns)


def quoted(text: str) -> str:
    """Return text as a quote, line by line, so that it can't pass for our own words."""
    return "\n".join(f"> {line}" for line in text.splitlines()) or "> "


def filled(words: Words, locale: Locale, **values: str) -> str:
    """Return the sentence with its gaps filled, each once, so that a value's own braces stay what they are."""
    text = words.of(locale)
    before, after = "", text
    while "{" in after:
        head, _, rest = after.partition("{")
        name, _, after = rest.partition("}")
        before += head + values[name]
    return before + after
