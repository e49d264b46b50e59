"""Documents that disagree: how often both sides are quoted, and how often a contradiction is seen where there is none."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.bench_answers import SETS
from benchmarks.report import save
from bot_core.answers import Answer, Question, Reason
from bot_core.identity import Locale
from bot_knowledge import Knowledge, KnowledgeOptions, open_knowledge
from bot_knowledge.evaluate import read_questions
from bot_knowledge.text.language import language_of

PAIRS = Path(__file__).parent / "questions" / "disagree.jsonl"
NOTES = {"dev": "thresholds were set with it", "held": "looked at once they were set"}
REAL = {"handbook": "as a newcomer asks; some of its documents do disagree", "mosslight": "a second corpus"}


async def main() -> None:
    """Measure pairs of documents, then whole corpora."""
    rows: list[list[object]] = []
    raw: dict[str, Any] = {}
    items = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    for name, note in NOTES.items():
        found = raw[name] = await _pairs([item for item in items if item["set"] == name])
        seen, alarms = (
            sum(row["right"] for row in found if row["disagree"] is kind) for kind in (True, False)
        )
        many = sum(row["disagree"] for row in found)
        rows.append([name, note, f"{seen} of {many}", f"{len(found) - many - alarms} of {len(found) - many}"])
    for name, note in REAL.items():
        told, asked = await _corpus(name)
        raw[name] = told
        rows.append([name, note, "", f"{len(told)} told of {asked} questions; read in the raw figures"])
    columns = ["set", "", "disagreements told", "told where there is none"]
    save("disagree", "Documents that disagree", "python -m benchmarks.bench_disagree", columns, rows, raw)


async def _pairs(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as data:
        folder = Path(data) / "docs"
        folder.mkdir()
        for document in (document for item in items for document in item["documents"]):
            text = f"---\ndate: {document['date']}\n---\n{document['text']}\n"
            (folder / f"{document['name']}.md").write_text(text, encoding="utf-8")
        async with open_knowledge(Path(data) / "k", KnowledgeOptions(kept_answers=False)) as knowledge:
            async for _ in knowledge.library.ingest("bench", [folder]):
                pass
            return [await _pair(knowledge, item) for item in items]


async def _pair(knowledge: Knowledge, item: dict[str, Any]) -> dict[str, Any]:
    answer = await _asked(knowledge, item["question"])
    sources = {Path(citation.source).stem for citation in answer.citations}
    told = answer.reason is Reason.DISAGREE
    both = sources == {document["name"] for document in item["documents"]}
    right = (told and both) if item["disagree"] else not told
    return {
        "question": item["question"],
        "disagree": item["disagree"],
        "told": told,
        "right": right,
        "sources": sorted(sources),
    }


async def _corpus(name: str) -> tuple[list[dict[str, Any]], int]:
    folder, _ = SETS[name]
    questions = [
        item.question for item in read_questions(Path(__file__).parent / "questions" / f"{name}.jsonl")
    ]
    with tempfile.TemporaryDirectory() as data:
        async with open_knowledge(Path(data), KnowledgeOptions(kept_answers=False)) as knowledge:
            async for _ in knowledge.library.ingest("bench", [folder]):
                pass
            told = []
            for question in questions:
                answer = await _asked(knowledge, question)
                if answer.reason is Reason.DISAGREE:
                    told.append({"question": question, "quotes": [c.quote for c in answer.citations]})
    return told, len(questions)


async def _asked(knowledge: Knowledge, question: str) -> Answer:
    locale = Locale.ZH if language_of(question) == "zh" else Locale.EN
    return await knowledge.answerer.answer(Question("0" * 24, "bench", question, locale, fresh=True))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
