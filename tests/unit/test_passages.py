"""Sentences, terms, passages: what quotes and search stand on."""

from __future__ import annotations

import string
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot_core.answers import Turn
from bot_knowledge.answering.quotes import Quote, steps
from bot_knowledge.chunking import SIZES, passages
from bot_knowledge.loaders import load
from bot_knowledge.ranking.candidates import Candidate
from bot_knowledge.ranking.query import exact_parts, variants
from bot_knowledge.text.language import language_of, squeezed
from bot_knowledge.text.sentences import sentences
from bot_knowledge.text.terms import terms


def split(text):
    return [text[start:end] for start, end in sentences(text)]


def test_sentences_of_both_languages():
    """Full stops end sentences, abbreviations, decimals and times don't."""
    text = "It costs 3.5 USDC, e.g. for Dr. Who. Really? Yes!"
    assert split(text) == [
        "It costs 3.5 USDC, e.g. for Dr. Who.",
        "Really?",
        "Yes!",
    ]
    assert split("一人一号。“好！”他说。第二行\n第三行") == [
        "一人一号。",
        "“好！”",
        "他说。",
        "第二行",
        "第三行",
    ]


@given(st.text(alphabet=string.ascii_letters + " .!?\n。！？，人口手0123456789", max_size=200))
@settings(max_examples=200, deadline=None)
def test_sentences_cover_the_text(text):
    """Sentences are in order, never overlap, and leave out nothing but space."""
    spans = sentences(text)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    assert "".join("".join(split(text)).split()) == "".join(text.split())


def test_terms_meet_across_writing():
    """Traditional and simplified, full width, case, plural and thousands marks are the same term."""
    assert terms("報銷") == terms("报销")
    assert terms("ＬＵＭＥＮ") == terms("lumen")
    assert terms("payments paid")["payment"] == terms("Payment")["payment"]
    assert "12000" in terms("12,000 USDC")
    assert not terms("什么是的吗") and not terms("What is the")


def test_language():
    """Chinese with English names is Chinese; English with a Chinese name is English."""
    assert language_of("LUMEN 在哪儿能买到？") == "zh"
    assert language_of("Where is the channel 问讯处 for new people?") == "en"


def test_passages_are_cut_at_sentences_within_bounds():
    """Long paragraphs are cut at sentences; no passage is much larger than its bound; nothing is lost."""
    sentence = "这是一个用来测试切分的句子，说的是第{}件事。"
    body = "".join(sentence.format(n) for n in range(60))
    document = load(f"# 标题\n\n## 长段\n\n{body}\n".encode(), "a.md")
    cut = passages(document, "c", "a.md", "v")
    assert len(cut) > 2 and all(len(p.text) <= SIZES["zh"].large for p in cut)
    assert squeezed("".join(p.text for p in cut)) == squeezed(body)
    assert all(p.text.endswith("。") and p.heading == ("长段",) for p in cut)


def test_tables_repeat_their_header_and_lists_keep_their_lead_in():
    """A long table's parts each begin with the header; a list stays with the sentence that introduces it."""
    rows = "\n".join(f"| item {n} | {n * 10} USDC for the thing |" for n in range(60))
    text = f"# T\n\n| What | Cost |\n|---|---|\n{rows}\n\n## B\n\nYou need:\n\n- one\n- two\n"
    cut = passages(load(text.encode(), "a.md"), "c", "a.md", "v")
    tables = [p.text for p in cut if " | " in p.text]
    assert len(tables) > 2 and all(t.startswith("What | Cost\n") for t in tables)
    assert cut[-1].text == "You need:\n- one\n- two"


def test_ids_depend_on_content_alone():
    """The same file gives the same ids again; another community or source gives others."""
    document = load(b"# T\n\nHello there.\n", "a.md")
    first = [p.id for p in passages(document, "c", "a.md", "v")]
    assert first == [p.id for p in passages(document, "c", "a.md", "v2")]
    assert first != [p.id for p in passages(document, "other", "a.md", "v")]


def test_exact_parts():
    """Names, commands and numbers of a question are what a passage had better hold."""
    assert exact_parts("LUMEN 能在 Binance 买吗，最多 300？") == {"lumen", "binance", "300"}
    assert {"lhp-043", "30"} <= exact_parts("What did LHP-043 change within 30 days?")


def test_follow_up_questions_carry_terms_over():
    """A question that points back is also searched with the words before it; a whole one is not."""
    history = [Turn("user", "Who is the Purser of the treasury?"), Turn("assistant", "Lin Qi.")]
    forms = variants("And how much may she spend?", history)
    assert forms[0] == "And how much may she spend?" and any("Purser" in form for form in forms[1:])
    whole = "Which channel should newcomers use to introduce themselves to the community members?"
    assert variants(whole, history) == [whole]


def test_numbered_steps_are_quoted_whole():
    """A quote in a numbered list grows to all its steps, each at most two sentences and verbatim."""
    text = "To join:\n1. Read the rules. Then wait. Then sing.\n2. Say hello.\n3. Ask for the role."
    passage = passages(load(f"# T\n\n{text}\n".encode(), "a.txt"), "c", "a.txt", "v")[0]
    start = passage.text.index("2. Say")
    found = steps(Quote(Candidate(passage), start, start + 13, 1.0))
    assert [quote.text for quote in found] == [
        "1. Read the rules. Then wait.",
        "2. Say hello.",
        "3. Ask for the role.",
    ]
