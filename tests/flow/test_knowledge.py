"""Documents in, answers out: with the real embeddings where they matter, with hashed terms where they don't."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from yinlu_testing.knowledge import ask, ingest, write

from bot_core.answers import Outcome, Reason, Turn
from bot_core.errors import BadInput
from bot_core.identity import Locale
from bot_knowledge import KnowledgeOptions, open_knowledge

HASH = KnowledgeOptions(embedding="hash")
FILES = {
    "money.md": (
        "# Money\n\nUpdated 2026-10-01\n\n## Reimbursements\n\nHand in receipts within 30 days of paying. "
        "Reimbursements are paid on the 15th of each month by the Purser.\n\n## Budgets\n\n"
        "| Group | USDC | Lead |\n|---|---|---|\n"
        "| Design | 6,500 | Odette |\n| Translation | 5,200 | Tomás |\n"
    ),
    "zh/join.md": (
        "# 加入社区\n\n## 怎样正式加入\n\n新人先在 #自我介绍 写至少三句话，然后等巡灯员点灯。通常在两天以内会有回应。\n\n"
        "## 昵称能改吗？\n\n随时能改，但 30 天内最多改三次。\n"
    ),
    "events.html": "<h1>Events</h1><h2>Reading night</h2>"
    "<p>Reading night takes place every Friday at 20:00 in the voice channel Harbour.</p>",
    "telescope.txt": "Telescope\n\n"
    "The telescope on the roof may be used by members after a short course. The key hangs in the office.\n",
}


async def index(knowledge, community="c"):
    """Return what the index holds, document by document."""
    held = {}
    for document in await knowledge.library.documents(community):
        held[document.source] = [
            (item.passage, sorted(item.vectors), item.sparse)
            for item in await knowledge.store.document(community, document.id)
        ]
    return held


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write(tmp_path_factory.mktemp("corpus") / "docs", FILES)


@pytest.fixture(scope="module")
def filled(tmp_path_factory, corpus):
    """A data folder that the corpus was ingested into, with both embeddings."""
    data = tmp_path_factory.mktemp("data")

    async def fill():
        async with open_knowledge(data) as knowledge:
            return await ingest(knowledge, "c", Path("docs"), base=corpus.parent)

    result = asyncio.run(fill())
    assert (result.added, result.failed) == (4, ())
    return data


@pytest.fixture
async def knowledge(filled):
    async with open_knowledge(filled) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "source", "words"),
    [
        ("When are reimbursements paid?", "docs/money.md", "15th of each month"),
        ("新人自我介绍要写几句话？", "docs/zh/join.md", "至少三句话"),
        ("Who leads the translation group?", "docs/money.md", "Tomás"),
        ("What time is the reading night?", "docs/events.html", "20:00"),
        ("报销什么时候发？", "docs/money.md", "15th"),
        ("How often can I change my nickname?", "docs/zh/join.md", "改三次"),
    ],
)
async def test_questions_find_their_passage(knowledge, question, source, words):
    """The passage that answers comes first, in the asker's language and across languages."""
    answer = await ask(knowledge, "c", question)
    assert answer.retrieved[0].source == source
    assert words in answer.retrieved[0].text
    if answer.outcome is Outcome.ANSWERED:
        assert words in "".join(citation.quote for citation in answer.citations)


async def test_citations_resolve_and_are_verbatim(knowledge):
    """Every citation is a retrieved passage, its quote stands there at its offsets, and its number is in the text."""
    for question in ("When are reimbursements paid?", "昵称能改吗？", "Where hangs the telescope key?"):
        answer = await ask(knowledge, "c", question)
        passages = {retrieved.passage_id: retrieved.text for retrieved in answer.retrieved}
        assert answer.citations
        for citation in answer.citations:
            assert passages[citation.passage_id] == citation.passage
            assert citation.passage[citation.start : citation.end] == citation.quote
            assert f"[{citation.n}]" in answer.text


