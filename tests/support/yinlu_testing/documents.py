"""Real documents, made by other libraries than those that read them where there are any."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date


def pdf(*pages: tuple[str, str], title: str = "", header: str = "", password: str = "") -> bytes:
    """Return a PDF; each page has a large heading and a text."""
    from fpdf import FPDF

    made = FPDF()
    if title:
        made.set_title(title)
    for number, (heading, text) in enumerate(pages, 1):
        made.add_page()
        if header:
            made.set_font("helvetica", size=8)
            made.cell(0, 8, f"{header} page {number}")
            made.ln(12)
        made.set_font("helvetica", size=18)
        made.cell(0, 12, heading)
        made.ln(16)
        made.set_font("helvetica", size=11)
        made.multi_cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")
    if password:
        made.set_encryption(owner_password=password, user_password=password)
    return bytes(made.output())


def picture(text: str, size: tuple[int, int] = (1000, 160)) -> bytes:
    """Return a PNG with words."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((30, 40), text, font=ImageFont.load_default(48), fill="black")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def scan(text: str) -> bytes:
    """Return a PDF of one page that is a picture of words."""
    from fpdf import FPDF

    made = FPDF()
    made.add_page()
    made.image(io.BytesIO(picture(text)), x=10, y=20, w=180)
    return bytes(made.output())


def word() -> bytes:
    """Return a Word document with headings, a list, a table and a link's words."""
    import docx

    made = docx.Document()
    made.core_properties.title, made.core_properties.author = "Minutes", "Mei"
    made.add_heading("Decisions", 1)
    made.add_paragraph("We meet every Tuesday at 20:00. 🎉")
    made.add_heading("Money", 2)
    for item in ("Travel is paid", "Hotels up to 80 euros"):
        made.add_paragraph(item, style="List Bullet")
    table = made.add_table(2, 3)
    for row, cells in enumerate((("Role", "Hours", "Pay"), ("Steward", "10", "200"))):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    made.add_paragraph("שלום עולם")
    return _saved(made)


def slides() -> bytes:
    """Return a presentation of one slide with notes."""
    import pptx

    made = pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[1])
    slide.shapes.title.text = "Roadmap"
    slide.placeholders[1].text = "Launch in March\nTranslate in May"
    slide.notes_slide.notes_text_frame.text = "Thank the translators."
    return _saved(made)


def sheet(rows: int = 2) -> bytes:
    """Return a workbook."""
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    page.title = "Prices"
    page.append(["Item", "Price", "Since"])
    for number in range(rows):
        page.append([f"Tea {number}", 2.5 + number, date(2026, 1, 2)])
    return _saved(book)


def book() -> bytes:
    """Return an e-book of one chapter."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<?xml version="1.0"?><container><rootfiles><rootfile full-path="O/c.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "O/c.opf",
            '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
            "<dc:title>The Way</dc:title><dc:creator>Lu</dc:creator><dc:date>2025-05-01</dc:date></metadata>"
            '<manifest><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>',
        )
        archive.writestr(
            "O/a.xhtml",
            "<html><head><title>One</title></head><body><h1>One</h1><p>It begins at the quay.</p></body></html>",
        )
    return out.getvalue()


def zipped(**files: bytes | str) -> bytes:
    """Return a zip; ``__`` in a name is a slash, its last ``_`` the dot of the ending."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            stem, _, ending = name.replace("__", "/").rpartition("_")
            archive.writestr(f"{stem}.{ending}", content)
    return out.getvalue()


def desktop_chat() -> bytes:
    """Return a desktop app's export with one question that was answered by a reply."""
    said = {"type": "message", "from": "Alice Chen", "from_id": "user1"}
    messages = [
        {"id": 1, "type": "service", "date": "2026-03-01T10:00:00", "action": "join"},
        {**said, "id": 2, "date": "2026-03-01T10:01:00", "text": "How do I get the voter role?"},
        {
            **said,
            "id": 3,
            "date": "2026-03-01T10:05:00",
            "from": "Bob",
            "from_id": "user2",
            "reply_to_message_id": 2,
            "text": ["Ask a steward, ", {"type": "bold", "text": "it takes a day"}],
        },
        {**said, "id": 4, "date": "2026-03-05T10:05:00", "text": "good morning"},
    ]
    return json.dumps(
        {"name": "Harbour", "type": "private_supergroup", "id": 7, "messages": messages}
    ).encode()


def channel_chat() -> bytes:
    """Return a channel's export with a question that was answered in the next message."""

    def message(number: int, author: str, text: str, *, bot: bool = False) -> dict[str, object]:
        who = {"id": author, "name": author, "isBot": bot}
        return {
            "id": str(number),
            "type": "Default",
            "timestamp": f"2026-04-01T10:0{number}:00+00:00",
            "content": text,
            "author": who,
        }

    messages = [
        message(1, "mei", "怎么领取徽章？"),
        message(2, "robot", "beep", bot=True),
        message(3, "lin", "在徽章频道点按钮就行 @mei"),
    ]
    return json.dumps(
        {"guild": {"name": "Harbour"}, "channel": {"name": "help"}, "messages": messages}
    ).encode()


def _saved(made: object) -> bytes:
    out = io.BytesIO()
    made.save(out)  # type: ignore[attr-defined]
    return out.getvalue()
