"""``yinlu admin admins`` and ``yinlu admin rules``: who else administers a community, and what may not be said there."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from bot_app.cli_start import Start, in_words
from bot_core.errors import BadInput
from bot_core.identity import Words
from bot_core.ports.ledger import Fact, Facts, Ledger

if TYPE_CHECKING:
    from bot_app.operations import Line, Operation
    from bot_app.reach import Caller
    from bot_core.ports.safety import Clock

ADMINS, RULES, AUDIT = "admins", "moderation", "audit"
PERSON = re.compile(r"[a-z]+:[^\s,]{1,100}")
LONGEST = 1_000_000  # characters of a list of rules
WHO = Words(
    "「{name}」不是账号：要写成 telegram:501 这样。",
    "“{name}” is no account: write it like telegram:501.",
)
TOO_LONG = Words("规则太长。", "The rules are too long.")
Data = Annotated[
    Path | None, typer.Option("--data", help=in_words("数据目录", "data folder"), show_default="./data")
]
Json = Annotated[bool, typer.Option("--json", help=in_words("只输出 JSON", "print only JSON"))]
Nothing = Annotated[bool, typer.Option("--none", help=in_words("清空", "take all away"))]
Community = Annotated[str, typer.Argument(help=in_words("社区", "the community"))]


class Kept(Ledger, Facts, Protocol):
    """A ledger that keeps the audit's lines, too."""


def setting_operations(ledger: Kept, clock: Clock) -> dict[str, Operation]:
    """Return what the two commands ask of the owner: ``value`` is set where it is given, and told."""

    async def kept(name: str, params: Mapping[str, object]) -> str:
        from bot_app.operations import checked_name

        community = checked_name(str(params.get("community", "")))
        await ledger.community(community)  # raises UnknownCommunity
        value = params.get("value")
        if isinstance(value, str):
            _check(name, value)
            await ledger.set_setting(community, name, value or None)
            data: dict[str, object] = {"who": "yinlu admin", "what": name, "subject": value[:500]}
            await ledger.add(
                Fact(community, AUDIT, secrets.token_hex(12), clock.now(), state=name, data=data)
            )
        return await ledger.setting(community, name) or ""

    async def admins(params: Mapping[str, object]) -> AsyncIterator[Line]:
        yield {"result": {"admins": (await kept(ADMINS, params)).split()}}

    async def rules(params: Mapping[str, object]) -> AsyncIterator[Line]:
        yield {"result": {"rules": await kept(RULES, params)}}

    return {"admin_admins": admins, "admin_rules": rules}


def _check(name: str, value: str) -> None:
    """Raise BadInput for what can't be the value of this setting."""
    from bot_safety.rules import parse_rules

    if name == RULES and len(value) > LONGEST:
        raise BadInput("rules", TOO_LONG)
    if name == RULES and value:
        parse_rules(value)
    if name == ADMINS:
        for one in value.split():
            if not PERSON.fullmatch(one):
                shown = one[:80]
                raise BadInput("an account", Words(WHO.zh.format(name=shown), WHO.en.format(name=shown)))


def setting_commands(app: typer.Typer, started: Callable[[typer.Context], Start]) -> None:
    """Add the two commands to ``yinlu admin``."""

    @app.command(
        "admins",
        help=in_words(
            "社区里还有谁是管理员（平台自己的管理员除外）；不写账号就列出",
            "who administers a community besides a platform's own admins; shown where none is given",
        ),
    )
    def admins(
        context: typer.Context,
        community: Community,
        persons: Annotated[
            list[str] | None,
            typer.Argument(help=in_words("账号，如 telegram:501", "accounts like telegram:501")),
        ] = None,
        none: Nothing = False,
        json: Json = False,
        data: Data = None,
    ) -> None:
        value = "" if none else " ".join(persons) if persons else None
        started(context).call(lambda caller: _admins(caller, community, value, json), data=data)

    @app.command(
        "rules",
        help=in_words(
            "社区自己的用词规则，来自一个 JSON 文件；不写文件就显示",
            "a community's own rules for words, from a JSON file; shown where none is given",
        ),
    )
    def rules(
        context: typer.Context,
        community: Community,
        file: Annotated[
            Path | None, typer.Argument(exists=True, dir_okay=False, help=in_words("规则文件", "the rules"))
        ] = None,
        none: Nothing = False,
        json: Json = False,
        data: Data = None,
    ) -> None:
        value = "" if none else file.read_text(encoding="utf-8") if file else None
        started(context).call(lambda caller: _rules(caller, community, value, json), data=data)


async def _admins(caller: Caller, community: str, value: str | None, as_json: bool) -> int:
    from bot_app.cli_start import result_of, say, say_json

    found = await result_of(caller, "admin_admins", {"community": community, "value": value})
    if as_json:
        say_json(found)
    else:
        say(f"{community}: {', '.join(found['admins']) or in_words('没有', 'nobody')}")
    return 0


async def _rules(caller: Caller, community: str, value: str | None, as_json: bool) -> int:
    from bot_app.cli_start import result_of, say, say_json

    found = await result_of(caller, "admin_rules", {"community": community, "value": value})
    if as_json:
        say_json(found)
    else:
        say(found["rules"].strip() or in_words("没有规则。", "There are no rules."))
    return 0
