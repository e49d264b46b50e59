"""The commands ``yinlu ingest`` and ``yinlu documents ...``, declared apart because there are many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bot_app.cli_start import Start, in_words

Data = Annotated[
    Path | None, typer.Option("--data", help=in_words("数据目录", "data folder"), show_default="./data")
]
Community = Annotated[str | None, typer.Option("--community", "-c", help=in_words("社区", "community"))]
Json = Annotated[bool, typer.Option("--json", help=in_words("只输出 JSON", "print only JSON"))]
Source = Annotated[
    str,
    typer.Argument(
        help=in_words("来源，如 `documents list` 所示", "its source, as `documents list` shows it")
    ),
]
Started = Callable[[typer.Context], Start]


def ingest_command(app: typer.Typer, started: Started) -> None:
    """Declare ``yinlu ingest``."""

    @app.command(
        help=in_words(
            "读入文档：文件、目录、网页、站点地图或订阅源；只重读有变化的",
            "read documents: files, folders, web pages, sitemaps or feeds; only what changed is read again",
        )
    )
    def ingest(
        context: typer.Context,
        sources: Annotated[
            list[str],
            typer.Argument(
                metavar="PATHS...",
                help=in_words("文件、目录或网址", "files, folders or web addresses"),
            ),
        ],
        community: Community = None,
        audience: Annotated[
            list[str] | None,
            typer.Option(
                "--audience",
                "-a",
                help=in_words("只给这个角色看(可多次)", "only for this role (may be repeated)"),
            ),
        ] = None,
        json: Json = False,
        data: Data = None,
    ) -> None:
        from bot_app.cli_documents import ingest as command

        started(context).call(
            lambda caller: command(caller, sources, community, audience or [], json), data=data
        )


def documents_commands(started: Started) -> typer.Typer:
    """Return the group ``yinlu documents``; ``started`` finds what every command shares."""
    app = typer.Typer(
        no_args_is_help=True,
        help=in_words("查看和管理文档", "look at and manage documents"),
    )

    @app.command("list", help=in_words("列出文档", "list the documents"))
    def listing(
        context: typer.Context, community: Community = None, json: Json = False, data: Data = None
    ) -> None:
        from bot_app.cli_documents import listing as command

        started(context).call(lambda caller: command(caller, community, json), data=data)

    @app.command("show", help=in_words("看一个文档的段落", "show a document's passages"))
    def show(
        context: typer.Context,
        source: Source,
        community: Community = None,
        json: Json = False,
        data: Data = None,
    ) -> None:
        from bot_app.cli_documents import show as command

        started(context).call(lambda caller: command(caller, source, community, json), data=data)

    @app.command("forget", help=in_words("移除一个文档或目录", "remove a document, or all below a folder"))
    def forget(
        context: typer.Context,
        source: Source,
        community: Community = None,
        json: Json = False,
        data: Data = None,
    ) -> None:
        from bot_app.cli_documents import forget as command

        started(context).call(lambda caller: command(caller, source, community, json), data=data)

    @app.command(
        "audience",
        help=in_words(
            "设定谁能看到一个文档或目录(以后放进去的也算)",
            "say who may read a document, or all below a folder (later ones too)",
        ),
    )
    def audience(
        context: typer.Context,
        source: Source,
        roles: Annotated[list[str] | None, typer.Argument(help=in_words("角色", "roles"))] = None,
        everyone: Annotated[
            bool, typer.Option("--everyone", help=in_words("所有人都能看", "everyone may read it"))
        ] = False,
        community: Community = None,
        json: Json = False,
        data: Data = None,
    ) -> None:
        from bot_app.cli_documents import audience as command

        if bool(roles) == everyone:
            raise typer.BadParameter(in_words("请给出角色，或者 --everyone。", "Name roles, or --everyone."))
        started(context).call(lambda caller: command(caller, source, roles or [], community, json), data=data)

    @app.command(
        "reindex",
        help=in_words(
            "重新嵌入全部文档；完成之前仍用旧索引回答",
            "embed all documents anew; answers come from the old index until it is done",
        ),
    )
    def reindex(
        context: typer.Context, community: Community = None, json: Json = False, data: Data = None
    ) -> None:
        from bot_app.cli_documents import reindex as command

        started(context).call(lambda caller: command(caller, community, json), data=data)

    @app.command(
        "page",
        help=in_words(
            "给出网页的管理链接，用来上传文档(30 天有效，请当作密码保管)",
            "print the page's admin link, to upload documents (good for 30 days; keep it like a password)",
        ),
    )
    def page(context: typer.Context, json: Json = False, data: Data = None) -> None:
        from bot_app.cli_documents import page as command

        started(context).call(lambda caller: command(caller, json), data=data)

    return app
