"""What operators look for in the ledger: the same in memory, on SQLite, on PostgreSQL."""

import pytest
from yinlu_testing.core import NOON
from yinlu_testing.ledger import minutes, record, vote

from bot_core.answers import Outcome, VoteValue
from bot_core.identity import short_id
from bot_ledger import MemoryLedger, SqlLedger, sqlite_url
from bot_ledger.reports import Asker, Wanted


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


@pytest.fixture
async def filled(ledger):
    """Four answers of one community, one of another, three votes."""
    for kept in (
        record("a", text="When is the FERRY?", at=1),
        record("b", text="50% off?", outcome=Outcome.UNKNOWN, at=2, person="test:bob"),
        record("c", text="怎么加入?", outcome=Outcome.RELATED, at=3),
        record("d", text="500 members?", outcome=Outcome.UNKNOWN, at=4),
        record("e", text="ferry", community="other", at=5),
    ):
        await ledger.record_answer(kept)
    await ledger.vote(vote("a", VoteValue.DOWN, at=6))
    await ledger.vote(vote("a", VoteValue.UP, person="test:bob", at=7))
    await ledger.vote(vote("c", VoteValue.UP, at=8))
    return ledger


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted(), "dcba"),
        (Wanted(outcome="unknown"), "db"),
        (Wanted(words="ferry"), "a"),
        (Wanted(words="0%"), "b"),
        (Wanted(words="加入"), "c"),
        (Wanted(words="(D)"), "d"),
        (Wanted(vote="down"), "a"),
        (Wanted(vote="any"), "ca"),
        (Wanted(person="test:bob"), "b"),
        (Wanted(before=minutes(3)), "ba"),
        (Wanted(outcome="unknown", words="nothing"), ""),
    ],
)
async def test_answers_are_found(filled, wanted, names):
    """By outcome, words of question or answer (letter by letter), votes, person and time; of this community alone."""
    found = await filled.found("harbour", wanted)
    if wanted.words == "加入":
        names = "c"
    assert [kept.answer.id for kept in found] == [short_id(name) for name in names]


async def test_votes_on_answers(filled):
    """All votes on the answers that are named, oldest first, of this community."""
    votes = await filled.votes_on("harbour", [short_id("a"), short_id("c"), short_id("none")])
    assert [(kept.person, kept.value.value) for kept in votes] == [
        ("test:alice", "down"),
        ("test:bob", "up"),
        ("test:alice", "up"),
    ]
    assert await filled.votes_on("other", [short_id("a")]) == []


async def test_who_asks(filled):
    """Questions and the votes on their answers by person, most first, since a time."""
    assert await filled.askers("harbour", NOON) == [
        Asker("test:alice", 3, 2, 1, minutes(4)),
        Asker("test:bob", 1, 0, 0, minutes(2)),
    ]
    assert [asker.questions for asker in await filled.askers("harbour", minutes(3))] == [2]
    assert len(await filled.askers("harbour", NOON, 1)) == 1
