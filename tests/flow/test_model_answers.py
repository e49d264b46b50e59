"""Questions answered with a language model: streamed, checked, judged, rewritten, paid, kept, and without it when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from yinlu_testing.aimock import KEY, Aimock, Scripted, running_aimock
from yinlu_testing.knowledge import ask, ingest, write

from bot_core.answers import Answer, Outcome, Question, Reason, Turn
from bot_core.clock import SystemClock
from bot_core.errors import ModelFailed
from bot_core.identity import Locale
from bot_core.ports.knowledge import Passage
from bot_knowledge import Knowledge, KnowledgeOptions, open_knowledge
from bot_knowledge.embedding.embedders import HashEmbedder
from bot_knowledge.models.chat import open_chat
from bot_knowledge.models.endpoints import ChatEndpoint, Patience, Priced
from bot_knowledge.ranking.gate import Verdict
from bot_knowledge.writing.authors import gathered
from bot_knowledge.writing.options import WritingOptions
from bot_knowledge.writing.telling import Telling
from bot_knowledge.writing.usage import Meter

JOIN = (
    "# Joining the harbour\n\nPost an introduction of three sentences in #arrivals-dock. There is no entry fee.\n\n"
    "The Watch gives you the Crew role within 24 hours.\n"
)
GRANTS = "# Grants\n\nA spark grant is at most 250 USDC. The panel decides every second Tuesday.\n"
ZH = "# 押金\n\n仓库钥匙的押金是 50 元，归还钥匙时退还。\n"
LAMPS = "# Lamps\n\nThe oldest lamp burns on the mole and is trimmed at dusk by the keeper on duty.\n"
DOCUMENTS = {"join.md": JOIN, "grants.md": GRANTS, "zh.md": ZH, "lamps.md": LAMPS}
QUESTION = "Is there an entry fee for joining the harbour?"
GOOD = "ANSWER: yes\nThere is no entry fee. [1]"


class Heard:
    """Who listens: keeps what was said, and what was taken back."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.restarts = 0

    async def __call__(self, words: str) -> None:
        self.pieces.append(words)

    async def replace(self, text: str) -> None:
        self.restarts += 1
        self.pieces = [text]

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@asynccontextmanager
async def house(
    folder: Path, documents: Mapping[str, str] = DOCUMENTS, **options
) -> AsyncIterator[Knowledge]:
    given = KnowledgeOptions(embedding="hash", **options)
    async with open_knowledge(folder / "data", given) as knowledge:
        await ingest(knowledge, "harbour", write(folder / "docs", documents))
        yield knowledge


def written(*replies: str, **more) -> dict[str, object]:
    return {"writing": WritingOptions(answer=Priced(Scripted(*replies, **more), 2.0, 8.0))}


async def asked(knowledge: Knowledge, text: str = QUESTION, **more) -> tuple[Answer, Heard]:
    heard = Heard()
    question = Question("1" * 24, "harbour", text, Locale.EN, **more)
    return await knowledge.answerer.answer(question, heard), heard


def verbatim(answer: Answer) -> None:
    """Every number in the text has its citation, verbatim in a passage that was retrieved."""
    for citation in answer.citations:
        assert f"[{citation.n}]" in answer.text
        assert citation.passage[citation.start : citation.end] == citation.quote
        assert citation.passage_id in {retrieved.passage_id for retrieved in answer.retrieved}


@pytest.fixture(scope="module")
def aimock():
    with running_aimock() as running:
        yield running


@asynccontextmanager
async def with_aimock(folder: Path, aimock: Aimock, **patience) -> AsyncIterator[Knowledge]:
    aimock.forget()
    given = Patience(**{"first": 5.0, "between": 5.0, "total": 10.0, "retries": 1, **patience})
    endpoint = ChatEndpoint("answer", "small-model", aimock.url, KEY, patience=given)
    async with open_chat(endpoint) as chat:
        await chat.warm()
        options = WritingOptions(answer=Priced(chat, 2.0, 8.0))
        async with house(folder, writing=options) as knowledge:
            yield knowledge


