"""What is noted beside the documents: who may read what lies where, what failed, what a web page was like."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot_core.ports.knowledge import IngestFailure
from bot_knowledge.manifest import Manifest


def lies_below(source: str, path: str) -> bool:
    """Say whether a source is ``path`` or lies below it; ``.`` holds whatever is not absolute."""
    if path == ".":
        return not source.startswith("/") and "://" not in source
    return source == path or source.startswith(path.rstrip("/") + "/")


@dataclass(frozen=True, slots=True)
class Rules:
    """The roles that may read what lies below a path; the longest path counts."""

    roles: Mapping[str, tuple[str, ...]]

    def audience(self, source: str, root: str = "") -> tuple[str, ...]:
        """Return the roles that may read a document; empty: everyone."""
        fitting = [path for path in self.roles if lies_below(source, path) or (root and path == root)]
        return self.roles[max(fitting, key=len)] if fitting else ()


@dataclass(frozen=True, slots=True)
class PageNote:
    """How a page was when it was last fetched; ``digest`` is of its bytes, ``stamp`` what a list said of its age."""

    etag: str = ""
    modified: str = ""
    digest: str = ""
    stamp: str = ""

    @property
    def known(self) -> dict[str, str]:
        """Return what a fetch is told, to ask only for a change."""
        return {"etag": self.etag, "last-modified": self.modified}


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of every community, in the manifest's file."""

    manifest: Manifest

    async def rules(self, community: str) -> Rules:
        """Return who may read what."""
        rows = await self.manifest.query("SELECT path, roles FROM audiences WHERE community = ?", [community])
        return Rules({str(path): tuple(json.loads(roles)) for path, roles in rows})

    async def set_rule(self, community: str, path: str, roles: Sequence[str]) -> None:
        """Let only these roles read what lies below ``path``; what was set further down no longer counts."""
        old = [other for other in (await self.rules(community)).roles if lies_below(other, path)]
        gone = [(community, other) for other in old]
        new = [(community, path, json.dumps(sorted(roles)))]
        await self.manifest.change(
            community,
            [
                ("DELETE FROM audiences WHERE community = ? AND path = ?", gone),
                ("INSERT OR REPLACE INTO audiences VALUES (?, ?, ?)", new),
            ],
        )

    async def failed(self, community: str, failure: IngestFailure) -> bool:
        """Keep a failure; return whether it is news."""
        before = {known.source: known.reason for known in await self.failures(community)}
        row = (community, failure.source, failure.reason)
        await self.manifest.change(
            community, [("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", [row])], aside=True
        )
        return before.get(failure.source) != failure.reason

    async def mended(self, community: str, sources: Iterable[str]) -> None:
        """Forget failures of these sources."""
        rows = [(community, source) for source in sources]
        sql = "DELETE FROM failures WHERE community = ? AND source = ?"
        await self.manifest.change(community, [(sql, rows)], aside=True)

    async def failures(self, community: str) -> list[IngestFailure]:
        """Return what could not be read, by source."""
        sql = "SELECT source, reason FROM failures WHERE community = ? ORDER BY source"
        return [IngestFailure(str(s), str(r)) for s, r in await self.manifest.query(sql, [community])]

    async def page(self, community: str, url: str) -> PageNote:
        """Return how a page was; empty for one that was never fetched."""
        sql = "SELECT etag, modified, digest, stamp FROM pages WHERE community = ? AND url = ?"
        rows = await self.manifest.query(sql, [community, url])
        return PageNote(*map(str, rows[0])) if rows else PageNote()

    async def keep_page(self, community: str, url: str, note: PageNote) -> None:
        """Keep how a page is."""
        row = (community, url, note.etag, note.modified, note.digest, note.stamp)
        sql = "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?)"
        await self.manifest.change(community, [(sql, [row])], aside=True)

    async def drop_pages(self, community: str, urls: Iterable[str]) -> None:
        """Forget how these pages were."""
        rows = [(community, url) for url in urls]
        sql = "DELETE FROM pages WHERE community = ? AND url = ?"
        await self.manifest.change(community, [(sql, rows)], aside=True)
