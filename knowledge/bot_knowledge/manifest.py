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
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bot_core.errors import StorageFull
from bot_core.ports.knowledge import DocumentInfo
from bot_knowledge.embedding.lane import Lane

T = TypeVar("T")
SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    community TEXT NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL, root TEXT NOT NULL, title TEXT NOT NULL,
    version TEXT NOT NULL, language TEXT NOT NULL, date TEXT NOT NULL, audience TEXT NOT NULL,
    passages TEXT NOT NULL, terms BLOB NOT NULL, ready INTEGER NOT NULL, better INTEGER NOT NULL,
    PRIMARY KEY (community, id));
CREATE TABLE IF NOT EXISTS tokens (
    community TEXT NOT NULL, document TEXT NOT NULL, passage TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (community, passage)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tokens_document ON tokens (community, document);
CREATE TABLE IF NOT EXISTS examples (community TEXT PRIMARY KEY, questions TEXT NOT NULL);
"""
COLUMNS = "id, source, root, title, version, language, date, audience, passages, terms, better"


@dataclass(frozen=True, slots=True)
class Entry:
    """A document in the index. ``root`` is the folder it was found in, '' if it was given by itself.

    ``terms``: little-endian uint32 ids, one for each term of each passage: their sum over documents is how many
    passages hold a term. ``better``: whether the better embedding is there.
    """

    id: str
    source: str
    root: str
    title: str
    version: str
    language: str
    date: str
    audience: tuple[str, ...]
    passages: tuple[str, ...]
    terms: bytes
    better: bool

    @property
    def info(self) -> DocumentInfo:
        """Return what is shown of it."""
        return DocumentInfo(
            id=self.id,
            source=self.source,
            title=self.title,
            version=self.version,
            language=self.language,
            passages=len(self.passages),
            date=self.date,
            audience=self.audience,
        )


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
        rows = await self._query(
            f"SELECT {COLUMNS} FROM documents WHERE community = ? AND ready = 1{chosen} ORDER BY source",  # noqa: S608 - our own names
            values,
        )
        return [_entry(row) for row in rows]

    async def begin(self, community: str, entry: Entry) -> None:
        """Mark a document as being written. What was there before no longer counts."""
        await self._put(community, entry, ready=False)

    async def finish(self, community: str, entry: Entry) -> None:
        """Mark a document as there."""
        await self._put(community, entry, ready=True)

    async def unfinished(self, community: str) -> list[str]:
        """Return the ids of documents that a crash left half-written."""
        rows = await self._query("SELECT id FROM documents WHERE community = ? AND ready = 0", [community])
        return [row[0] for row in rows]

    async def remove(self, community: str, ids: Sequence[str]) -> None:
        """Remove documents."""
        pairs = [(community, document) for document in ids]
        await self._change(
            community,
            [
                ("DELETE FROM tokens WHERE community = ? AND document = ?", pairs),
                ("DELETE FROM documents WHERE community = ? AND id = ?", pairs),
            ],
        )

    async def improve(self, community: str, document: str, tokens: Mapping[str, bytes]) -> None:
        """Keep a document's token vectors by passage id and mark its better embedding as there."""
        rows = [(community, document, passage, data) for passage, data in tokens.items()]
        await self._change(
            community,
            [
                ("DELETE FROM tokens WHERE community = ? AND document = ?", [(community, document)]),
                ("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?)", rows),
                ("UPDATE documents SET better = 1 WHERE community = ? AND id = ?", [(community, document)]),
            ],
        )

    async def tokens(self, community: str, passages: Sequence[str]) -> dict[str, bytes]:
        """Return the token vectors of these passages, as far as they are there."""
        marks = ",".join("?" * len(passages))
        rows = await self._query(
            f"SELECT passage, data FROM tokens WHERE community = ? AND passage IN ({marks})",  # noqa: S608 - only marks
            [community, *passages],
        )
        return {str(row[0]): bytes(row[1]) for row in rows}

    async def waiting(self) -> dict[str, list[str]]:
        """Return by community the documents whose better embedding is not there yet."""
        rows = await self._query(
            "SELECT community, id FROM documents WHERE better = 0 AND ready = 1 ORDER BY community, source",
            [],
        )
        found: dict[str, list[str]] = {}
        for community, document in rows:
            found.setdefault(community, []).append(document)
        return found

    async def communities(self) -> list[str]:
        """Return the communities that have documents."""
        rows = await self._query("SELECT DISTINCT community FROM documents WHERE ready = 1 ORDER BY 1", [])
        return [row[0] for row in rows]

    async def drop(self, community: str) -> None:
        """Remove everything of a community."""
        tables = ("tokens", "documents", "examples")
        steps = [(f"DELETE FROM {table} WHERE community = ?", [(community,)]) for table in tables]  # noqa: S608
        await self._change(community, steps)

    async def set_examples(self, community: str, examples: Mapping[str, Sequence[str]]) -> None:
        """Keep a community's example questions by locale."""
        text = json.dumps({locale: list(questions) for locale, questions in examples.items()})
        await self._change(
            community, [("INSERT OR REPLACE INTO examples VALUES (?, ?)", [(community, text)])]
        )

    async def examples(self, community: str) -> dict[str, list[str]]:
        """Return a community's example questions by locale."""
        rows = await self._query("SELECT questions FROM examples WHERE community = ?", [community])
        return dict(json.loads(rows[0][0])) if rows else {}

    async def _put(self, community: str, entry: Entry, ready: bool) -> None:
        row = (
            community,
            entry.id,
            entry.source,
            entry.root,
            entry.title,
            entry.version,
            entry.language,
            entry.date,
            json.dumps(entry.audience),
            "\n".join(entry.passages),
            entry.terms,
            ready,
            entry.better,
        )
        marks = ",".join("?" * len(row))
        sql = f"INSERT OR REPLACE INTO documents VALUES ({marks})"  # noqa: S608 - only marks
        await self._change(community, [(sql, [row])])

    async def _query(self, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        def query(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            with closing(connection.execute(sql, list(values))) as cursor:
                return cursor.fetchall()

        return await self._run(query)

    async def _change(
        self, community: str, steps: Sequence[tuple[str, Iterable[tuple[object, ...]]]]
    ) -> None:
        """Run statements in one transaction."""

        def change(connection: sqlite3.Connection) -> None:
            with connection:
                for sql, rows in steps:
                    connection.executemany(sql, rows)

        await self._run(change)
        self._revisions[community] += 1

    async def _run(self, call: Callable[[sqlite3.Connection], T]) -> T:
        assert self._connection is not None, "the manifest is not open"
        try:
            return await self._lane.run(partial(call, self._connection))
        except sqlite3.OperationalError as error:
            if "full" in str(error):
                raise StorageFull(str(self._path)) from error
            raise


def _entry(row: Sequence[object]) -> Entry:
    identity, source, root, title, version, language, date, audience, passages, terms, better = row
    return Entry(
        id=str(identity),
        source=str(source),
        root=str(root),
        title=str(title),
        version=str(version),
        language=str(language),
        date=str(date),
        audience=tuple(json.loads(str(audience))),
        passages=tuple(str(passages).split("\n")) if passages else (),
        terms=bytes(terms),  # type: ignore[call-overload]
        better=bool(better),
    )
