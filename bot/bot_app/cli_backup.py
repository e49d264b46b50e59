"""``yinlu backup`` and ``yinlu restore``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot_app.cli_start import Start, absolute, in_words, result_of, say, say_json

if TYPE_CHECKING:
    from bot_app.reach import Caller
    from bot_app.settings import Settings

Data = Annotated[
    Path | None, typer.Option("--data", help=in_words("数据目录", "data folder"), show_default="./data")
]
Json = Annotated[bool, typer.Option("--json", help=in_words("只输出 JSON", "print only JSON"))]
SERVERS = {
    "redis": ("队列（Redis 服务器）", "the queue (a Redis server)"),
    "database": ("账本（自己的数据库）", "the ledger (a database of its own)"),
    "qdrant": ("索引（Qdrant 服务器）", "the index (a Qdrant server)"),
    "keys.json": ("签名密钥", "the signing keys"),
}


def backup_commands(app: typer.Typer, started: Callable[[typer.Context], Start]) -> None:
    """Add both commands to the command line."""

    @app.command(
        "backup", help=in_words("备份数据目录，不必停机", "back the data folder up, while the house runs")
    )
    def backup(
        context: typer.Context,
        file: Annotated[
            Path | None,
            typer.Argument(help=in_words("备份文件", "the archive"), show_default="yinlu-DATE-TIME.tar.gz"),
        ] = None,
        keys: Annotated[
            bool,
            typer.Option(
                help=in_words("包含签名密钥（旧按钮要靠它）", "with the signing keys, which old buttons need")
            ),
        ] = True,
        json: Json = False,
        data: Data = None,
    ) -> None:
        started(context).call(lambda caller: _backup(caller, file, keys, json), data=data)

    @app.command(
        "restore", help=in_words("从备份恢复到一个空的数据目录", "restore into an empty data folder")
    )
    def restore(
        context: typer.Context,
        file: Annotated[Path, typer.Argument(help=in_words("备份文件", "the archive"))],
        json: Json = False,
        data: Data = None,
    ) -> None:
        started(context).run(lambda settings: _restore(settings, file, json), data=data)


async def _backup(caller: Caller, file: Path | None, keys: bool, as_json: bool) -> int:
    from bot_app.backup import default_name
    from bot_app.cli_show import progress

    target = absolute(file or Path(default_name(datetime.now().astimezone())))
    with progress(as_json) as step:
        found = await result_of(caller, "backup", {"path": target, "keys": keys}, step)
    if as_json:
        say_json(found)
        return 0
    size = f"{found['bytes'] / 1e6:.1f} MB"
    say(
        in_words(
            f"{found['path']}：{found['files']} 个文件，{size}",
            f"{found['path']}: {found['files']} files, {size}",
        )
    )
    if found["left_out"]:
        names = in_words("、", ", ").join(in_words(*SERVERS[name]) for name in found["left_out"])
        say(in_words(f"未包含：{names}", f"Not in it: {names}"))
    return 0


async def _restore(settings: Settings, file: Path, as_json: bool) -> int:
    from bot_app.cli_show import progress
    from bot_app.restore import restore

    with progress(as_json) as step:
        manifest = await asyncio.to_thread(restore, Path(absolute(file)), settings.data, step)
    if as_json:
        say_json(
            {name: manifest[name] for name in ("format", "time", "left_out")} | {"data": str(settings.data)}
        )
        return 0
    say(
        in_words(
            f"已恢复到 {settings.data}（备份于 {manifest['time']}）。启动：yinlu run --data {settings.data}",
            f"Restored into {settings.data} (backed up {manifest['time']}). Start: yinlu run --data {settings.data}",
        )
    )
    return 0
