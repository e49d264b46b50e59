"""What a loader makes of a file: a document of blocks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot_core.errors import BadInput
from bot_core.identity import Words


class Kind(StrEnum):
    """What a block is; lists and tables are kept whole where they fit."""

    TEXT = "text"
    LIST = "list"  # one item a line
    TABLE = "table"  # the first line is the header where ``Block.header`` says so
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document below a path of headings (the title not among them)."""

    kind: Kind
    text: str
    heading: tuple[str, ...] = ()
    header: bool = False  # a table whose first line names its columns
    anchor: str = ""  # where it stands, as ``page=12``; empty: at its heading


@dataclass(frozen=True, slots=True)
class Document:
    """A document as read. ``date`` is ISO, empty where none was found."""

    title: str
    blocks: tuple[Block, ...]
    date: str = ""
    url: str = ""
    author: str = ""


class Unreadable(BadInput):
    """A file that can't be read as a document; ``str(error)`` is the reason shown in the result of ingestion."""

    def __init__(self, reason: str, words: Words | None = None) -> None:
        super().__init__(reason, words)