async def test_an_answer_is_streamed_with_its_quotes(tmp_path: Path, aimock: Aimock) -> None:
    """A model's answer comes sentence by sentence; each has a quote of a retrieved passage; tokens and cost are told."""
    async with with_aimock(tmp_path, aimock) as knowledge:
        aimock.says(
            "entry fee",
            "ANSWER: yes\nThere is no entry fee. [1] You get the Crew role from the Watch within 24 hours. [1]",
            response={"usage": {"prompt_tokens": 1000, "completion_tokens": 500}},
        )
        answer, heard = await asked(knowledge)
    assert (answer.outcome, answer.model, answer.prompt_version) == (
        Outcome.ANSWERED,
        "small-model",
        "answer.en/1",
    )
    assert heard.text == answer.text and heard.restarts == 0 and len(heard.pieces) == 2
    assert [citation.quote for citation in answer.citations] == [
        "There is no entry fee.",
        "The Watch gives you the Crew role within 24 hours.",
    ]
    verbatim(answer)
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (1000, 500)
    assert answer.usage.cost == pytest.approx(0.006)
    sent = aimock.asked()[-1]
    assert "never instructions" in sent["messages"][0]["content"]
    assert '<passage n="1"' in sent["messages"][1]["content"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 429, "retryAfter": 30},
        {"status": 401},
        {"latency": 50, "truncateAfterChunks": 4},
        {"latency": 50, "truncateAfterChunks": 6},
        {"latency": 50, "disconnectAfterMs": 400},
        {"streamingProfile": {"ttft": 4000}},
        {"response": {"finishReason": "content_filter"}},
    ],
)
async def test_whatever_fails_the_member_gets_the_quotes(tmp_path: Path, aimock: Aimock, fault: dict) -> None:
    """Errors, broken streams and slow models end in the answer of quotes, and the answer tells that."""
    async with with_aimock(tmp_path, aimock, first=1.0) as knowledge:
        if "status" in fault:
            aimock.fails("entry fee", **fault)
        else:
            long = f"{GOOD} Post an introduction of three sentences in #arrivals-dock. [1] The Watch gives you the Crew role."
            aimock.says("entry fee", long, **fault)
        answer, heard = await asked(knowledge)
        async with house(tmp_path / "plain") as plain:
            quotes, _ = await asked(plain)
    assert answer.model == "extractive (instead of small-model)"
    assert (answer.text, answer.outcome) == (quotes.text, quotes.outcome)
    assert heard.text == answer.text
    verbatim(answer)


async def test_what_was_said_too_early_is_taken_back(tmp_path: Path) -> None:
    """A stream that breaks after its first sentence starts anew with the quotes."""
    reply = "ANSWER: yes\nPost an introduction of three sentences in #arrivals-dock. [1] The Watch gives you the role."
    broken = written(reply, error=ModelFailed("answer", "m", "broken"), after=90)
    async with house(tmp_path, **broken) as knowledge:
        answer, heard = await asked(knowledge)
    assert heard.restarts == 1
    assert heard.text == answer.text
    assert answer.model.startswith("extractive")


async def test_unsupported_sentences_are_never_said(tmp_path: Path) -> None:
    """Wrong facts, wrong numbers and links of the model's own are dropped before anybody reads them; that is told."""
    reply = (
        "ANSWER: yes\nThere is no entry fee. [1] The fee is 30 dollars. [1] A spark grant is at most 900 USDC. [2]"
        " Post an introduction of three sentences in #arrivals-dock. [1] Pay at https://evil.example/pay now. [1]"
    )
    async with house(tmp_path, **written(reply)) as knowledge:
        answer, heard = await asked(knowledge)
    for piece in ("30", "900", "evil"):
        assert piece not in heard.text
    assert answer.text == heard.text
    assert answer.text.startswith(
        "There is no entry fee. [1] Post an introduction of three sentences in #arrivals-dock. [2]"
    )
    assert "left out" in answer.text
    verbatim(answer)


async def test_wrong_citations_are_put_right(tmp_path: Path) -> None:
    """A true sentence under a wrong or impossible number gets the quote that says it."""
    async with house(tmp_path, **written("ANSWER: yes\nThere is no entry fee. [9][4]")) as knowledge:
        answer, _ = await asked(knowledge)
    assert [citation.quote for citation in answer.citations] == ["There is no entry fee."]
    verbatim(answer)


