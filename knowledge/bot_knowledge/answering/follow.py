"""Questions to press next: headings that are questions, near what was just answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot_core.answers import Citation
from bot_core.identity import Locale
from bot_core.ports.knowledge import KnowledgeStore, Passage
from bot_knowledge.ranking.candidates import Candidate, Search
from bot_knowledge.ranking.query import points_back
from bot_knowledge.ranking.snapshot import Snapshot
from bot_knowledge.text.language import squeezed

MOST = 3
DOCUMENTS = 40  # that examples are looked for in
_NUMBERING = re.compile(r"^\s*(?:[\d.]+[.)、]?|[一二三四五六七八九十]+[、.])\s*")
_ASKS = re.compile(r"[?？]$")
_ASKS_ZH = re.compile(
    r"^(?:怎么|怎样|如何|为什么|什么是|哪里|谁|多久)|(?:吗|怎么办|怎么做|是什么|有哪些|多少|多久|在哪儿?|在哪里)$"
)
_HOW_TO = re.compile(r"^how to (.+)$", re.IGNORECASE)


def follow_ups(search: Search, ranked: Sequence[Candidate], citations: Sequence[Citation]) -> list[str]:
    """Return up to three questions about what lies near, in the asker's language."""
    cited = {(citation.source, citation.heading) for citation in citations}
    documents = [citation.source for citation in citations]
    near = sorted(ranked[:15], key=lambda candidate: candidate.passage.source not in documents)
    found: list[str] = []
    for candidate in near:
        passage = candidate.passage
        if (passage.source, passage.heading) in cited or passage.language != search.asked.language:
            continue
        for question in _questions(passage):
            known = squeezed(question) == squeezed(search.asked.text) or question in found
            if not known and not points_back(
                question
            ):  # a heading like "Whose is it?" asks nothing by itself
                found.append(question)
    return found[:MOST]


async def examples_from(
    store: KnowledgeStore, community: str, snapshot: Snapshot, locale: Locale
) -> list[str]:
    """Return up to four headings that are questions, from different documents, in a language if there are any."""
    public = [entry for entry in snapshot.entries.values() if not entry.audience]
    ids = [passage for entry in public[:DOCUMENTS] for passage in entry.passages]
    found: dict[str, str] = {}
    for passage in await store.passages(community, ids[:400]):
        if passage.language == locale.value:
            for question in _questions(passage):
                found.setdefault(passage.document, question)
    return list(dict.fromkeys(found.values()))[:4]


def _questions(passage: Passage) -> Iterator[str]:
    for name in passage.heading[-1:]:
        clean = _NUMBERING.sub("", name).strip()
        how = _HOW_TO.match(clean)
        if not 4 <= len(clean) <= 80:
            continue
        if _ASKS.search(clean):
            yield clean
        elif _ASKS_ZH.search(clean):
            yield f"{clean}？"
        elif how:
            yield f"How do I {how.group(1)}?"
