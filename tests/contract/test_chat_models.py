"""The ChatModel and Reranker ports over real endpoints on the loopback."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from aiohttp import web
from yinlu_testing.aimock import KEY, Aimock, Scripted, running_aimock

from bot_core.errors import ModelFailed
from bot_core.ports.knowledge import ChatModel, ChatTurn
from bot_knowledge.models.chat import LangChainChat, open_chat
from bot_knowledge.models.endpoints import ChatEndpoint, Patience, Priced
from bot_knowledge.models.failures import pause_before
from bot_knowledge.models.rerank import open_reranker


@pytest.fixture(scope="module")
def aimock():
    with running_aimock() as running:
        yield running


@pytest.fixture
async def chat(aimock: Aimock):
    aimock.forget()
    async with open_chat(endpoint(aimock)) as opened:
        yield opened


def endpoint(aimock: Aimock, **patience) -> ChatEndpoint:
    given = Patience(**{"first": 5.0, "between": 5.0, "total": 10.0, **patience})
    return ChatEndpoint("answer", "small-model", aimock.url, KEY, patience=given)


async def heard(model: ChatModel, text: str = "hello") -> tuple[str, list]:
    chunks = [
        chunk async for chunk in model.stream([ChatTurn("system", "Be brief."), ChatTurn("user", text)])
    ]
    return "".join(chunk.text for chunk in chunks), chunks


async def test_anthropics_api_is_spoken_too(aimock: Aimock) -> None:
    """The same words, tokens written and end by /v1/messages; a provider's failure is ModelFailed."""
    aimock.forget()
    usage = {"input_tokens": 7, "output_tokens": 9}
    aimock.says("hello", "你好,this is a reply in pieces.", response={"usage": usage})
    aimock.fails("broken", 500)
    given = replace(endpoint(aimock), provider="anthropic")
    async with open_chat(given) as chat:
        text, chunks = await heard(chat)
        assert text == "你好,this is a reply in pieces." and len(chunks) > 2
        assert (chunks[-1].done, chunks[-1].completion_tokens) == (True, 9)  # aimock streams no input_tokens
        with pytest.raises(ModelFailed):
            await heard(chat, "broken")


async def test_words_come_in_pieces_and_the_usage_last(aimock: Aimock, chat: LangChainChat) -> None:
    """A reply comes in several pieces; the last chunk is done and carries the usage."""
    aimock.says(
        "hello",
        "你好,this is a reply in pieces.",
        response={"usage": {"prompt_tokens": 7, "completion_tokens": 9}},
    )
    text, chunks = await heard(chat)
    assert text == "你好,this is a reply in pieces."
    assert len(chunks) > 2
    assert (chunks[-1].done, chunks[-1].prompt_tokens, chunks[-1].completion_tokens) == (True, 7, 9)
    assert [turn["role"] for turn in aimock.asked()[-1]["messages"]] == ["system", "user"]
    assert aimock.asked()[-1]["stream_options"] == {"include_usage": True}


async def test_the_twin_keeps_the_same_contract() -> None:
    """The twin says its words in pieces and ends with a chunk that is done."""
    text, chunks = await heard(Scripted("a reply in pieces"))
    assert text == "a reply in pieces"
    assert chunks[-1].done and not chunks[0].done


async def test_a_reply_cut_off_by_its_limit_says_so(aimock: Aimock, chat: LangChainChat) -> None:
    """A reply that the provider cut off is told apart from one that ended."""
    aimock.says("hello", "You must not", response={"finishReason": "length"})
    _, chunks = await heard(chat)
    assert chunks[-1].cut


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_busy_and_broken_endpoints_are_asked_again(
    aimock: Aimock, chat: LangChainChat, status: int
) -> None:
    """After 429 and 5xx the same request is made again."""
    aimock.fails("hello", status, index=0, retryAfter=0)
    aimock.says("hello", "Back again.")
    assert (await heard(chat))[0] == "Back again."


