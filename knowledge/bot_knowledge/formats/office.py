"""Office: Word, PowerPoint, Excel; and CSV."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

from bot_knowledge.formats.bounds import DecoderOptions
from bot_knowledge.loaders.decode import decode
from bot_knowledge.loaders.model import Document, Kind, Unreadable
from bot_knowledge.loaders.outline import Outline

DAMAGED = (KeyError, ValueError, AttributeError, TypeError, IndexError, zipfile.BadZipFile, OSError, EOFError)
SAMPLE = 20_000  # characters in which a CSV's delimiter is looked for


def read_docx(data: bytes, name: str, options: DecoderOptions) -> Document:
    """Read a Word document: headings, lists, tables in their order. Raises Unreadable."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    try:
        document = docx.Document(io.BytesIO(data))
        outline = Outline()
        items: list[str] = []
        for part in document.iter_inner_content():
            if isinstance(part, Table):
                _flush(outline, items)
                _table(outline, ([cell.text for cell in row.cells] for row in part.rows))
            elif isinstance(part, Paragraph):
                _paragraph(outline, items, part)
        _flush(outline, items)
        outline.finish()
        said = document.core_properties
        title = (said.title or "").strip() or outline.title
        return Document(
            title, tuple(outline.blocks), _day(said.modified or said.created), author=said.author or ""
        )
    except (PackageNotFoundError, *DAMAGED) as error:
        raise Unreadable(f"damaged: {type(error).__name__}") from None


def _paragraph(outline: Outline, items: list[str], paragraph: Any) -> None:  # noqa: ANN401 - a docx paragraph
    text = _linked(paragraph).strip()
    style = (paragraph.style.name or "") if paragraph.style is not None else ""
    numbered = paragraph._p.pPr is not None and paragraph._p.pPr.numPr is not None
    if style.startswith("List") or (numbered and not style.startswith("Heading")):
        if text:
            items.append(f"{len(items) + 1}. {text}" if "Number" in style else f"- {text}")
        return
    _flush(outline, items)
    if not text:
        return
    level = _level(style)
    if level:
        outline.heading(level, text)
    else:
        outline.add(Kind.TEXT, text)


def _linked(paragraph: Any) -> str:  # noqa: ANN401 - a docx paragraph
    """Return a paragraph's words, addresses of links behind them."""
    parts = []
    for part in paragraph.iter_inner_content():
        text, address = part.text, getattr(part, "address", "")
        parts.append(
            f"{text} ({address})" if address and address.startswith("http") and address not in text else text
        )
    return "".join(parts)


def _level(style: str) -> int:
    """Return a heading's level, 0 for what is none; Word's own names and their Chinese forms."""
    if style == "Title":
        return 1
    for start in ("Heading ", "heading ", "标题 "):
        if style.startswith(start) and style[len(start) :].strip().isdigit():
            return min(6, int(style[len(start) :].strip()) + 1)
    return 0


def read_pptx(data: bytes, name: str, options: DecoderOptions) -> Document:
    """Read a presentation: each slide's title is a heading; notes are kept. Raises Unreadable."""
    import pptx

    try:
        show = pptx.Presentation(io.BytesIO(data))
        if len(show.slides) > options.pages:
            raise Unreadable(f"{len(show.slides)} slides, at most {options.pages}")
        outline = Outline()
        for number, slide in enumerate(show.slides, 1):
            title = slide.shapes.title
            words = title.text_frame.text.strip() if title is not None and title.has_text_frame else ""
            outline.heading(2, words or f"{number}")
            for shape in slide.shapes:
                if shape is not title and (title is None or shape.shape_id != title.shape_id):
                    _shape(outline, shape)
            if slide.has_notes_slide:
                notes = slide.notes_slide.notes_text_frame
                outline.add(Kind.TEXT, notes.text if notes is not None else "")
        outline.finish()
        said = show.core_properties
        first = next((slide.shapes.title for slide in show.slides if slide.shapes.title is not None), None)
        title_text = (said.title or "").strip() or (
            first.text_frame.text.strip() if first is not None else ""
        )
        return Document(
            title_text, tuple(outline.blocks), _day(said.modified or said.created), author=said.author or ""
        )
    except Unreadable:
        raise
    except DAMAGED as error:
        raise Unreadable(f"damaged: {type(error).__name__}") from None


