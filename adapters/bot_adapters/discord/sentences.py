"""What the Discord adapter itself says to members."""

from __future__ import annotations

from bot_core.answers import VoteReason
from bot_core.identity import Words

GENERATED = Words(
    "由程序生成，可能有误，请以来源原文为准。", "Written by a program; check it against its sources."
)
DRAWN = Words("图片由程序生成。", "Drawn by a program.")
SOURCES = Words("来源", "Sources")
OPEN = Words("查看原文", "Read the source")
BUSY = Words(
    "现在排队的消息太多，请稍后再试。", "Too many messages are waiting just now. Please try again shortly."
)
UNKNOWN_COMMAND = Words(
    "这个命令已经没有了。重新输入「/」可以看到现有的命令。",
    "That command no longer exists. Type “/” again to see those that do.",
)
NOTHING_THERE = Words(
    "这条消息里没有文字，我没法据此提问。", "There are no words in that message for me to ask about."
)
FILE_TOO_BIG = Words(
    "「{name}」太大了：这里最多接收 {most} MB。", "“{name}” is too large: {most} MB is the most I take here."
)
FILE_EMPTY = Words("「{name}」是空的。", "“{name}” is empty.")
FILE_GONE = Words(
    "「{name}」没能从 Discord 取到，请再发一次。",
    "“{name}” could not be fetched from Discord. Please send it again.",
)
TOO_MANY_FILES = Words(
    "一条消息我最多看 {most} 个文件，其余的没有看。",
    "I take {most} files from one message; the others were left.",
)
VOICE_TOO_LONG = Words(
    "这段语音太长：最多 {most} 秒，请分段再发。",
    "That voice message is too long: {most} s is the most. Please send it in parts.",
)
NOT_SENDABLE = Words(
    "「{name}」太大，在 Discord 上发不出去。", "“{name}” is too large to be sent on Discord."
)
CANT_WRITE_TO_YOU = Words(
    "这条回复只给您看，但我没法给您发私信。请在服务器的隐私设置里允许私信，然后再试一次。",
    "That answer is for your eyes only, and I can't send you a direct message. "
    "Please allow direct messages in this server's privacy settings and try again.",
)
NOT_ALLOWED_THERE = Words(
    "我不能在那个频道发言，所以在这里回答您：", "I may not write in that channel, so here is my answer:"
)
AWAY = Words(
    "我刚才不在线，有 {n} 条给我的消息没有处理。如果还需要，请再发一次。",
    "I was away and {n} messages for me were left. If you still need an answer, please send them again.",
)
ASK_MENU = Words("就这条消息提问", "Ask about this message")
WHAT_WAS_WRONG = Words("哪里不好？", "What was wrong?")
REASON = Words("原因", "Reason")
IN_YOUR_WORDS = Words("想说的话", "In your own words")
MAY_STAY_EMPTY = Words("可以不填", "May stay empty")
REASONS = {
    VoteReason.WRONG: Words("不对", "Wrong"),
    VoteReason.INCOMPLETE: Words("不完整", "Incomplete"),
    VoteReason.OUTDATED: Words("过时", "Outdated"),
    VoteReason.UNCLEAR: Words("看不懂", "Unclear"),
    VoteReason.OTHER: Words("其他", "Other"),
}


def fill(words: Words, **values: object) -> Words:
    """Return ``words`` with its placeholders filled, in both languages."""
    return Words(words.zh.format(**values), words.en.format(**values))
