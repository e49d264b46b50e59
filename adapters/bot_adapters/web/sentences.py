"""What the web adapter itself says to members."""

from __future__ import annotations

from bot_core.errors import Broken, LimitReached, Refused
from bot_core.identity import Words

NOT_JSON = Words("这条消息不是有效的 JSON。", "That message is not valid JSON.")
NOT_UTF8 = Words("文字编码不对，请使用 UTF-8。", "That is not UTF-8 text.")
NOT_ENVELOPE = Words(
    "这条消息不符合协议：需要 v、type 和 data,id 为 1-64 个字母、数字、- 或 _。",
    "That message does not follow the protocol: it needs v, type and data, and an id of 1-64 letters, digits, - or _.",
)
HELLO_FIRST = Words("请先发送 hello。", "Say hello first.")
NEEDS_ID = Words("这条消息需要一个 id。", "That message needs an id.")
NEEDS_TEXT = Words("需要文字字段「{name}」。", "The field “{name}” must be text.")
TOO_BIG = Words("消息太大了，上限是 {n} 字节。", "That message is too large; the limit is {n} bytes.")
TOO_FAST = Words("消息太频繁，请稍等 {n} 秒。", "Too many messages. Please wait {n} s.")
BUSY = Words(
    "现在排队的问题太多，请稍后再试。", "Too many questions are waiting just now. Please try again shortly."
)
CROWDED = Words("连接太多，请稍后再试。", "Too many connections. Please try again later.")
NOT_YET = Words(
    "这项功能还没有安装，装好后就可以用了。", "This is not installed yet. It will work once an admin adds it."
)
STOPPED = Words("已停止。", "Stopped.")
WRONG_ORIGIN = Words("不允许从这个网站连接。", "Connections from that website are not allowed.")
WRONG_HOST = Words("不认识的主机名。", "This server does not go by that host name.")
NOT_FOUND = Words("这里没有这个地址。", "There is nothing at that address.")
NOT_ALLOWED = Words("这个地址不接受这种请求方法。", "That address does not take this method.")
NEEDS_JSON = Words(
    "请求体必须是 JSON(Content-Type: application/json)。",
    "The body must be JSON (Content-Type: application/json).",
)
TOO_SLOW_BODY = Words("请求体没有按时到达。", "The request's body did not arrive in time.")
TOO_LATE = Words(
    "回答还没有完成，已继续在后台处理。请带上同一个 Idempotency-Key 再试。",
    "The answer is not ready yet and is still being worked on. Try again with the same Idempotency-Key.",
)
CLOSING = Words("服务正在重启，请稍后再试。", "The server is restarting. Please try again shortly.")
BAD_REQUEST = Words("这个请求我读不懂。", "I can't read that request.")
NEEDS_FIELD = Words(
    "字段「{name}」缺失或不合要求。", "The field “{name}” is missing or not as described in /openapi.json."
)

NO_COMMAND = Words(
    "没有「/{name}」这个命令，/help 会列出所有命令。", "There is no command “/{name}”; /help lists them all."
)
BAD_ATTACHMENT = Words(
    "附上的图片已经用不了了，请重新添加。",
    "The picture attached can't be used any more; please add it again.",
)
MANY_ATTACHMENTS = Words("一次最多附 {n} 张图片。", "At most {n} pictures can be attached at a time.")
NOT_YOURS = Words("请刷新页面后再试。", "Please reload the page and try again.")
BAD_ARGUMENT = Words("「{name}」缺失或不合要求。", "“{name}” is missing or not what it takes.")


def fill(words: Words, **values: object) -> Words:
    """Return ``words`` with its placeholders filled, in both languages."""
    return Words(words.zh.format(**values), words.en.format(**values))


class NotYet(Refused):
    """A part that a later issue installs."""

    words = NOT_YET


class Busy(Refused):
    """The journal is full; nothing was taken."""

    words = BUSY


class TooFast(LimitReached):
    """One connection's messages."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.words = fill(TOO_FAST, n=max(1, round(retry_after)))


class TooLate(Broken):
    """The answer took longer than an HTTP request waits; it is recorded all the same."""

    words = TOO_LATE


class Closing(Broken):
    """The server goes down while a request waits."""

    words = CLOSING
