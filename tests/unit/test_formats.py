"""Formats that need decoding, read from real files in a process of their own."""

import pytest
import pytest_asyncio
from yinlu_testing import documents as made

from bot_knowledge.formats import DecoderOptions, opened_decoder
from bot_knowledge.loaders.model import Kind, Unreadable


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def decoder():
    """A decoder for all tests of this file."""
    async with opened_decoder(DecoderOptions(pages=40, rows=500)) as opened:
        yield opened


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def one(decoder, data, name):
    """Return the only document of a file."""
    ((below, document),) = await decoder.documents(data, name)
    assert below == ""
    return document


def shown(document):
    """Return a document's blocks, shortly."""
    return [(block.kind.value, block.heading, block.text) for block in document.blocks]


async def test_a_pdf_keeps_headings_lists_and_pages(decoder):
    """Larger words are headings, running headers are dropped, a word cut at a line's end is whole, pages are known."""
    data = made.pdf(
        (
            "Joining",
            "Introduce yourself in the welcome channel. A steward answers within 48 hours on week-\ndays.",
        ),
        ("Budget", "It is split:\n- 50 % for events\n- 30 % for servers"),
        ("Contact", "Write to us."),
        title="Harbour Rules",
        header="Handbook draft",
    )
    document = await one(decoder, data, "rules.pdf")
    assert document.title == "Harbour Rules"
    texts = " ".join(block.text for block in document.blocks)
    assert "Handbook draft" not in texts
    assert "within 48 hours on weekdays." in texts
    (items,) = [block for block in document.blocks if block.kind is Kind.LIST]
    assert items.text.splitlines() == ["- 50 % for events", "- 30 % for servers"]
    assert (items.heading, items.anchor) == (("Budget",), "page=2")


async def test_a_scan_is_read_as_a_picture(decoder):
    """A page without text, and a picture by itself."""
    assert (
        "Office hours: 9:00 to 17:30"
        in (await one(decoder, made.scan("Office hours: 9:00 to 17:30"), "scan.pdf")).blocks[0].text
    )
    words = await one(decoder, made.picture("Bring your own cup"), "sign.png")
    assert "Bring your own cup" in words.title + " ".join(block.text for block in words.blocks)


async def test_office_documents_keep_their_structure(decoder):
    """Word, PowerPoint and Excel: headings, lists, tables, notes, title and author; other scripts and emoji stay."""
    word = await one(decoder, made.word(), "minutes.docx")
    assert (word.title, word.author) == ("Minutes", "Mei")
    assert shown(word) == [
        ("text", ("Decisions",), "We meet every Tuesday at 20:00. 🎉"),
        ("list", ("Decisions", "Money"), "- Travel is paid\n- Hotels up to 80 euros"),
        ("table", ("Decisions", "Money"), "Role | Hours | Pay\nSteward | 10 | 200"),
        ("text", ("Decisions", "Money"), "שלום עולם"),
    ]
    slides = await one(decoder, made.slides(), "road.pptx")
    assert shown(slides) == [
        ("list", ("Roadmap",), "- Launch in March\n- Translate in May"),
        ("text", ("Roadmap",), "Thank the translators."),
    ]
    sheet = await one(decoder, made.sheet(), "prices.xlsx")
    assert (sheet.title, shown(sheet)[0]) == (
        "prices",
        ("table", ("Prices",), "Item | Price | Since\nTea 0 | 2.5 | 2026-01-02\nTea 1 | 3.5 | 2026-01-02"),
    )


async def test_values_are_read_whatever_parts_them(decoder):
    """Semicolons, tabs, and a Chinese encoding."""
    assert (
        shown(await one(decoder, "姓名;城市\n小梅;上海\n".encode("gb18030"), "a.csv"))[0][2]
        == "姓名 | 城市\n小梅 | 上海"
    )
    assert shown(await one(decoder, b"a\tb\n1\t2\n", "a.tsv"))[0][2] == "a | b\n1 | 2"
    wide = b"c1,c2,c3,c4,c5,c6,c7\n1,,3,4,5,6,7\n"
    assert shown(await one(decoder, wide, "w.csv"))[0][2] == "- c1: 1; c3: 3; c4: 4; c5: 5; c6: 6; c7: 7"


