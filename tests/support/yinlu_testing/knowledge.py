"""Helpers for tests of the knowledge room."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot_core.answers import Answer, Question, Turn
from bot_core.identity import Locale
from bot_core.ports.knowledge import Indexed, IngestResult, Passage, SparseVector
from bot_knowledge import Knowledge


def indexed(
    number: int,
    *,
    document: str = "d",
    language: str = "en",
    audience: tuple[str, ...] = (),
    vector: Sequence[float] = (1.0, 0.0, 0.0),
    terms: Mapping[int, float] | None = None,
    text: str = "",
) -> Indexed:
    """Return a passage with a vector ``a`` of three numbers and term weights."""
    passage = Passage(
        id=str(uuid.UUID(int=number)),
        document=document,
        source=f"docs/{document}.md",
        title="Title",
        heading=("One", "Two"),
        position=number,
        text=text or f"text {number}",
        language=language,
        version="v1",
        date="2026-01-02",
        anchor="two",
        audience=audience,
    )
    weights = terms or {1: 1.0}
    order = sorted(weights)
    return Indexed(passage, {"a": list(vector)}, SparseVector(tuple(order), tuple(weights[i] for i in order)))


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder and return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


async def ingest(
    knowledge: Knowledge, community: str, *paths: Path, base: Path | None = None, **more
) -> IngestResult:
    """Ingest and return the result."""
    *_, result = [step async for step in knowledge.library.ingest(community, paths, base=base, **more)]
    assert isinstance(result, IngestResult)
    return result


async def ask(
    knowledge: Knowledge,
    community: str,
    text: str,
    *,
    audience: Sequence[str] = (),
    history: Sequence[Turn] = (),
    locale: Locale = Locale.EN,
) -> Answer:
    """Ask and return the answer."""
    question = Question(
        "0" * 24, community, text, locale, audience=frozenset(audience), history=tuple(history)
    )
    return await knowledge.answerer.answer(question)
