"""``yinlu votes``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot_app.cli_start import in_words, result_of, say, say_json

if TYPE_CHECKING:
    from bot_app.reach import Caller

LONGEST = 160  # characters of an answer on a terminal


async def votes(caller: Caller, community: str | None, days: float, limit: int, as_json: bool) -> int:
    """List votes with what they were about."""
    result = await result_of(caller, "votes", {"community": community, "days": days, "limit": limit})
    if as_json:
        say_json(result)
        return 0
    found = result["votes"]
    if not found:
        say(in_words("还没有投票。", "No votes yet."))
        return 0
    from rich.text import Text

    from bot_app.cli_show import out, table

    rows = [
        [
            str(vote["time"])[:16].replace("T", " "),
            Text("👍" if vote["value"] == "up" else "👎"),
            " ".join(part for part in (vote["reason"], vote["words"]) if part),
            vote["question"],
            _short(vote["answer"]),
            "\n".join(vote["sources"]),
        ]
        for vote in found
    ]
    heads = [
        ("时间", "time"),
        ("票", "vote"),
        ("原因", "reason"),
        ("问题", "question"),
        ("回答", "answer"),
        ("来源", "sources"),
    ]
    out().print(table(*(in_words(*head) for head in heads), rows=rows))
    ups = sum(vote["value"] == "up" for vote in found)
    say(f"👍 {ups} · 👎 {len(found) - ups}")
    return 0


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
