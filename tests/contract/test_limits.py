"""The contracts of frames, limits, budgets and locks, over memory, Valkey and Redis."""

import asyncio
import time

import pytest
from yinlu_testing.servers import until

from bot_core.errors import JobRefused, LeaseLost, NotFound
from bot_core.ports.work import Rate
from bot_queue.frames import FrameOptions, MemoryFrameLog, RedisFrameLog
from bot_queue.limits import MemoryBudget, MemoryLimiter, MemoryLocks, RedisBudget, RedisLimiter, RedisLocks
from bot_queue.notes import MemoryNotes, RedisNotes

pytest_plugins = ["yinlu_testing.redis"]


@pytest.fixture
def frames(store):
    """A log of five frames a session, kept for 0.3 s."""
    options = FrameOptions(most=5, seconds=0.3)
    return RedisFrameLog(store, options) if store else MemoryFrameLog(options)


@pytest.fixture
def limiter(store):
    """A limiter."""
    return RedisLimiter(store) if store else MemoryLimiter()


@pytest.fixture
def budget(store):
    """A budget."""
    return RedisBudget(store) if store else MemoryBudget()


@pytest.fixture
def locks(store):
    """Locks."""
    return RedisLocks(store) if store else MemoryLocks()


@pytest.fixture
def notes(store):
    """Notes."""
    return RedisNotes(store) if store else MemoryNotes()


async def test_notes_are_kept_for_a_while(notes):
    """A note is read back until its time is over or it is dropped; a later one replaces it."""
    await notes.put("a", "一", 5)
    assert await notes.get("a") == "一"
    await notes.put("a", "二", 0.1)
    assert await notes.get("a") == "二"
    await asyncio.sleep(0.15)
    assert await notes.get("a") is None
    await notes.put("b", "x", 5)
    await notes.drop("b")
    await notes.drop("b")
    assert await notes.get("b") is None


async def test_only_the_first_adds_a_note(notes):
    """``add`` tells one caller yes; after the time is over the next one is first."""
    told = await asyncio.gather(*(notes.add("first", str(n), 0.2) for n in range(5)))
    assert sum(told) == 1
    await asyncio.sleep(0.25)
    assert await notes.add("first", "again", 5)


async def test_a_note_is_small_and_ends(notes):
    """More than 16 KB, or no time at all, is a mistake of the caller."""
    with pytest.raises(ValueError, match="a note of"):
        await notes.put("big", "x" * 16_385, 5)
    with pytest.raises(ValueError, match="for 0"):
        await notes.put("never", "x", 0)


async def test_frames_are_numbered_from_one_without_gaps(frames):
    """Each session has its own numbers."""
    assert [await frames.append("s", f"f{n} 你") for n in range(3)] == [1, 2, 3]
    assert await frames.append("t", "x") == 1
    assert await frames.after("s", 1) == [(2, "f1 你"), (3, "f2 你")]
    assert await frames.after("s", 3) == []
    assert await frames.after("s", 0) == [(1, "f0 你"), (2, "f1 你"), (3, "f2 你")]
    assert (await frames.last("s"), await frames.last("unknown")) == (3, 0)


async def test_frames_that_are_gone_are_said_to_be(frames):
    """Beyond the bound, unknown, from the future, or too old: NotFound instead of a gap."""
    for n in range(8):
        await frames.append("s", str(n))
    assert [n for n, _ in await frames.after("s", 3)] == [4, 5, 6, 7, 8]
    for session, seq in (("s", 2), ("s", 9), ("unknown", 0)):
        with pytest.raises(NotFound):
            await frames.after(session, seq)
    await asyncio.sleep(0.35)
    with pytest.raises(NotFound):
        await frames.after("s", 8)
    assert await frames.append("s", "again") == 1


async def test_a_rate_holds_in_every_window(limiter):
    """Three in 0.3 s, bursts included; the wait that is named is the wait."""
    rate = Rate(3, 0.3)
    assert [await limiter.take("k", rate) for _ in range(3)] == [0.0] * 3
    wait = await limiter.take("k", rate)
    assert 0 < wait <= 0.3
    assert await limiter.take("other", rate) == 0.0
    await asyncio.sleep(wait + 0.01)
    assert await limiter.take("k", rate) == 0.0