async def test_a_book_is_read_in_its_order(decoder):
    """Chapters stand above their text; title, author and date are the book's."""
    document = await one(decoder, made.book(), "way.epub")
    assert (document.title, document.author, document.date) == ("The Way", "Lu", "2025-05-01")
    assert shown(document) == [("text", ("One",), "It begins at the quay.")]


async def test_each_file_of_an_archive_is_a_document(decoder):
    """Ids of a Notion export go, ways out of the archive too; one bad file stops nothing."""
    number = "0123456789abcdef0123456789abcdef"
    data = made.zipped(
        **{
            f"Guide {number}__Rules {number}_md": "# Rules\n\nBe kind.\n",
            f"Tasks {number}_csv": "Name,Status\nWrite,Done\n",
            "..__..__evil_md": "# Evil\n\nouter\n",
            "broken_pdf": b"%PDF-1.7 nothing",
            "minutes_docx": made.word(),
        }
    )
    found = await decoder.documents(data, "export.zip")
    assert sorted(below for below, _ in found) == ["Guide/Rules.md", "Tasks.csv", "evil.md", "minutes.docx"]
    assert {document.title for _, document in found} == {"Rules", "Tasks", "Evil", "Minutes"}


@pytest.mark.parametrize(
    ("data", "name", "month"),
    [
        (made.desktop_chat(), "result.json", "Harbour/2026-03"),
        (made.channel_chat(), "help.json", "Harbour-help/2026-04"),
    ],
)
async def test_a_chat_becomes_questions_with_answers(decoder, data, name, month):
    """By month, names masked, chatter and bots left out, the question as the heading."""
    ((below, document),) = await decoder.documents(data, name)
    assert below == month
    (block,) = document.blocks
    assert block.text.startswith("Member A: ")
    assert "\nMember B: " in block.text
    assert not any(name in block.text for name in ("Alice", "Bob", "mei", "lin", "beep"))
    assert block.heading[0] in ("How do I get the voter role?", "怎么领取徽章？")


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "a.pdf", "empty"),
        (b"   ", "a.docx", "empty"),
        (made.pdf(("x", "secret"), password="pw"), "locked.pdf", "password"),
        (made.pdf(("A", "long " * 500))[:900], "cut.pdf", "damaged"),
        (made.pdf(*[("p", "x")] * 41), "long.pdf", "41 pages, at most 40"),
        (made.sheet(600), "rows.xlsx", "more than 500 rows"),
        (b"a,b\n" * 600, "rows.csv", "more than 500 rows"),
        (made.word()[:3000], "cut.docx", "damaged"),
        (b"PK\x03\x04" + b"\0" * 100, "x.zip", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old.doc", "old Office"),
        (b"hello", "a.pdf", "not what its ending"),
        (b"{}", "a.json", "no export"),
        (b"[1, 2", "a.json", "not JSON"),
        (b"MZ\x90\0", "a.exe", "not read"),
        (made.picture("", (60, 60)), "blank.png", "no words"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "bad.png", "damaged"),
        (made.zipped(), "none.zip", "it is empty"),
    ],
)
async def test_what_can_not_be_read_says_why(decoder, data, name, says):
    """A reason an admin understands; the next file is read as if nothing had been."""
    with pytest.raises(Unreadable) as caught:
        await decoder.documents(data, name)
    assert says in str(caught.value)
    assert (await one(decoder, made.sheet(), "prices.xlsx")).blocks


async def test_the_ending_does_not_fool(decoder):
    """A PDF that calls itself text is a PDF."""
    assert (await one(decoder, made.pdf(("T", "body text here")), "notes.txt")).blocks[0].anchor == "page=1"