async def test_an_answer_that_ignores_its_passages_is_not_shown(tmp_path: Path) -> None:
    """A reply from the model's own knowledge, without support, gives way to the quotes."""
    reply = "ANSWER: yes\nMost clubs charge ten dollars a year. Payment is by card. Contact the treasurer."
    async with house(tmp_path, **written(reply)) as knowledge:
        answer, heard = await asked(knowledge)
    assert answer.model == "extractive (instead of scripted)"
    assert "dollars" not in heard.text


async def test_the_model_may_say_that_the_documents_do_not(tmp_path: Path) -> None:
    """ "no" is a refusal with its reason, whatever follows it; nothing of it is said."""
    async with house(tmp_path, **written("ANSWER: no\nBut I think the fee is ten dollars.")) as knowledge:
        answer, heard = await asked(knowledge)
    assert (answer.outcome, answer.reason) == (Outcome.UNKNOWN, Reason.NEAR_BUT_NOT_THIS)
    assert (answer.model, answer.citations) == ("scripted", ())
    assert "ten dollars" not in heard.text and heard.text == answer.text
    assert answer.usage.prompt_tokens > 0


async def test_a_part_of_an_answer_is_called_related(tmp_path: Path) -> None:
    """ "partly" shows what there is and asserts no more."""
    async with house(tmp_path, **written("ANSWER: partly\nThere is no entry fee. [1]")) as knowledge:
        answer, _ = await asked(knowledge)
    assert (answer.outcome, answer.reason) == (Outcome.RELATED, Reason.NEAR_BUT_NOT_THIS)
    assert (
        answer.text.startswith("The documents tell only a part")
        and "There is no entry fee. [1]" in answer.text
    )


async def test_lists_keep_their_shape_and_their_introduction(tmp_path: Path) -> None:
    """Steps stay numbered; what leads in to them is said with the first that is supported."""
    reply = (
        "ANSWER: yes\nTo join:\n1. Pay ten dollars. [1]\n2. Post an introduction of three sentences in #arrivals-dock. [1]\n"
        "3. The Watch gives you the Crew role within 24 hours. [1]"
    )
    async with house(tmp_path, **written(reply)) as knowledge:
        answer, _ = await asked(knowledge, "How do I join the harbour?")
    assert answer.text.startswith(
        "To join:\n2. Post an introduction of three sentences in #arrivals-dock. [1]\n3. The Watch"
    )


async def test_a_reply_cut_off_loses_its_last_half_sentence(tmp_path: Path, aimock: Aimock) -> None:
    """What a limit cut off is not shown: half a sentence may say the opposite of the whole."""
    async with with_aimock(tmp_path, aimock) as knowledge:
        aimock.says(
            "entry fee", f"{GOOD} The Watch gives you the Crew role", response={"finishReason": "length"}
        )
        answer, _ = await asked(knowledge)
    assert answer.text == "There is no entry fee. [1]"


async def test_no_model_is_asked_where_nothing_is_near(tmp_path: Path) -> None:
    """A question on a topic that no document treats is refused without a call, and costs nothing."""
    model = Scripted("ANSWER: yes\nParis. [1]")
    options = WritingOptions(answer=Priced(model, 2.0, 8.0))
    async with open_knowledge(
        tmp_path / "data", KnowledgeOptions(embedding="fast", writing=options)
    ) as knowledge:
        await ingest(knowledge, "harbour", write(tmp_path / "docs", DOCUMENTS))
        answer, _ = await asked(
            knowledge, "Which chemical element has the atomic number of seventy-nine in physics?"
        )
    assert (answer.outcome, model.asked, answer.usage.cost) == (Outcome.UNKNOWN, [], 0.0)


UNSURE = Verdict(Outcome.RELATED, Reason.NEAR_BUT_NOT_THIS, 0.9, 0.3)
PASSAGE = Passage("1", "d", "join.md", "Joining", (), 0, "There is no entry fee.", "en", "v")


async def judged(judge: Scripted, writer: Scripted, verdict: Verdict = UNSURE):
    options = WritingOptions(answer=Priced(writer), judge=Priced(judge))
    authors = gathered(options, HashEmbedder(), SystemClock(), 550)
    question = Question("1" * 24, "harbour", QUESTION, Locale.EN)
    return await authors.write(question, QUESTION, verdict, [PASSAGE], Telling(None), Meter())


