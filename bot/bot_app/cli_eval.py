"""``yinlu eval``: answers on questions.jsonl, or with --passages retrieval alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot_app.cli_start import absolute, in_words, result_of, say, say_json
from bot_core.errors import NotFound
from bot_core.identity import Words

if TYPE_CHECKING:
    from bot_app.reach import Caller


async def evaluate(
    caller: Caller,
    questions: Path,
    passages: Path | None,
    community: str | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Measure; the figures to stdout, the lines per question to ``out``."""
    for file in (questions, passages):
        if file is not None and not file.expanduser().is_file():
            raise NotFound(str(file), Words(f"没有这个文件：{file}", f"There is no file {file}"))
    params: dict[str, object] = {"community": community, "out": absolute(out) if out else None}
    if passages is None:
        params["questions"] = absolute(questions)
    else:
        params |= {"passages": absolute(passages), "queries": absolute(questions)}
    from bot_app.cli_show import progress

    with progress(as_json) as step:
        result = await result_of(caller, "eval", params, step)
    if as_json:
        say_json(result["summary"] if out else {**result["summary"], "results": result.get("rows", [])})
    else:
        _show(result["summary"])
        if out:
            say(in_words(f"逐题结果：{out}", f"A line per question: {out}"))
    return 0


def _show(summary: Mapping[str, Any]) -> None:
    """Figures by language: a column each, beginning with all."""
    from bot_app.cli_show import out, table

    groups = {name: figures for name, figures in summary.items() if isinstance(figures, Mapping)}
    measures = list(dict.fromkeys(measure for figures in groups.values() for measure in figures))
    rows = [
        [measure, *(_figure(figures.get(measure)) for figures in groups.values())] for measure in measures
    ]
    out().print(table(in_words("指标", "measure"), *groups, rows=rows))


def _figure(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
    return "" if value is None else str(value)