async def test_what_the_documents_do_not_treat_is_not_asserted(knowledge):
    """Questions on other topics are refused or shown as related, with words in the asker's language."""
    for question, locale in (
        ("How do I repair a bicycle chain?", Locale.EN),
        ("红烧肉怎么做才好吃？", Locale.ZH),
    ):
        answer = await ask(knowledge, "c", question, locale=locale)
        assert answer.outcome is not Outcome.ANSWERED
        assert answer.reason in (Reason.NOTHING_NEAR, Reason.NEAR_BUT_NOT_THIS)
        assert ("document" in answer.text) if locale is Locale.EN else ("文档" in answer.text)


async def test_the_words_said_are_the_answer(knowledge):
    """What is said piece by piece adds up to the answer's text."""
    said = []

    async def say(words):
        said.append(words)

    from bot_core.answers import Question

    question = Question("1" * 24, "c", "When are reimbursements paid?", Locale.EN)
    answer = await knowledge.answerer.answer(question, say)
    assert "".join(said) == answer.text and len(said) > 1
    assert answer.index_version and answer.timings_ms["total"] > 0 and answer.id == "1" * 24


async def test_a_question_that_points_back(knowledge):
    """A follow-up is searched with what it points back to."""
    history = [Turn("user", "When are reimbursements paid?"), Turn("assistant", "On the 15th.")]
    answer = await ask(knowledge, "c", "And by whom?", history=history)
    assert "reimbursements" in answer.searched.lower()
    assert answer.retrieved[0].source == "docs/money.md"


@pytest.mark.parametrize("text", ["", "   ", "???", "x" * 2001])
async def test_questions_out_of_bounds(knowledge, text):
    """Empty and overlong questions are refused with a sentence."""
    with pytest.raises(BadInput):
        await ask(knowledge, "c", text)


async def test_a_community_without_documents(knowledge):
    """Without documents the answer says so."""
    answer = await ask(knowledge, "nobody", "When?")
    assert (answer.outcome, answer.reason, answer.citations) == (Outcome.UNKNOWN, Reason.EMPTY, ())


async def test_examples(knowledge):
    """Examples are headings that are questions, until others are set."""
    assert await knowledge.answerer.examples("c", Locale.ZH) == ["怎样正式加入？"]


async def test_ingestion_is_incremental(tmp_path):
    """Only what changed is read again; what vanished from a folder leaves; single files stay."""
    docs = write(tmp_path / "docs", {"a.md": "# A\n\nalpha text\n", "b.md": "# B\n\nbeta text\n"})
    extra = write(tmp_path, {"extra.md": "# X\n\nextra text\n"}) / "extra.md"
    async with open_knowledge(tmp_path / "data", HASH) as knowledge:
        first = await ingest(knowledge, "c", Path("docs"), Path("extra.md"), base=tmp_path)
        assert (first.added, first.updated, first.removed, first.unchanged) == (3, 0, 0, 0)
        (docs / "a.md").write_text("# A\n\nalpha changed\n")
        (docs / "b.md").unlink()
        write(docs, {"sub/c.md": "# C\n\ngamma text\n"})
        second = await ingest(knowledge, "c", Path("docs"), base=tmp_path)
        assert (second.added, second.updated, second.removed, second.unchanged) == (1, 1, 1, 0)
        sources = [document.source for document in await knowledge.library.documents("c")]
        assert sources == ["docs/a.md", "docs/sub/c.md", "extra.md"]
        assert extra.exists() and await knowledge.library.forget("c", "docs") == 2
        assert list(await index(knowledge)) == ["extra.md"]
        assert (await ask(knowledge, "c", "alpha changed")).retrieved[0].source == "extra.md"


