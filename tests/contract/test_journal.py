"""The journal's contract, over memory, Valkey and Redis."""

import asyncio
from dataclasses import replace

import pytest
from yinlu_testing.core import event

from bot_core.errors import LeaseLost
from bot_core.identity import Origin
from bot_core.ports.work import Receipt
from bot_queue.journal import JournalOptions, MemoryJournal, RedisJournal

pytest_plugins = ["yinlu_testing.redis"]

SHORT = JournalOptions(lease=0.15, remember=60, most_events=5, most_bytes=20_000)


@pytest.fixture
def journal(store):
    """An empty journal with short leases and small bounds."""
    return RedisJournal(store, SHORT) if store else MemoryJournal(SHORT)


async def test_an_event_of_an_idle_conversation_is_leased_at_once(journal):
    """The receiver gets the entry in the same call, as the first attempt."""
    said = event("hello 你好")
    receipt, entry = await journal.receive(said, "w1")
    assert receipt is Receipt.NEW and entry.incoming == said and entry.attempt == 1
    counts = await journal.counts()
    assert (counts.waiting, counts.running) == (0, 1)


async def test_a_redelivery_is_recognised_while_it_runs_and_after(journal):
    """The same id is SEEN before and after it is done."""
    said = event()
    _, entry = await journal.receive(said, "w1")
    assert await journal.receive(said, "w2") == (Receipt.SEEN, None)
    assert await journal.finish(entry, "w1") is None
    assert await journal.receive(said, "w2") == (Receipt.SEEN, None)
    assert (await journal.counts()).running == 0


async def test_a_conversation_is_strictly_in_order_and_others_run_beside_it(journal):
    """The second event waits for the first; another channel's does not."""
    first, second, other = event("1"), event("2"), event("3", channel="d")
    _, running = await journal.receive(first, "w1")
    assert (await journal.receive(second, "w2"))[1] is None
    assert (await journal.receive(other, "w2"))[1] is not None
    following = await journal.finish(running, "w1")
    assert following.incoming == second and following.attempt == 1
    assert await journal.finish(following, "w1") is None


async def test_the_journal_is_bounded_by_count_and_bytes(journal):
    """A full journal says so and keeps nothing; done events make room."""
    big = event("x" * 30_000)
    assert (await journal.receive(big, "w"))[0] is Receipt.FULL
    entries = [(await journal.receive(event(channel=f"c{n}"), "w"))[1] for n in range(5)]
    late = event(channel="late")
    assert (await journal.receive(late, "w"))[0] is Receipt.FULL
    await journal.finish(entries[0], "w")
    assert (await journal.receive(late, "w"))[0] is Receipt.NEW


async def test_a_dead_processes_event_is_taken_over_and_its_late_finish_refused(journal):
    """After the lease anybody takes it, as the next attempt; the first lease is fenced off."""
    said = event()
    _, dead = await journal.receive(said, "w1")
    assert await journal.take("w2", ["test"], 10) == []
    await asyncio.sleep(0.2)
    assert await journal.take("w2", ["other"], 10) == []
    (taken,) = await journal.take("w2", ["other", "test"], 10)
    assert taken.incoming == said and taken.attempt == 2 and taken.received == dead.received
    with pytest.raises(LeaseLost):
        await journal.finish(dead, "w1")
    assert await journal.extend([dead, taken]) == [dead]
    assert await journal.finish(taken, "w2") is None


async def test_a_heartbeat_keeps_the_lease(journal):
    """Extended leases outlive their first end."""
    _, entry = await journal.receive(event(), "w1")
    for _ in range(4):
        await asyncio.sleep(0.08)
        assert await journal.extend([entry]) == []
    assert await journal.take("w2", ["test"], 10) == []


async def test_take_hands_out_no_more_than_asked(journal):
    """The limit holds."""
    for n in range(4):
        await journal.receive(event(channel=f"c{n}"), "w1")
    await asyncio.sleep(0.2)
    assert len(await journal.take("w2", ["test"], 3)) == 3
    assert len(await journal.take("w2", ["test"], 3)) == 1


async def test_abandoned_leases_are_handed_out_at_once(journal):
    """One worker's, or everybody's."""
    await journal.receive(event(channel="a"), "w1")
    await journal.receive(event(channel="b"), "w2")
    assert await journal.abandon("w1") == 1
    assert len(await journal.take("w3", ["test"], 10)) == 1
    assert await journal.abandon(None) == 2
    assert await journal.abandon(None) == 0
    assert len(await journal.take("w3", ["test"], 10)) == 2


async def test_five_deliveries_to_two_replicas_are_handled_once(store, journal):
    """Side by side, shuffled: one NEW."""
    twin = RedisJournal(store, SHORT) if store else journal
    said = event()
    answers = await asyncio.gather(*(j.receive(said, "w") for j in (journal, twin) * 5))
    assert sorted(a[0] for a in answers) == ["new"] + ["seen"] * 9


async def test_odd_names_pass(journal):
    """Spaces, newlines and braces in ids and channels are kept apart."""
    odd = [
        replace(event(), id=i, origin=Origin("test", "p {x}", c))
        for i, c in (("a b", "c d"), ("a\nb}", "c\ne"))
    ]
    entries = [(await journal.receive(e, "w w"))[1] for e in odd]
    more = replace(odd[0], id="a c")
    await journal.receive(more, "w w")
    assert (await journal.finish(entries[0], "w w")).incoming == more
    assert await journal.finish(entries[1], "w w") is None
