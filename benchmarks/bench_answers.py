"""Ranking, refusing and quoting on the question sets, against each signal alone."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import save
from bot_knowledge import Knowledge, open_knowledge
from bot_knowledge.evaluate import Item, evaluate, has_span, is_file, read_questions
from bot_knowledge.ranking.candidates import Candidate

HERE = Path(__file__).parent
HANDBOOK = HERE.parent / "knowledge" / "bot_knowledge" / "samples" / "handbook"
SETS = {
    "handbook": (HANDBOOK, "weights were fitted with it"),
    "mosslight": (
        HERE / "corpora" / "mosslight",
        "kept away from tuning; asked eleven times; the fourth time refused a gate that did not carry over; "
        "faults found in reading 25 of its answers were mended",
    ),
}
ALONE = {
    "BM25 (jieba) alone": "bm25",
    "USE alone": "cos_fast",
    "e5 alone": "cos_better",
    "late interaction alone": "late",
}
SHOWN = ("file_hit@1", "file_hit@5", "span_hit@1", "span_hit@5")


async def main(names: Sequence[str]) -> None:
    """Measure the sets named, or all."""
    rows: list[list[object]] = []
    raw: dict[str, Any] = {}
    for name in names or SETS:
        folder, note = SETS[name]
        items = read_questions(HERE / "questions" / f"{name}.jsonl")
        with tempfile.TemporaryDirectory() as data:
            async with open_knowledge(Path(data)) as knowledge:
                started = time.perf_counter()
                async for _ in knowledge.library.ingest("bench", [folder]):
                    pass
                seconds = time.perf_counter() - started
                alone = await _alone(knowledge, items)
                whole = await evaluate(knowledge.answerer, "bench", items)
                figures = whole.summary["all"]
                raw[name] = {
                    "note": note,
                    "ingest_seconds": round(seconds, 1),
                    "alone": alone,
                    **whole.summary,
                }
                raw[name]["outcomes_by_kind"] = _by_kind(items, whole.rows)
                for signal, found in alone.items():
                    rows.append([name, signal, *(found[key] for key in SHOWN), "", "", "", ""])
                rows.append([name, "Yinlu", *(figures[key] for key in SHOWN), *_outcomes(raw[name], figures)])
    columns = ["set", "ranking", "file@1", "file@5", "span@1", "span@5"]
    columns += ["found: asserted", "near-miss asserted", "off-topic refused", "answerable refused"]
    notes = "Sets: " + "; ".join(f"{name}: {SETS[name][1]}" for name in names or SETS) + "."
    save("answers", "Answers", "python -m benchmarks answers", columns, rows, raw, notes)


async def _alone(knowledge: Knowledge, items: Sequence[Item]) -> dict[str, dict[str, float]]:
    hits: dict[str, dict[str, list[bool]]] = {label: {key: [] for key in SHOWN} for label in ALONE}
    for item in (item for item in items if item.answerable):
        judged = await knowledge.answerer.judged("bench", item.question)
        assert judged is not None
        for label, signal in ALONE.items():
            ordered = sorted(judged.ranked, key=lambda c, signal=signal: -c.signals.get(signal, -1.0))  # type: ignore[misc]
            files = [is_file(c.passage.source, item.files) for c in ordered]
            spans = [file and _holds(c, item) for file, c in zip(files[:5], ordered, strict=False)]
            for key in SHOWN:
                values, depth = (files if key.startswith("file") else spans), int(key[-1])
                hits[label][key].append(any(values[:depth]))
    return {
        label: {key: round(sum(v) / len(v), 3) for key, v in held.items()} for label, held in hits.items()
    }


def _holds(candidate: Candidate, item: Item) -> bool:
    return has_span(candidate.passage.text, item.spans)


def _by_kind(items: Sequence[Item], rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for item, row in zip(items, rows, strict=True):
        held = counts.setdefault(item.kind or "?", {"answered": 0, "related": 0, "unknown": 0})
        held[row["outcome"]] += 1
    return counts


def _outcomes(raw: dict[str, Any], figures: dict[str, Any]) -> list[object]:
    kinds = raw["outcomes_by_kind"]
    near, off = kinds.get("nearmiss", {}), kinds.get("offtopic", {})
    share = lambda held, key: round(held[key] / max(sum(held.values()), 1), 3) if held else ""  # noqa: E731
    return [
        figures["asserted_of_found"],
        share(near, "answered"),
        share(off, "unknown"),
        figures["unknown_of_answerable"],
    ]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
