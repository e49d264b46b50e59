"""Questions asked of indexes made for training, and what every signal said: the examples that weights are fitted to."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bot_core.ports.knowledge import IngestProgress
from bot_knowledge.answering.guide import Judged
from bot_knowledge.answering.quotes import Quote
from bot_knowledge.evaluate import Item, has_span, is_file, read_questions
from bot_knowledge.options import KnowledgeOptions
from bot_knowledge.room import Knowledge, open_knowledge

Json = dict[str, Any]
CANDIDATES = 40  # kept per question
COMMUNITY = "training"
PARTS = (1, 3, 8)  # documents of a small community
APART = 3  # documents up to which what another document says is surely not said
AWAY = 0.3  # share of answerable questions that are asked where their document is not, too


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for training. ``gold`` are sources; none: unanswerable. ``near``: its topic is treated."""

    question: str
    gold: tuple[str, ...]
    near: bool
    group: str


async def from_corpus(
    folder: Path, questions: Path, data: Path, name: str, embedding: Literal["full", "fast"] = "full"
) -> list[Json]:
    """Return examples from a folder of documents and its questions."""
    options = KnowledgeOptions(embedding=embedding)
    async with open_knowledge(data / f"{name}-{embedding}", options) as knowledge:
        async for step in knowledge.library.ingest(COMMUNITY, [folder]):
            if not isinstance(step, IngestProgress):
                print(name, step.added, "documents")  # noqa: T201 - a tool for the terminal
        return [await _of_item(knowledge, item, name) for item in read_questions(questions)]


async def from_parts(
    folder: Path,
    questions: Path,
    data: Path,
    name: str,
    embedding: Literal["full", "fast"] = "full",
    seed: int = 5,
) -> list[Json]:
    """Return examples from a corpus cut into small communities of 1, 3 and 8 documents.

    An answerable question is asked where its document is, and where it is not; a near-miss where what is nearest is.
    """
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    files = await asyncio.to_thread(_files, folder)
    items, options = read_questions(questions), KnowledgeOptions(embedding=embedding)
    examples: list[Json] = []
    async with open_knowledge(data / f"{name}-{embedding}", options) as whole:
        nearest = {item.question: await _nearest(whole, item.question) for item in items}
    for size in PARTS:
        chance.shuffle(files)
        parts = [files[start : start + size] for start in range(0, len(files), size)]
        async with open_knowledge(data / f"{name}-{embedding}-{size}", options) as knowledge:
            for number, part in enumerate(parts):
                async for _ in knowledge.library.ingest(f"part{number}", part):
                    pass
            for item in items:
                examples += await _in_parts(knowledge, item, name, parts, nearest[item.question], chance)
    return examples


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in (".md", ".txt", ".html"))


async def _nearest(knowledge: Knowledge, question: str) -> str:
    judged = await knowledge.answerer.judged(COMMUNITY, question)
    assert judged is not None
    return judged.ranked[0].passage.source


async def _in_parts(
    knowledge: Knowledge,
    item: Item,
    name: str,
    parts: Sequence[Sequence[Path]],
    nearest: str,
    chance: random.Random,
) -> list[Json]:
    """Ask a question in the small community where its document is (or what is nearest), and in another."""
    wanted = item.files if item.answerable else (nearest,)
    homes = [n for n, part in enumerate(parts) if any(is_file(str(path), wanted) for path in part)]
    others = [n for n in range(len(parts)) if n not in homes]
    found = []
    if homes and item.kind != "offtopic":
        found.append(await _of_item(knowledge, item, f"{name}-small", f"part{homes[0]}"))
    elif others:
        found.append(await _of_item(knowledge, item, f"{name}-small", f"part{chance.choice(others)}"))
    if item.answerable and others and len(parts[0]) <= APART and chance.random() < AWAY:
        away = replace(item, answerable=False, kind="offtopic")
        found.append(await _of_item(knowledge, away, f"{name}-away", f"part{chance.choice(others)}"))
    return found