@pytest.mark.parametrize(
    ("word", "outcome", "asked_to_write"),
    [
        ("no", Outcome.UNKNOWN, 0),
        ("yes", Outcome.ANSWERED, 1),
        ("Partly.", Outcome.ANSWERED, 1),
        ("hm", Outcome.ANSWERED, 1),
    ],
)
async def test_a_judge_of_its_own_decides_near_misses(
    word: str, outcome: Outcome, asked_to_write: int
) -> None:
    """Where the gate is not sure, the judge's word decides whether the writer is asked at all."""
    judge, writer = Scripted(word, name="judge"), Scripted(GOOD)
    written = await judged(judge, writer)
    assert written is not None and written.outcome is outcome
    assert (len(judge.asked), len(writer.asked)) == (1, asked_to_write)


async def test_a_judge_is_not_asked_where_the_gate_is_sure() -> None:
    """A clear case costs one call, a hopeless one none."""
    judge, writer = Scripted("no", name="judge"), Scripted(GOOD)
    sure = await judged(judge, writer, Verdict(Outcome.ANSWERED, Reason.NONE, 1.0, 0.95))
    hopeless = await judged(judge, writer, Verdict(Outcome.UNKNOWN, Reason.NOTHING_NEAR, 0.1, 0.1))
    assert sure is not None and hopeless is None
    assert (len(judge.asked), len(writer.asked)) == (0, 1)


async def test_a_judge_that_fails_leaves_the_quotes() -> None:
    """A judge that can't be reached makes nothing worse than it was without models."""
    judge = Scripted(name="judge", error=ModelFailed("judge", "j", "down"))
    assert await judged(judge, Scripted(GOOD)) is None


HISTORY = (Turn("user", "Tell me about the oldest lamp."), Turn("assistant", "It burns on the mole."))


async def test_a_question_is_rewritten_by_what_was_said(tmp_path: Path) -> None:
    """A question that points back is searched in the form that the model gives it, where the gate likes it."""
    rewriter = Scripted("By whom is the oldest lamp trimmed at dusk?")
    options = WritingOptions(rewrite=Priced(rewriter))
    async with house(tmp_path, writing=options) as knowledge:
        answer, _ = await asked(knowledge, "And who trims it?", history=HISTORY)
    assert answer.searched == "By whom is the oldest lamp trimmed at dusk?"
    assert "keeper on duty" in answer.text
    assert "Tell me about the oldest lamp." in rewriter.asked[0][1].text


@pytest.mark.parametrize("reply", ["", "And who trims it?", "x" * 900])
async def test_a_rewriter_of_no_use_changes_nothing(tmp_path: Path, reply: str) -> None:
    """Empty, equal and endless rewritings, and failures, leave the forms made of terms."""
    async with house(tmp_path / "plain") as plain:
        expected, _ = await asked(plain, "And who trims it?", history=HISTORY)
    broken = Scripted(reply, error=ModelFailed("rewrite", "m", "down") if not reply else None)
    async with house(tmp_path, writing=WritingOptions(rewrite=Priced(broken))) as knowledge:
        answer, _ = await asked(knowledge, "And who trims it?", history=HISTORY)
    assert (answer.searched, answer.text) == (expected.searched, expected.text)


async def test_a_reranker_that_fails_leaves_the_order(tmp_path: Path) -> None:
    """Without its reranker the house ranks by itself."""

    class Down:
        async def scores(self, question: str, passages: list[str]) -> list[float]:
            raise ModelFailed("rerank", "r", "down")

    async with house(tmp_path, reranker=Down()) as knowledge:
        answer, _ = await asked(knowledge)
    assert "no entry fee" in answer.text


async def test_an_answer_is_kept_for_the_next_who_asks(tmp_path: Path) -> None:
    """The same question, in other letters, is answered again without the model, under its own id and for nothing."""
    model = Scripted(GOOD)
    async with house(tmp_path, writing=WritingOptions(answer=Priced(model, 2.0, 8.0))) as knowledge:
        first, _ = await asked(knowledge)
        question = Question("2" * 24, "harbour", "is there an ENTRY fee for joining the harbour", Locale.EN)
        second = await knowledge.answerer.answer(question)
        fresh = await knowledge.answerer.answer(replace(question, fresh=True))
    assert (second.text, second.citations, second.id) == (first.text, first.citations, "2" * 24)
    assert second.usage.cost == 0.0 and fresh.usage.cost > 0.0
    assert len(model.asked) == 2
    assert fresh.text == first.text


