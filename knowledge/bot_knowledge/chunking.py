"""Documents to passages: small, cut at sentences, with lists, steps and tables kept together where they fit."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot_core.identity import short_id
from bot_core.ports.knowledge import Passage
from bot_knowledge.loaders.model import Block, Document, Kind
from bot_knowledge.text.language import language_of, simplified
from bot_knowledge.text.sentences import sentences

_LEAD_IN = re.compile(r"[:：][*_\s]*$")
_SLUG = re.compile(r"[^\w一-鿿-]+")


@dataclass(frozen=True, slots=True)
class Sizes:
    """Characters: ``small`` pieces under one heading are joined, ``large`` ones cut."""

    small: int
    large: int


SIZES = {"zh": Sizes(60, 350), "ja": Sizes(60, 350), "en": Sizes(160, 700)}


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: Kind
    text: str
    heading: tuple[str, ...]
    closed: bool = False  # nothing may be joined to it
    anchor: str = ""


def passages(
    document: Document, community: str, source: str, version: str, audience: tuple[str, ...] = ()
) -> list[Passage]:
    """Cut a document. The same document gives the same ids, whenever and wherever it is cut."""
    document_id = short_id(community, source)
    whole = language_of("\n".join(block.text for block in document.blocks)[:20_000])
    pieces = list(_joined(list(_cut(document, whole)), SIZES.get(whole, SIZES["en"])))
    return [
        Passage(
            id=passage_id(document_id, position, piece.text),
            document=document_id,
            source=source,
            title=document.title,
            heading=piece.heading,
            position=position,
            text=piece.text,
            language=_language(piece.text, whole),
            version=version,
            date=document.date,
            anchor=piece.anchor or _slug(piece.heading),
            url=document.url,
            audience=audience,
        )
        for position, piece in enumerate(pieces)
    ]


def passage_id(document: str, position: int, text: str) -> str:
    """Return a passage's id, a UUID that depends on its place and text alone."""
    digest = hashlib.blake2b(f"{document}\x1f{position}\x1f{text}".encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest))


def searchable(passage: Passage) -> str:
    """Return what is embedded: the path of headings before the text, traditional characters made simplified.

    The text stands at its end, character for character.
    """
    names = [passage.title, *passage.heading]
    path = " > ".join(name for index, name in enumerate(names) if name and name not in names[:index])
    return simplified(f"{path}\n{passage.text}")


def _slug(heading: tuple[str, ...]) -> str:
    return _SLUG.sub("-", heading[-1].lower()).strip("-") if heading else ""


def _language(text: str, whole: str) -> str:
    return whole if len(text) < 40 else language_of(text)


def _cut(document: Document, language: str) -> Iterator[_Piece]:
    sizes = SIZES.get(language, SIZES["en"])
    blocks = _with_lead_ins(list(document.blocks), sizes)
    for block in blocks:
        if len(block.text) <= sizes.large:
            yield _Piece(block.kind, block.text, block.heading, block.kind is Kind.TABLE, block.anchor)
        elif block.kind is Kind.TEXT:
            yield from _sentences(block, sizes)
        else:
            yield from _lines(block, sizes)


def _with_lead_ins(blocks: list[Block], sizes: Sizes) -> list[Block]:
    """Join a sentence that ends in a colon with the list or table that it introduces."""
    out: list[Block] = []
    for block in blocks:
        last = out[-1] if out else None
        joins = (
            last is not None
            and block.kind is not Kind.TEXT
            and last.kind is Kind.TEXT
            and last.heading == block.heading
            and (_LEAD_IN.search(last.text) or len(last.text) < sizes.small)
            and len(last.text) < sizes.large // 2
        )
        if joins and last is not None:
            out[-1] = replace(block, text=f"{last.text}\n{block.text}", header=False)
        else:
            out.append(block)
    return out


def _sentences(block: Block, sizes: Sizes) -> Iterator[_Piece]:
    """Cut a long paragraph at sentences, into parts of about the same size."""
    spans = sentences(block.text)
    parts = -(-len(block.text) // sizes.large)
    target = len(block.text) / parts
    start, end = spans[0]
    for left, right in spans[1:]:
        if right - start > sizes.large or end - start >= target:
            yield from _hard(block, start, end, sizes)
            start = left
        end = right
    yield from _hard(block, start, end, sizes)


def _hard(block: Block, start: int, end: int, sizes: Sizes) -> Iterator[_Piece]:
    """Cut what has no sentences: at most twice the large size in one piece."""
    while end - start > 2 * sizes.large:
        cut = block.text.rfind(" ", start + sizes.large, start + 2 * sizes.large)
        cut = cut if cut > start else start + sizes.large
        yield _Piece(block.kind, block.text[start:cut].strip(), block.heading, True, block.anchor)
        start = cut
    text = block.text[start:end].strip()
    if text:
        yield _Piece(block.kind, text, block.heading, anchor=block.anchor)


def _lines(block: Block, sizes: Sizes) -> Iterator[_Piece]:
    """Cut a long list, table or code at lines; a table's header stands over each part."""
    lines = block.text.split("\n")
    header = lines.pop(0) if block.header and len(lines) > 1 else ""
    held: list[str] = []
    for line in lines:
        if held and len("\n".join([header, *held, line])) > sizes.large:
            yield from _filled(block, header, held, sizes)
            held = []
        held.append(line)
    yield from _filled(block, header, held, sizes)


def _filled(block: Block, header: str, lines: list[str], sizes: Sizes) -> Iterator[_Piece]:
    text = "\n".join([header, *lines] if header else lines)
    if len(lines) == 1 and len(text) > 2 * sizes.large:
        yield from _sentences(replace(block, text=text), sizes)
    else:
        yield _Piece(block.kind, text, block.heading, True, block.anchor)


def _joined(pieces: list[_Piece], sizes: Sizes) -> Iterator[_Piece]:
    """Join small neighbours under the same heading until they are large enough to stand alone."""
    held: _Piece | None = None
    for piece in pieces:
        if held is not None and _fits(held, piece, sizes):
            held = replace(held, text=f"{held.text}\n{piece.text}", closed=held.closed or piece.closed)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


def _fits(held: _Piece, piece: _Piece, sizes: Sizes) -> bool:
    if held.heading != piece.heading or held.closed or piece.closed:
        return False
    together = len(held.text) + len(piece.text)
    return together <= sizes.large and (
        min(len(held.text), len(piece.text)) < sizes.small or together < sizes.large // 2
    )
