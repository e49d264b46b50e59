"""The answer cache by meaning: how often it takes one question for another, and how often it knows the same again."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cache_pairs import alike, turned
from benchmarks.report import save
from bot_core.answers import Answer, Outcome
from bot_knowledge.cache import ALIKE, AnswerCache, normal
from bot_knowledge.embedding.embedders import UseEmbedder
from bot_knowledge.text.language import language_of, simplified

HERE = Path(__file__).parent
NOTES = {"handbook": "tuned on", "mosslight": "kept away from tuning"}
SHOWN = 12


async def main(names: Sequence[str], at: float = ALIKE) -> None:
    """Measure the sets named, or all."""
    rows: list[list[object]] = []
    raw: dict[str, object] = {"alike": at}
    embedder = UseEmbedder()
    try:
        for name in names or NOTES:
            text = (HERE / "questions" / f"{name}.jsonl").read_text(encoding="utf-8")
            questions = [json.loads(line)["question"] for line in text.splitlines()]
            found = await _measure(questions, embedder, at)
            raw[name] = found
            cells = [found[key] for key in ("lookups", "false", "false_rate", "same", "known", "known_rate")]
            rows.append([name, NOTES.get(name, ""), *cells])
    finally:
        embedder.close()
    columns = [
        "set",
        "",
        "other questions",
        "taken for the same",
        "rate",
        "same questions",
        "known again",
        "rate",
    ]
    command = "python -m benchmarks.bench_cache"
    save("cache", "Answer cache by meaning", command, columns, rows, raw, __doc__ or "")


async def _measure(questions: Sequence[str], embedder: UseEmbedder, at: float) -> dict[str, object]:
    caches: dict[str, AnswerCache] = {}
    for question in questions:
        language = language_of(question)
        cache = caches.setdefault(language, AnswerCache(lambda: 0.0, alike=at))
        cache.keep((language,), question, await embedder.query(simplified(question)), _answer(question))

    async def hit(question: str) -> str:
        language = language_of(question)
        if language not in caches:
            return ""
        found = caches[language].alike_to((language,), question, await embedder.query(simplified(question)))
        return found.searched if found is not None else ""

    wrong: list[tuple[str, str]] = []
    lookups = same = known = 0
    ours = {normal(question) for question in questions}
    for number, question in enumerate(questions):
        for other in dict.fromkeys(turned(question, questions, number)):
            if normal(other) in ours:
                continue
            lookups += 1
            if taken := await hit(other):
                wrong.append((other, taken))
        for again in dict.fromkeys(alike(question)):
            same += 1
            taken = await hit(again)
            known += taken == question
            if taken and taken != question:
                wrong.append((again, taken))
    return {
        "lookups": lookups,
        "false": len(wrong),
        "false_rate": f"{100 * len(wrong) / lookups:.2f} %",
        "same": same,
        "known": known,
        "known_rate": f"{100 * known / same:.0f} %",
        "examples": wrong[:SHOWN],
    }


def _answer(question: str) -> Answer:
    return Answer("0" * 24, Outcome.ANSWERED, "", searched=question)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
