"""Traces reach a collector: one per event, with the answer's stages and the job that followed; nobody's words in them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from yinlu_testing.house import Client, RunningHouse, yinlu

pytest.importorskip("opentelemetry.sdk")
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PAGE = "# Ferry\n\n## When does it leave?\n\nThe ferry leaves at nine in the morning from the east pier.\n"
SECRET = "zanzibar"


@asynccontextmanager
async def collector():
    """Take spans as a collector does; yields its address and the list of what came."""
    spans = []

    async def take(request):
        body = ExportTraceServiceRequest.FromString(await request.read())
        for resource in body.resource_spans:
            for scope in resource.scope_spans:
                spans.extend(scope.spans)
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1/traces", spans
    await runner.cleanup()


@pytest.fixture
def data(tmp_path):
    """A data folder with one document."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "ferry.md").write_text(PAGE)
    assert yinlu("ingest", str(tmp_path / "docs"), "--data", str(tmp_path / "data")).returncode == 0
    return tmp_path / "data"


async def test_a_question_and_a_picture_are_traced(data, tmp_path):
    """The answer lies within its event, the job in its event's trace; words and persons are in no attribute."""
    async with collector() as (url, spans):
        house = RunningHouse(data, tmp_path / "log", YINLU_OTLP_URL=url, YINLU_WORKERS="1")
        await asyncio.to_thread(house.start)
        with_house = Client()
        async with with_house.connected(house.url) as client:
            answer = await client.ask(f"When does the ferry leave, {SECRET}?")
            assert answer["outcome"] == "answered"
            await client.send("invoke", {"command": "imagine", "arguments": {"prompt": f"a fox {SECRET}"}})
            async with asyncio.timeout(90):
                while not any(span.name == "job" for span in spans):
                    await asyncio.sleep(0.1)
        await asyncio.to_thread(house.stop)
    events = {span.span_id: span for span in spans if span.name == "event"}
    (answered,) = [span for span in spans if span.name == "answer"]
    assert answered.parent_span_id in events
    stages = {span.name for span in spans if span.parent_span_id == answered.span_id}
    assert {"answer.search", "answer.first"} <= stages
    (job,) = [span for span in spans if span.name == "job"]
    assert job.trace_id in {event.trace_id for event in events.values()}
    assert job.end_time_unix_nano > job.start_time_unix_nano
    assert SECRET not in str(spans) and "visitor" not in str(spans)


async def test_a_collector_that_is_away_costs_nobody_anything(data, tmp_path):
    """Questions are answered as ever, and the house stops in time."""
    house = RunningHouse(data, tmp_path / "log", YINLU_OTLP_URL="http://127.0.0.1:9/v1/traces")
    await asyncio.to_thread(house.start)
    async with Client().connected(house.url) as client:
        assert (await client.ask("When does the ferry leave?"))["outcome"] == "answered"
    assert await asyncio.to_thread(house.stop, 30) < 12
