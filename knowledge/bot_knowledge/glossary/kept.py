"""A community's glossary, in the manifest's file: groups that its people gave, and those its documents name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot_core.errors import BadInput, NotFound
from bot_core.identity import Words
from bot_core.ports.knowledge import Synonyms
from bot_knowledge.glossary.aliases import LONGEST, MOST, usable
from bot_knowledge.manifest import Manifest
from bot_knowledge.text.language import folded

GIVEN = ""  # in the place of a document's id: said by a person
BAD_TERMS = Words(
    f"请给出 2 到 {MOST} 个意思相同的词，每个 2 到 {LONGEST} 个字符。",
    f"Give 2 to {MOST} terms that mean the same, each of 2 to {LONGEST} characters.",
)


@dataclass(frozen=True, slots=True)
class KeptGlossary:
    """The Glossary port."""

    manifest: Manifest

    async def groups(self, community: str) -> list[Synonyms]:
        """Return all groups: what people said first, then what documents say, with the audience of these."""
        rows = await self.manifest.query(
            "SELECT a.terms, a.document, d.source, d.audience FROM aliases a LEFT JOIN documents d"
            " ON d.community = a.community AND d.id = a.document"
            " WHERE a.community = ? AND (a.document = '' OR d.ready = 1) ORDER BY a.document != '', d.source, a.rowid",
            [community],
        )
        return [
            Synonyms(tuple(json.loads(terms)), str(source or ""), tuple(json.loads(audience or "[]")))
            for terms, _, source, audience in rows
        ]

    async def add(self, community: str, terms: Sequence[str]) -> Synonyms:
        """Keep a group; groups given before that share a term with it become one with it. Raises BadInput."""
        wanted = {folded(term): term for term in (" ".join(term.split()) for term in terms)}
        merged = [group for group in await self._given(community) if wanted.keys() & set(map(folded, group))]
        for group in merged:
            wanted = {folded(term): term for term in group} | wanted
        if not 2 <= len(wanted) <= MOST or not all(map(usable, wanted.values())):
            raise BadInput("terms of a glossary", BAD_TERMS)
        await self._replace(community, merged, tuple(wanted.values()))
        return Synonyms(tuple(wanted.values()))

    async def remove(self, community: str, term: str) -> int:
        """Take a term out of the groups that were given; one that is left alone goes. Raises NotFound."""
        found = 0
        for group in await self._given(community):
            rest = tuple(other for other in group if folded(other) != folded(term))
            if len(rest) < len(group):
                await self._replace(community, [group], rest if len(rest) > 1 else ())
                found += 1
        if not found:
            words = Words(f"词汇表里没有人加过“{term}”。", f"Nobody added {term} to the glossary.")
            raise NotFound(term, words)
        return found

    async def _given(self, community: str) -> list[tuple[str, ...]]:
        sql = "SELECT terms FROM aliases WHERE community = ? AND document = ''"
        return [tuple(json.loads(row[0])) for row in await self.manifest.query(sql, [community])]

    async def _replace(self, community: str, old: Sequence[tuple[str, ...]], new: tuple[str, ...]) -> None:
        gone = [(community, _row(group)) for group in old]
        rows = [(community, GIVEN, _row(new))] if new else []
        await self.manifest.change(
            community,
            [
                ("DELETE FROM aliases WHERE community = ? AND document = '' AND terms = ?", gone),
                ("INSERT INTO aliases (community, document, terms) VALUES (?, ?, ?)", rows),
            ],
        )


def _row(terms: Sequence[str]) -> str:
    return json.dumps(list(terms), ensure_ascii=False)
