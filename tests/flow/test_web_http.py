"""The HTTP API: the same way through the house, one JSON in and one out."""

import asyncio

import aiohttp
import pytest
from yinlu_testing.web import SIGNER, Tab, WebHouse, token

from bot_core.actions import Action, Press
from bot_core.errors import EngineDown, StartRefused


class Caller:
    """Something that speaks HTTP."""

    def __init__(self, house, http):
        self.house, self.http = house, http

    async def post(self, path, body=None, data=None, **headers):
        """Return status, body and headers."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if data is not None:
            headers.setdefault("Content-Type", "application/json")
        async with self.http.post(self.house.url + path, json=body, data=data, headers=headers) as response:
            return response.status, await response.json(), response.headers

    async def ask(self, question, headers=None, **fields):
        """Ask."""
        return await self.post("/api/v1/ask", {"question": question, **fields}, **(headers or {}))

    async def get(self, path):
        """Return status and text."""
        async with self.http.get(self.house.url + path) as response:
            return response.status, await response.text()


@pytest.fixture
async def house():
    """A running web server."""
    async with WebHouse(answer_seconds=0.5).up() as running:
        yield running


@pytest.fixture
async def caller(house):
    """A client of it."""
    async with aiohttp.ClientSession() as http:
        yield Caller(house, http)


async def test_ask_answers_with_everything(caller, house):
    """The fixed shape: outcome, words, citations, what was retrieved, buttons, timings; and the ledger has it."""
    status, answer, _ = await caller.ask("When does it leave?")
    assert status == 200
    assert list(answer) == [
        "answer_id",
        "outcome",
        "abstained",
        "answer",
        "citations",
        "retrieved",
        "buttons",
        "timings_ms",
    ]
    assert (answer["outcome"], answer["abstained"]) == ("answered", False)
    assert answer["citations"][0].keys() == {"n", "source", "heading", "quote"}
    assert answer["retrieved"][0].keys() == {"source", "text", "score"}
    assert answer["answer_id"] in house.ledger.records
    _, unknown, _ = await caller.ask("what?")
    assert (unknown["outcome"], unknown["abstained"]) == ("unknown", True)


async def test_history_that_is_brought_along_reaches_the_answerer(caller, house):
    """The caller's turns are the question's history."""
    history = [{"role": "user", "text": "The ferry?"}, {"role": "assistant", "text": "Yes."}]
    await caller.ask("When?", history=history)
    (question,) = house.answerer.asked
    assert [(turn.role, turn.text) for turn in question.history] == [
        ("user", "The ferry?"),
        ("assistant", "Yes."),
    ]


async def test_votes_over_http(caller, house):
    """The token of an answer's button, with a reason; shape {answer, value}."""
    _, answer, _ = await caller.ask("When?")
    body = {"token": token(answer, "vote_down"), "reason": "wrong", "words": "no"}
    status, vote, _ = await caller.post("/api/v1/votes", body)
    assert (status, vote) == (200, {"answer": answer["answer_id"], "value": "down"})
    (kept,) = house.ledger.cast.values()
    assert (kept.reason, kept.words) == ("wrong", "no")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"token": "forged"}, 403, "ForgedButton"),
        ({"token": SIGNER.sign("other", Press(Action.VOTE_UP, "ab" * 12))}, 403, "ForgedButton"),
        ({"token": SIGNER.sign("harbour", Press(Action.VOTE_UP, "ab" * 12))}, 404, "NotFound"),
        ({"token": "x" * 65}, 400, "BadInput"),
        ({}, 400, "BadInput"),
        (
            {"token": SIGNER.sign("harbour", Press(Action.VOTE_DOWN, "ab" * 12)), "reason": "ugly"},
            400,
            "BadInput",
        ),
    ],
)
async def test_votes_that_cant_be(caller, body, status, code):
    """Each with its status, code and sentence."""
    got, answer, _ = await caller.post("/api/v1/votes", body, Accept_Language="zh-CN,zh;q=0.9")
    assert (got, answer["error"]["code"]) == (status, code)
    assert answer["error"]["text"].endswith("。")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"question": 7}',
        b'{"question": null}',
        b'{"question": " "}',
        b'{"question": "\\ud800"}',
        b'{"question": "?", "locale": 3}',
        b'{"question": "?", "history": [{"role": "system", "text": "x"}]}',
        b'{"question": "?", "history": "x"}',
        b'{"question": "\xff"}',
        '{"question": "请问几点"}'.encode("gb18030"),
        '{"question": "x"}'.encode("utf-16"),
        b"[" * 50_000,
        b'{"question": "' + b"x" * 3000 + b'"}',
    ],
    ids=lambda data: repr(data[:45]),
)
async def test_bodies_that_cant_be_read_are_400_in_words(caller, house, data):
    """Never a server error, nothing stored."""
    status, answer, _ = await caller.post("/api/v1/ask", data=data, Accept_Language="zh")
    assert (status, answer["error"]["code"]) == (400, "BadInput")
    assert answer["error"]["text"].endswith("。")
    assert not house.journal.seen