def _shape(outline: Outline, shape: Any) -> None:  # noqa: ANN401 - a pptx shape
    if getattr(shape, "has_table", False) and shape.has_table:
        _table(outline, ([cell.text for cell in row.cells] for row in shape.table.rows))
    elif getattr(shape, "shapes", None) is not None:
        for inner in shape.shapes:
            _shape(outline, inner)
    elif shape.has_text_frame:
        lines = [
            paragraph.text.strip() for paragraph in shape.text_frame.paragraphs if paragraph.text.strip()
        ]
        if len(lines) > 1:
            outline.add(Kind.LIST, "\n".join(f"- {line}" for line in lines))
        elif lines:
            outline.add(Kind.TEXT, lines[0])


def read_xlsx(data: bytes, name: str, options: DecoderOptions) -> Document:
    """Read a workbook: each sheet is a section, its first full row names the columns. Raises Unreadable."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        outline, left = Outline(), options.rows
        for sheet in book.worksheets:
            outline.heading(2, sheet.title)
            rows = []
            for row in sheet.iter_rows(values_only=True):
                cells = [_cell(value) for value in row]
                if any(cells):
                    rows.append(cells)
                    left -= 1
                if left < 0:
                    raise Unreadable(f"more than {options.rows} rows: split it into parts")
            _table(outline, rows)
        outline.finish()
        said = book.properties
        return Document(
            (said.title or "").strip(),
            tuple(outline.blocks),
            _day(said.modified or said.created),
            author=said.creator or "",
        )
    except Unreadable:
        raise
    except (InvalidFileException, *DAMAGED) as error:
        raise Unreadable(f"damaged: {type(error).__name__}") from None


def read_csv(data: bytes, name: str, options: DecoderOptions) -> Document:
    """Read comma, semicolon or tab separated values; the first row names the columns. Raises Unreadable."""
    text = decode(data)
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:SAMPLE], ",;\t|")
    except csv.Error:
        dialect = csv.excel
    outline, rows = Outline(), []
    try:
        for row in csv.reader(io.StringIO(text), dialect):
            if any(cell.strip() for cell in row):
                rows.append([" ".join(cell.split()) for cell in row])
            if len(rows) > options.rows:
                raise Unreadable(f"more than {options.rows} rows: split it into parts")
    except csv.Error as error:
        raise Unreadable(f"damaged: {error}") from None
    _table(outline, rows)
    outline.finish()
    return Document("", tuple(outline.blocks))


def _table(outline: Outline, rows: Iterable[list[str]]) -> None:
    """Add a table; wide ones become a line of ``column: value`` per row, so that a row is understood alone."""
    full = [[" ".join(cell.split()) for cell in _once(row)] for row in rows]
    full = [row for row in full if any(row)]
    if not full:
        return
    if len(full[0]) > 6 and len(full) > 1:
        outline.add(Kind.LIST, "\n".join(_named(full[0], row) for row in full[1:]))
    else:
        outline.add(Kind.TABLE, "\n".join(" | ".join(row) for row in full), header=len(full) > 1)


def _named(header: list[str], row: list[str]) -> str:
    pairs = [(header[at] if at < len(header) else "", cell) for at, cell in enumerate(row) if cell]
    return "- " + "; ".join(f"{column}: {cell}" if column else cell for column, cell in pairs)


def _once(row: list[str]) -> Iterator[str]:
    """Yield cells, one that spans several columns once."""
    last: str | None = None
    for cell in row:
        if cell != last or not cell:
            yield cell
        last = cell


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


def _flush(outline: Outline, items: list[str]) -> None:
    if items:
        outline.add(Kind.LIST, "\n".join(items))
        items.clear()


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if isinstance(moment, datetime) and 1970 < moment.year < 2200 else ""
