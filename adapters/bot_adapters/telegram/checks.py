"""What ``yinlu doctor`` asks Telegram: is the token good, what may the bot read, do calls reach us."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.wire import Json
from bot_core.identity import Words

SECONDS = 10.0
SKEW = 30.0  # seconds that our clock may differ
MANY = 100  # updates waiting

TOKEN = Words(
    "在 @BotFather 发送 /mybots → 选机器人 → API Token，把它填进 YINLU_TELEGRAM_TOKEN。",
    "In @BotFather: /mybots → your bot → API Token; put it into YINLU_TELEGRAM_TOKEN.",
)
PRIVACY = Words(
    "想让它在群里不被 @ 也能回答：@BotFather → /setprivacy → 选机器人 → Disable，然后把机器人移出群再拉回来（或设为管理员）。",
    "To let it answer in groups without being named: @BotFather → /setprivacy → your bot → Disable, then remove it "
    "from the group and add it again (or make it an admin).",
)
GROUPS = Words(
    "@BotFather → /setjoingroups → 选机器人 → Enable。", "@BotFather → /setjoingroups → your bot → Enable."
)
REACH = Words(
    "检查 YINLU_TELEGRAM_API_URL、网络和代理。", "Check YINLU_TELEGRAM_API_URL, the network and the proxy."
)
HOOK = Words(
    "检查 YINLU_TELEGRAM_WEBHOOK_URL 能否从公网以 https 访问（端口 443、80、88 或 8443），然后重启 yinlu run。",
    "Check that YINLU_TELEGRAM_WEBHOOK_URL is reachable over public https (port 443, 80, 88 or 8443), then restart yinlu run.",
)
CLOCK = Words("校准系统时间（例如启用 NTP）。", "Set the system's clock (NTP, for one).")
NOTHING = Words("", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; ``state`` is ok, info, warning or failed, ``todo`` what to press or set (empty for nothing)."""

    id: str
    state: str
    found: Words
    todo: Words = NOTHING


async def examine(token: str, options: TelegramOptions) -> list[Finding]:
    """Return the findings. Changes nothing, and never raises for what Telegram answers."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    root = f"{options.api_url.rstrip('/')}/bot{token}"
    try:
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as http:
            me, skew = await _get(http, f"{root}/getMe")
            if not me.get("ok"):
                return [_refused(me)]
            hook, _ = await _get(http, f"{root}/getWebhookInfo")
    except (OSError, TimeoutError, aiohttp.ClientError) as error:
        shown = type(error).__name__
        return [
            Finding(
                "telegram",
                "failed",
                Words(f"连不上 Telegram（{shown}）", f"Telegram can't be reached ({shown})"),
                REACH,
            )
        ]
    return [*_bot(me["result"]), *_webhook(hook.get("result") or {}, options), *_clock(skew)]


async def _get(http: aiohttp.ClientSession, url: str) -> tuple[Json, float]:
    """Return the answer, and how far our clock is from the server's in seconds (0 where it does not tell)."""
    async with http.get(url) as response:
        try:
            body = await response.json(content_type=None)
        except ValueError:
            body = {"ok": False, "description": f"HTTP {response.status}"}
        date = response.headers.get("Date")
        stamp = aiohttp.helpers.parse_http_date(date) if date else None
        skew = time.time() - stamp.timestamp() if stamp else 0.0
        return body if isinstance(body, dict) else {}, skew


def _refused(answer: Json) -> Finding:
    says = str(answer.get("description") or "")[:100]
    return Finding("telegram", "failed", Words(f"令牌被拒绝：{says}", f"the token is refused: {says}"), TOKEN)


def _bot(me: Json) -> list[Finding]:
    name = f"@{me.get('username', '')}"
    found = [Finding("telegram", "ok", Words(name, name))]
    if not me.get("can_join_groups", True):
        found.append(
            Finding("telegram.groups", "warning", Words("不能被拉进群", "can't be added to groups"), GROUPS)
        )
    if me.get("can_read_all_group_messages"):
        words = Words(
            "隐私模式关闭：能看到群里所有消息", "privacy mode is off: it reads all messages in groups"
        )
        found.append(Finding("telegram.privacy", "info", words))
    else:
        words = Words(
            "隐私模式开启：群里只看到命令、@ 它的和回复它的消息",
            "privacy mode is on: in groups it sees commands, mentions and replies to it",
        )
        found.append(Finding("telegram.privacy", "info", words, PRIVACY))
    return found


def _webhook(hook: Json, options: TelegramOptions) -> list[Finding]:
    id, url = "telegram.webhook", str(hook.get("url") or "")
    waiting = int(hook.get("pending_update_count") or 0)
    if not options.webhook_url:
        if url:
            words = Words(
                "现在设着 webhook；启动时会删掉，改为轮询",
                "a webhook is set; the next start deletes it and asks instead",
            )
            return [Finding(id, "warning", words)]
        return [Finding(id, "ok", Words(f"轮询；{waiting} 条待取", f"polling; {waiting} updates waiting"))]
    parts = urlsplit(options.webhook_url)
    if parts.scheme != "https" or (parts.port or 443) not in (443, 80, 88, 8443):
        words = Words(
            "webhook 地址必须是 https，端口 443、80、88 或 8443",
            "a webhook takes https on port 443, 80, 88 or 8443",
        )
        return [Finding(id, "failed", words, HOOK)]
    if not url.startswith(options.webhook_url.rstrip("/")):
        words = Words(
            f"还没有设置（现在是「{url}」），启动时设置",
            f"not set yet (it is “{url}”); the next start sets it",
        )
        return [Finding(id, "warning", words)]
    return [_calls(id, hook, waiting)]


def _calls(id: str, hook: Json, waiting: int) -> Finding:
    recent = time.time() - float(hook.get("last_error_date") or 0) < 3600
    if recent:
        says = str(hook.get("last_error_message") or "")[:150]
        return Finding(id, "failed", Words(f"最近的调用失败：{says}", f"a recent call failed: {says}"), HOOK)
    state = "warning" if waiting > MANY else "ok"
    return Finding(id, state, Words(f"已设置；{waiting} 条待送", f"set; {waiting} updates waiting"))


def _clock(skew: float) -> list[Finding]:
    if abs(skew) <= SKEW:
        return []
    words = Words(f"时钟相差 {skew:.0f} 秒", f"the clock is off by {skew:.0f} s")
    return [Finding("telegram.clock", "warning", words, CLOCK)]
