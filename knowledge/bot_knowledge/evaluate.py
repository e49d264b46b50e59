"""What ``yinlu eval`` measures: answers against gold files and spans, and bare retrieval over given passages."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot_core.answers import Answer, Outcome, Question, Turn
from bot_core.errors import BadInput
from bot_core.identity import Locale, Words, short_id
from bot_core.ports.knowledge import Answerer
from bot_knowledge.text.language import language_of, squeezed

Json = dict[str, Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Item:
    """A question with what is known of its answer; several files or spans mean any of them."""

    id: str
    question: str
    answerable: bool
    files: tuple[str, ...]
    spans: tuple[str, ...]
    history: tuple[Turn, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``rows``: the lines of results.jsonl. ``summary``: figures by language and over all."""

    rows: list[Json]
    summary: Json

    def table(self) -> list[list[str]]:
        """Return a table to print: a row per figure, a column per language."""
        return _table(self.summary)


def read_questions(path: Path) -> list[Item]:
    """Read {"id", "question", "answerable", "gold_file", "gold_span", "history"?} lines; raises BadInput."""
    return [_item(line, number) for number, line in enumerate(_lines(path), 1)]


async def evaluate(
    answerer: Answerer, community: str, questions: Sequence[Item], progress: Progress | None = None
) -> Evaluation:
    """Ask every question and hold the answers against the gold."""
    rows: list[Json] = []
    scores: list[Json] = []
    for done, item in enumerate(questions):
        if progress is not None:
            progress(done, len(questions))
        question = Question(
            id=short_id("eval", item.id),
            community=community,
            text=item.question,
            locale=Locale.parse(language_of(item.question)),
            history=item.history,
        )
        started = time.perf_counter()
        answer = await answerer.answer(question)
        seconds = time.perf_counter() - started
        rows.append(_row(item, answer))
        scores.append(score(item, answer, seconds))
    if progress is not None:
        progress(len(questions), len(questions))
    return Evaluation(rows, summarise(scores))


def score(item: Item, answer: Answer, seconds: float) -> Json:
    """Return what is right about one answer."""
    files = [is_file(r.source, item.files) for r in answer.retrieved]
    spans = [file and has_span(r.text, item.spans) for file, r in zip(files, answer.retrieved, strict=True)]
    if not item.files:
        spans = [has_span(r.text, item.spans) for r in answer.retrieved]
    cited = [is_file(c.source, item.files) and has_span(c.quote, item.spans) for c in answer.citations]
    cited_passages = [
        is_file(c.source, item.files) and has_span(c.passage, item.spans) for c in answer.citations
    ]
    return {
        "id": item.id,
        "language": language_of(item.question),
        "kind": item.kind,
        "answerable": item.answerable,
        "outcome": answer.outcome.value,
        "seconds": seconds,
        "file": {n: any(files[:n]) for n in (1, 3, 5)},
        "span": {n: any(spans[:n]) for n in (1, 3, 5)},
        "cited": len(cited),
        "cited_right": sum(cited),
        "cited_passage_right": sum(cited_passages),
        "quote_holds": any(cited),
    }


def summarise(scores: Sequence[Json]) -> Json:
    """Return figures over all and by language of the question."""
    summary: Json = {"all": _figures(scores)}
    for language in sorted({row["language"] for row in scores}):
        summary[language] = _figures([row for row in scores if row["language"] == language])
    return summary


def _figures(scores: Sequence[Json]) -> Json:
    known = [row for row in scores if row["answerable"]]
    unknown = [row for row in scores if not row["answerable"]]
    asserted = [row for row in scores if row["outcome"] == Outcome.ANSWERED.value]
    figures: Json = {"questions": len(scores), "answerable": len(known)}
    for what in ("file", "span"):
        for n in (1, 3, 5):
            figures[f"{what}_hit@{n}"] = _share(row[what][n] for row in known)
    found = [row for row in known if row["span"][5]]
    figures["asserted_of_answerable"] = _share(row["outcome"] == "answered" for row in known)
    figures["asserted_of_found"] = _share(row["outcome"] == "answered" for row in found)
    figures["quote_holds_answer"] = _share(row["quote_holds"] for row in asserted if row["answerable"])
    cited = sum(row["cited"] for row in asserted)
    figures["citation_precision"] = _ratio(sum(row["cited_right"] for row in asserted), cited)
    figures["citation_passage_precision"] = _ratio(sum(row["cited_passage_right"] for row in asserted), cited)
    figures["refused_right"] = _share(row["outcome"] != "answered" for row in unknown)
    figures["unknown_of_unanswerable"] = _share(row["outcome"] == "unknown" for row in unknown)
    figures["asserted_of_unanswerable"] = _share(row["outcome"] == "answered" for row in unknown)
    figures["refused_wrong"] = _share(row["outcome"] != "answered" for row in known)
    figures["unknown_of_answerable"] = _share(row["outcome"] == "unknown" for row in known)
    times = sorted(row["seconds"] * 1000 for row in scores)
    figures["p50_ms"], figures["p95_ms"] = _at(times, 0.5), _at(times, 0.95)
    return figures


