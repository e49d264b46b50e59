"""``yinlu douyin records``: what was generated for the mini program, one line of JSON each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot_app.cli_start import Start, in_words
from bot_core.clock import SystemClock
from bot_core.errors import BadInput
from bot_core.identity import Words

if TYPE_CHECKING:
    from bot_app.settings import Settings

SINCE = Words("--since 应为日期，例如 2026-05-31。", "--since takes a date, like 2026-05-31.")


def records(settings: Settings, since: str = "", write: Callable[[str], object] = sys.stdout.write) -> int:
    """Write the records from a day on (ISO date; empty: all), oldest first; return how many. Raises BadInput."""
    from bot_app.compose_douyin import records_of  # it brings the whole adapter

    try:
        day = date.fromisoformat(since) if since else date.min
    except ValueError:
        raise BadInput("since", SINCE) from None
    count = 0
    for record in records_of(settings, SystemClock()).since(day):
        write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
        count += 1
    return count


def douyin_commands(started: Callable[[typer.Context], Start]) -> typer.Typer:
    """Return the group ``yinlu douyin``."""
    app = typer.Typer(no_args_is_help=True, help=in_words("抖音小程序", "the Douyin mini program"))

    @app.callback()
    def group() -> None:
        """Hold the commands below one name."""

    @app.command(
        "records",
        help=in_words("导出生成记录，每行一条 JSON", "export what was generated, a line of JSON each"),
    )
    def show(
        context: typer.Context,
        since: Annotated[str, typer.Option(help=in_words("从哪一天起", "from which day on"))] = "",
        data: Annotated[Path | None, typer.Option("--data", help=in_words("数据目录", "data folder"))] = None,
    ) -> None:
        async def command(settings: Settings) -> int:
            records(settings, since)
            return 0

        started(context).run(command, data=data)

    return app
