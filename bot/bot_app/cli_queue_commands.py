"""The commands ``yinlu queue ...``, declared apart because there are many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bot_app.cli_start import Start, in_words

Data = Annotated[
    Path | None, typer.Option("--data", help=in_words("数据目录", "data folder"), show_default="./data")
]
Json = Annotated[bool, typer.Option("--json", help=in_words("只输出 JSON", "print only JSON"))]
LaneName = Annotated[
    str | None, typer.Argument(help=in_words("fast 或 relax;不写则全部", "fast or relax; all without"))
]
JobId = Annotated[str, typer.Argument(help=in_words("任务编号", "the job's id"))]


def queue_commands(started: Callable[[typer.Context], Start]) -> typer.Typer:
    """Return the group of commands; ``started`` finds what every command shares."""
    app = typer.Typer(no_args_is_help=True, help=in_words("查看和管理任务队列", "watch and manage the queue"))

    @app.command(help=in_words("各队伍的现状", "the lanes at a glance"))
    def status(
        context: typer.Context,
        watch: Annotated[
            bool, typer.Option("--watch", "-w", help=in_words("每秒刷新", "every second"))
        ] = False,
        json: Json = False,
        data: Data = None,
    ) -> None:
        from bot_app.cli_queue import status as command

        started(context).call(lambda caller: command(caller, watch, json), data=data)

    @app.command("list", help=in_words("列出某种状态的任务", "the jobs in a state"))
    def listing(
        context: typer.Context,
        state: Annotated[
            str, typer.Argument(help="waiting | running | done | failed | cancelled")
        ] = "waiting",
        limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
        json: Json = False,
        data: Data = None,
    ) -> None:
        from bot_app.cli_queue import listing as command

        started(context).call(lambda caller: command(caller, state, limit, json), data=data)

    _on_one_job(app, started)
    _on_lanes(app, started)

    _on_rehearsals(app, started)
    return app


def _on_rehearsals(app: typer.Typer, started: Callable[[typer.Context], Start]) -> None:
    @app.command(
        help=in_words(
            "排演：放入只占时间的任务，看队列怎么排、需要几个 worker",
            "rehearse: put jobs that only take time, to see the schedule and size workers",
        )
    )
    def rehearse(
        context: typer.Context,
        jobs: Annotated[int, typer.Option(min=1, max=1000)] = 20,
        members: Annotated[int, typer.Option(min=1, max=100)] = 4,
        seconds: Annotated[float, typer.Option(min=0, max=600)] = 2.0,
        lane: Annotated[str, typer.Option(help="fast | relax")] = "fast",
        json: Json = False,
        data: Data = None,
    ) -> None:
        from bot_app.cli_queue import long

        params = {"jobs": jobs, "members": members, "seconds": seconds, "lane": lane}
        started(context).call(lambda caller: long(caller, "queue_rehearse", params, json), data=data)


def _on_one_job(app: typer.Typer, started: Callable[[typer.Context], Start]) -> None:
    @app.command(help=in_words("让搁置的任务重新排队", "put a job that was set aside back into its lane"))
    def retry(context: typer.Context, job: JobId, json: Json = False, data: Data = None) -> None:
        from bot_app.cli_queue import act

        started(context).call(lambda caller: act(caller, "queue_retry", {"job": job}, json), data=data)

    @app.command(help=in_words("删除搁置的任务", "remove a job that was set aside"))
    def drop(context: typer.Context, job: JobId, json: Json = False, data: Data = None) -> None:
        from bot_app.cli_queue import act

        started(context).call(lambda caller: act(caller, "queue_drop", {"job": job}, json), data=data)


def _on_lanes(app: typer.Typer, started: Callable[[typer.Context], Start]) -> None:
    @app.command(help=in_words("暂停一条队伍", "hand out no more jobs of a lane"))
    def pause(context: typer.Context, lane: LaneName = None, json: Json = False, data: Data = None) -> None:
        from bot_app.cli_queue import act

        params = {"lane": lane, "paused": True}
        started(context).call(lambda caller: act(caller, "queue_pause", params, json), data=data)

    @app.command(help=in_words("恢复一条队伍", "go on handing out jobs of a lane"))
    def resume(context: typer.Context, lane: LaneName = None, json: Json = False, data: Data = None) -> None:
        from bot_app.cli_queue import act

        params = {"lane": lane, "paused": False}
        started(context).call(lambda caller: act(caller, "queue_pause", params, json), data=data)

    @app.command(
        help=in_words("暂停全部队伍，等进行中的做完", "pause every lane and wait until nothing runs")
    )
    def drain(context: typer.Context, json: Json = False, data: Data = None) -> None:
        from bot_app.cli_queue import long

        started(context).call(lambda caller: long(caller, "queue_drain", {}, json), data=data)