def _share(values: Iterable[bool]) -> float | None:
    held = [bool(value) for value in values]
    return round(sum(held) / len(held), 4) if held else None


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _at(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None


def is_file(source: str, files: Sequence[str]) -> bool:
    """Say whether a source is a gold file: equal, or the one ends in the other at a folder's border."""
    own = source.replace("\\", "/").strip("/")
    for file in files:
        gold = file.replace("\\", "/").removeprefix("./").strip("/")
        if own == gold or own.endswith("/" + gold) or gold.endswith("/" + own):
            return True
    return False


def has_span(text: str, spans: Sequence[str]) -> bool:
    """Say whether a text holds a gold span, blind to space, case, width and markup; no span given is held by all."""
    if not spans:
        return True
    held = squeezed(text)
    return any(squeezed(span) in held for span in spans)


def _row(item: Item, answer: Answer) -> Json:
    return {
        "id": item.id,
        "abstained": answer.outcome is not Outcome.ANSWERED,
        "outcome": answer.outcome.value,
        "answer": answer.text,
        "citations": [
            {"n": c.n, "source": c.source, "heading": list(c.heading), "quote": c.quote}
            for c in answer.citations
        ],
        "retrieved": [{"source": r.source, "text": r.text, "score": r.score} for r in answer.retrieved],
    }


def _table(summary: Json) -> list[list[str]]:
    columns = list(summary)
    rows = [["", *columns]]
    for figure in summary[columns[0]]:
        values = [summary[column].get(figure) for column in columns]
        rows.append([figure.replace("_", " "), *("–" if value is None else f"{value:g}" for value in values)])
    return rows


def _lines(path: Path) -> list[Json]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong(path, 0, "UTF-8") from error
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                value = json.loads(line)
            except ValueError as error:
                raise _wrong(path, number, "JSON") from error
            if not isinstance(value, dict):
                raise _wrong(path, number, "a JSON object")
            lines.append(value)
    return lines


def _wrong(path: Path, line: int, takes: str) -> BadInput:
    return BadInput(
        f"{path} line {line} is not {takes}",
        Words(f"{path} 第 {line} 行不是 {takes}。", f"{path}, line {line}, is not {takes}."),
    )


def _item(line: Json, number: int) -> Item:
    return Item(
        id=str(line.get("id", number)),
        question=str(line.get("question", "")),
        answerable=bool(line.get("answerable", True)),
        files=_several(line.get("gold_file")),
        spans=_several(line.get("gold_span")),
        history=tuple(Turn(str(turn["role"]), str(turn["text"])) for turn in line.get("history") or ()),
        kind=str(line.get("kind", "")),
    )


def _several(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()


@dataclass(frozen=True, slots=True)
class Query:
    """A query with the ids of the passages that answer it."""

    id: str
    question: str
    positive: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassagesEvaluation:
    """``rows``: {"id", "retrieved_ids"}; ``summary``: recall@1/5/10, MRR@10, nDCG@10 and queries/s, by language."""

    rows: list[Json]
    summary: Json

    def table(self) -> list[list[str]]:
        """Return a table to print: a row per figure, a column per language."""
        return _table(self.summary)


def read_passages(path: Path) -> list[tuple[str, str]]:
    """Read {"id", "text"} lines; raises BadInput."""
    return [(str(line["id"]), str(line.get("text", ""))) for line in _lines(path) if "id" in line]


def read_queries(path: Path) -> list[Query]:
    """Read {"id", "question", "positive_ids"} lines; raises BadInput."""
    return [
        Query(str(line.get("id", number)), str(line.get("question", "")), _several(line.get("positive_ids")))
        for number, line in enumerate(_lines(path), 1)
    ]


def summarise_queries(queries: Sequence[Query], found: Sequence[Sequence[str]], seconds: float) -> Json:
    """Return recall, MRR and nDCG at their depths, by language of the query and over all."""
    groups: dict[str, list[tuple[Query, Sequence[str]]]] = {"all": []}
    for query, ids in zip(queries, found, strict=True):
        groups["all"].append((query, ids))
        groups.setdefault(language_of(query.question), []).append((query, ids))
    summary: Json = {}
    for language, pairs in groups.items():
        known = [(set(query.positive), list(ids)) for query, ids in pairs if query.positive]
        figures: Json = {"queries": len(pairs)}
        for depth in (1, 5, 10):
            figures[f"recall@{depth}"] = _mean(
                len(gold & set(ids[:depth])) / min(len(gold), depth) for gold, ids in known
            )
        figures["MRR@10"] = _mean(_reciprocal(gold, ids) for gold, ids in known)
        figures["nDCG@10"] = _mean(_gain(gold, ids) for gold, ids in known)
        figures["queries_per_second"] = round(len(queries) / seconds, 1) if seconds else None
        summary[language] = figures
    return summary


def _mean(values: Iterable[float]) -> float | None:
    held = list(values)
    return round(sum(held) / len(held), 4) if held else None


def _reciprocal(gold: set[str], ids: Sequence[str]) -> float:
    return next((1.0 / rank for rank, key in enumerate(ids[:10], 1) if key in gold), 0.0)


def _gain(gold: set[str], ids: Sequence[str]) -> float:
    """Return nDCG at 10 with gains of 0 and 1 (Järvelin and Kekäläinen, 2002)."""
    gained = sum(1 / math.log2(rank + 1) for rank, key in enumerate(ids[:10], 1) if key in gold)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(gold), 10) + 1))
    return gained / ideal if ideal else 0.0
