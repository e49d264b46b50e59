"""The manifest's tables, and a document as a row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot_core.ports.knowledge import DocumentInfo

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
CREATE TABLE IF NOT EXISTS audiences (
    community TEXT NOT NULL, path TEXT NOT NULL, roles TEXT NOT NULL, PRIMARY KEY (community, path));
CREATE TABLE IF NOT EXISTS failures (
    community TEXT NOT NULL, source TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (community, source));
CREATE TABLE IF NOT EXISTS pages (
    community TEXT NOT NULL, url TEXT NOT NULL, etag TEXT NOT NULL, modified TEXT NOT NULL, digest TEXT NOT NULL,
    stamp TEXT NOT NULL,
    PRIMARY KEY (community, url));
CREATE TABLE IF NOT EXISTS aliases (community TEXT NOT NULL, document TEXT NOT NULL, terms TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS aliases_document ON aliases (community, document);
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
            state="ready" if self.better else "waiting",
            url=self.source if "://" in self.source else "",
        )


def entry_of(row: Sequence[object]) -> Entry:
    """Return the entry that a row of ``COLUMNS`` holds."""
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


def row_of(community: str, entry: Entry, ready: bool) -> tuple[object, ...]:
    """Return an entry as a row of the table."""
    return (
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
