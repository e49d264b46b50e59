"""Documents that another process keeps: asked over a socket they answer like one's own; an owner that is away is waited for."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import ClientSession, web
from yinlu_testing.knowledge import ask, ingest, write

from bot_app.doctor_remote import knowledge as keeper
from bot_app.knowledge_api import serving_knowledge
from bot_app.knowledge_calls import KnowledgeAway
from bot_app.knowledge_remote import open_remote
from bot_app.settings_load import load
from bot_core.answers import Question
from bot_core.clock import SystemClock
from bot_core.errors import BadInput, NotFound, Refused, SettingWrong, StartRefused
from bot_core.identity import Locale
from bot_core.ports.knowledge import IngestResult
from bot_knowledge import KnowledgeOptions, open_knowledge

TOKEN = "0123456789abcdef0123"
DOCUMENTS = {
    "ferry.md": "# Ferry\n\nThe ferry to Lantern Island leaves at 07:45 from pier four. A ticket costs three shells.\n",
    "渡船.md": "# 渡船\n\n去灯笼岛的渡船每天七点四十五分从四号码头出发。\n",
    "wages.md": "# Wages\n\nThe treasurer earns four hundred shells a month.\n",
}


def settings(**more):
    """Return settings of an owner on a free port."""
    given = {"YINLU_KNOWLEDGE_LISTEN": "127.0.0.1:0", "YINLU_KNOWLEDGE_TOKEN": TOKEN, **more}
    return load({}, given)


@pytest.fixture
async def own(tmp_path):
    """Knowledge of our own with three documents; the wages are the stewards'."""
    write(tmp_path / "docs", DOCUMENTS)
    async with open_knowledge(tmp_path / "knowledge", KnowledgeOptions(embedding="hash")) as knowledge:
        await ingest(knowledge, "c1", tmp_path / "docs", base=tmp_path)
        await knowledge.library.set_audience("c1", str(tmp_path / "docs/wages.md"), frozenset({"steward"}))
        yield knowledge


@asynccontextmanager
async def served(knowledge, **more):
    """Serve, and ask from outside."""
    async with (
        serving_knowledge(settings(**more), knowledge) as url,
        open_remote(url, TOKEN, SystemClock()) as remote,
    ):
        yield remote


def bare(answer):
    """Return an answer without its times."""
    return replace(answer, timings_ms={})


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("When does the ferry to Lantern Island leave?", ()),
        ("去灯笼岛的渡船几点出发？", ()),
        ("What does the treasurer earn?", ()),
        ("What does the treasurer earn?", ("steward",)),
        ("Who painted the lighthouse?", ()),
    ],
)
async def test_an_answer_is_the_same_from_afar(own, text, roles):
    """Outcome, words, citations, retrieved passages with their scores: nothing is lost on the way, rights hold."""
    here = await ask(own, "c1", text, audience=roles)
    async with served(own) as remote:
        there = await ask(remote, "c1", text, audience=roles)
    assert bare(there) == bare(here)
    assert ("four hundred" in there.text) == ("steward" in roles)


async def test_words_come_while_they_are_said(own):
    """What is said aloud arrives piece by piece, and adds up to what is said here."""
    question = Question("0" * 24, "c1", "When does the ferry to Lantern Island leave?", Locale.EN)
    here, there = [], []

    async def say_here(words):
        here.append(words)

    async def say_there(words):
        there.append(words)

    await own.answerer.answer(question, say_here)
    async with served(own) as remote:
        await remote.answerer.answer(question, say_there)
    assert there == here
    assert "07:45" in "".join(there)


async def test_a_document_added_from_afar_is_everybodys(own):
    """Bytes go over the wire, a long Chinese title too; the result names what could not be read; it can be taken away."""
    async with served(own) as one, served(own) as other:
        steps = one.library.add(
            "c1", "uploads/公告.md", "# 公告\n\n灯会在九月十二日举行。".encode(), title="公告" * 400
        )
        *_, result = [step async for step in steps]
        assert result == IngestResult(added=1)
        assert "九月十二日" in (await ask(other, "c1", "灯会在哪天举行？")).text
        *_, bad = [step async for step in one.library.add("c1", "uploads/broken.pdf", b"%PDF-1.7 no")]
        assert [failure.source for failure in bad.failed] == ["uploads/broken.pdf"]
        assert [f.words.zh for f in await other.library.failures("c1")] == [f.words.zh for f in bad.failed]
        assert (await other.library.show("c1", "uploads/公告.md"))[0].title == "公告" * 400
        assert await other.library.forget("c1", "uploads") == 1
        assert await one.library.documents("c1") == await own.library.documents("c1")


