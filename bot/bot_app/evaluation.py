"""`yinlu eval` on the owner's side: questions through the answerer, or passages through retrieval alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from bot_core.errors import BadInput
from bot_core.identity import Words
from bot_core.ports.knowledge import Answerer
from bot_knowledge import KnowledgeOptions
from bot_knowledge.evaluate import evaluate, read_passages, read_queries, read_questions
from bot_knowledge.evaluate_passages import evaluate_passages

Line = dict[str, object]
Progress = Callable[[int, int], None]


class Evaluated(Protocol):
    """What both kinds of evaluation give."""

    @property
    def rows(self) -> Sequence[Mapping[str, object]]:
        """Return the lines of results.jsonl."""
        ...

    @property
    def summary(self) -> Mapping[str, object]:
        """Return the figures."""
        ...


def evaluation(
    answerer: Answerer, known: Callable[[object], Awaitable[str]]
) -> Callable[[Mapping[str, object]], AsyncIterator[Line]]:
    """Return the operation {questions | passages + queries, community?, out?} -> {"summary", "rows"?}.

    Paths are absolute. With ``out`` the rows go to that file, else they are part of the result.
    """

    async def run(params: Mapping[str, object]) -> AsyncIterator[Line]:
        steps: asyncio.Queue[Line | None] = asyncio.Queue()

        def progress(done: int, total: int) -> None:
            steps.put_nowait({"progress": {"stage": "evaluating", "done": done, "total": total}})

        async def work() -> Line:
            try:
                found = await _evaluate(params, answerer, known, progress)
                return await asyncio.to_thread(_result, found, params.get("out"))
            finally:
                steps.put_nowait(None)

        task = asyncio.create_task(work())
        try:
            while (step := await steps.get()) is not None:
                yield step
            yield {"result": await task}
        finally:
            task.cancel()

    return run


async def _evaluate(
    params: Mapping[str, object],
    answerer: Answerer,
    known: Callable[[object], Awaitable[str]],
    progress: Progress,
) -> Evaluated:
    if params.get("passages"):
        passages = read_passages(_file(params["passages"]))
        queries = read_queries(_file(params.get("queries")))
        return await evaluate_passages(passages, queries, KnowledgeOptions(), progress)
    questions = read_questions(_file(params.get("questions")))
    return await evaluate(answerer, await known(params.get("community")), questions, progress)


def _file(given: object) -> Path:
    path = Path(str(given or ""))
    if not path.is_file():
        raise BadInput(f"no file {path}", Words(f"找不到文件 {path}", f"There is no file {path}"))
    return path


def _result(found: Evaluated, out: object) -> Line:
    rows = [dict(row) for row in found.rows]
    if not out:
        return {"summary": dict(found.summary), "rows": rows}
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    Path(str(out)).write_text(lines, encoding="utf-8")
    return {"summary": dict(found.summary), "out": str(out)}