async def test_answers_are_not_kept_where_that_is_off(tmp_path: Path) -> None:
    """With the setting at 0 every question is answered anew."""
    model = Scripted(GOOD)
    async with house(tmp_path, writing=WritingOptions(answer=Priced(model)), kept_answers=0) as knowledge:
        await asked(knowledge)
        await asked(knowledge)
    assert len(model.asked) == 2


async def test_kept_answers_end_with_their_documents(tmp_path: Path) -> None:
    """A document that changed, or that the asker may not read any more, takes its answers along."""
    model = Scripted(GOOD, "ANSWER: yes\nThe entry fee is 5 dollars. [1]", "ANSWER: no")
    async with house(tmp_path, writing=WritingOptions(answer=Priced(model))) as knowledge:
        first, _ = await asked(knowledge)
        docs = write(
            tmp_path / "docs",
            {"join.md": JOIN.replace("There is no entry fee.", "The entry fee is 5 dollars.")},
        )
        await ingest(knowledge, "harbour", docs)
        second, _ = await asked(knowledge)
        assert "no entry fee" in first.text and "5 dollars" in second.text
        await knowledge.library.set_audience("harbour", str(docs / "join.md"), frozenset({"crew"}))
        third, _ = await asked(knowledge)
    assert "5 dollars" not in third.text
    assert all("join.md" not in retrieved.source for retrieved in third.retrieved)


async def test_kept_answers_stay_with_their_audience_and_community(tmp_path: Path) -> None:
    """What was answered to a role or in a community is not given to others."""
    async with house(tmp_path, **written(GOOD)) as knowledge:
        docs = tmp_path / "docs"
        await knowledge.library.set_audience("harbour", str(docs / "join.md"), frozenset({"crew"}))
        await ingest(knowledge, "other", write(tmp_path / "others", {"lamps.md": LAMPS}))
        inside, _ = await asked(knowledge, audience=frozenset({"crew"}))
        outside, _ = await asked(knowledge)
        other = await ask(knowledge, "other", QUESTION)
    assert "no entry fee" in inside.text
    assert "entry fee" not in outside.text and "entry fee" not in other.text


async def test_failed_answers_are_not_kept(tmp_path: Path) -> None:
    """Quotes that stood in for a model are made anew: the next may hear the model."""

    class Recovering(Scripted):
        async def stream(self, turns, options=None):
            self.error = ModelFailed("answer", "m", "down") if not self.asked else None
            async for chunk in super().stream(turns, options):
                yield chunk

    async with house(tmp_path, writing=WritingOptions(answer=Priced(Recovering(GOOD)))) as knowledge:
        first, _ = await asked(knowledge)
        second, _ = await asked(knowledge)
    assert first.model.startswith("extractive (") and second.model == "scripted"


async def test_a_community_writes_with_its_own_prompt(tmp_path: Path) -> None:
    """A file below DATA/prompts/COMMUNITY is what its model is asked with, and the answer says which."""
    own = "---\nversion: 1\nfields: question, passages\n---\n# system\nTalk like a sailor.\n# user\n{{passages}}\n{{question}}\n"
    prompts = write(tmp_path / "prompts", {"harbour/answer.en.md": own})
    model = Scripted(GOOD)
    async with house(tmp_path, writing=WritingOptions(answer=Priced(model), prompts=prompts)) as knowledge:
        answer, _ = await asked(knowledge)
    assert model.asked[0][0].text == "Talk like a sailor."
    assert answer.prompt_version.startswith("answer.en/own-")


async def test_an_asker_who_leaves_ends_the_request(tmp_path: Path) -> None:
    """Cancelling a question closes the model's stream."""
    closed = asyncio.Event()

    class Endless(Scripted):
        async def stream(self, turns, options=None):
            from bot_core.ports.knowledge import ChatChunk

            try:
                while True:
                    await asyncio.sleep(0.01)
                    yield ChatChunk("word ")
            finally:
                closed.set()

    async with house(tmp_path, writing=WritingOptions(answer=Priced(Endless()))) as knowledge:
        task = asyncio.create_task(asked(knowledge))
        await asyncio.sleep(0.4)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert closed.is_set()
