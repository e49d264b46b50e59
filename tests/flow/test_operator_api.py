"""The operator's API: who gets in, what is seen, what is changed and what remains of it in the audit."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio
from yinlu_testing.operator import at_desk, operating

from bot_adapters.web.operator_api import CHANGE, READ
from bot_adapters.web.operator_sessions import COOKIE, HOURS, MINUTES
from bot_core.identity import short_id

pytest_plugins = ["yinlu_testing.redis"]


@pytest_asyncio.fixture
async def house(valkey, tmp_path):
    """A house with a day's questions."""
    async with operating(valkey.url, tmp_path) as running:
        yield running


@pytest_asyncio.fixture
async def desk(house):
    """An operator who is logged in."""
    async with at_desk(house) as someone:
        await someone.log_in()
        yield someone


async def test_a_link_opens_one_session(house):
    """Of ten who open one link at once, one gets in; the session is in a cookie no script can read."""
    ticket = await house.operators.sessions.ticket("ann")
    async with at_desk(house) as first:
        tries = await asyncio.gather(*(first.post("session", ticket=ticket) for _ in range(8)))
        assert sorted(status for status, _ in tries) == [200] + [403] * 7
        (cookie,) = [c for c in first.http.cookie_jar if c.key == COOKIE]
        assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["path"] == "/api/v1/operator"


async def test_links_and_sessions_end(house):
    """A link is good for minutes, a session for hours, and both can be ended before."""
    async with at_desk(house) as someone:
        ticket = await house.operators.sessions.ticket("ann")
        house.needs.clock.advance(MINUTES * 60 + 1)
        assert (await someone.post("session", ticket=ticket))[0] == 403
        house.needs.clock.advance(60)
        await someone.log_in()
        assert (await someone.get("today"))[0] == 200
        house.needs.clock.advance(HOURS * 3600 + 1)
        assert (await someone.get("today"))[0] == 403
        await someone.log_in()
        assert await house.operators.sessions.end(None) == 1
        assert (await someone.get("today"))[0] == 403


async def test_nobody_gets_in_without_a_session(house):
    """Every reading and every change wants one; guesses are slowed down."""
    async with at_desk(house) as stranger:
        assert {(await stranger.get(name))[0] for name in (*READ, "export", "session")} == {403}
        assert {(await stranger.post(name))[0] for name in CHANGE} == {403}
        stranger.http.cookie_jar.update_cookies({COOKIE: "guess"})
        assert (await stranger.get("today"))[0] == 403
        tries = [(await stranger.post("session", ticket="guess"))[0] for _ in range(12)]
        assert tries.count(429) >= 2


async def test_changes_want_the_csrf_value(desk):
    """A session alone changes nothing: the value that the page was given goes with each change."""
    for csrf in ("", "wrong"):
        assert (await desk.post("queue/pause", csrf=csrf, lane="fast", paused=True))[0] == 403
    assert (await desk.post("queue/pause", lane="fast", paused=True))[0] == 200


async def test_secrets_are_kept_as_hashes(house, desk):
    """Whoever reads the ledger finds neither a ticket nor a session that opens anything."""
    ticket = await house.operators.sessions.ticket("bob")
    (cookie,) = [c.value for c in desk.http.cookie_jar if c.key == COOKIE]
    assert [secret for secret in (ticket, cookie) if secret in repr(house.needs.ledger._facts)] == []


async def test_a_day_at_a_glance(desk):
    """Questions by outcome, votes, seven days, and what stands where in the house."""
    _, found = await desk.get("today")
    today = found["today"]
    assert [today[name] for name in ("questions", "answered", "related", "unknown")] == [4, 1, 1, 2]
    assert (today["up"], today["down"], len(found["week"])) == (1, 1, 7)
    assert found["house"]["documents"] == 1 and found["house"]["lanes"][0]["waiting"] == 2


async def test_why_did_it_say_that(desk):
    """Of an answer everything is shown: forms, candidates with signals, quotes, model, votes, times, cost."""
    _, found = await desk.get("answers", vote="down")
    (row,) = found["answers"]
    assert (row["question"], row["down"]) == ("Is there a night bus?", 1)
    _, trace = await desk.get("answer", id=row["id"])
    assert trace["searched"] == "如何 加入" and trace["retrieved"][0]["signals"] == {
        "dense": 0.5,
        "bm25": 7.25,
    }
    assert trace["citations"][0]["quote"] in trace["citations"][0]["passage"]
    assert trace["votes"][0]["words"] == "which line?" and trace["tokens"] == [120, 30]


async def test_a_gap_becomes_an_answer(house, desk):
    """Like questions are one gap; its written answer is a document at once, waiting members are told, and it is gone."""
    _, found = await desk.get("gaps")
    gap = next(gap for gap in found["gaps"] if gap["count"] == 2)
    assert "停船位" in gap["question"] and len(gap["answers"]) == 2
    said = "停船位在港务处窗口申请，需要船只登记证。"
    status, done = await desk.post(
        "gaps/curate", question="怎么申请停船位?", answer=said, answers=gap["answers"], locale="zh"
    )
    assert status == 200 and done["told"] == 1 and house.told == ["harbour"]
    assert done["outcome"] in ("answered", "related") and "港务处" in done["text"] + str(done)
    _, after = await desk.get("gaps")
    assert [gap["question"] for gap in after["gaps"]] == ["Is there a night bus?"]
    _, documents = await desk.get("documents")
    assert done["source"] in [document["source"] for document in documents["documents"]]
    await desk.post("gaps/dismiss", question="bus", answers=[short_id("d")])
    assert (await desk.get("gaps"))[1]["gaps"] == []