async def test_too_large_and_not_json(caller):
    """413 with the bound, 415 for another media type: also the forms that a foreign page could send."""
    status, answer, _ = await caller.post("/api/v1/ask", {"question": "x" * 100_000})
    assert status == 413 and "65536" in answer["error"]["text"]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        status, answer, _ = await caller.post("/api/v1/ask", data=b"{}", Content_Type=kind)
        assert status == 415 and answer["error"]["text"]


async def test_another_community_is_unknown_here(caller):
    """A place answers for its own community only, whatever the body names."""
    assert (await caller.ask("When?", community="harbour"))[0] == 200
    status, answer, _ = await caller.ask("When?", community="other")
    assert (status, answer["error"]["code"]) == (404, "UnknownCommunity")


async def test_the_language_is_the_bodys_or_the_headers(caller, house):
    """locale wins over Accept-Language."""
    await caller.ask("1", locale="zh-Hans")
    await caller.ask("2", {"Accept_Language": "fr, zh-TW;q=0.8, en;q=0.5"})
    await caller.ask("3", {"Accept_Language": "zh"}, locale="en")
    assert [question.locale for question in house.answerer.asked] == ["zh", "zh", "en"]


async def test_an_idempotency_key_makes_a_repeat_the_same_request(caller, house):
    """Repeats, also at once and after a restart, get the first answer; another body or no key is another request."""
    key = {"Idempotency_Key": "k1"}
    first, second = await asyncio.gather(caller.ask("When?", key), caller.ask("When?", key))
    assert first[:2] == second[:2] == (await caller.ask("When?", key))[:2]
    await house.stop()
    await house.start()
    assert (await caller.ask("When?", key))[1] == first[1]
    assert not house.answerer.asked
    assert (await caller.ask("Where?", key))[1]["answer_id"] != first[1]["answer_id"]
    assert (await caller.ask("When?"))[1]["answer_id"] != first[1]["answer_id"]
    assert (await caller.ask("When?", {"Idempotency_Key": "x" * 201}))[0] == 400


async def test_a_refusal_is_repeated_too(caller, house):
    """The same key gets the same error, not a time-out."""
    key = {"Idempotency_Key": "k2"}
    forged = {"token": "forged"}
    one = await caller.post("/api/v1/votes", forged, **key)
    assert one[:2] == (await caller.post("/api/v1/votes", forged, **key))[:2]
    assert one[0] == 403


async def test_an_answer_that_takes_too_long_is_504_and_still_recorded(caller, house):
    """The event goes on; the same key fetches its answer later."""
    key = {"Idempotency_Key": "k3"}
    status, answer, _ = await caller.ask("slow one", key)
    assert (status, answer["error"]["code"]) == (504, "TooLate")
    house.answerer.go.set()
    status, answer, _ = await caller.ask("slow one", key)
    assert status == 200 and len(house.ledger.records) == 1


async def test_what_breaks_is_told_without_its_details(caller):
    """An unexpected error in a handler is a 500 with a sentence."""
    status, answer, _ = await caller.ask("boom")
    assert status == 500 and "secret" not in str(answer)


