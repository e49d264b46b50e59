"""The community's own words: what newcomers call otherwise is found, and nobody learns from it what they may not read."""

from __future__ import annotations

import pytest
from yinlu_testing.knowledge import ask, ingest, write

from bot_core.answers import Outcome
from bot_core.errors import BadInput, NotFound
from bot_knowledge import KnowledgeOptions, open_knowledge

HASH = KnowledgeOptions(embedding="hash")
FAST = KnowledgeOptions(embedding="fast")
PURSE = """# Money

## Who pays reimbursements?

The purser pays reimbursements every second Friday, up to 200 tokens each.

## Where are tokens kept?

Tokens lie in a wallet that three of five people must sign for.

## When is the harvest feast?

The harvest feast is on the first Saturday of October, behind the mill.
"""
OTHERS = {
    f"about-{name}.md": f"# {name.title()}\n\n## What is {name}?\n\nThe {name} stands by the river and opens at nine.\n"
    for name in ("mill", "granary", "bakery", "smithy", "chapel", "school", "library", "theatre", "garden")
}


@pytest.fixture
async def knowledge(tmp_path):
    async with open_knowledge(tmp_path / "data", FAST) as opened:
        await ingest(opened, "c", write(tmp_path / "docs", {"money.md": PURSE, **OTHERS}))
        yield opened


async def test_a_given_word_finds_what_the_documents_call_otherwise(knowledge):
    """A question in words that no document has is answered once the glossary says what they mean; another community's is not."""
    question = "When is the zumbra?"
    before = await ask(knowledge, "c", question)
    await knowledge.glossary.add("c", ["zumbra", "harvest feast"])
    after = await ask(knowledge, "c", question)
    assert before.outcome is not Outcome.ANSWERED
    assert after.outcome is Outcome.ANSWERED and "October" in after.text
    assert "harvest feast" in after.searched and "zumbra" not in after.searched
    await knowledge.glossary.remove("c", "Zumbra")
    assert (await ask(knowledge, "c", question)).outcome is not Outcome.ANSWERED


async def test_what_is_answered_as_it_stands_is_not_searched_otherwise(knowledge):
    """A question that the documents answer in its own words keeps them."""
    await knowledge.glossary.add("c", ["purser", "smithy"])
    answer = await ask(knowledge, "c", "When does the purser pay reimbursements?")
    assert answer.outcome is Outcome.ANSWERED and "smithy" not in answer.searched


async def test_documents_bring_their_glossary_and_take_it_away(knowledge, tmp_path):
    """A glossary's entries hold from the moment it is read, and go with it; they are listed with their document."""
    docs = write(
        tmp_path / "more", {"words.md": "# Glossary\n\nzumbra (harvest feast)\n: a day of rest and song\n"}
    )
    await ingest(knowledge, "c", docs)
    (group,) = await knowledge.glossary.groups("c")
    assert group.terms == ("zumbra", "harvest feast") and group.source.endswith("words.md")
    await knowledge.library.forget("c", group.source)
    assert await knowledge.glossary.groups("c") == []


async def test_a_hidden_glossary_helps_only_those_who_may_read_it(knowledge, tmp_path):
    """The words of a document for helpers neither search nor show for anybody else, and follow its audience."""
    text = "# Glossary\n\nzumbra (harvest feast)\n: a day of rest and song\n"
    docs = write(tmp_path / "more", {"words.md": text})
    await ingest(knowledge, "c", docs, audience=frozenset({"helper"}))
    question = "When is the zumbra?"
    shown = await ask(knowledge, "c", question)
    assert "harvest" not in shown.searched
    assert "harvest" in (await ask(knowledge, "c", question, audience=["helper"])).searched
    (group,) = await knowledge.glossary.groups("c")
    assert group.audience == ("helper",)
    await knowledge.library.set_audience("c", group.source, frozenset())
    assert "harvest" in (await ask(knowledge, "c", question)).searched


async def test_communities_keep_their_words_apart(tmp_path):
    """One community's words do nothing in another, and are dropped with it."""
    async with open_knowledge(tmp_path / "data", HASH) as knowledge:
        await knowledge.glossary.add("a", ["Purser", "账房"])
        assert await knowledge.glossary.groups("b") == []
        await knowledge.drop("a")
        assert await knowledge.glossary.groups("a") == []


async def test_groups_that_share_a_word_become_one(tmp_path):
    """Adding a third word to a pair needs only one of the two; upper case and traditional characters are the same word."""
    async with open_knowledge(tmp_path / "data", HASH) as knowledge:
        await knowledge.glossary.add("a", ["Purser", "账房"])
        await knowledge.glossary.add("a", ["賬房", "bookkeeper"])
        (group,) = await knowledge.glossary.groups("a")
        assert group.terms == ("Purser", "賬房", "bookkeeper")
        assert await knowledge.glossary.remove("a", "purser") == 1
        assert await knowledge.glossary.remove("a", "账房") == 1
        assert await knowledge.glossary.groups("a") == []


@pytest.mark.parametrize(
    "terms",
    [
        [],
        ["one"],
        ["same", "SAME"],
        ["a", "b"],
        ["fine", "x" * 41],
        ["fine", "1"],
        [f"w{n}x" for n in range(9)],
    ],
)
async def test_what_is_no_pair_of_terms_is_refused(tmp_path, terms):
    """Too few, too many, too short, too long or without letters: told, and nothing is kept."""
    async with open_knowledge(tmp_path / "data", HASH) as knowledge:
        with pytest.raises(BadInput):
            await knowledge.glossary.add("a", terms)
        assert await knowledge.glossary.groups("a") == []
        with pytest.raises(NotFound):
            await knowledge.glossary.remove("a", "fine")
