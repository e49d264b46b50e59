"""``yinlu top``: the house at a glance, every second; and ``yinlu admin link``, the way to the operator's page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot_app.cli_start import Start, in_words, result_of, say, say_json

if TYPE_CHECKING:
    from rich.console import Group

    from bot_app.reach import Caller

EVERY = 1.0  # seconds
MB = 1024 * 1024
Data = Annotated[
    Path | None, typer.Option("--data", help=in_words("数据目录", "data folder"), show_default="./data")
]
Json = Annotated[bool, typer.Option("--json", help=in_words("只输出 JSON", "print only JSON"))]


def top_command(app: typer.Typer, started: Callable[[typer.Context], Start]) -> None:
    """Add ``yinlu top``."""

    @app.command("top", help=in_words("此刻的状况，每秒刷新", "how it is now, every second"))
    def top(
        context: typer.Context,
        once: Annotated[bool, typer.Option("--once", help=in_words("只看一次", "look once"))] = False,
        json: Json = False,
        data: Data = None,
    ) -> None:
        started(context).call(lambda caller: watch(caller, once or json, json), data=data)


def link_command(app: typer.Typer, started: Callable[[typer.Context], Start]) -> None:
    """Add ``yinlu admin link``."""

    @app.command(
        "link",
        help=in_words("值守台的一次性登录链接", "a one-time link that logs in to the operator's page"),
    )
    def link(
        context: typer.Context,
        name: Annotated[
            str, typer.Option(help=in_words("记录里写谁的名字", "whose name the audit shows"))
        ] = "operator",
        json: Json = False,
        data: Data = None,
    ) -> None:
        started(context).call(lambda caller: _link(caller, name, json), data=data)


async def watch(caller: Caller, once: bool, as_json: bool) -> int:
    """Show the glance once, or until Ctrl-C."""
    from bot_app.cli_show import out

    found = await result_of(caller, "top", {})
    if as_json:
        say_json(found)
        return 0
    if once:
        out().print(shown(found))
        return 0
    from rich.live import Live

    with Live(shown(found), console=out(), refresh_per_second=4) as live:
        while True:
            await asyncio.sleep(EVERY)
            live.update(shown(await result_of(caller, "top", {})))


def shown(found: dict[str, Any]) -> Group:
    """Return a glance as tables."""
    from rich.console import Group

    from bot_app.cli_show import table

    heads = (
        ("队伍", "lane"), ("等待", "waiting"), ("进行", "running"), ("搁置", "set aside"),
        ("租约到期", "leases lost"), ("花费", "cost"), ("最久", "oldest"),
    )  # fmt: skip
    lanes = [
        [
            lane["lane"] + (in_words("（暂停）", " (paused)") if lane["paused"] else ""),
            lane["waiting"],
            lane["running"],
            lane["failed"],
            lane["expired"],
            f"{lane['cost']:g}",
            f"{lane['oldest']:.0f} s",
        ]
        for lane in found["lanes"]
    ]
    return Group(
        table(*(in_words(*head) for head in heads), rows=lanes),
        table("", in_words("现在", "now"), rows=[list(row) for row in _rows(found)]),
    )


def _rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    today, journal, outbox = found["today"], found["journal"], found["outbox"]

    def count(name: str) -> str:
        return f"{today.get(name, 0):g}"

    memory = " · ".join(f"{name} {size // MB} MB" for name, size in found["memory"].items())
    rows = [
        (
            in_words("今天的问题", "questions today"),
            in_words(
                f"{count('questions')}：已回答 {count('answered')}，相关 {count('related')}，"
                f"文档没写 {count('unknown')}",
                f"{count('questions')}: {count('answered')} answered, {count('related')} related, "
                f"{count('unknown')} unknown",
            ),
        ),
        (in_words("今天的投票", "votes today"), f"👍 {count('up')} · 👎 {count('down')}"),
        (in_words("今天的花费", "cost today"), f"{today.get('cost', 0):.4f}"),
        (
            in_words("事件", "events"),
            in_words(
                f"等待 {journal.get('waiting', 0)}，进行 {journal.get('running', 0)}",
                f"{journal.get('waiting', 0)} waiting, {journal.get('running', 0)} running",
            ),
        ),
        (
            in_words("待发消息", "sends pending"),
            f"{outbox.get('pending', 0)} · {found['outbox_age']:.0f} s",
        ),
        (
            in_words("文档", "documents"),
            in_words(
                f"{found['documents']} 份，{found['passages']} 段，{found['embedding']} 份待索引",
                f"{found['documents']}, {found['passages']} passages, {found['embedding']} to embed",
            ),
        ),
        (in_words("内存", "memory"), memory),
    ]
    if found["troubles"]:
        rows.append((in_words("没有应答", "no answer from"), ", ".join(found["troubles"])))
    return rows


async def _link(caller: Caller, name: str, as_json: bool) -> int:
    found = await result_of(caller, "admin_link", {"name": name})
    if as_json:
        say_json(found)
        return 0
    for link in found["links"]:
        say(link)
    say(in_words("链接只能用一次，10 分钟内有效。", "The link works once, within 10 minutes."))
    return 0
