"""Tables and raw figures: benchmarks/results/NAME.json and NAME.md, gathered into docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
INTRO = """# Benchmarks

What was measured, each with its command; raw figures are in benchmarks/results. Figures depend on the machine, so they are
ratios within one run, counts, or processor time wherever that is possible. `make bench` makes all of them anew.
"""


def machine() -> str:
    """Return the machine in words."""
    return f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}"


def save(
    name: str,
    title: str,
    command: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    raw: Mapping[str, object],
    notes: str = "",
) -> None:
    """Print a table and keep it with its raw figures under ``name``."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    day = datetime.now(UTC).date().isoformat()
    whole = {"name": name, "command": command, "machine": machine(), "date": day, **raw}
    (RESULTS / f"{name}.json").write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n")
    lines = [f"## {title}", "", f"`{command}` on {machine()}, {day}.", ""]
    lines += ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    if notes:
        lines += ["", notes]
    text = "\n".join(lines) + "\n"
    (RESULTS / f"{name}.md").write_text(text)
    print(text)
    gather()


def gather() -> None:
    """Write docs/benchmarks.md from all tables there are."""
    tables = [path.read_text() for path in sorted(RESULTS.glob("*.md"))]
    PAGE.write_text("\n".join([INTRO, *tables]))
