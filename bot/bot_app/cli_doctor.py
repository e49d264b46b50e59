"""``yinlu doctor``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot_app.cli_start import in_words, language, say, say_json
from bot_app.doctor import examine
from bot_app.owner import holder
from bot_app.settings import Settings

CELL = 40  # letters that a column holds in a wide terminal
MARKS = {"ok": ("✓", "green"), "info": ("·", "dim"), "warning": ("!", "yellow"), "failed": ("✗", "red")}


def links(texts: Iterable[str]) -> list[str]:
    """Return the long addresses in these texts, each once: a table's cell breaks them, so they can't be copied there."""
    found = (address for text in texts for address in re.findall(r"https?://[^\s，。；]+", text))
    return [address for address in dict.fromkeys(found) if len(address) > CELL]


async def doctor(settings: Settings, as_json: bool) -> int:
    """Examine and tell; 1 where something failed."""
    checks = [check async for check in examine(settings)]
    failed = [check for check in checks if check.state == "failed"]
    if as_json:
        owner = holder(settings.data)
        say_json(
            {
                "ok": not failed,
                "data": str(settings.data),
                "owner": owner.pid if owner else None,
                "checks": [check.plain(language()) for check in checks],
            }
        )
        return 1 if failed else 0
    from rich.text import Text

    from bot_app.cli_show import out, table

    rows: list[list[Text | str]] = []
    for check in checks:
        mark, style = MARKS[check.state]
        todo = check.todo.of(language()) if check.todo else ""
        rows.append([Text(mark, style=style), check.name.of(language()), check.detail.of(language()), todo])
    out().print(
        table(
            "",
            in_words("检查", "check"),
            in_words("情况", "state"),
            in_words("怎么办", "what to do"),
            rows=rows,
        )
    )
    for address in links(str(todo) for *_, todo in rows):
        say(address)
    say(
        in_words(f"{len(failed)} 项失败", f"{len(failed)} failed")
        if failed
        else in_words("没有失败的", "nothing failed")
    )
    return 1 if failed else 0
