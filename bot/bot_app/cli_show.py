"""How things look on a terminal: consoles, tables, progress bars. stdout carries results, stderr everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from bot_app.cli_start import in_words

Step = Callable[[dict[str, Any]], None]

STAGES = {
    "reading": ("读取", "Reading"),
    "embedding": ("建立索引", "Embedding"),
    "finishing": ("收尾", "Finishing"),
    "evaluating": ("评估", "Evaluating"),
    "copying": ("复制", "Copying"),
    "packing": ("打包", "Packing"),
    "unpacking": ("解包", "Unpacking"),
}


def out() -> Console:
    """Return the console of results."""
    return Console(soft_wrap=False, highlight=False)


def err() -> Console:
    """Return the console of everything else."""
    return Console(stderr=True, highlight=False)


def table(*columns: str, rows: Sequence[Sequence[object]], whole: int = 0) -> Table:
    """Return a table; cells are plain text, never markup. The first ``whole`` columns are never cut."""
    made = Table(header_style="bold", expand=False)
    for number, column in enumerate(columns):
        made.add_column(column, overflow="fold", no_wrap=number < whole)
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return made


class Speed(ProgressColumn):
    """How many of a stage's units are done in a second."""

    def render(self, task: Task) -> Text:
        """Return ``12.3/s``."""
        speed = task.fields.get("rate") or task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "", style="dim")


class Left(TimeRemainingColumn):
    """How long a stage still takes: as whoever does it says, else by its speed."""

    def render(self, task: Task) -> Text:
        """Return ``0:01:20``."""
        left = task.fields.get("left")
        if left is None:
            return super().render(task)
        return Text(str(timedelta(seconds=round(left))), style="progress.remaining")


@contextmanager
def progress(quiet: bool) -> Iterator[Step]:
    """Show steps ``{stage, done, total, source}`` as bars on stderr, where that is a terminal and not ``quiet``."""
    console = err()
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Speed(),
        Left(),
        TextColumn("{task.fields[source]}", style="dim"),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    tasks: dict[str, Any] = {}

    def step(line: dict[str, Any]) -> None:
        stage = str(line.get("stage", ""))
        if stage not in tasks:
            tasks[stage] = bars.add_task(in_words(*STAGES.get(stage, (stage, stage))), total=None, source="")
        source = Text(str(line.get("source", "")))
        source.truncate(40, overflow="ellipsis")
        bars.update(
            tasks[stage],
            completed=line.get("done"),
            total=line.get("total") or None,
            source=source.plain,
            rate=line.get("rate"),
            left=line.get("seconds_left"),
        )

    with bars:
        yield step


@contextmanager
def waiting(quiet: bool) -> Iterator[None]:
    """Show that something is at work, on a terminal."""
    console = err()
    if quiet or not console.is_terminal:
        yield
        return
    with console.status(in_words("查找中……", "Looking it up ...")):
        yield
