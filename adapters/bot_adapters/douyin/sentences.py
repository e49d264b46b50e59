"""What members read of this adapter."""

from __future__ import annotations

from bot_core.errors import NotAllowed
from bot_core.identity import Locale, Words

LOGIN_FIRST = Words(
    "登录已过期，请重新进入小程序。", "Your login has run out. Please open the mini program again."
)
WRONG_CODE = Words("登录凭证无效，请重试。", "That login code is not valid. Please try again.")
USED_CODE = Words("这个登录凭证已经用过了，请重试。", "That login code was used before. Please try again.")
NEEDS_CODE = Words("缺少登录凭证。", "A login code is missing.")
NOT_VISITORS = Words("登录后才能使用这个功能。", "Please log in to use this.")
NO_FORM = Words("上传的内容不完整，请重试。", "The upload did not arrive whole. Please send it again.")
NO_PICTURE = Words("只支持 JPEG、PNG 和 WebP 图片。", "Pictures can be JPEG, PNG or WebP.")
NO_SOUND = Words("只支持 AAC、MP3 和 WAV 录音。", "Recordings can be AAC, MP3 or WAV.")
TOO_LONG = Words("录音太长了，上限是 {n} 秒。", "That recording is too long; the limit is {n} s.")
TOO_LARGE = Words("文件太大了，上限是 {n} MB。", "That file is too large; the limit is {n} MB.")
REFUSED = Words(
    "这条内容没有通过内容安全检查，换个说法再试试吧。",
    "This did not pass the content check. Please try putting it another way.",
)
WITHHELD = Words(
    "抱歉，这条回复没有通过内容安全检查，不能显示。您可以换个问法再试试。",
    "Sorry, this reply did not pass the content check and can't be shown. You could try asking in another way.",
)
UNCHECKED = Words(
    "内容安全检查暂时连不上，这条回复先不显示。请稍后再试。",
    "The content check can't be reached, so this reply is not shown for now. Please try again later.",
)
BAD_DATA = Words(
    "用户数据校验失败，请重新登录后再试。", "The user data can't be verified. Please log in again."
)
LABEL = Words("（内容由 AI 生成）", "(AI-generated content)")
PICTURES_READY = Words("您的图片画好了", "Your pictures are ready")
ANSWERED = Words("您的问题有回答了", "Your question was answered")


class LoginNeeded(NotAllowed):
    """No session of ours, or one that has ended: the client logs in again."""

    def __init__(self, detail: str = "no session") -> None:
        super().__init__(detail, LOGIN_FIRST)


def fill(words: Words, n: int) -> Words:
    """Put a number into a sentence."""
    return Words(words.zh.format(n=n), words.en.format(n=n))


def one_of(locale: str | None, default: Locale) -> Locale:
    """Return the language that was kept for a conversation."""
    return Locale.parse(locale, default)