async def test_refusals_come_as_what_they_were(own):
    """A bad name, a document that is not there, no question: the same errors with the same sentences as here."""
    async with served(own, YINLU_DOCUMENT_BYTES="1MB") as remote:
        with pytest.raises(NotFound) as there:
            await remote.library.show("c1", "nowhere.md")
        with pytest.raises(NotFound) as here:
            await own.library.show("c1", "nowhere.md")
        assert there.value.words == here.value.words
        with pytest.raises(BadInput):
            await ask(remote, "c1", "")
        with pytest.raises(BadInput):
            [step async for step in remote.library.add("c1", "../../etc/passwd", b"x")]
        with pytest.raises(BadInput, match="large"):
            [step async for step in remote.library.add("c1", "uploads/a.md", b"x" * 6_000_000)]
        with pytest.raises(Refused, match="elsewhere"):
            [step async for step in remote.library.ingest("c1", [])]


async def test_the_glossary_is_shared(own):
    """Words given through one gateway are searched through the other."""
    async with served(own) as one, served(own) as other:
        await one.glossary.add("c1", ["ferry", "packet boat"])
        assert ("ferry", "packet boat") in [group.terms for group in await other.glossary.groups("c1")]
        assert await other.glossary.remove("c1", "packet boat") == 1


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer no"}, {"Authorization": f"Basic {TOKEN}"}])
async def test_nobody_calls_without_the_token(own, header):
    """401 and not a word; health is told to everybody, since whoever keeps processes alive asks for it."""
    async with serving_knowledge(settings(), own) as url, ClientSession() as http:
        async with http.post(f"{url}/call", json={"name": "communities"}, headers=header) as response:
            assert response.status == 401
            assert "c1" not in await response.text()
        async with http.get(f"{url}/healthz") as response:
            assert response.status == 200


async def test_a_wrong_token_is_told(own):
    """Whoever asks with another token reads that the owner says 401, and is not kept waiting for long."""
    async with (
        serving_knowledge(settings(), own) as url,
        open_remote(url, "another-token-0123", SystemClock()) as remote,
    ):
        with pytest.raises(KnowledgeAway, match="401"):
            await remote.asking.result("communities", {}, patience=0.0)


async def test_the_doctor_asks_who_keeps_the_documents(own):
    """Reached with the right token: ok; with another one, or with nobody there: what to check."""
    async with serving_knowledge(settings(), own) as url:
        checks = [
            await keeper(load({}, {"YINLU_KNOWLEDGE_URL": url, "YINLU_KNOWLEDGE_TOKEN": token}))
            for token in (TOKEN, "another-token-0123", "")
        ]
    gone = await keeper(load({}, {"YINLU_KNOWLEDGE_URL": url, "YINLU_KNOWLEDGE_TOKEN": TOKEN}))
    assert [check.state for check in (*checks, gone)] == ["ok", "failed", "failed", "failed"]
    assert "1 communities" in checks[0].detail.en
    assert "401" in checks[1].detail.en


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"name": 7}', b'{"name": "drop"}', b'{"name": "answer", "params": {}}',
             b'{"name": "add", "params": {"community": "c1"}}', b'{"name": "visit", "params": {"urls": "x"}}']
)  # fmt: skip
async def test_what_is_no_call_is_refused(own, body):
    """Nonsense gets an error's line; the server goes on."""
    async with serving_knowledge(settings(), own) as url, ClientSession() as http:
        async with http.post(
            f"{url}/call", data=body, headers={"Authorization": f"Bearer {TOKEN}"}
        ) as response:
            said = [json.loads(line) for line in (await response.text()).splitlines() if line]
        assert response.status == 200
        assert "error" in said[-1] or said[-1]["result"]["$"] == "IngestResult"
        async with open_remote(url, TOKEN, SystemClock()) as remote:
            assert await remote.library.communities() == ["c1"]


