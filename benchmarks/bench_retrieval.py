"""Finding a passage among 1,000, 10,000 and 100,000: rank, time, index rate and memory, beside simpler ways.

``python -m benchmarks.bench_retrieval --reading FILE [--sizes 1000 ...]``; without FILE nothing is measured, since the
questions can't be shipped (README of benchmarks says which they are).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.report import RESULTS, save
from benchmarks.retrieval_texts import Texts, gathered
from bot_core.ports.knowledge import Hit
from bot_knowledge import Knowledge, KnowledgeOptions, open_knowledge
from bot_knowledge.library.reading import Read, as_it_is
from bot_knowledge.sparse import question_vector
from bot_knowledge.text.language import simplified

COMMUNITY = "bench"
SIZES = (1_000, 10_000, 100_000)
FULL_UP_TO = 10_000  # passages that get the better embedding too
DEPTH = 10
EVERYBODY: frozenset[str] = frozenset()
HEADS = ("passages", "way", "hit@1", "hit@5", "MRR@10", "p50 ms", "p95 ms", "processor p95 ms")
KEYS = ("hit@1", "hit@5", "mrr@10", "p50", "p95", "cpu95")
Find = Callable[[str], Awaitable[Sequence[str]]]  # a question to sources, best first


async def main(reading: Path | None, sizes: Sequence[int]) -> None:
    """Measure every size; sizes measured before stay in the table."""
    if reading is None:
        print("left out: it takes --reading FILE")
        return
    kept = RESULTS / "retrieval.json"
    raw: dict[str, Any] = json.loads(kept.read_text())["sizes"] if kept.exists() else {}
    for size in sizes:
        raw[str(size)] = await measured(gathered(reading, size), "full" if size <= FULL_UP_TO else "fast")
        raw = dict(sorted(raw.items(), key=lambda pair: int(pair[0])))
        rows = [
            [f"{found['passages']:,}", way, *(figures.get(key, "") for key in KEYS)]
            for found in raw.values()
            for way, figures in found["ways"].items()
        ]
        command = "python -m benchmarks.bench_retrieval --reading FILE"
        save("retrieval", "Retrieval", command, HEADS, rows, {"sizes": raw}, _notes(raw))


async def measured(texts: Texts, embedding: Literal["full", "fast"]) -> dict[str, Any]:
    """Index the texts and ask every question in every way."""
    with tempfile.TemporaryDirectory() as data:
        async with open_knowledge(Path(data), KnowledgeOptions(embedding=embedding)) as knowledge:
            await knowledge.warm()
            index = await _indexed(knowledge, texts)
            await knowledge.answerer.judged(COMMUNITY, "warm")
            ways = {"Yinlu": await _asked(texts, _yinlu(knowledge))}
            stages = await _stages(knowledge, texts)
            for name, find in (await _alone(knowledge)).items():
                ways[name] = await _asked(texts, find)
            index["memory MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
            index["disk MB"] = round(
                sum(f.stat().st_size for f in Path(data).rglob("*") if f.is_file()) / 1e6
            )
            async with _langchain(knowledge, texts) as find:
                step = 1 if len(texts.passages) <= FULL_UP_TO else 5
                some = Texts(texts.documents, texts.asked[::step])
                ways["LangChain's InMemoryVectorStore, the same USE vectors"] = await _asked(some, find)
    return {
        "passages": len(texts.passages),
        "embedding": embedding,
        "load": round(os.getloadavg()[0], 1),
        "index": index,
        "stages": stages,
        "ways": ways,
    }


async def _indexed(knowledge: Knowledge, texts: Texts) -> dict[str, Any]:
    count = len(texts.passages)
    began = time.perf_counter()
    for name, passages in texts.documents.items():
        await knowledge.library.add_read(COMMUNITY, _document(name, passages))
    fast = time.perf_counter() - began
    began = time.perf_counter()
    async for _ in knowledge.library.improve(COMMUNITY):
        pass
    better = time.perf_counter() - began
    await knowledge.library.settle(COMMUNITY)
    rates: dict[str, Any] = {"words and USE per second": round(count / fast)}
    if knowledge.signals.better is not None:
        rates["e5 with token vectors per second"] = round(count / better, 1)
    return rates


def _document(name: str, passages: Sequence[tuple[str, str]]) -> Read:
    """Return passages as one document; each keeps a source of its own, by which it is known again."""
    parts = [as_it_is(COMMUNITY, source, text) for source, text in passages]
    first = parts[0]
    document = first.entry.id
    found = tuple(
        replace(part.passages[0], document=document, position=position) for position, part in enumerate(parts)
    )
    entry = replace(first.entry, source=name, passages=tuple(passage.id for passage in found))
    return Read(entry, found)


async def _asked(texts: Texts, find: Find) -> dict[str, float]:
    """Ask every question; times are what one waits, and what the processor works."""
    ranks, seconds, cpu = [], [], []
    for question, source in texts.asked:
        began, worked = time.perf_counter(), time.process_time()
        found = list(await find(question))[:DEPTH]
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - worked)
        ranks.append(found.index(source) + 1 if source in found else 0)
    share = {n: sum(0 < rank <= n for rank in ranks) / len(ranks) for n in (1, 5)}
    return {
        "hit@1": round(share[1], 3),
        "hit@5": round(share[5], 3),
        "mrr@10": round(sum(1 / rank for rank in ranks if rank) / len(ranks), 3),
        "p50": _ms(seconds, 0.5),
        "p95": _ms(seconds, 0.95),
        "cpu95": _ms(cpu, 0.95),
    }


def _yinlu(knowledge: Knowledge) -> Find:
    async def find(question: str) -> Sequence[str]:
        judged = await knowledge.answerer.judged(COMMUNITY, question)
        return [candidate.passage.source for candidate in judged.ranked] if judged else []

    return find


async def _alone(knowledge: Knowledge) -> dict[str, Find]:
    """Return each signal by itself over the whole index, in one search."""
    snapshot = await knowledge.answerer.snapshot(COMMUNITY)

    async def words(question: str) -> Sequence[str]:
        vector = question_vector(question, snapshot.frequency, snapshot.total)
        return _sources(await knowledge.store.sparse(COMMUNITY, vector, EVERYBODY, DEPTH))

    async def fast(question: str) -> Sequence[str]:
        vector = await knowledge.signals.fast.query(simplified(question))
        name = knowledge.signals.fast.name
        return _sources(await knowledge.store.dense(COMMUNITY, name, vector, EVERYBODY, DEPTH))

    async def better(question: str) -> Sequence[str]:
        assert knowledge.signals.better is not None
        vector = await knowledge.signals.better.query(simplified(question))
        name = knowledge.signals.better.name
        return _sources(await knowledge.store.dense(COMMUNITY, name, vector, EVERYBODY, DEPTH))

    found: dict[str, Find] = {"BM25 (jieba) alone": words, "USE alone": fast}
    return found if knowledge.signals.better is None else {**found, "e5 alone": better}


def _sources(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.source for hit in hits]


async def _stages(knowledge: Knowledge, texts: Texts) -> dict[str, list[float]]:
    """Time what a question consists of: embedding it, and the searches as they are made for it, vectors at hand.

    A full stop is added, since vectors of questions asked before are kept.
    """
    snapshot = await knowledge.answerer.snapshot(COMMUNITY)
    store, fast, better = knowledge.store, knowledge.signals.fast, knowledge.signals.better
    times: dict[str, list[float]] = {"USE of the question": [], "searches without the models": []}
    if better is not None:
        times["e5 of the question"] = []
    for question, _ in texts.asked:
        text = f"{simplified(question)} ."
        began = time.perf_counter()
        vectors = {fast.name: await fast.query(text)}
        times["USE of the question"].append(time.perf_counter() - began)
        if better is not None:
            began = time.perf_counter()
            vectors[better.name] = await better.query(text)
            times["e5 of the question"].append(time.perf_counter() - began)
        began = time.perf_counter()
        sparse = question_vector(question, snapshot.frequency, snapshot.total)
        for language in snapshot.languages:
            for name, vector in vectors.items():
                await store.dense(COMMUNITY, name, vector, EVERYBODY, 40, language)
            await store.sparse(COMMUNITY, sparse, EVERYBODY, 40, language)
        times["searches without the models"].append(time.perf_counter() - began)
    return {name: [_ms(found, 0.5), _ms(found, 0.95)] for name, found in times.items()}


@asynccontextmanager
async def _langchain(knowledge: Knowledge, texts: Texts) -> AsyncIterator[Find]:
    """LangChain's plain retriever over the same passages and the same vectors, of questions too."""
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.vectorstores import InMemoryVectorStore

    vectors: dict[str, list[float]] = {}
    passages = texts.passages
    for start in range(0, len(passages), 256):
        part = [text for _, text in passages[start : start + 256]]
        found = await knowledge.signals.fast.passages([simplified(text) for text in part])
        vectors |= {text: [float(x) for x in vector] for text, vector in zip(part, found, strict=True)}
    for question, _ in texts.asked:
        vectors[question] = [float(x) for x in await knowledge.signals.fast.query(simplified(question))]

    class Same(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [vectors[text] for text in texts]

        def embed_query(self, text: str) -> list[float]:
            return vectors[text]

    store = InMemoryVectorStore(Same())
    store.add_documents([Document(text, metadata={"source": source}) for source, text in passages])
    retriever = store.as_retriever(search_kwargs={"k": DEPTH})

    async def find(question: str) -> Sequence[str]:
        return [hit.metadata["source"] for hit in retriever.invoke(question)]

    yield find


def _ms(seconds: Sequence[float], share: float) -> float:
    found = statistics.quantiles(seconds, n=100, method="inclusive")[round(share * 100) - 1]
    return round(found * 1000, 1)


def _notes(raw: dict[str, Any]) -> str:
    lines = [
        "200 questions (120 of CMRC's trial part, 80 of SQuAD's development part: the ranking was not trained",
        "on them), each with one passage that answers. Up to 10,000 passages are encyclopaedia text, zh and en;",
        "the rest is documentation of programs. Yinlu's time is search, ranking, choice of quotes and gate; the",
        "other rows' time is embedding and one search (LangChain's without embedding).",
        "",
    ]
    for size, found in raw.items():
        index = ", ".join(f"{name} {value}" for name, value in found["index"].items())
        stages = ", ".join(f"{name} p50 {v[0]}, p95 {v[1]} ms" for name, v in found["stages"].items())
        kind = "both embeddings" if found["embedding"] == "full" else "the fast embedding alone"
        lines.append(f"- {int(size):,}, {kind}, machine's load {found['load']}: {index}; {stages}.")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reading", type=Path)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    given = parser.parse_args()
    asyncio.run(main(given.reading, given.sizes))