async def from_reading(path: Path, data: Path, seed: int = 1) -> list[Json]:
    """Return examples from reading-comprehension sets, indexed as two mixed communities of both languages."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        sets = json.load(file)
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    examples: list[Json] = []
    mixes = (
        ("mix1", {"cmrc": 350, "xq_zh2en": 250, "xq_en": 150, "sq2_en": 600}, ("drcd", "vsq_en")),
        ("mix2", {"drcd": 350, "xq_en2zh": 250, "xq_zh": 150}, ("cmrc", "sq2_en")),
    )
    for name, parts, foreign in mixes:
        texts, asked = _mix(sets, parts, foreign, chance)
        async with open_knowledge(data / name, KnowledgeOptions()) as knowledge:
            known = {document.source for document in await knowledge.library.documents(COMMUNITY)}
            await knowledge.library.add_texts(COMMUNITY, [pair for pair in texts if pair[0] not in known])
            for item in asked:
                examples.append(await _of_asked(knowledge, item))
    return examples


def _mix(
    sets: Json, parts: dict[str, int], foreign: Sequence[str], chance: random.Random
) -> tuple[list[tuple[str, str]], list[Asked]]:
    texts: dict[str, str] = {}
    asked: list[Asked] = []
    for name, most in parts.items():
        base = name.replace("_zh2en", "_en").replace("_en2zh", "_zh")
        groups = chance.sample(sets[name]["G"], min(most, len(sets[name]["G"])))
        for group in groups:
            near = (
                group["pos"] is None
            )  # then ``near`` is the passage that does not answer, although it is close
            place = group["near"] if near else group["pos"]
            source = f"{base}/{place}"
            texts[source] = sets[name]["W"][place]
            for negative in group["neg"][:1]:
                texts.setdefault(f"{base}/{negative}", sets[name]["W"][negative])
            asked.append(
                Asked(group["q"], () if near else (source,), True, f"{name}:{'near' if near else 'known'}")
            )
    for name in foreign:
        groups = chance.sample(sets[name]["G"], 80)
        asked += [Asked(group["q"], (), False, f"{name}:off") for group in groups]
    return list(texts.items()), asked


async def _of_asked(knowledge: Knowledge, asked: Asked) -> Json:
    judged = await knowledge.answerer.judged(COMMUNITY, asked.question)
    assert judged is not None
    labels = [c.passage.source in asked.gold for c in judged.ranked]
    gold = asked.gold
    return _example(
        judged, labels, asked.group, bool(gold), asked.near, lambda quote: quote.passage.source in gold
    )


async def _of_item(knowledge: Knowledge, item: Item, name: str, community: str = COMMUNITY) -> Json:
    judged = await knowledge.answerer.judged(community, item.question)
    assert judged is not None
    labels = [
        item.answerable and is_file(c.passage.source, item.files) and has_span(c.passage.text, item.spans)
        for c in judged.ranked
    ]
    near = item.answerable or item.kind != "offtopic"

    def holds(quote: Quote) -> bool:
        return is_file(quote.passage.source, item.files) and has_span(quote.text, item.spans)

    return _example(judged, labels, f"{name}:{item.kind}", item.answerable, near, holds)


def _example(
    judged: Judged,
    labels: Sequence[bool],
    group: str,
    answerable: bool,
    near: bool,
    holds: Callable[[Quote], bool],
) -> Json:
    quote_holds = [holds(quote) for quote in judged.quotes]
    kept = [
        {"label": label, "language": c.passage.language, **c.signals}
        for c, label in list(zip(judged.ranked, labels, strict=True))[:CANDIDATES]
    ]
    return {
        "question": judged.search.asked.text,
        "group": group,
        "answerable": answerable,
        "near": near,
        "found": any(labels[:CANDIDATES]),
        "candidates": kept,
        "gate": dict(judged.features),
        "sentences": [
            {"label": right, **quote.clues} for right, quote in zip(quote_holds, judged.quotes, strict=True)
        ],
    }
