"""What the Douyin adapter is told: the mini program, its hosts, its bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot_core.identity import Locale
from bot_core.ports.work import Rate

API = "https://developer.toutiao.com"
OPEN = "https://open.douyin.com"
SANDBOX = "https://open-sandbox.douyin.com"
DAY = 86_400.0  # s


@dataclass(frozen=True, slots=True)
class DouyinOptions:
    """One mini program. ``api_url`` and ``open_url`` are the platform's two hosts; the sandbox has one for both."""

    app_id: str
    secret: str = field(repr=False)
    api_url: str = API
    open_url: str = OPEN
    locale: Locale = Locale.ZH
    label_text: bool = True  # a visible label at the end of every generated text
    pictures_template: str = ""  # subscription message: your pictures are ready
    answers_template: str = ""  # subscription message: your question was answered
    template_field: str = "thing1"  # the templates' field that takes our sentence
    page: str = "pages/chat/chat"  # where a subscription message leads

    call_seconds: float = 4.0  # for one call of the platform
    session_days: float = 14.0
    login_rate: Rate = field(default=Rate(30, 60.0))  # logins of one address
    anonymous_rate: Rate = field(default=Rate(20, 3600.0))  # requests of a visitor without an account
    verdict_seconds: float = 600.0  # how long a verdict on the same content holds
    verdicts: int = 4096
    event_age: float = 3600.0  # s after which a webhook is refused; below the journal's memory of ids
    webhook_seconds: float = 4.0  # the platform waits 5 s
    record_days: int = 186  # six months, the longest ones

    picture_bytes: int = 5_000_000
    audio_bytes: int = 6_000_000
    audio_seconds: float = 60.0
    upload_seconds: float = 55.0  # the platform cuts a request after 60 s
    uploads: int = 4  # bodies that are held in memory
    upload_rate: Rate = field(default=Rate(12, 60.0))  # uploads of one member
