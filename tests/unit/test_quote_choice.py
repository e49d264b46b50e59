"""Which sentences are quoted, what is joined with what, and what a near-miss lacks."""

from __future__ import annotations

import numpy as np
import pytest

from bot_core.ports.knowledge import Passage
from bot_knowledge.answering.compose import by_passage
from bot_knowledge.answering.expect import expected
from bot_knowledge.answering.quotes import Quote, Quoter, joined
from bot_knowledge.answering.units import units
from bot_knowledge.ranking.candidates import Candidate, Search
from bot_knowledge.ranking.lacking import lacking
from bot_knowledge.ranking.query import read_question
from bot_knowledge.ranking.snapshot import Snapshot
from bot_knowledge.ranking.words import by_word, extremes, question_words
from bot_knowledge.text.terms import term_id, terms
from bot_knowledge.weights import learned

PROSE = "The library lends boats for three days. Each boat costs 5 USDC. Ask Susu for the key to the shed."
ITEMS = "- boats: three days\n- tents: one week\n- lamps: one night"
ROWS = "Thing | Days\nBoat | 3\nTent | 7"


def candidate(text, key="a", heading=()):
    return Candidate(Passage(f"{key}-0", key, f"{key}.md", "Page", heading, 0, text, "en", "v"))


def search(question, *passages):
    """Return a search of a community that has these passages and nothing else."""
    counts: dict[int, int] = {}
    for found in passages:
        for term in {term_id(term) for term in terms(found.passage.text)}:
            counts[term] = counts.get(term, 0) + 1
    snapshot = Snapshot("v", max(len(passages), 1), False, counts, {}, {}, ("en",), {"en": 1.0})
    return Search(read_question(question), snapshot, list(passages))


def pair(text, left, right, key="a"):
    found = candidate(text, key)
    spans = units(text)
    return [Quote(found, *spans[place], worth=1.0, odds=0.4) for place in (left, right)]


async def chosen(question, *passages):
    asked = search(question, *passages)
    weights = learned().sentence["fast"]
    return await Quoter().choose(asked, passages, expected(question), weights)


def test_sentences_that_follow_each_other_are_one_quote():
    """Two sentences of running text that follow each other are quoted as one, verbatim."""
    one = joined(*pair(PROSE, 1, 2))
    assert one is not None
    assert one.text == "Each boat costs 5 USDC. Ask Susu for the key to the shed."
    assert joined(*reversed(pair(PROSE, 1, 2))).text == one.text


@pytest.mark.parametrize(
    ("text", "left", "right"), [(ITEMS, 0, 1), (ITEMS, 1, 2), (ROWS, 1, 2), (PROSE, 0, 2)]
)
def test_items_rows_and_distant_sentences_stay_apart(text, left, right):
    """Items of a list, rows of a table and sentences with another between them are never made one quote."""
    assert joined(*pair(text, left, right)) is None


def test_sentences_of_two_passages_stay_apart():
    """A quote stands in one passage."""
    assert joined(pair(PROSE, 0, 1)[0], pair(PROSE, 0, 1, "b")[1]) is None


async def test_the_sentence_with_the_figure_comes_first():
    """Asked how much, the sentence of the passage that tells a number about the thing is worth most."""
    quotes = await chosen("How much does a boat cost?", candidate(PROSE))
    assert quotes[0].text == "Each boat costs 5 USDC."
    assert sum(quote.odds for quote in quotes) == pytest.approx(1.0)
    assert [quote.worth for quote in quotes] == sorted((quote.worth for quote in quotes), reverse=True)


async def test_names_of_columns_are_no_answer():
    """A row is quoted, not the row that names the columns."""
    quotes = await chosen("How many days may I keep a tent?", candidate(ROWS))
    assert quotes[0].text == "Tent | 7"


async def test_a_lead_in_takes_what_follows_along():
    """A sentence that ends in a colon can't be read alone."""
    quotes = await chosen("What can I borrow?", candidate("You can borrow these things:\n" + ITEMS))
    lead = next(quote for quote in quotes if quote.start == 0)
    assert lead.text == "You can borrow these things:\n- boats: three days"


async def test_a_short_item_stays_alone():
    """However short an item of a list is, the next one is about something else."""
    quotes = await chosen("Is wine paid?", candidate("- wine\n- tickets lost on a trip"))
    assert {quote.text for quote in quotes} == {"- wine", "- tickets lost on a trip"}


async def test_the_front_door_is_quoted_first():
    """Where ranking says that the whole community is meant, its page is quoted before others that fit as well."""
    group, front = candidate("How to join: ask Susu.", "b"), candidate("Fill in the form.", "welcome")
    front.signals["front"] = 1.0
    quotes = await chosen("How do I join?", front, group)
    assert quotes[0].passage.document == "welcome"


async def test_each_passage_shows_its_best_quote():
    """What is shown as related is one quote of each passage."""
    quotes = await chosen("How much does a boat cost?", candidate(PROSE), candidate(ITEMS, "b"))
    assert [quote.passage.id for quote in by_passage(quotes)] == list(
        dict.fromkeys(quote.passage.id for quote in quotes)
    )
    assert len(by_passage(quotes)) == 2


async def test_what_the_quote_lacks_is_seen():
    """A rare word of the question that the passage has not counts as lost; one that stands in it doesn't."""
    boats, tents = candidate(PROSE), candidate("Tents need insurance.", "b")
    signs = []
    for question in ("Is there insurance for boats?", "Is there a key for boats?"):
        quotes = await chosen(question, boats)
        signs.append(lacking(search(question, boats, tents), [boats, tents], quotes))
    assert signs[0]["lost_most"] == 1.0
    assert signs[1]["lost_most"] == 0.0


def test_words_of_the_question_among_its_tokens():
    """Each word that carries meaning has its tokens, and one that stands nowhere tells most."""
    text = "is there an insurance for boats"
    held = {term_id(term): 9 for term in terms("boats")}
    words = question_words(text, 6, lambda part: len(part.split()), held, 10)
    assert [(word.left, word.right) for word in words][-2:] == [(3, 4), (5, 6)]
    assert sum(word.rarity for word in words) == pytest.approx(1.0)
    assert words[-2].rarity > words[-1].rarity
    matches = by_word(np.array([0.9, 0.9, 0.9, 0.1, 0.9, 0.8], dtype=np.float32), words)
    found = extremes("x", matches, words)
    assert found["x_min"] == pytest.approx(0.1)
    assert found["x_rarest"] == pytest.approx(0.1)
