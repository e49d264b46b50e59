"""What models cost per day: the same in memory, on SQLite, on PostgreSQL."""

from dataclasses import replace

import pytest
from yinlu_testing.core import NOON
from yinlu_testing.ledger import record

from bot_core.answers import Usage
from bot_ledger import MemoryLedger, SqlLedger, sqlite_url
from bot_ledger.spending import Spent


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


def by(kept, model):
    """Return the same answer as another model's."""
    return replace(kept, answer=replace(kept.answer, model=model, usage=Usage(10, 5, 0.5)))


async def test_spending_adds_up_by_day_community_and_model(ledger):
    """Tokens and cost of a day stand together; another day, community or model has a line of its own."""
    for kept in (
        record("a"),
        record("b", at=5),
        by(record("c"), "big"),
        record("d", at=24 * 60),
        record("e", community="other"),
    ):
        await ledger.record_answer(kept)
    assert await ledger.spent("harbour", NOON) == [
        Spent("2026-01-01", "harbour", "big", 1, 10, 5, 0.5),
        Spent("2026-01-01", "harbour", "extractive", 2, 240, 60, 0.003),
        Spent("2026-01-02", "harbour", "extractive", 1, 120, 30, 0.0015),
    ]
    assert {line.community for line in await ledger.spent(None, NOON)} == {"harbour", "other"}


async def test_spending_begins_with_the_day_that_is_named(ledger):
    """``since`` means its whole day (UTC), and nothing before."""
    await ledger.record_answer(record("a", at=-24 * 60))
    await ledger.record_answer(record("b", at=-60))
    assert [line.answers for line in await ledger.spent(None, NOON)] == [1]