async def test_a_full_journal_is_503_with_when_to_try_again(caller, house):
    """Nothing was taken."""
    house.journal.room = 0
    status, answer, headers = await caller.ask("When?")
    assert (status, answer["error"]["code"]) == (503, "Busy")
    assert int(headers["Retry-After"]) >= 1


async def test_requests_that_wait_are_bounded():
    """One too many is asked to come back; a shutdown tells the one that waits."""
    house = WebHouse(requests=1)
    await house.start()
    async with aiohttp.ClientSession() as http:
        caller = Caller(house, http)
        first = asyncio.create_task(caller.ask("slow one"))
        while not house.answerer.asked:
            await asyncio.sleep(0.01)
        assert (await caller.ask("When?"))[0] == 503
        await asyncio.gather(house.server.__aexit__(None, None, None))
        status, answer, _ = await first
        assert (status, answer["error"]["code"]) == (503, "Closing")
    await house.stop()


@pytest.mark.parametrize("name", ["jobs", "uploads", "speech"])
async def test_what_is_not_installed_is_501_in_words(caller, name):
    """Whatever is sent."""
    status, answer, _ = await caller.post(f"/api/v1/{name}", data=b"\x00", Accept_Language="zh")
    assert (status, answer["error"]["text"]) == (501, "这项功能还没有安装，装好后就可以用了。")


async def test_wrong_paths_and_methods(caller):
    """404 and 405, in words."""
    assert (await caller.post("/api/v2/ask", {}))[0] == 404
    async with caller.http.get(f"{caller.house.url}/api/v1/ask") as response:
        assert response.status == 405 and response.headers["Allow"] == "POST"
        assert (await response.json())["error"]["text"]


async def test_ready_tells_what_is_missing(caller, house):
    """/healthz is the process; /readyz is what it needs, each check bounded in time."""
    assert await caller.get("/healthz") == (200, '{"status":"ok"}')

    async def good():
        pass

    async def down():
        raise EngineDown("redis", "a secret address")

    async def hangs():
        await asyncio.sleep(60)

    assert (await caller.get("/readyz"))[0] == 200
    other = WebHouse(check_seconds=0.1)
    other.checks = {"ledger": good, "redis": down, "knowledge": hangs}
    async with other.up():
        status, text = await Caller(other, caller.http).get("/readyz")
    assert status == 503 and '"ready":false' in text
    assert '"ledger":"ok"' in text and '"redis":"EngineDown"' in text and "in time" in text
    assert "secret" not in text


async def test_metrics_count_without_content(caller, house):
    """Requests by route, messages by type, connections; no question, no secret."""
    tab = Tab(house)
    async with tab.open():
        await tab.ask("a very private question")
        await caller.ask("another private question")
        await tab.send("made-up-type", {})
        await tab.send("ping", {})
        await tab.until("pong")
        _, text = await caller.get("/metrics")
    assert 'yinlu_http_requests_total{method="POST",route="/api/v1/ask",status="200"} 1.0' in text
    assert 'yinlu_web_messages_total{type="ask"} 1.0' in text
    assert 'yinlu_web_messages_total{type="other"} 1.0' in text
    assert "yinlu_web_connections 1.0" in text
    for secret in ("private", tab.session, tab.visitor, "made-up"):
        assert secret not in text


async def test_a_taken_port_is_refused_in_words(house):
    """The start says which address, and what to change."""
    second = WebHouse(port=house.port)
    with pytest.raises(StartRefused, match=f"127.0.0.1:{house.port}"):
        await second.start()


async def test_it_listens_on_a_unix_socket_too(tmp_path):
    """Beside TCP or alone; only its owner may connect, and it is gone afterwards."""
    path = tmp_path / "web.sock"
    async with WebHouse(unix=path, port=None).up() as house:
        assert house.server.urls == [] and path.stat().st_mode & 0o777 == 0o600
        connector = aiohttp.UnixConnector(str(path))
        async with (
            aiohttp.ClientSession(connector=connector) as http,
            http.post("http://localhost/api/v1/ask", json={"question": "When?"}) as response,
        ):
            assert response.status == 200
    assert not path.exists()