async def test_a_refused_take_takes_nothing(limiter):
    """Two of three are left after one; three are refused, two are not."""
    rate = Rate(3, 5.0)
    await limiter.take("k", rate)
    assert await limiter.take("k", rate, 3) > 0
    assert await limiter.take("k", rate, 2) == 0.0
    with pytest.raises(ValueError):
        await limiter.take("k", rate, 4)


async def test_a_budget_is_kept_under_a_hundred_at_once(budget):
    """Ten of a hundred fit; the others read the numbers."""
    await budget.allow("a", 10.0, "2026-11")
    answers = await asyncio.gather(
        *(budget.reserve("a", f"k{n}", 1.0) for n in range(100)), return_exceptions=True
    )
    refused = [a for a in answers if isinstance(a, JobRefused)]
    assert len(refused) == 90 and (refused[0].limit, refused[0].have, refused[0].allowed) == (
        "budget",
        11.0,
        10.0,
    )
    assert (await budget.balance("a")).reserved == 10.0


async def test_every_budget_call_may_be_repeated(budget):
    """Reserve, settle and refund with the same key count once."""
    await budget.allow("a", 10.0, "2026-11")
    for _ in range(2):
        kept = await budget.reserve("a", "k", 4.0)
    for _ in range(2):
        await budget.settle(kept, 2.5)
    await budget.refund(kept)
    await budget.reserve("a", "k", 4.0)
    balance = await budget.balance("a")
    assert (balance.spent, balance.reserved, balance.allowed) == (2.5, 0.0, 10.0)
    other = await budget.reserve("a", "l", 0.1)
    await budget.refund(other)
    assert (await budget.balance("a")).spent == 2.5


async def test_a_new_period_starts_from_zero(budget):
    """What was spent is forgotten, what is set aside stays; an account without a cap has nothing."""
    await budget.allow("a", 10.0, "2026-11")
    await budget.settle(await budget.reserve("a", "k", 4.0), 4.0)
    await budget.reserve("a", "l", 5.0)
    await budget.allow("a", 12.0, "2026-12")
    balance = await budget.balance("a")
    assert (balance.spent, balance.reserved, balance.allowed) == (0.0, 5.0, 12.0)
    with pytest.raises(JobRefused):
        await budget.reserve("nobody", "k", 0.1)


async def test_a_lock_has_one_holder_and_is_renewed(locks):
    """Others don't get it while it is held, longer than its seconds; then they do."""
    async with locks.hold("x", 0.15) as mine:
        assert mine
        await asyncio.sleep(0.3)
        async with locks.hold("x", 0.15) as theirs:
            assert not theirs
        async with locks.hold("y", 0.15) as other:
            assert other
    async with locks.hold("x", 0.15) as again:
        assert again


async def test_waiting_for_a_lock(locks):
    """Whoever waits long enough gets it."""
    order = []

    async def hold(name, seconds):
        async with locks.hold("x", 1.0, wait=2.0) as got:
            order.append((name, got))
            await asyncio.sleep(seconds)

    started = time.monotonic()
    await asyncio.gather(hold("a", 0.2), hold("b", 0.0))
    assert sorted(order) == [("a", True), ("b", True)] and time.monotonic() - started < 1.5


async def test_a_lost_lock_stops_its_holder(locks):
    """When the server forgot the lock, what runs inside is stopped with LeaseLost."""
    inside = asyncio.Event()

    async def holder():
        async with locks.hold("x", 0.15):
            inside.set()
            await asyncio.sleep(5)

    task = asyncio.create_task(holder())
    await inside.wait()
    shelf = locks._shelf
    if hasattr(shelf, "_held"):
        shelf._held.clear()
    else:
        await shelf._store.call("DEL", f"{shelf._store.root}k:x")
    with pytest.raises(LeaseLost):
        await task
    await until(lambda: task.done())