async def test_failing_for_good_tells_role_and_model_and_no_secret(
    aimock: Aimock, chat: LangChainChat, caplog: pytest.LogCaptureFixture
) -> None:
    """What stays broken raises ModelFailed with role, model and status; no key and nothing that was said."""
    aimock.fails("my secret plan", 500)
    with caplog.at_level(logging.DEBUG, "bot_knowledge"), pytest.raises(ModelFailed) as failed:
        await heard(chat, "my secret plan")
    assert (failed.value.role, failed.value.model) == ("answer", "small-model")
    assert "500" in str(failed.value)
    for told in (str(failed.value), caplog.text, repr(endpoint(aimock))):
        assert KEY not in told and "secret plan" not in told


async def test_a_refused_key_is_not_tried_again(aimock: Aimock, chat: LangChainChat) -> None:
    """401 is final: one request."""
    aimock.fails("hello", 401)
    with pytest.raises(ModelFailed, match="401"):
        await heard(chat)
    assert len(aimock.asked()) == 1


async def test_a_wait_longer_than_the_time_left_is_not_waited(aimock: Aimock, chat: LangChainChat) -> None:
    """Retry-After past the time allowed fails at once, so that the member gets the quotes."""
    aimock.fails("hello", 429, retryAfter=60)
    started = time.monotonic()
    with pytest.raises(ModelFailed, match="429"):
        await heard(chat)
    assert time.monotonic() - started < 4


async def test_a_slow_first_word_is_given_up(aimock: Aimock) -> None:
    """A model that says nothing within its patience fails."""
    aimock.forget()
    aimock.says("hello", "At last.", streamingProfile={"ttft": 3000})
    async with open_chat(endpoint(aimock, first=0.5, retries=0)) as chat:
        await chat.warm()
        started = time.monotonic()
        with pytest.raises(ModelFailed, match="nothing came"):
            await heard(chat)
        assert time.monotonic() - started < 2.5


async def test_a_reply_that_stalls_is_given_up(aimock: Aimock) -> None:
    """A pause longer than the patience between two pieces fails, and so does a reply that takes too long in all."""
    aimock.forget()
    aimock.says("hello", "one two three four five six seven", latency=900)
    async with open_chat(endpoint(aimock, between=0.3)) as chat:
        with pytest.raises(ModelFailed, match="nothing came"):
            await heard(chat)
    async with open_chat(endpoint(aimock, total=1.5)) as chat:
        await chat.warm()
        with pytest.raises(ModelFailed):
            await heard(chat)


@pytest.mark.parametrize(
    "broken", [{"latency": 100, "truncateAfterChunks": 3}, {"latency": 100, "disconnectAfterMs": 250}]
)
async def test_a_broken_stream_is_a_failure(aimock: Aimock, chat: LangChainChat, broken: dict) -> None:
    """A stream that breaks off after some words raises ModelFailed and is not begun anew."""
    aimock.says("hello", "some words that are cut off in the middle of it all", **broken)
    words = []
    with pytest.raises(ModelFailed):
        async for chunk in chat.stream([ChatTurn("user", "hello")]):
            words.append(chunk.text)
    assert "".join(words)
    assert len(aimock.asked()) == 1


async def test_who_stops_listening_closes_the_request() -> None:
    """Cancelling the reader closes the connection: nothing is generated for nobody."""
    gone = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await reply.prepare(request)
        piece = b'data: {"choices":[{"index":0,"delta":{"content":"word "}}],"id":"1","object":"chat.completion.chunk"}\n\n'
        try:
            while True:
                await reply.write(piece)
                await asyncio.sleep(0.02)
        except (ConnectionError, asyncio.CancelledError):
            gone.set()
            raise

    app = web.Application()
    app.router.add_post("/v1/chat/completions", endless)
    async with _served(app) as address, open_chat(ChatEndpoint("answer", "m", f"{address}/v1", "k")) as chat:
        await chat.warm()

        async def read() -> None:
            async for _ in chat.stream([ChatTurn("user", "hello")]):
                pass

        task = asyncio.create_task(read())
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.wait_for(gone.wait(), 5)


