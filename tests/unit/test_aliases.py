"""Terms that documents say mean the same."""

from __future__ import annotations

import pytest

from bot_core.ports.knowledge import Passage
from bot_knowledge.glossary.aliases import aliases, long_form, terms_of


def passage(text, heading=(), title=""):
    return Passage("p", "d", "s.md", title, tuple(heading), 0, text, "en", "v")


def found(text, title="", heading=()):
    return aliases(title, [passage(text, heading, title)])


@pytest.mark.parametrize(
    ("short", "before", "long"),
    [
        ("DAO", "We are a decentralised autonomous organisation", "decentralised autonomous organisation"),
        ("RFC", "Write a request for comments", "request for comments"),
        ("MVP", "the most valuable player", "most valuable player"),
        ("GDPR", "under the General Data Protection Regulation", "General Data Protection Regulation"),
        ("CI", "our continuous integration", "continuous integration"),
        ("XYZ", "nothing of the kind", ""),
        ("IRC", "", ""),
        ("P2P", "a peer-to-peer", ""),
    ],
)
def test_an_abbreviation_is_paired_with_the_words_it_stands_for(short, before, long):
    """Each letter stands in the long form, the first at the beginning of a word; else there is none."""
    assert long_form(short, before) == long


def test_abbreviations_are_found_in_any_document():
    """ "long form (SHORT)" is a pair; years, asides and plain words in brackets are not."""
    text = "Every decentralised autonomous organisation (DAO) votes. It began (2024) in a café (see there) with Ann (a friend)."
    assert found(text) == [("DAO", "decentralised autonomous organisation")]


def test_short_forms_are_found_in_chinese():
    """以下简称 and its like make a pair."""
    assert found("港务会（以下简称“港会”）由五人组成。") == [("港会", "港务会")]


def test_a_glossary_names_terms_in_its_heads_rows_and_definitions():
    """Heads of lines, definition lists and tables give the words that stand for one thing."""
    assert found("Lamp oil, oil (灯油)\n: points for work", "Glossary") == [("Lamp oil", "oil", "灯油")]
    assert found("- **Purser**（账房）：管钱的人", "术语表") == [("Purser", "账房")]
    assert found("Bubble or soap: what one gets for cleaning", "House", ["Our jargon"]) == [
        ("Bubble", "soap")
    ]
    table = "词 | 英文 | 意思\n潮汐会 | Tide Meeting | 季末大会，定预算\n岸上 | ashore | 两季没有贡献"
    assert found(table, "词汇表") == [("潮汐会", "Tide Meeting"), ("岸上", "ashore")]


def test_a_glossarys_table_goes_on_in_the_next_passage():
    """The head of a table holds for its rows in later passages."""
    rows = [
        passage("Term | Also | Meaning\nreef | snag | a risk", title="Terms"),
        passage("mast | pole | a post", title="Terms"),
    ]
    assert aliases("Terms", rows) == [("reef", "snag"), ("mast", "pole")]


def test_other_documents_are_not_taken_for_glossaries():
    """A head with commas is a glossary's entry in a glossary alone."""
    assert found("Apples, pears (fruit): two euros", "Prices") == []


@pytest.mark.parametrize(
    "text", ["", "(", "()", "（）", ": x", " | ", "a | b", "x" * 5000, "(A" * 500, "🙂 (OK)", "1, 2: 3"]
)
def test_anything_may_come(text):
    """No text is too odd to be read."""
    for group in found(text, "Glossary"):
        assert len(group) > 1


def test_terms_are_cleaned_and_bounded():
    """Marks and quotes go; one-letter words, numbers and whole sentences are no terms."""
    assert terms_of("**“Oil”** / o, 灯油、 12") == ("Oil", "灯油")
    assert len(terms_of(", ".join(f"word{n}" for n in range(50)))) == 8
