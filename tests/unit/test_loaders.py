"""Files to documents: formats, encodings, hidden text, dates."""

from __future__ import annotations

import pytest

from bot_knowledge.loaders import Kind, Unreadable, load

TEXT = "# 社区公约\n\n更新:2026-03-04\n\n## 发言\n\n请友善。\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_of_chinese_text(encoding):
    """A file reads the same in every encoding that Chinese communities use."""
    document = load(TEXT.encode(encoding), "rules.md")
    assert (document.title, document.date) == ("社区公约", "2026-03-04")
    assert [(block.heading, block.text) for block in document.blocks] == [
        ((), "更新:2026-03-04"),
        (("发言",), "请友善。"),
    ]


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a.md", "binary"),
        (bytes(range(256)) * 20, "b.txt", "encoding|binary"),
        (b"   \n", "c.md", "empty"),
        (b"<html><script>x()</script></html>", "d.html", "no text"),
        (b"hello", "e.exe", "type .exe"),
        (b"PK\x03\x04 zip", "f.txt", "binary"),
    ],
)
def test_what_cannot_be_read_says_why(data, name, reason):
    """Binary, empty and unknown files are refused with a reason."""
    with pytest.raises(Unreadable, match=reason):
        load(data, name)


def test_markdown_keeps_structure():
    """Headings make the path, tables keep rows with their header, lists stay whole, links keep their address."""
    text = (
        "---\ntitle: Guide\ndate: 2026-05-06\n---\n# Ignored\n\n## Money\n\n"
        "See [the form](https://x.example/f) and **hurry**.\n\n"
        "| Who | How much |\n|---|---|\n| Lead | 300 |\n\n### Steps\n\n1. First\n2. Second\n   - inner\n\n<!-- secret -->\n"
    )
    document = load(text.encode(), "g.md")
    assert (document.title, document.date) == ("Guide", "2026-05-06")
    assert [(b.kind, b.heading, b.text, b.header) for b in document.blocks] == [
        (Kind.TEXT, ("Money",), "See the form (https://x.example/f) and hurry.", False),
        (Kind.TABLE, ("Money",), "Who | How much\nLead | 300", True),
        (Kind.LIST, ("Money", "Steps"), "1. First\n2. Second\n  - inner", False),
    ]


def test_html_drops_frame_and_hidden_text():
    """Navigation, scripts, comments and text that readers can't see never reach the index."""
    page = """<html><head><title>T | Site</title><style>.x{display:none} .y{color:#fff}</style></head><body>
    <nav>MENU</nav><header><h1>Title</h1></header><!-- COMMENT --><div style="display: none">HIDDEN1</div>
    <p class="x">HIDDEN2</p><p style="color:#ffffff;background-color:white">HIDDEN3</p><p style="font-size:0">HIDDEN4</p>
    <span hidden>HIDDEN5</span><p class="y">HIDDEN6</p><p aria-hidden="true">HIDDEN7</p><script>SCRIPT</script>
    <h2>Part</h2><p>Seen <b>bold</b><br>next</p><ul><li>one<ul><li>two</li></ul></li></ul>
    <table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>
    <dl><dt>Word</dt><dd>Meaning</dd></dl><footer>FOOT</footer></body></html>"""
    document = load(page.encode(), "p.html")
    text = "\n".join(block.text for block in document.blocks)
    assert document.title == "Title"
    for word in ("MENU", "COMMENT", "HIDDEN", "SCRIPT", "FOOT"):
        assert word not in text
    assert [block.text for block in document.blocks] == [
        "Seen bold\nnext",
        "- one\n  - two",
        "A | B\n1 | 2",
        "Word: Meaning",
    ]


def test_plain_text_headings_and_questions():
    """Numbered, capital and underlined lines are headings; Q and A become a heading with its text."""
    text = "群规\n\n一、进群\n先改名。\n\nMONEY MATTERS\nPaid monthly.\n\n"
    text += "Underlined\n-----\nText here.\n\nQ: 几点开始？\nA: 八点。\n"
    document = load(text.encode(), "r.txt")
    assert document.title == "群规"
    assert [(block.heading[-1], block.text) for block in document.blocks] == [
        ("一、进群", "先改名。"),
        ("MONEY MATTERS", "Paid monthly."),
        ("Underlined", "Text here."),
        ("几点开始？", "八点。"),
    ]


@pytest.mark.parametrize(
    ("text", "name", "date"),
    [
        ("Updated 5 November 2026. More.", "a.txt", "2026-11-05"),
        ("Title\n\nLast revised: Nov 5, 2026", "a.txt", "2026-11-05"),
        ("更新于2026年3月4日", "a.txt", "2026-03-04"),
        ("Nothing said", "notes-2026-10-15.txt", "2026-10-15"),
        ("Nothing said", "20261015.txt", "2026-10-15"),
        ("Founded in 2019, 99 members", "a.txt", ""),
        ("Dated 2026-13-45", "a.txt", ""),
    ],
)
def test_dates_are_found(text, name, date):
    """The date is what the text says of itself, else the file's name says; impossible dates are none."""
    assert load(text.encode(), name).date == date


@pytest.mark.parametrize(
    "line", ["0.13.2, 17 July 2026. A hole is closed.", "0.8，2023 年 12 月。改写成 Rust。"]
)
@pytest.mark.parametrize("name", ["changes.txt", "changes.md"])
def test_versions_stay_whole(line, name):
    """A version number at the head of a line is read as it stands; a list's number makes an item."""
    document = load(f"Changes\n\n{line}\n\n1. Stop the server.\n2. Start it.\n".encode(), name)
    text = "\n".join(block.text for block in document.blocks)
    assert line.split(" ")[0] in text
    assert "Stop the server." in text
