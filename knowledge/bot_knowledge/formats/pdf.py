"""PDF: text with its headings, lists and page numbers; pages without text are read as pictures."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bot_knowledge.formats.bounds import DecoderOptions
from bot_knowledge.loaders.dates import first_date
from bot_knowledge.loaders.model import Block, Document, Kind, Unreadable
from bot_knowledge.loaders.outline import Outline

HEADING = 1.15  # times the body's size
LONGEST_HEADING = 140
GAP = 1.55  # line heights between two paragraphs
EDGE = 0.09  # of the page: where headers and footers stand
FEW = 16  # letters below which a page is taken for a scan
ITEM = re.compile(
    r"^\s*(?:[•·●○▪■◦‣–—*]|-\s|\(?\d{1,3}[.)、](?!\d)|[一二三四五六七八九十]{1,3}、|[a-zA-Z][.)]\s)\s*"
)
BULLET = re.compile(r"^\s*[•·●○▪■◦‣]\s*")
SENTENCE_END = re.compile(r"[.!?。！？:：;；]['\"”’）)]*$")
HAN_END = re.compile(r"[\u3000-\u9fff\uff00-\uffef]$")
ReadPicture = Callable[[Any], str]


@dataclass(slots=True)
class Line:
    """One line of a page: its size in points, where it stands (points from above), on which page (from 1)."""

    text: str
    size: float
    top: float
    bottom: float
    left: float
    page: int
    bold: bool = False


def read_pdf(data: bytes, name: str, options: DecoderOptions, picture: ReadPicture | None) -> Document:
    """Read a PDF. Raises Unreadable for one that is damaged, locked, too long, or a scan that can't be read."""
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        locked = "assword" in str(error)
        raise Unreadable(
            "protected by a password" if locked else "damaged: the PDF can't be opened"
        ) from None
    try:
        count = len(pdf)
        if count > options.pages:
            raise Unreadable(f"{count} pages, at most {options.pages}: split it into parts")
        said = pdf.get_metadata_dict()
        lines, heights, scans = _lines(pdf, options, picture)
    except pdfium.PdfiumError:
        raise Unreadable("damaged: the PDF can't be read to its end") from None
    finally:
        pdf.close()
    if not lines:
        raise Unreadable(
            "a scan without text: it takes pip install 'yinlu[ocr]' to read it"
            if scans and picture is None
            else "no text found in the file"
        )
    return _document(_without_edges(lines, heights), said)


def _lines(
    pdf: Any,  # noqa: ANN401 - pypdfium2 has no types
    options: DecoderOptions,
    picture: ReadPicture | None,
) -> tuple[list[Line], dict[int, float], int]:
    """Return all lines, the pages' heights, and how many pages are scans."""
    lines: list[Line] = []
    heights: dict[int, float] = {}
    letters = scans = 0
    for number in range(len(pdf)):
        page = pdf[number]
        heights[number + 1] = height = page.get_height()
        found = list(_page_lines(page, number + 1, height))
        if sum(len(line.text) for line in found) < FEW and _has_picture(page):
            scans += 1
            if picture is not None and scans <= options.scans:
                found = _scanned(page, number + 1, picture)
        lines += found
        letters += sum(len(line.text) for line in found)
        page.close()
        if letters > options.text:
            raise Unreadable(f"more than {options.text // 1_000_000} million characters")
    return lines, heights, scans


def _page_lines(page: Any, number: int, height: float) -> Iterator[Line]:  # noqa: ANN401 - pypdfium2 has no types
    import pypdfium2.raw as raw

    text = page.get_textpage()
    try:
        count = text.count_chars()
        whole = text.get_text_range(0, count) if count else ""
        at = 0
        for part in re.split(r"(\r\n|\n|\r)", whole):
            start, at = at, at + len(part)
            words = _plain(part)
            if not words or start >= count:
                continue
            first = min(count - 1, start + len(part) - len(part.lstrip()))
            box = [ctypes.c_double() for _ in range(4)]  # left, right, bottom, top
            raw.FPDFText_GetCharBox(text.raw, first, *(ctypes.byref(side) for side in box))
            size = float(raw.FPDFText_GetFontSize(text.raw, first))
            top = height - box[3].value
            yield Line(
                words,
                round(size, 1),
                top,
                height - box[2].value,
                box[0].value,
                number,
                raw.FPDFText_GetFontWeight(text.raw, first) >= 600,
            )
    finally:
        text.close()


def _plain(part: str) -> str:
    """Return a line's words; PDFium marks a hyphen that cuts a word at the line's end."""
    return re.sub("\ufffe(?=[a-zäöüß])", "", part.strip()).replace("\ufffe", "-").replace("\u00ad", "")


def _has_picture(page: Any) -> bool:  # noqa: ANN401 - pypdfium2 has no types
    import pypdfium2.raw as raw

    return any(found.type == raw.FPDF_PAGEOBJ_IMAGE for found in page.get_objects(max_depth=3))


