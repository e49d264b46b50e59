"""What every ledger promises: in memory, on SQLite, on PostgreSQL."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from yinlu_testing.core import NOON
from yinlu_testing.ledger import finished_job, minutes, record, vote

from bot_core.answers import Outcome, Turn, VoteReason, VoteValue
from bot_core.errors import NotFound, UnknownCommunity
from bot_core.identity import short_id
from bot_core.ports.ledger import Community
from bot_ledger import MemoryLedger, SqlLedger, sqlite_url

HARBOUR = Community("harbour", "灯塔港", "Lantern Harbour", NOON)
UP, DOWN = VoteValue.UP, VoteValue.DOWN


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ledger(request, tmp_path):
    if request.param == "memory":
        yield MemoryLedger()
        return
    url = sqlite_url(tmp_path)
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").create()
    async with SqlLedger.open(url) as opened:
        yield opened


async def test_an_answer_comes_back_whole(ledger):
    """Everything that explains an answer is kept: question, history, citations, scores, versions, times, cost."""
    kept = record()
    await ledger.record_answer(kept)
    assert await ledger.answer("harbour", kept.answer.id) == kept


async def test_an_answer_is_kept_once(ledger):
    """Recording an id again changes nothing, whatever comes with it."""
    await ledger.record_answer(record(text="first"))
    await ledger.record_answer(record(text="second"))
    assert (await ledger.answer("harbour", short_id("a1"))).question.text == "first"
    assert len(await ledger.answers("harbour")) == 1


async def test_an_answer_of_another_community_is_not_there(ledger):
    """No query gives what belongs to another community, equal ids included."""
    await ledger.record_answer(record(community="harbour", text="ours"))
    await ledger.record_answer(record(community="other", text="theirs"))
    await ledger.record_answer(record("secret", community="other"))
    assert (await ledger.answer("harbour", short_id("a1"))).question.text == "ours"
    with pytest.raises(NotFound):
        await ledger.answer("harbour", short_id("secret"))
    assert [r.question.community for r in await ledger.answers("harbour")] == ["harbour"]
    assert len(await ledger.answers(None)) == 3
    assert len(await ledger.conversation_answers("harbour", "c1")) == 1
    await ledger.vote(vote(community="other"))
    assert await ledger.votes("harbour") == []
    with pytest.raises(NotFound):
        await ledger.vote(vote("secret", community="harbour"))


@pytest.mark.parametrize("bad", ["nul \0 byte", "half a pair \ud83d", "line\u2028separator"])
async def test_letters_no_database_holds_are_replaced(ledger, bad):
    """A document's stray NUL or lone surrogate never stops an answer from being kept."""
    await ledger.record_answer(record(text=bad))
    await ledger.vote(vote(words=bad))
    kept = (await ledger.answer("harbour", short_id("a1"))).question.text
    assert kept.split(" ")[0] == bad.split(" ")[0]


async def test_turns_are_the_last_ones_oldest_first(ledger):
    """A conversation's memory is its last turns in the order they were said."""
    for number in range(5):
        await ledger.record_answer(record(f"a{number}", text=f"q{number}", at=number))
    await ledger.record_answer(record("elsewhere", conversation="c2", at=9))
    turns = await ledger.turns("harbour", "c1", 4)
    assert [turn.text for turn in turns] == ["q3", "先读规则。[1] (a3)", "q4", "先读规则。[1] (a4)"]
    assert [turn.role for turn in turns] == ["user", "assistant"] * 2
    assert await ledger.turns("harbour", "c1", 1) == [Turn("assistant", "先读规则。[1] (a4)")]
    assert await ledger.turns("harbour", "c1", 0) == []
    assert await ledger.turns("harbour", "nobody") == []


async def test_conversation_answers_are_the_last_ones_oldest_first(ledger):
    """A page that comes back shows its conversation in order."""
    for number in range(4):
        await ledger.record_answer(record(f"a{number}", text=f"q{number}", at=number))
    found = await ledger.conversation_answers("harbour", "c1", 3)
    assert [r.question.text for r in found] == ["q1", "q2", "q3"]


async def test_answers_are_newest_first_within_since_and_limit(ledger):
    """Operators read the newest first; times may come in any zone."""
    for number in range(4):
        await ledger.record_answer(record(f"a{number}", text=f"q{number}", at=number))
    since = minutes(1).astimezone(timezone(timedelta(hours=8)))
    assert [r.question.text for r in await ledger.answers("harbour", since)] == ["q3", "q2", "q1"]
    assert [r.question.text for r in await ledger.answers("harbour", since, 1)] == ["q3"]
    assert (await ledger.answers("harbour", limit=1))[0].time == minutes(3)


