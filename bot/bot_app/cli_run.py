"""``yinlu run``: own the data folder, open the house, stand until told to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from bot_app.cli_start import complain, in_words, say
from bot_app.logs import set_up
from bot_app.owner import Owner, own
from bot_app.reach import wait_for_commands
from bot_app.settings import ROLES, Settings
from bot_core.identity import Words

if TYPE_CHECKING:
    from bot_app.reach import House, OpenHouse

DRAIN_SECONDS = 9.5  # from the signal to the end, whatever hangs


async def run(settings: Settings, open_house: OpenHouse) -> int:
    """Serve until SIGTERM or SIGINT, then drain; a second signal, or a drain that hangs, ends it at once."""
    return await _stand(settings, lambda owner: open_house(settings, owner, serve=True), _announce)


async def run_owner(settings: Settings) -> int:
    """Serve the documents alone, to those who ask over the network, until SIGTERM or SIGINT."""
    from bot_app.compose import open_owner

    return await _stand(
        settings.model_copy(update={"knowledge_url": None}),
        lambda owner: open_owner(settings, owner),
        _announce_owner,
    )


async def _stand(
    settings: Settings,
    opened: Callable[[Owner], AbstractAsyncContextManager[House]],
    announce: Callable[[Settings, object], None],
) -> int:
    from bot_app.control import serving

    set_up(settings.log_level, settings.log_format, settings.secrets())
    os.umask(0o077)  # what is written to the data folder is this user's alone
    await wait_for_commands(settings, complain)
    if not settings.knowledge_url and not (settings.data / "ledger.sqlite3").exists():
        complain(Words("首次启动：正在读入示例手册……", "First start: reading the sample handbook ..."))
    stop = _told_to_end()
    with own(settings.data) as owner:
        try:
            async with (
                opened(owner) as house,
                serving(settings.data, house.operations),
            ):
                stop.started = True
                announce(settings, house.urls)
                await house.run_until(stop.event)
        except asyncio.CancelledError:
            if not stop.event.is_set():
                raise
    return 0


class _Stop:
    """What signals lead to."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.started = False
        self._task = asyncio.current_task()
        self._watch = threading.Timer(DRAIN_SECONDS, _give_up)
        self._watch.daemon = True  # it watches the interpreter's own end too, which waits for threads

    def signalled(self) -> None:
        """First: drain (or, before the start is done, cancel it). Second: end."""
        if self.event.is_set():
            _give_up()
        self.event.set()
        self._watch.start()
        if not self.started and self._task is not None:
            self._task.cancel()


def _told_to_end() -> _Stop:
    stop, loop = _Stop(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.signalled)
    return stop


def _give_up() -> None:
    """End without another word to anybody: what is under way is in the journal, Valkey ends with us."""
    os.write(sys.stderr.fileno(), b"yinlu: ended before everything was put away\n")
    os._exit(1)


def _announce(settings: Settings, urls: object) -> None:
    """Say where it is reached, what it works with, and what is not set up."""
    addresses = " ".join(urls) if isinstance(urls, list | tuple) else ""
    say(f"引路 Yinlu  {addresses}")
    engines = [
        in_words("Redis 服务器", "Redis server")
        if settings.redis_url
        else in_words("内置 Valkey", "embedded Valkey"),
        _index(settings),
        in_words("外部数据库", "database server") if settings.database_url else "SQLite",
    ]
    say(f"  {in_words('数据', 'data')}: {settings.data} · {' · '.join(engines)}")
    models = [role for role in ROLES if getattr(settings.models, role) is not None]
    if models:
        say(f"  {in_words('模型', 'models')}: {', '.join(models)}")
    missing = [name for name, value in _optional(settings).items() if not value]
    if missing:
        more = in_words("详见 yinlu doctor", "see yinlu doctor")
        say(f"  {in_words('未配置', 'not set up')}: {', '.join(missing)} ({more})")
    if settings.open_to_others:
        complain(
            Words(
                f"注意：页面监听在 {settings.host},网络上的其他人也能访问。",
                f"Note: the page listens on {settings.host}, so others on the network can reach it.",
            )
        )


def _announce_owner(settings: Settings, urls: object) -> None:
    addresses = " ".join(urls) if isinstance(urls, list | tuple) else ""
    say(f"引路 Yinlu  {in_words('文档服务', 'documents')} {addresses}")
    say(f"  {in_words('数据', 'data')}: {settings.data} · {_index(settings)}")


def _index(settings: Settings) -> str:
    """Return where passages are."""
    if settings.knowledge_url:
        return in_words(f"文档在 {settings.knowledge_url}", f"documents at {settings.knowledge_url}")
    if settings.qdrant_url:
        return in_words("Qdrant 服务器", "Qdrant server")
    return in_words("内置 Qdrant", "embedded Qdrant")


def _optional(settings: Settings) -> dict[str, object]:
    return {
        in_words("回答模型(现为摘录原文)", "answer model (answers are quotes)"): settings.models.answer,
        "Discord": settings.discord_token,
        "Telegram": settings.telegram_token,
        "Douyin": settings.douyin_secret,
    }
