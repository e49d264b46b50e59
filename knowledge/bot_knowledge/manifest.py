"""The list of ingested documents, in SQLite: what is in the index, and how far.

A document is first marked as being written, then its passages go to the store, then it is marked as there. What a crash
left half-written is known by its mark and removed or written again by the next ingestion.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bot_core.errors import StorageFull
from bot_knowledge.embedding.lane import Lane
from bot_knowledge.manifest_rows import COLUMNS, SCHEMA, Entry, entry_of, row_of

__all__ = ["Entry", "Manifest"]

T = TypeVar("T")
MARKS = 1_000  # ids in one statement
_PUT = "INSERT OR REPLACE INTO documents VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"


class Manifest:
    """One SQLite file and one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lane = Lane("manifest")
        self._connection: sqlite3.Connection | None = None
        self._revisions: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()

    def revision(self, community: str) -> int:
        """Return a number that grows with every change of a community's documents, while this process lives."""
        return self._revisions[community]

    def busy(self, community: str) -> bool:
        """Say whether documents are coming in right now."""
        return self._busy[community] > 0

    @contextmanager
    def coming_in(self, community: str) -> Iterator[None]:
        """Mark that documents are coming in."""
        self._busy[community] += 1
        try:
            yield
        finally:
            self._busy[community] -= 1

    async def open(self) -> None:
        """Open the file and make its tables."""

        def make() -> None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(SCHEMA)

        await self._lane.run(make)

    async def close(self) -> None:
        """Close the file and end the thread."""

        def close() -> None:
            if self._connection is not None:
                self._connection.close()

        await self._lane.run(close)
        self._lane.close()

    async def entries(self, community: str, source: str | None = None) -> list[Entry]:
        """Return the documents that are there, by source; of one source if given."""
        chosen = "" if source is None else " AND source = ?"
        values = [community] if source is None else [community, source]
        rows = await self.query(
            f"SELECT {COLUMNS} FROM documents WHERE community = ? AND ready = 1{chosen} ORDER BY source",  # noqa: S608 - our own names
            values,
        )
        return [entry_of(row) for row in rows]

    async def begin(self, community: str, entry: Entry) -> None:
        """Mark a document as being written. What was there before no longer counts."""
        await self.change(community, [(_PUT, [row_of(community, entry, ready=False)])])

    async def finish(
        self,
        community: str,
        entry: Entry,
        tokens: Mapping[str, bytes],
        aliases: Sequence[tuple[str, ...]] = (),
    ) -> None:
        """Mark a document as there, with the token vectors it has already, by passage id; older ones are gone.

        ``aliases``: groups of terms that mean the same in it.
        """
        own = [(community, entry.id)]
        await self.change(
            community,
            [
                ("DELETE FROM tokens WHERE community = ? AND document = ?", own),
                (
                    "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?)",
                    [(community, entry.id, passage, data) for passage, data in tokens.items()],
                ),
                ("DELETE FROM aliases WHERE community = ? AND document = ?", own),
                (
                    "INSERT INTO aliases (community, document, terms) VALUES (?, ?, ?)",
                    [(community, entry.id, json.dumps(group, ensure_ascii=False)) for group in aliases],
                ),
                (_PUT, [row_of(community, entry, ready=True)]),
            ],
        )

    async def unfinished(self, community: str) -> list[str]:
        """Return the ids of documents that a crash left half-written."""
        rows = await self.query("SELECT id FROM documents WHERE community = ? AND ready = 0", [community])
        return [row[0] for row in rows]

    async def remove(self, community: str, ids: Sequence[str]) -> None:
        """Remove documents."""
        pairs = [(community, document) for document in ids]
        await self.change(
            community,
            [
                ("DELETE FROM tokens WHERE community = ? AND document = ?", pairs),
                ("DELETE FROM aliases WHERE community = ? AND document = ?", pairs),
                ("DELETE FROM documents WHERE community = ? AND id = ?", pairs),
            ],
        )

    async def keep_tokens(self, community: str, tokens: Mapping[tuple[str, str], bytes]) -> None:
        """Keep token vectors by document and passage id."""
        rows = [(community, document, passage, data) for (document, passage), data in tokens.items()]
        await self.change(
            community, [("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?)", rows)], aside=True
        )

    async def improved(self, community: str, documents: Sequence[str]) -> None:
        """Mark the better embedding of these documents as there; it counts when no other one waits."""
        pairs = [(community, document) for document in documents]
        sql = "UPDATE documents SET better = 1 WHERE community = ? AND id = ?"
        others = set((await self.waiting()).get(community, [])) - set(documents)
        await self.change(community, [(sql, pairs)], aside=bool(others))

    async def lacking(self, community: str, documents: Sequence[str]) -> None:
        """Mark the better embedding of these documents as not there, and of all others as there."""
        pairs = [(community, document) for document in documents]
        await self.change(
            community,
            [
                ("UPDATE documents SET better = 1 WHERE community = ?", [(community,)]),
                ("UPDATE documents SET better = 0 WHERE community = ? AND id = ?", pairs),
                ("DELETE FROM tokens WHERE community = ? AND document = ?", pairs),
            ],
        )

    async def set_audience(
        self, community: str, audiences: Mapping[str, tuple[tuple[str, ...], str]]
    ) -> None:
        """Set the audience and version of documents, by id."""
        rows = [(json.dumps(roles), version, community, key) for key, (roles, version) in audiences.items()]
        sql = "UPDATE documents SET audience = ?, version = ? WHERE community = ? AND id = ?"
        await self.change(community, [(sql, rows)])

    async def tokens(self, community: str, passages: Sequence[str]) -> dict[str, bytes]:
        """Return the token vectors of these passages, as far as they are there."""
        found: dict[str, bytes] = {}
        for start in range(0, len(passages), MARKS):
            part = passages[start : start + MARKS]
            marks = ",".join("?" * len(part))
            rows = await self.query(
                f"SELECT passage, data FROM tokens WHERE community = ? AND passage IN ({marks})",  # noqa: S608 - only marks
                [community, *part],
            )
            found.update((str(row[0]), bytes(row[1])) for row in rows)
        return found

    async def waiting(self) -> dict[str, list[str]]:
        """Return by community the documents whose better embedding is not there yet."""
        rows = await self.query(
            "SELECT community, id FROM documents WHERE better = 0 AND ready = 1 ORDER BY community, source",
            [],
        )
        found: dict[str, list[str]] = {}
        for community, document in rows:
            found.setdefault(community, []).append(document)
        return found

    async def communities(self) -> list[str]:
        """Return the communities that have documents."""
        rows = await self.query("SELECT DISTINCT community FROM documents WHERE ready = 1 ORDER BY 1", [])
        return [row[0] for row in rows]

    async def drop(self, community: str) -> None:
        """Remove everything of a community."""
        tables = ("tokens", "documents", "examples", "audiences", "failures", "pages", "aliases")
        steps = [(f"DELETE FROM {table} WHERE community = ?", [(community,)]) for table in tables]  # noqa: S608
        await self.change(community, steps)

    async def set_examples(self, community: str, examples: Mapping[str, Sequence[str]]) -> None:
        """Keep a community's example questions by locale."""
        text = json.dumps({locale: list(questions) for locale, questions in examples.items()})
        await self.change(community, [("INSERT OR REPLACE INTO examples VALUES (?, ?)", [(community, text)])])

    async def examples(self, community: str) -> dict[str, list[str]]:
        """Return a community's example questions by locale."""
        rows = await self.query("SELECT questions FROM examples WHERE community = ?", [community])
        return dict(json.loads(rows[0][0])) if rows else {}

    async def query(self, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT."""

        def query(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            with closing(connection.execute(sql, list(values))) as cursor:
                return cursor.fetchall()

        return await self._run(query)

    async def change(
        self,
        community: str,
        steps: Sequence[tuple[str, Iterable[tuple[object, ...]]]],
        aside: bool = False,
    ) -> None:
        """Run statements in one transaction; ``aside``: what answers are made of stays the same."""

        def change(connection: sqlite3.Connection) -> None:
            with connection:
                for sql, rows in steps:
                    connection.executemany(sql, rows)

        await self._run(change)
        self._revisions[community] += not aside

    async def _run(self, call: Callable[[sqlite3.Connection], T]) -> T:
        assert self._connection is not None, "the manifest is not open"
        try:
            return await self._lane.run(partial(call, self._connection))
        except sqlite3.OperationalError as error:
            if "full" in str(error):
                raise StorageFull(str(self._path)) from error
            raise