async def test_the_last_vote_wins(ledger):
    """One vote per person and answer; a change replaces it, a late redelivery of an older one does not."""
    await ledger.record_answer(record())
    await ledger.vote(vote(value=DOWN, at=2, reason=VoteReason.OUTDATED, words="去年的"))
    await ledger.vote(vote(value=UP, at=1))
    (kept,) = await ledger.votes("harbour")
    assert kept.vote == vote(value=DOWN, at=2, reason=VoteReason.OUTDATED, words="去年的")
    await ledger.vote(vote(value=UP, at=3))
    (kept,) = await ledger.votes("harbour")
    assert (kept.vote.value, kept.vote.reason, kept.vote.words) == (UP, None, "")
    assert kept.record == record()


async def test_votes_are_newest_first_within_since_and_limit(ledger):
    """Two persons' votes on one answer stand side by side."""
    await ledger.record_answer(record())
    for number, person in enumerate(("test:a", "test:b", "test:c")):
        await ledger.vote(vote(person=person, at=number))
    assert [v.vote.person for v in await ledger.votes("harbour")] == ["test:c", "test:b", "test:a"]
    assert [v.vote.person for v in await ledger.votes(None, minutes(1), 1)] == ["test:c"]


async def test_a_vote_needs_its_answer(ledger):
    """A vote on what was never answered is refused."""
    with pytest.raises(NotFound):
        await ledger.vote(vote("never"))


async def test_a_community_keeps_its_birthday(ledger):
    """Adding it again changes the names only; all are listed oldest first."""
    await ledger.add_community(Community("young", "新", "Young", NOON + timedelta(days=1)))
    await ledger.add_community(HARBOUR)
    await ledger.add_community(Community("harbour", "港", "Harbour", NOON + timedelta(days=2)))
    assert await ledger.community("harbour") == Community("harbour", "港", "Harbour", NOON)
    assert [c.id for c in await ledger.communities()] == ["harbour", "young"]
    for unknown in ("nowhere", "'; DROP TABLE answers; --", "\0"):
        with pytest.raises(UnknownCommunity):
            await ledger.community(unknown)


async def test_a_place_belongs_to_one_community(ledger):
    """Binding again replaces; a community that doesn't exist can't be bound."""
    await ledger.add_community(HARBOUR)
    await ledger.add_community(Community("other", "别处", "Other", NOON))
    assert await ledger.bound("web", "page") is None
    await ledger.bind("web", "page", "harbour")
    await ledger.bind("web", "page", "other")
    assert await ledger.bound("web", "page") == "other"
    assert await ledger.bound("elsewhere", "page") is None
    with pytest.raises(UnknownCommunity):
        await ledger.bind("web", "page", "nowhere")


async def test_settings_belong_to_a_community(ledger):
    """Stored, replaced, removed; None where there is none."""
    await ledger.set_setting("harbour", "moderation", "[]")
    await ledger.set_setting("harbour", "moderation", "[1]")
    assert await ledger.setting("harbour", "moderation") == "[1]"
    assert await ledger.setting("other", "moderation") is None
    await ledger.set_setting("harbour", "moderation", None)
    await ledger.set_setting("harbour", "moderation", None)
    assert await ledger.setting("harbour", "moderation") is None


async def test_a_finished_job_is_found_by_its_community(ledger):
    """An old button finds its job with files and payload; another community's doesn't."""
    view = finished_job()
    await ledger.record_job(view)
    await ledger.record_job(finished_job(person="test:mallory"))
    assert await ledger.job("harbour", view.job.id) == view
    with pytest.raises(NotFound):
        await ledger.job("other", view.job.id)


async def test_finished_jobs_are_listed_and_removed(ledger):
    """By kind and person, newest first, of one community."""
    view = finished_job()
    await ledger.record_job(view)
    kind, person = view.job.kind, view.job.person
    assert await ledger.jobs("harbour", kind) == [view]
    assert await ledger.jobs("harbour", kind, person) == [view]
    assert await ledger.jobs("harbour", kind, "test:nobody") == []
    assert await ledger.jobs("other", kind) == await ledger.jobs("harbour", "another") == []
    assert await ledger.remove_job("harbour", view.job.id)
    assert not await ledger.remove_job("harbour", view.job.id)
    assert await ledger.jobs("harbour", kind) == []