async def test_documents_are_written_limited_and_forgotten(desk):
    """A text becomes a document for roles; its audience changes; it goes; what is not there is told."""
    _, made = await desk.post(
        "documents/write", name="safe", text="# Safe\n\nIt opens at noon.", audience="crew"
    )
    _, found = await desk.get("documents")
    (mine,) = [row for row in found["documents"] if row["source"] == made["source"]]
    assert mine["audience"] == ["crew"] and mine["version"]
    assert "noon" in str((await desk.get("document", source=made["source"]))[1])
    await desk.post("documents/audience", source=made["source"], audience="")
    assert (await desk.post("documents/forget", source=made["source"]))[1] == {"removed": 1}
    assert (await desk.post("documents/forget", source=made["source"]))[0] == 404


async def test_jobs_are_retried_dropped_and_cancelled(desk):
    """Jobs of the community that is looked at, and of no other."""
    _, failed = await desk.get("queue", state="failed")
    (job,) = failed["jobs"]
    assert job["reason"] == "out of memory"
    assert (await desk.post("queue/retry", job=job["id"]))[0] == 200
    _, waiting = await desk.get("queue", state="waiting")
    assert {row["id"] for row in waiting["jobs"]} == {job["id"], "cd" * 12}
    assert (await desk.post("queue/cancel", job="cd" * 12))[1] == {"state": "cancelled"}
    assert (await desk.post("queue/cancel", job="ef" * 12))[0] == 404
    assert (await desk.post("queue/drop", job=job["id"]))[0] == 404


async def test_people_are_blocked_and_given_budgets(house, desk):
    """A budget holds at once and is remembered; who is blocked stays so whatever they ask to be forgotten."""
    await desk.post("people/budget", person="test:bob", budget=7)
    await desk.post("people/block", person="test:bob", blocked=True, why="spam")
    await house.needs.ledger.forget_person(["test:bob"])
    _, found = await desk.get("people")
    (bob,) = [row for row in found["people"] if row["person"] == "test:bob"]
    assert (bob["blocked"], bob["why"], bob["budget"]) == (True, "spam", 7.0)
    assert (await house.needs.budget.balance("fast:harbour:test:bob")).allowed == 7
    await desk.post("people/block", person="test:bob", blocked=False)
    await desk.post("people/budget", person="test:bob", budget=None)
    assert (await house.needs.budget.balance("fast:harbour:test:bob")).allowed == 100


async def test_training_data_is_exported_with_consent_alone(house, desk):
    """Nothing of those who never agreed; of the others their votes, without their names."""
    assert (await desk.get("export"))[1] == ""
    for person in ("test:alice", "test:bob"):
        await house.needs.ledger.set_consent(person, True)
    _, text = await desk.get("export")
    assert len(text.splitlines()) == 2 and "test:" not in text
    assert (await desk.get("votes"))[1]["exportable"] == 2


async def test_communities_are_kept_apart(desk):
    """What is looked at is one community's; an unknown one is told."""
    for name in ("answers", "gaps", "votes", "people"):
        assert "secret of elsewhere" not in str(await desk.get(name))
    assert (await desk.get("answer", id=short_id("s")))[0] == 404
    assert (await desk.get("today", community="nowhere"))[0] == 404


async def test_every_change_is_audited(desk):
    """Who, what, to what; a change that was refused leaves no line."""
    await desk.post("queue/pause", lane="fast", paused=True)
    await desk.post("queue/pause", lane="no such", paused=True)
    await desk.post("people/block", person="test:bob", blocked=True)
    _, found = await desk.get("audit")
    assert [(line["what"], line["subject"]) for line in found["lines"]] == [
        ("block", "test:bob"),
        ("pause lane", "fast"),
    ] or {line["what"] for line in found["lines"]} == {"block", "pause lane"}
    assert all(line["who"].startswith("ann (") for line in found["lines"])


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("gaps/curate", {"question": "", "answer": "x"}),
        ("gaps/curate", {"question": "q", "answer": "x" * 9000}),
        ("gaps/dismiss", {"answers": "all"}),
        ("people/budget", {"person": "p", "budget": -1}),
        ("people/budget", {"person": "p", "budget": "nan"}),
        ("people/block", {"person": "p", "blocked": "yes"}),
        ("documents/audience", {"source": "ferry.md", "audience": ",".join(map(str, range(30)))}),
        ("queue/pause", {"lane": "fast", "paused": 1}),
    ],
)
async def test_what_cant_be_is_refused(desk, name, body):
    """With 400 and a sentence, and nothing happens."""
    status, found = await desk.post(name, **body)
    assert status == 400 and found["error"]["text"]
    assert (await desk.get("audit"))[1]["lines"] == []
