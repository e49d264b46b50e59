"""What the Telegram adapter itself says to members."""

from __future__ import annotations

from bot_core.answers import VoteReason
from bot_core.identity import Words

GENERATED = Words(
    "由程序生成，可能有误，请以来源原文为准。", "Written by a program; check it against its sources."
)
DRAWN = Words("图片由程序生成。", "Drawn by a program.")
SOURCES = Words("来源", "Sources")
BUSY = Words(
    "现在排队的消息太多，请稍后再试。", "Too many messages are waiting just now. Please try again shortly."
)
TOO_LONG = Words(
    "这条消息有 {have} 字，我一次最多读 {most} 字，请缩短后再发。",
    "That message has {have} characters; I read at most {most} at once. Please send a shorter one.",
)
FILE_TOO_BIG = Words(
    "「{name}」太大了：这里最多接收 {most} MB。", "“{name}” is too large: {most} MB is the most I take here."
)
FILE_EMPTY = Words("「{name}」是空的。", "“{name}” is empty.")
FILE_GONE = Words(
    "「{name}」没能从 Telegram 取到，请再发一次。",
    "“{name}” could not be fetched from Telegram. Please send it again.",
)
VOICE_TOO_LONG = Words(
    "这段语音有 {have} 秒，最多 {most} 秒，请分段再发。",
    "That voice message lasts {have} s; {most} s is the most. Please send it in parts.",
)
NOT_SENDABLE = Words(
    "「{name}」太大，Telegram 不让机器人发送。", "“{name}” is too large for a bot to send on Telegram."
)
SENT_PRIVATELY = Words("回复已发到您的私聊。", "I have answered you in our private chat.")
ASK_PRIVATELY = Words(
    "这条回复只给您看：点按钮到私聊里读。",
    "That answer is for your eyes only: press the button to read it in private.",
)
OPEN_PRIVATE = Words("到私聊查看", "Read it in private")
NO_LONGER = Words("这条回复已经过期，请再问一次。", "That answer is no longer kept. Please ask again.")
GONE_BUTTON = Words("这个按钮已经过期了。", "This button is no longer valid.")

WHAT_WAS_WRONG = Words("哪里不好？", "What was wrong?")
IN_MY_WORDS = Words("我来说", "In my words")
REASONS = {
    VoteReason.WRONG: Words("不对", "Wrong"),
    VoteReason.INCOMPLETE: Words("不完整", "Incomplete"),
    VoteReason.OUTDATED: Words("过时", "Outdated"),
    VoteReason.UNCLEAR: Words("看不懂", "Unclear"),
    VoteReason.OTHER: Words("其他", "Other"),
}

STEP = Words("{title}（{n}/{all}）", "{title} ({n}/{all})")
REPLY_HERE = Words("请回复这条消息来填写。", "Reply to this message to fill it in.")
MAY_SKIP = Words("可以不填：回复「-」跳过。", "Optional: reply “-” to skip it.")
STANDS = Words("现在是：{value}", "It is now: {value}")
HOW_TO_STOP = Words("不想填了，发送 /cancel。", "To stop, send /cancel.")
SKIP = Words("跳过", "Skip")
CANCEL = Words("取消", "Cancel")
CANCELLED = Words("已取消。", "Cancelled.")
NOTHING_OPEN = Words("现在没有在填的表格。", "There is nothing to cancel.")
FIELD_TOO_LONG = Words(
    "最多 {most} 字，请缩短后再回复。", "{most} characters at most. Please reply with fewer."
)
FIELD_WRONG = Words("这里需要{what}，请再回复一次。", "This takes {what}. Please reply once more.")
A_NUMBER = Words("一个数字", "a number")
A_WHOLE_NUMBER = Words("一个整数", "a whole number")
YES_OR_NO = Words("「是」或「否」", "“yes” or “no”")
ONE_OF = Words("{choices} 之一", "one of {choices}")
BETWEEN = Words("{low} 到 {high}", "{low} to {high}")
YES = Words("是", "Yes")
NO = Words("否", "No")


def fill(words: Words, **values: object) -> Words:
    """Return ``words`` with its placeholders filled, in both languages."""
    zh = {name: value.zh if isinstance(value, Words) else value for name, value in values.items()}
    en = {name: value.en if isinstance(value, Words) else value for name, value in values.items()}
    return Words(words.zh.format(**zh), words.en.format(**en))
