"""``yinlu admin ...``: communities, and the codes that bind places to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot_app.cli_admin_settings import setting_commands, setting_operations
from bot_app.cli_start import Start, in_words
from bot_app.cli_top import link_command
from bot_core.errors import BadInput
from bot_core.identity import Words

if TYPE_CHECKING:
    from bot_app.cli_admin_settings import Kept
    from bot_app.operations import Line, Operation
    from bot_app.reach import Caller
    from bot_core.ports.safety import Clock
    from bot_handlers.places.codes import Codes

Data = Annotated[
    Path | None, typer.Option("--data", help=in_words("数据目录", "data folder"), show_default="./data")
]
Json = Annotated[bool, typer.Option("--json", help=in_words("只输出 JSON", "print only JSON"))]
NAMED = Words("社区的名字需要 1-60 个字符。", "A community's name takes 1-60 characters.")


def admin_operations(ledger: Kept, clock: Clock, codes: Codes) -> dict[str, Operation]:
    """Return what ``yinlu admin`` asks of the owner."""
    from bot_app.operations import checked_name
    from bot_core.ports.ledger import Community

    async def code(params: Mapping[str, object]) -> AsyncIterator[Line]:
        community = checked_name(str(params.get("community", "")))
        await ledger.community(community)  # raises UnknownCommunity
        yield {
            "result": {"code": await codes.create("bind", community), "community": community, "minutes": 15}
        }

    async def name(params: Mapping[str, object]) -> AsyncIterator[Line]:
        community = checked_name(str(params.get("community", "")))
        zh, en = str(params.get("zh", "")).strip(), str(params.get("en", "")).strip()
        zh, en = zh or en, en or zh
        if not 1 <= len(zh) <= 60 or not 1 <= len(en) <= 60:
            raise BadInput("a community's name", NAMED)
        await ledger.add_community(Community(community, zh, en, clock.now()))
        yield {"result": {"community": community, "zh": zh, "en": en}}

    return {"admin_code": code, "admin_name": name, **setting_operations(ledger, clock)}


def admin_commands(started: Callable[[typer.Context], Start]) -> typer.Typer:
    """Return the group ``yinlu admin``."""
    app = typer.Typer(no_args_is_help=True, help=in_words("管理社区", "manage communities"))

    @app.command(
        "code",
        help=in_words(
            "生成一次性代码，在群里用 /bind 绑定到社区", "make a one-time code; /bind in a place binds it"
        ),
    )
    def code(
        context: typer.Context,
        community: Annotated[str, typer.Argument(help=in_words("社区", "the community"))] = "default",
        json: Json = False,
        data: Data = None,
    ) -> None:
        started(context).call(lambda caller: _code(caller, community, json), data=data)

    @app.command("community", help=in_words("新建社区，或给它改名", "make a community, or name it"))
    def name(
        context: typer.Context,
        community: Annotated[
            str, typer.Argument(help=in_words("社区的编号：a-z、0-9、-、_", "its id: a-z, 0-9, -, _"))
        ],
        zh: Annotated[str, typer.Option(help=in_words("中文名", "its Chinese name"))] = "",
        en: Annotated[str, typer.Option(help=in_words("英文名", "its English name"))] = "",
        json: Json = False,
        data: Data = None,
    ) -> None:
        started(context).call(lambda caller: _name(caller, community, zh, en, json), data=data)

    link_command(app, started)
    setting_commands(app, started)
    return app


async def _code(caller: Caller, community: str, as_json: bool) -> int:
    from bot_app.cli_start import result_of, say, say_json

    found = await result_of(caller, "admin_code", {"community": community})
    if as_json:
        say_json(found)
    else:
        say(f"/bind {found['code']}")
        say(
            in_words(
                f"15 分钟内在要绑定的群或频道里发送它。社区：{community}",
                f"Send this in the place to bind within 15 minutes. Community: {community}",
            )
        )
    return 0


async def _name(caller: Caller, community: str, zh: str, en: str, as_json: bool) -> int:
    from bot_app.cli_start import result_of, say, say_json

    found = await result_of(caller, "admin_name", {"community": community, "zh": zh, "en": en})
    if as_json:
        say_json(found)
    else:
        say(f"{found['community']}: {found['zh']} / {found['en']}")
    return 0