async def test_one_bad_file_stops_nothing(tmp_path):
    """Bad files are named with their reason; the others are read; links in circles end."""
    docs = write(
        tmp_path / "docs",
        {
            "good.md": "# G\n\ngood text\n",
            "empty.md": "",
            "binary.txt": bytes(range(256)) * 8,
            "big.md": "x" * 3000,
            "p.pdf": b"%PDF-1.7",
        },
    )
    (docs / "loop").symlink_to(docs)
    (docs / "broken.md").symlink_to(docs / "nowhere.md")
    async with open_knowledge(
        tmp_path / "data", KnowledgeOptions(embedding="hash", max_file_bytes=2000)
    ) as knowledge:
        result = await ingest(knowledge, "c", docs, tmp_path / "missing")
        reasons = {Path(failure.source).name: failure.reason for failure in result.failed}
        assert result.added == 1
        assert set(reasons) == {"empty.md", "binary.txt", "big.md", "p.pdf", "broken.md", "missing"}
        assert "empty" in reasons["empty.md"] and "larger" in reasons["big.md"]


async def test_the_better_embedding_follows_in_the_background(tmp_path, corpus):
    """Without finishing, questions are answered at once from the fast embedding, and the rest is done behind them."""
    async with open_knowledge(tmp_path) as knowledge:
        await ingest(knowledge, "c", corpus, finish=False)
        assert await knowledge.waiting() == {"c": 4}
        early = await ask(knowledge, "c", "When are reimbursements paid?")
        assert early.retrieved[0].source.endswith("money.md") and "z_better" not in early.retrieved[0].signals
        task = asyncio.create_task(knowledge.run_background())
        while await knowledge.waiting():
            await asyncio.sleep(0.05)
        task.cancel()
        later = await ask(knowledge, "c", "When are reimbursements paid?")
        assert "z_late" in later.retrieved[0].signals and later.index_version != early.index_version


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from bot_knowledge import KnowledgeOptions, open_knowledge
from bot_knowledge.store.edge import EdgeStore

async def main():
    writes = 0
    real = EdgeStore.upsert
    async def upsert(self, community, passages):
        nonlocal writes
        writes += 1
        await real(self, community, passages)
        if writes == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
    EdgeStore.upsert = upsert
    async with open_knowledge(Path(sys.argv[1]), KnowledgeOptions(embedding="hash")) as knowledge:
        async for _ in knowledge.library.ingest("c", [Path(sys.argv[2])]):
            pass

asyncio.run(main())
"""


@pytest.mark.parametrize("writes", [1, 3])
async def test_kill_in_the_middle_of_ingestion(tmp_path, corpus, writes):
    """After kill -9 between the store and the list, ingesting again gives the index of one clean run."""
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "killed"), str(corpus), str(writes)],
        env=os.environ.copy(),
        check=False,
    )
    assert ran.returncode == -signal.SIGKILL
    async with open_knowledge(tmp_path / "clean", HASH) as knowledge:
        await ingest(knowledge, "c", corpus)
        clean = await index(knowledge)
    async with open_knowledge(tmp_path / "killed", HASH) as knowledge:
        result = await ingest(knowledge, "c", corpus)
        assert result.added + result.unchanged == 4 and result.unchanged == writes - 1
        assert await index(knowledge) == clean
        assert await knowledge.store.count("c") == sum(len(items) for items in clean.values())


ALONE = "# Harbour\n\n## Membership\n\nThe fee is thirty-one euro a year, paid in March.\n"


@pytest.mark.parametrize(
    ("question", "outcomes"),
    [
        ("How much is the membership fee?", {Outcome.ANSWERED}),
        ("When is the fee paid?", {Outcome.ANSWERED}),
        ("会费是多少？", {Outcome.ANSWERED, Outcome.RELATED}),
        ("What is the best pizza topping?", {Outcome.UNKNOWN}),
        ("怎么给猫洗澡？", {Outcome.UNKNOWN}),
    ],
)
async def test_a_single_document_is_enough(tmp_path, question, outcomes):
    """A community that has just begun: what its one document says is answered, what it doesn't is not."""
    async with open_knowledge(tmp_path / "data", KnowledgeOptions()) as knowledge:
        await ingest(knowledge, "c", write(tmp_path / "docs", {"harbour.md": ALONE}))
        assert (await ask(knowledge, "c", question)).outcome in outcomes