async def test_forgetting_a_person_leaves_only_counts(ledger):
    """Questions, answers, words, votes and jobs go, on all linked accounts; others' stay; counts stay."""
    await ledger.link("test:alice", "p:alice")
    await ledger.link("page:alice", "p:alice")
    await ledger.record_answer(record("mine", person="test:alice"))
    await ledger.record_answer(record("mine too", person="page:alice", outcome=Outcome.UNKNOWN))
    await ledger.record_answer(record("bobs", person="test:bob", text="bob asks"))
    await ledger.vote(vote("mine", person="test:bob", value=DOWN, words="on alice's"))
    await ledger.vote(vote("bobs", person="test:alice", value=UP, words="alice's words"))
    await ledger.vote(vote("bobs", person="test:bob", value=UP))
    await ledger.record_job(finished_job())
    before = await ledger.daily("harbour", NOON)
    gone = await ledger.forget_person(["test:alice"])
    assert gone == 2 + 2 + 1 + 2 + 1  # answers, votes, job, accounts, person
    assert [r.question.text for r in await ledger.answers(None)] == ["bob asks"]
    assert [v.vote.person for v in await ledger.votes(None)] == ["test:bob"]
    assert await ledger.person_of("page:alice") == "page:alice"
    with pytest.raises(NotFound):
        await ledger.job("harbour", finished_job().job.id)
    assert await ledger.daily("harbour", NOON) == before
    assert await ledger.forget_person(["test:alice"]) == 0
    assert await ledger.forget_person([]) == 0


async def test_only_what_both_agreed_to_is_exported(ledger):
    """Consent is off until given; asker and voter must both have given it; the conversation is left out."""
    await ledger.record_answer(record("hers", person="test:alice"))
    await ledger.record_answer(record("his", person="test:bob"))
    await ledger.vote(vote("hers", person="test:alice", at=3))
    await ledger.vote(vote("hers", person="test:bob", at=2))
    await ledger.vote(vote("his", person="test:alice", at=1))
    assert [v async for v in ledger.export("harbour")] == []
    assert not await ledger.consent("test:alice")
    await ledger.set_consent("test:alice", True)
    (only,) = [v async for v in ledger.export("harbour")]
    assert (only.vote.person, only.record.question.person) == ("test:alice", "test:alice")
    assert only.record.question.history == ()
    await ledger.link("test:bob", "p:bob")
    await ledger.set_consent("p:bob", True)  # given once, it holds for linked accounts
    assert await ledger.consent("test:bob")
    assert [v.vote.time async for v in ledger.export("harbour")] == [minutes(1), minutes(2), minutes(3)]
    assert [v async for v in ledger.export("other")] == []
    await ledger.set_consent("test:alice", False)
    assert [v async for v in ledger.export("harbour")] == []


async def test_an_export_of_many_misses_none(ledger):
    """Exports come in batches; equal times at a batch's edge lose and repeat nothing."""
    await ledger.set_consent("test:alice", True)
    names = [f"a{number}" for number in range(405)]
    for name in names:
        await ledger.record_answer(record(name))
        await ledger.vote(vote(name, at=1))
    found = [v.vote.answer async for v in ledger.export("harbour")]
    assert sorted(found) == sorted(short_id(name) for name in names)


async def test_counts_per_day(ledger):
    """Answers by outcome, votes by value, jobs by kind, per UTC day and community."""
    await ledger.record_answer(record("a", at=0))
    await ledger.record_answer(record("b", at=24 * 60, outcome=Outcome.UNKNOWN))
    await ledger.record_answer(record("c", at=24 * 60, outcome=Outcome.UNKNOWN, community="other"))
    await ledger.vote(vote("a", DOWN, at=24 * 60))
    await ledger.record_job(finished_job(at=0))
    first, second = await ledger.daily("harbour", datetime(2026, 1, 1, tzinfo=UTC))
    assert (first.day, first.answers, first.votes, first.jobs) == (
        "2026-01-01",
        {"answered": 1},
        {},
        {"imagine": 1},
    )
    assert (second.day, second.answers, second.votes, second.questions) == (
        "2026-01-02",
        {"unknown": 1},
        {"down": 1},
        1,
    )
    assert [d.community for d in await ledger.daily(None, datetime(2026, 1, 2, tzinfo=UTC))] == [
        "harbour",
        "other",
    ]