@pytest.mark.parametrize(
    "body", [b"<html>busy</html>", b'{"choices": null}', b'data: {"choices": 7}\n\n', b"data: {bad\n\n"]
)
async def test_a_reply_of_an_odd_shape_is_a_failure(body: bytes) -> None:
    """Whatever an endpoint sends, it ends in words or in ModelFailed."""

    async def odd(request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="text/event-stream")

    app = web.Application()
    app.router.add_post("/v1/chat/completions", odd)
    async with _served(app) as address, open_chat(ChatEndpoint("answer", "m", f"{address}/v1", "k")) as chat:
        with pytest.raises(ModelFailed):
            await heard(chat)


async def test_an_endpoint_that_is_not_there_is_a_failure(unused_tcp_port: int) -> None:
    """A refused connection raises ModelFailed."""
    gone = ChatEndpoint(
        "answer", "m", f"http://127.0.0.1:{unused_tcp_port}/v1", "k", patience=Patience(total=2)
    )
    async with open_chat(gone) as chat:
        with pytest.raises(ModelFailed):
            await heard(chat)


def test_pauses_follow_the_endpoint_or_grow() -> None:
    """Retry-After is obeyed; without one the pause grows, to a bound."""

    class Busy(Exception):
        def __init__(self, headers: dict) -> None:
            self.response = type("Reply", (), {"headers": headers})()

    assert pause_before(Busy({"retry-after": "3"}), 0) == 3
    assert pause_before(Busy({"retry-after-ms": "250"}), 0) == 0.25
    pauses = [pause_before(Busy({"retry-after": "tomorrow"}), attempt) for attempt in range(8)]
    assert pauses[0] <= 0.5 and pauses[3] > 2.5 and max(pauses) <= 8


def test_prices_are_per_million() -> None:
    """A million tokens read and half a million written cost their prices."""
    assert Priced(Scripted(), 2.0, 6.0).cost(1_000_000, 500_000) == 5.0


def test_a_house_without_a_model_does_not_import_the_libraries() -> None:
    """Importing the room imports none of the model libraries: start time and memory stay what they were."""
    code = (
        "import sys, bot_knowledge, bot_knowledge.models.chat, bot_knowledge.models.rerank;"
        "print([name for name in ('langchain_core', 'langchain_openai', 'openai', 'langsmith') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_the_reranker_scores_by_index(aimock: Aimock) -> None:
    """POST /rerank gives a score for each passage in the order they were given; one left out comes last."""
    seen = []

    async def rerank(request: web.Request) -> web.Response:
        seen.append((request.headers["Authorization"], await request.json()))
        rows = [{"index": 2, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]
        return web.json_response({"results": rows})

    app = web.Application()
    app.router.add_post("/v1/rerank", rerank)
    async with _served(app) as address, open_reranker(f"{address}/v1", "k", "r") as reranker:
        scores = await reranker.scores("q", ["a", "b", "c"])
    assert sorted(range(3), key=lambda index: -scores[index]) == [2, 0, 1]
    key, body = seen[0]
    assert key == "Bearer k"
    assert (body["model"], body["query"], body["documents"], body["top_n"]) == ("r", "q", ["a", "b", "c"], 3)


@pytest.mark.parametrize("reply", ["slow", "500", "odd", "nan"])
async def test_a_reranker_that_fails_says_so(reply: str) -> None:
    """Late, broken and odd replies raise ModelFailed within the time allowed."""

    async def rerank(request: web.Request) -> web.Response:
        if reply == "slow":
            await asyncio.sleep(2)
        if reply == "500":
            raise web.HTTPInternalServerError
        body = '{"results": [{"index": 0, "relevance_score": NaN}]}' if reply == "nan" else '{"results": 3}'
        return web.Response(text=body)

    app = web.Application()
    app.router.add_post("/v1/rerank", rerank)
    async with _served(app) as address, open_reranker(f"{address}/v1", seconds=0.3) as reranker:
        started = time.monotonic()
        with pytest.raises(ModelFailed):
            await reranker.scores("q", ["a", "b"])
        assert time.monotonic() - started < 1.5


def _served(app: web.Application):
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def serve():
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        finally:
            await runner.cleanup()

    return serve()
