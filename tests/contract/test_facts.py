"""Facts of members: the same rules in SQL and in memory."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from yinlu_testing.core import NOON

from bot_core.ports.ledger import Fact
from bot_ledger import MemoryLedger, SqlLedger, sqlite_url


@asynccontextmanager
async def _memory():
    yield MemoryLedger()


@pytest.fixture(params=["memory", "sqlite"])
async def ledger(request, tmp_path):
    """Each implementation in turn."""
    opened = _memory() if request.param == "memory" else SqlLedger.open(sqlite_url(tmp_path))
    async with opened as made:
        yield made


def fact(id="1", *, community="harbour", person="a:1", state="open", hours=0):
    return Fact(community, "handover", id, NOON + timedelta(hours=hours), person, state, {"words": "船\0"})


async def test_a_fact_is_added_once_and_taken_once(ledger):
    """Exactly one caller adds it, exactly one takes it."""
    assert [await ledger.add(fact()), await ledger.add(fact(state="other"))] == [True, False]
    assert (await ledger.fact("harbour", "handover", "1")).state == "open"
    assert [await ledger.take("harbour", "handover", "1") for _ in range(2)] == [True, False]


async def test_facts_are_listed_by_what_is_asked(ledger):
    """Oldest first, by community, person, state and time; another community's are not seen."""
    for made in (fact("2", hours=1), fact("1"), fact("3", state="closed"), fact("4", community="hill")):
        await ledger.keep(made)
    assert [found.id for found in await ledger.facts("handover", "harbour", state="open")] == ["1", "2"]
    later = await ledger.facts("handover", since=NOON + timedelta(minutes=1))
    assert [found.id for found in later] == ["2"]
    assert await ledger.fact("hill", "handover", "1") is None


async def test_a_forgotten_person_leaves_counts_alone(ledger):
    """Facts about a person go, linked accounts' too; counts stay."""
    await ledger.link("b:1", "a:1")
    for made in (fact("1"), fact("2", person="b:1"), fact("3", person="c:1")):
        await ledger.keep(made)
    for _ in range(2):
        await ledger.count("harbour", "path", "began", NOON)
    await ledger.forget_person(["b:1"])
    assert [found.id for found in await ledger.facts("handover")] == ["3"]
    assert await ledger.counted("harbour", "path", NOON) == {"began": 2}
