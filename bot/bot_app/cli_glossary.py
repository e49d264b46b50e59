"""``yinlu documents glossary``: the community's words that mean the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bot_app.cli_documents_commands import Community, Data, Json, Started
from bot_app.cli_start import in_words, result_of, say, say_json

if TYPE_CHECKING:
    from bot_app.reach import Caller


def glossary_commands(started: Started) -> typer.Typer:
    """Return the group ``yinlu documents glossary``."""
    app = typer.Typer(
        no_args_is_help=True,
        help=in_words(
            "社区的同义词：新人的叫法也能找到文档",
            "words that mean the same, so that newcomers' words find documents",
        ),
    )

    @app.command("list", help=in_words("列出同义词", "list the words that mean the same"))
    def listing(
        context: typer.Context, community: Community = None, json: Json = False, data: Data = None
    ) -> None:
        started(context).call(lambda caller: show(caller, community, json), data=data)

    @app.command("add", help=in_words("这几个词意思相同", "these words mean the same"))
    def add_command(
        context: typer.Context,
        terms: Annotated[list[str], typer.Argument(help=in_words("词，两个以上", "terms, two or more"))],
        community: Community = None,
        json: Json = False,
        data: Data = None,
    ) -> None:
        started(context).call(lambda caller: add(caller, terms, community, json), data=data)

    @app.command("remove", help=in_words("去掉一个加过的词", "take a word out that was added"))
    def remove_command(
        context: typer.Context,
        term: Annotated[str, typer.Argument(help=in_words("词", "term"))],
        community: Community = None,
        json: Json = False,
        data: Data = None,
    ) -> None:
        started(context).call(lambda caller: remove(caller, term, community, json), data=data)

    return app


async def show(caller: Caller, community: str | None, as_json: bool) -> int:
    """List the groups, with where each comes from and who may see it."""
    result = await result_of(caller, "glossary", {"community": community})
    if as_json:
        say_json(result)
        return 0
    from bot_app.cli_show import out, table

    heads = [("意思相同", "mean the same"), ("出自", "from"), ("谁能看", "audience")]
    by_hand, everyone = in_words("手工添加", "added by hand"), in_words("所有人", "everyone")
    rows = [
        (" = ".join(group["terms"]), group["source"] or by_hand, ", ".join(group["audience"]) or everyone)
        for group in result["groups"]
    ]
    if rows:
        out().print(table(*(in_words(*head) for head in heads), rows=rows))
    else:
        say(in_words("还没有同义词。", "There are no such words yet."))
    return 0


async def add(caller: Caller, terms: Sequence[str], community: str | None, as_json: bool) -> int:
    """Keep terms that mean the same."""
    result = await result_of(caller, "glossary.add", {"terms": list(terms), "community": community})
    if as_json:
        say_json(result)
    else:
        say(" = ".join(result["terms"]))
    return 0


async def remove(caller: Caller, term: str, community: str | None, as_json: bool) -> int:
    """Take a term out."""
    result = await result_of(caller, "glossary.remove", {"term": term, "community": community})
    if as_json:
        say_json(result)
    else:
        say(in_words(f"已去掉：{term}", f"Taken out: {term}"))
    return 0
