"""Markdown on its way to Telegram: what is shown, what can't break, where it is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot_adapters.telegram.markdown import MarkdownReader, linked
from bot_adapters.telegram.rich import Rich, Span, split, utf16_length

READER = MarkdownReader()
PIECES = st.sampled_from(
    ["**", "*", "_", "`", "```", "~~", "[", "](https://a.example/x)", "]", "(", ")", "\n", "\n\n", "- ", "1. ", "> ",
     "# ", "|", "a", "家", "😀", " ", "<b>", "&lt;", "\\", "[1]", "word. ", "句子。", "![x](https://b.example)", "\t"]
)  # fmt: skip
MARKDOWN = st.lists(PIECES, max_size=60).map("".join)


def styles(rich):
    """Return (kind, words) of all spans."""
    return [(span.kind, rich.text[span.start : span.end]) for span in rich.spans]


def test_styles_and_links_become_entities():
    """Bold, italic, struck, code and links are marked; the signs themselves are gone."""
    rich = READER.read("A **b** *c* ~~d~~ `e` [f](https://x.example)")
    assert rich.text == "A b c d e f"
    assert styles(rich) == [
        ("bold", "b"), ("italic", "c"), ("strikethrough", "d"), ("code", "e"), ("text_link", "f"),
    ]  # fmt: skip


def test_blocks_keep_their_shape():
    """Headings are bold, lists have marks, fences keep their language and spaces, quotes are quotes."""
    rich = READER.read("# T\n\n- one\n  - two\n\n3. x\n4. y\n\n> q\n\n```py\n  a\n```")
    assert rich.text == "T\n\n• one\n  ◦ two\n\n3. x\n4. y\n\nq\n\n  a"
    assert [(s.kind, s.detail) for s in rich.spans] == [("bold", ""), ("blockquote", ""), ("pre", "py")]


def test_a_table_is_read_row_by_row():
    """Each cell follows its column's name, since a phone is narrow."""
    rich = READER.read("| Role | Pay |\n|---|---|\n| Guide | 5 |\n| Cook | 7 |")
    assert rich.text == "▪ Role: Guide\nPay: 5\n\n▪ Role: Cook\nPay: 7"


def test_html_and_odd_links_stay_words():
    """Tags are shown as they were written; only web addresses become links."""
    rich = READER.read("<b>x</b> [y](tg://user?id=1) [z](javascript:alert(1))")
    assert "<b>x</b>" in rich.text
    assert not [kind for kind, _ in styles(rich) if kind == "text_link"]


def test_offsets_count_utf16():
    """An emoji counts two, a Chinese letter one."""
    rich = READER.read("😀家**b**")
    assert rich.entities() == [{"type": "bold", "offset": 3, "length": 1}]


def test_marks_lead_to_their_sources():
    """[n] becomes a link where the source has one, but not in code, nor across the edge of a style."""
    urls = {1: "https://a.example", 2: "https://b.example"}
    rich = linked(READER.read("x [1] `[2]` **y [2]** [3] **[1**]"), urls)
    links = [(rich.text[s.start : s.end], s.detail) for s in rich.spans if s.kind == "text_link"]
    assert links == [("[1]", "https://a.example"), ("[2]", "https://b.example")]


@given(MARKDOWN)
def test_no_markdown_breaks_the_entities(markdown):
    """Whatever is written: entities lie within the text, are properly nested, and code holds nothing else."""
    rich = READER.read(markdown)
    whole = utf16_length(rich.text)
    for entity in rich.entities():
        assert entity["offset"] >= 0 and entity["length"] > 0
        assert entity["offset"] + entity["length"] <= whole
    for a in rich.spans:
        for b in rich.spans:
            if a is not b and a.start < b.end and b.start < a.end:
                assert (a.start <= b.start and b.end <= a.end) or (b.start <= a.start and a.end <= b.end)
                kinds = {a.kind, b.kind}
                assert not (kinds & {"pre", "code"}) or "blockquote" in kinds


@given(MARKDOWN.map(lambda text: text * 9), st.integers(24, 200))
def test_a_split_loses_nothing_and_stays_within_the_limit(markdown, limit):
    """Parts are short enough, hold every letter in order, and none is empty."""
    rich = READER.read(markdown)
    parts = split(rich, limit)
    assert all(0 < utf16_length(part.text) <= limit for part in parts)
    assert "".join("".join(part.text for part in parts).split()) == "".join(rich.text.split())
    for part in parts:
        assert all(
            0 <= span.start < span.end <= len(part.text) for span in part.spans if span.start < span.end
        )


def test_a_split_prefers_paragraphs_then_sentences():
    """Cuts fall between paragraphs where they can, else after a sentence."""
    assert [p.text for p in split(Rich("aaaa aaaa.\n\nbbbb bbbb."), 14)] == ["aaaa aaaa.", "bbbb bbbb."]
    assert [p.text for p in split(Rich("One two. Three four five."), 14)] == [
        "One two.",
        "Three four",
        "five.",
    ]
    assert [p.text for p in split(Rich("今天开会。明天休息。"), 6)] == ["今天开会。", "明天休息。"]


def test_a_fence_goes_on_in_the_next_part():
    """A cut within code leaves both halves code."""
    text = "x = 1\n" * 10
    parts = split(Rich(text, (Span("pre", 0, len(text), "py"),)), 30)
    assert len(parts) > 1 and all(
        part.spans[0].kind == "pre" and part.spans[0].detail == "py" for part in parts
    )