def _scanned(page: Any, number: int, picture: ReadPicture) -> list[Line]:  # noqa: ANN401 - pypdfium2 has no types
    longest = max(page.get_width(), page.get_height(), 1.0)
    image = page.render(scale=min(2.6, 2200 / longest)).to_pil()
    return [
        Line(words, 10.0, 14.0 * n, 14.0 * n + 10, 0.0, number)
        for n, words in enumerate(picture(image).splitlines())
        if words.strip()
    ]


def _without_edges(lines: list[Line], heights: dict[int, float]) -> list[Line]:
    """Drop running headers and footers: what stands at the edge of most pages, page numbers aside."""
    pages = len(heights)
    if pages < 3:
        return lines

    def edge(line: Line) -> bool:
        height = heights[line.page]
        return line.top < height * EDGE or line.bottom > height * (1 - EDGE)

    shapes = Counter(
        shape for shape in {(re.sub(r"\d+", "#", line.text), line.page) for line in lines if edge(line)}
    )
    often = Counter(text for text, _ in shapes)
    return [
        line
        for line in lines
        if not (edge(line) and often[re.sub(r"\d+", "#", line.text)] > max(2, pages * 0.4))
    ]


def _document(lines: list[Line], said: dict[str, str]) -> Document:
    body = _body_size(lines)
    levels = {
        size: level
        for level, size in enumerate(
            sorted({line.size for line in lines if line.size >= body * HEADING}, reverse=True)[:4], 1
        )
    }
    outline = _Paged()
    for group in _paragraphs(lines, body, levels):
        first = group[0]
        words = _joined(group)
        if _is_heading(group, body, levels):
            outline.heading(levels.get(first.size, 4), words)
        else:
            outline.put(
                _kind(group), words if not ITEM.match(first.text) else BULLET.sub("- ", words), first.page
            )
    outline.finish()
    title = (said.get("Title") or "").strip() or outline.title
    if not outline.blocks:
        raise Unreadable("no text found in the file")
    return Document(title, tuple(_lists(outline.blocks)), _date(said))


class _Paged(Outline):
    """An outline whose blocks know their page."""

    def put(self, kind: Kind, text: str, page: int) -> None:
        """Add a block of a page."""
        before = len(self.blocks)
        self.add(kind, text)
        for at in range(before, len(self.blocks)):
            block = self.blocks[at]
            self.blocks[at] = Block(block.kind, block.text, block.heading, block.header, f"page={page}")


def _body_size(lines: Iterable[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _paragraphs(lines: list[Line], body: float, levels: dict[float, int]) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in lines:
        if group and _ends(group[-1], line, levels):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _ends(last: Line, line: Line, levels: dict[float, int]) -> bool:
    """Tell whether a paragraph ends between two lines."""
    if line.page != last.page:
        return (
            SENTENCE_END.search(last.text) is not None
            or line.size != last.size
            or ITEM.match(line.text) is not None
        )
    if abs(line.size - last.size) > 0.6 or ITEM.match(line.text):
        return True
    tall = max(last.bottom - last.top, last.size * 0.9, 4.0)
    if line.top - last.top > max(tall, last.size) * GAP * 1.15:
        return True
    return line.bold != last.bold and (last.bold or line.size in levels)


def _is_heading(group: list[Line], body: float, levels: dict[float, int]) -> bool:
    first, words = group[0], "".join(line.text for line in group)
    if len(words) > LONGEST_HEADING or len(group) > 3:
        return False
    large = first.size in levels
    strong = (
        first.bold
        and len(group) == 1
        and not SENTENCE_END.search(words)
        and not BULLET.match(words)
        and len(words) < 70
    )
    return (large and not words.endswith(("。", ","))) or strong


def _kind(group: list[Line]) -> Kind:
    return Kind.LIST if ITEM.match(group[0].text) else Kind.TEXT


def _joined(group: list[Line]) -> str:
    """Return a paragraph's lines as one: a word cut by a hyphen is whole again, Chinese needs no space."""
    text = ""
    for line in group:
        words = line.text
        if not text:
            text = words
        elif re.search(r"[A-Za-z]-$", text) and words[:1].islower():
            text = text[:-1] + words
        elif HAN_END.search(text) and re.match(r"[\u3000-\u9fff\uff00-\uffef]", words):
            text += words
        else:
            text = f"{text} {words}"
    return text


def _lists(blocks: list[Block]) -> Iterator[Block]:
    """Join items that follow one another into one list."""
    held: Block | None = None
    for block in blocks:
        if held is not None and block.kind is Kind.LIST and block.heading == held.heading:
            held = Block(Kind.LIST, f"{held.text}\n{block.text}", held.heading, False, held.anchor)
            continue
        if held is not None:
            yield held
        held = block if block.kind is Kind.LIST else None
        if held is None:
            yield block
    if held is not None:
        yield held


def _date(said: dict[str, str]) -> str:
    raw = said.get("ModDate") or said.get("CreationDate") or ""
    found = re.match(r"D:(\d{4})(\d{2})?(\d{2})?", raw)
    if found is None:
        return ""
    return first_date(f"{found[1]}-{found[2] or '01'}-{found[3] or '01'}")