async def test_settings_that_cannot_work_are_named(own):
    """No token, a short one, an address that is taken: refused at the start, with what it takes."""
    for given in ({"YINLU_KNOWLEDGE_TOKEN": ""}, {"YINLU_KNOWLEDGE_TOKEN": "short"}):
        with pytest.raises(SettingWrong, match="16 characters"):
            async with serving_knowledge(settings(**given), own):
                pass
    async with serving_knowledge(settings(), own) as url:
        taken = url.removeprefix("http://")
        with pytest.raises(StartRefused, match=taken):
            async with serving_knowledge(settings(YINLU_KNOWLEDGE_LISTEN=taken), own):
                pass


# --- an owner that goes away ---------------------------------------------------------------------------------


class Stubborn:
    """An owner that cuts the line after its first words, as often as it is told, and then answers."""

    def __init__(self, cuts, answer):
        self.cuts, self.answer, self.calls = cuts, answer, 0

    async def call(self, request):
        self.calls += 1
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"progress": {"say": "The ferry "}}\n')
        if self.calls <= self.cuts:
            request.transport.abort()
            return response
        await response.write(b'{"progress": {"say": "leaves at 07:45."}}\n')
        await response.write(json.dumps({"result": self.answer}).encode() + b"\n")
        return response


class Aloud:
    """What a member sees: words added, or begun anew."""

    def __init__(self):
        self.text = ""

    async def __call__(self, words):
        self.text += words

    async def replace(self, text):
        self.text = text


@asynccontextmanager
async def stubborn(cuts):
    """Serve a stubborn owner; gives it and a remote."""
    owner = Stubborn(
        cuts, {"$": "Answer", "id": "0" * 24, "outcome": "answered", "text": "The ferry leaves at 07:45."}
    )
    app = web.Application()
    app.router.add_post("/call", owner.call)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with open_remote(url, TOKEN, SystemClock()) as remote:
            yield owner, remote
    finally:
        await runner.cleanup()


async def test_a_cut_answer_is_asked_again_and_said_once():
    """The owner is killed amid its words, twice: the third time they are whole, and the member reads them once."""
    async with stubborn(2) as (owner, remote):
        aloud, question = Aloud(), Question("0" * 24, "c1", "When?", Locale.EN)
        answer = await remote.answerer.answer(question, aloud)
        assert (owner.calls, answer.text) == (3, "The ferry leaves at 07:45.")
        assert aloud.text == "The ferry leaves at 07:45."
        plain, owner.calls = [], 0

        async def say(words):
            plain.append(words)

        await remote.answerer.answer(question, say)
        assert plain == [
            "The ferry "
        ]  # where nothing can be taken back, the rest comes with the whole answer


async def test_an_owner_that_stays_away_is_told(own):
    """After the time set for it the member reads a sentence; what was known of the communities still holds."""
    async with serving_knowledge(settings(), own) as url, open_remote(url, TOKEN, SystemClock()) as remote:
        known = await remote.library.communities()
        away = url
    async with open_remote(away, TOKEN, SystemClock()) as other:
        with pytest.raises(KnowledgeAway) as told:
            await other.asking.result("communities", {}, patience=0.3)
        assert "文档" in told.value.words.zh
        assert await other.answerer.examples("c1", Locale.EN) == []
        other.library._known = (-1e9, known)
        assert await other.library.communities() == ["c1"]


async def test_a_question_that_is_stopped_is_stopped_there_too(own):
    """A member who presses stop does not leave the owner searching."""
    begun, ended = asyncio.Event(), asyncio.Event()

    class Slow:
        async def answer(self, question, say=None):
            begun.set()
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

    async with served(replace(own, answerer=Slow())) as remote:
        task = asyncio.create_task(ask(remote, "c1", "When?"))
        await asyncio.wait_for(begun.wait(), 5)
        task.cancel()
        await asyncio.wait_for(ended.wait(), 5)
        with pytest.raises(asyncio.CancelledError):
            await task
