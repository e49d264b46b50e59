"""The command line: ``yinlu``. What it prints with ``--json`` is stable; everything else is for people.

Exit codes: 0 done; 1 refused or failed, one sentence on stderr; 2 wrong usage; 130 and 143 interrupted.
Heavy parts are imported by the command that needs them, so that ``yinlu --help`` is quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot_app.cli_admin import admin_commands
from bot_app.cli_backup import backup_commands
from bot_app.cli_documents_commands import documents_commands, ingest_command
from bot_app.cli_douyin import douyin_commands
from bot_app.cli_glossary import glossary_commands
from bot_app.cli_queue_commands import queue_commands
from bot_app.cli_start import OpenHouse, Start, in_words, say
from bot_app.cli_top import top_command

Data = Annotated[
    Path | None, typer.Option("--data", help=in_words("数据目录", "data folder"), show_default="./data")
]
Community = Annotated[str | None, typer.Option("--community", "-c", help=in_words("社区", "community"))]
Json = Annotated[bool, typer.Option("--json", help=in_words("只输出 JSON", "print only JSON"))]

app = typer.Typer(
    name="yinlu",
    help=in_words(
        "引路：用社区自己的文档回答问题。", "Yinlu answers a community's questions from its own documents."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None, open_house: OpenHouse | None = None) -> None:
    """Run one command and exit with its code; ``open_house`` stands in for ``bot_app.compose.open_house``."""
    app(args=list(arguments) if arguments is not None else None, obj=Start(open_house))


@app.command(help=in_words("启动网页和全部服务", "serve the page and everything else"))
def run(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help=in_words("监听地址", "address to listen on"), show_default="127.0.0.1")
    ] = None,
    port: Annotated[int | None, typer.Option(help=in_words("端口", "port"), show_default="8080")] = None,
    data: Data = None,
) -> None:
    """Own the data folder and serve until SIGTERM or Ctrl-C."""
    from bot_app.cli_run import run as command

    _start(context).run(
        lambda settings: command(settings, _start(context).house()), host=host, port=port, data=data
    )


@app.command(
    help=in_words(
        "只保管文档，供多个网关查询", "keep the documents alone, for gateways that ask over the network"
    )
)
def knowledge(
    context: typer.Context,
    listen: Annotated[
        str | None,
        typer.Option(help=in_words("监听地址和端口", "address and port"), show_default="127.0.0.1:8090"),
    ] = None,
    data: Data = None,
) -> None:
    """Own the data folder and serve its documents until SIGTERM or Ctrl-C."""
    from bot_app.cli_run import run_owner

    _start(context).run(run_owner, knowledge_listen=listen, data=data)


@app.command(help=in_words("提一个问题", "ask a question"))
def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help=in_words("问题", "the question"))],
    community: Community = None,
    history: Annotated[
        Path | None,
        typer.Option(
            help=in_words(
                '之前的对话:[{"role", "text"}] 的 JSON 文件',
                'what was said before: a JSON file of [{"role", "text"}]',
            )
        ),
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Ask; print the answer with its quotes and sources."""
    from bot_app.cli_ask import ask as command

    _start(context).call(lambda caller: command(caller, question, community, history, json), data=data)


@app.command(
    "eval", help=in_words("用一组问题衡量回答或检索", "measure answers, or retrieval, on a set of questions")
)
def evaluate(
    context: typer.Context,
    questions: Annotated[
        Path,
        typer.Argument(
            help=in_words(
                "questions.jsonl,或与 --passages 一起的 queries.jsonl",
                "questions.jsonl, or with --passages queries.jsonl",
            )
        ),
    ],
    passages: Annotated[
        Path | None,
        typer.Option(help=in_words("passages.jsonl:只衡量检索", "passages.jsonl: measure retrieval alone")),
    ] = None,
    community: Community = None,
    out: Annotated[
        Path | None,
        typer.Option(help=in_words("逐题结果写入此文件", "write a line per question to this file")),
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Evaluate; print the figures."""
    from bot_app.cli_eval import evaluate as command

    _start(context).call(lambda caller: command(caller, questions, passages, community, out, json), data=data)


@app.command(help=in_words("看投票，连同问题和回答", "show votes with their questions and answers"))
def votes(
    context: typer.Context,
    community: Community = None,
    days: Annotated[
        float, typer.Option(help=in_words("最近多少天，0 为全部", "of the last days, 0 for all"), min=0)
    ] = 0,
    limit: Annotated[
        int, typer.Option(help=in_words("最多多少条", "at most so many"), min=1, max=100_000)
    ] = 100,
    json: Json = False,
    data: Data = None,
) -> None:
    """List votes, newest first."""
    from bot_app.cli_votes import votes as command

    _start(context).call(lambda caller: command(caller, community, days, limit, json), data=data)


@app.command(
    help=in_words(
        "检查：配置了什么、连得上什么、缺什么、怎么办",
        "check what is configured, reachable, missing, and what to do",
    )
)
def doctor(context: typer.Context, json: Json = False, data: Data = None) -> None:
    """Check everything; exit 1 where something that is needed fails."""
    from bot_app.cli_doctor import doctor as command

    _start(context).run(lambda settings: command(settings, json), data=data)


@app.command(help=in_words("做队列里的任务，直到 SIGTERM", "make the queue's jobs until SIGTERM"))
def worker(
    context: typer.Context,
    kinds: Annotated[
        str, typer.Option(help=in_words("种类，逗号分隔；不写则全部", "kinds, comma-separated; all without"))
    ] = "",
    lanes: Annotated[
        str, typer.Option(help=in_words("队伍，逗号分隔", "lanes, comma-separated"))
    ] = "fast,relax",
    side_by_side: Annotated[
        int, typer.Option(min=1, max=64, help=in_words("同时做几批", "batches at once"))
    ] = 1,
    drain: Annotated[
        float,
        typer.Option(
            min=0,
            max=3600,
            help=in_words(
                "收到 SIGTERM 后最多再做多少秒，其余交还队列",
                "seconds that running jobs may take after SIGTERM; the rest goes back to the queue",
            ),
        ),
    ] = 8.0,
    data: Data = None,
) -> None:
    """Work on the queue of a running owner, or of YINLU_REDIS_URL."""
    from bot_app.cli_queue import work

    def listed(text: str) -> list[str]:
        return [part.strip() for part in text.split(",") if part.strip()]

    _start(context).run(
        lambda settings: work(settings, listed(kinds), listed(lanes), side_by_side, drain), data=data
    )


@app.command(help=in_words("版本", "the version"))
def version() -> None:
    """Print the version."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        say(f"yinlu {installed('yinlu')}")
    except PackageNotFoundError:
        say("yinlu (not installed)")


def _start(context: typer.Context) -> Start:
    return context.find_object(Start) or Start(None)


ingest_command(app, _start)
backup_commands(app, _start)
top_command(app, _start)
_documents = documents_commands(_start)
_documents.add_typer(glossary_commands(_start), name="glossary")
app.add_typer(_documents, name="documents")
app.add_typer(queue_commands(_start), name="queue")
app.add_typer(admin_commands(_start), name="admin")
app.add_typer(douyin_commands(_start), name="douyin")
