"""The schedule's contract, over memory, Valkey and Redis."""

import asyncio
import random
from datetime import UTC, datetime

import pytest

from bot_core.errors import JobRefused, LeaseLost, NotAllowed, NotFound
from bot_core.files import FileRef
from bot_core.identity import Origin, short_id
from bot_core.ports.work import BatchRule, Job, JobResult, JobState, Lane, Progress
from bot_queue.jobs import QueueOptions, RedisJobQueue
from bot_queue.jobs_memory import MemoryJobQueue
from bot_queue.limits import MemoryBudget, RedisBudget

pytest_plugins = ["yinlu_testing.redis"]

OPTIONS = QueueOptions(
    lease=0.25, tries=3, most_waiting=30, most_open=32, most=100, poll=0.05, report_again=0.1
)
BOTH = (Lane.FAST, Lane.RELAX)
EIGHT = {"p": BatchRule(8)}


def job(name, person="alice", *, lane=Lane.FAST, cost=1.0, profile="p", kind="image", weight=1.0, account=""):
    """Return a job that is named after ``name``."""
    return Job(
        short_id(name), name, kind, profile, lane, f"test:{person}", "harbour", Origin("test", "place", "c"), cost,
        {"name": name}, datetime(2026, 1, 1, tzinfo=UTC), weight, name, account,
    )  # fmt: skip


@pytest.fixture
def budget(store):
    """The budget that the queue uses."""
    return RedisBudget(store) if store else MemoryBudget()


@pytest.fixture
def queue(store, budget):
    """An empty queue with short leases and small bounds."""
    return RedisJobQueue(store, OPTIONS) if store else MemoryJobQueue(OPTIONS, budget)


async def take(queue, rules=None, *, worker="w", lanes=BOTH, kinds=("image",), wait=0.0):
    """Claim a batch."""
    return await queue.claim(worker, kinds, lanes, rules or {}, wait)


async def run_all(queue, rules=None, **how):
    """Run everything that waits; return the names in order, batch by batch."""
    batches = []
    while leases := await take(queue, rules, **how):
        batches.append([lease.job.key for lease in leases])
        for lease in leases:
            await queue.commit(lease, JobResult())
    return batches


async def test_a_put_is_answered_with_its_place_and_is_idempotent(queue):
    """Accepted with position and time; the same key again is the same job, also when it is done."""
    first, second = await queue.put(job("a")), await queue.put(job("b"))
    assert (first.new, first.place.position, second.place.position) == (True, 1, 2)
    assert second.place.seconds > 0
    again = await queue.put(job("b"))
    assert (again.new, again.job, again.place.position) == (False, second.job, 2)
    assert await run_all(queue) == [["a"], ["b"]]
    again = await queue.put(job("a"))
    assert (again.new, again.place.state) == (False, JobState.DONE)
    assert await take(queue) == []


async def test_a_job_lives_through_its_states(queue):
    """Waiting, running with progress, done with its result; files by reference."""
    await queue.put(job("a"))
    (lease,) = await take(queue)
    assert lease.attempt == 1 and lease.job == job("a")
    preview = FileRef("k", "image/png", 10)
    await queue.progress(lease, Progress("sampling", 0.5, preview))
    view = await queue.view(lease.job.id)
    assert (view.state, view.position, view.progress) == (
        JobState.RUNNING,
        0,
        Progress("sampling", 0.5, preview),
    )
    result = JobResult((preview,), {"seed": 7})
    await queue.commit(lease, result)
    view = await queue.view(lease.job.id)
    assert (view.state, view.result) == (JobState.DONE, result)
    with pytest.raises(NotFound):
        await queue.view("0" * 24)


async def test_limits_are_told_with_numbers(queue):
    """A member's waiting jobs, a member's open jobs, the whole queue."""
    for n in range(OPTIONS.most_waiting):
        await queue.put(job(f"a{n}"))
    with pytest.raises(JobRefused) as refused:
        await queue.put(job("late"))
    assert (refused.value.limit, refused.value.have, refused.value.allowed) == ("waiting", 30, 30)
    for _ in range(2):
        await take(queue)
    await queue.put(job("b0"))
    await queue.put(job("b1"))
    with pytest.raises(JobRefused):
        await queue.put(job("b2"))
    for n in range(70):
        await queue.put(job(f"c{n}", f"person{n}"))
    with pytest.raises(JobRefused) as refused:
        await queue.put(job("over", "bob"))
    assert refused.value.limit == "queue"


async def test_members_take_turns_whatever_one_has_queued(queue):
    """One with many jobs against two with few: round robin, everyone's own in order."""
    for n in range(8):
        await queue.put(job(f"a{n}", "alice"))
    for n in range(2):
        await queue.put(job(f"b{n}", "bob"))
        await queue.put(job(f"c{n}", "carol"))
    order = [name for (name,) in await run_all(queue)]
    assert set(order[:6]) == {"a0", "a1", "b0", "b1", "c0", "c1"} and set(order[:3]) == {"a0", "b0", "c0"}
    for person in "abc":
        own = [name for name in order if name.startswith(person)]
        assert own == sorted(own)


async def test_fairness_counts_cost_and_weight(queue):
    """Bob's jobs cost three times as much: one of his to three of alice's; carol's weight of two doubles hers."""
    for n in range(12):
        await queue.put(job(f"a{n:02}", "alice", cost=1))
    for n in range(4):
        await queue.put(job(f"b{n}", "bob", cost=3))
    for n in range(12):
        await queue.put(job(f"c{n:02}", "carol", cost=1, weight=2))
    order = [name[0] for (name,) in await run_all(queue)]
    first = order[:12]
    assert first.count("c") in (5, 6, 7) and first.count("a") in (3, 4) and first.count("b") in (1, 2)


async def test_a_batch_has_one_profile_and_many_members(queue):
    """Compatible jobs of different members together, at most what the rule allows."""
    for n in range(3):
        for person in ("alice", "bob", "carol"):
            await queue.put(job(f"{person}{n}", person))
    await queue.put(job("other", "dave", profile="q"))
    batches = await run_all(queue, {"p": BatchRule(4), "q": BatchRule(4)})
    assert sorted(map(len, batches)) == [1, 1, 4, 4]
    assert {name[:-1] for name in batches[0]} == {"alice", "bob", "carol"}


async def test_a_members_own_jobs_stay_in_order_across_profiles(queue):
    """A later job does not jump into a batch past an earlier one of the same member."""
    await queue.put(job("b0", "bob"))
    await queue.put(job("a0", "alice", profile="q"))
    await queue.put(job("a1", "alice", profile="p"))
    batches = await run_all(queue, EIGHT)
    assert batches == [["b0"], ["a0"], ["a1"]]


async def test_companions_are_waited_for_only_where_nobody_is_delayed(queue):
    """Alone, a job waits its patience; a companion joins; a job of another profile ends the waiting."""
    patient = {"p": BatchRule(2, patience=0.2)}
    await queue.put(job("a"))
    assert await take(queue, patient) == []
    assert len(await take(queue, patient, wait=1.0)) == 1
    await queue.put(job("b", "bob"))
    waiting = asyncio.create_task(take(queue, patient, wait=1.0))
    await asyncio.sleep(0.05)
    await queue.put(job("c", "carol"))
    assert len(await asyncio.wait_for(waiting, 0.1)) == 2
    await queue.put(job("d", "dave"))
    await queue.put(job("e", "erin", profile="q"))
    assert [lease.job.key for lease in await take(queue, patient)] == ["d"]


async def test_an_idle_worker_picks_up_at_once(queue):
    """It is woken, not polled."""
    waiting = asyncio.create_task(take(queue, wait=5.0))
    await asyncio.sleep(0.1)
    started = asyncio.get_running_loop().time()
    await queue.put(job("a"))
    assert len(await waiting) == 1
    assert asyncio.get_running_loop().time() - started < 0.05


async def test_a_worker_gets_only_its_kinds_and_lanes(queue):
    """Others' work is left alone."""
    await queue.put(job("a", kind="speech"))
    await queue.put(job("b", lane=Lane.RELAX))
    assert await take(queue, lanes=(Lane.FAST,)) == []
    assert [lease.job.key for lease in await take(queue, kinds=("speech",), lanes=(Lane.FAST,))] == ["a"]
    assert [lease.job.key for lease in await take(queue, lanes=(Lane.RELAX,))] == ["b"]


async def test_relax_moves_under_a_flood_of_fast_jobs(queue):
    """At least one in twenty."""
    for n in range(30):
        await queue.put(job(f"f{n}", f"p{n}"))
        await queue.put(job(f"r{n}", f"p{n}", lane=Lane.RELAX))
    order = [name[0] for (name,) in await run_all(queue)]
    flood = order[: order.index("f") + 30]
    assert 2 <= flood.count("r") <= 8


async def test_relax_goes_by_the_months_use(queue):
    """Whoever used less comes first; own jobs stay in order."""
    for n in range(4):
        await queue.put(job(f"a{n}", "alice", lane=Lane.RELAX))
    await run_all(queue)
    await queue.put(job("a4", "alice", lane=Lane.RELAX))
    await queue.put(job("a5", "alice", lane=Lane.RELAX))
    for n in range(2):
        await queue.put(job(f"b{n}", "bob", lane=Lane.RELAX))
    assert await run_all(queue) == [["b0"], ["b1"], ["a4"], ["a5"]]


async def test_a_dead_workers_job_is_taken_over_and_everything_it_says_refused(queue):
    """After its lease, as the next attempt; progress, result and failure of the old one change nothing."""
    await queue.put(job("a"))
    (dead,) = await take(queue)
    assert await take(queue) == []
    (alive,) = await take(queue, worker="w2", wait=2.0)
    assert alive.job.id == dead.job.id and alive.attempt == 2
    for call in (
        queue.progress(dead, Progress("late", 0.9)),
        queue.commit(dead, JobResult()),
        queue.fail(dead, "late"),
    ):
        with pytest.raises(LeaseLost):
            await call
    await queue.release([dead])
    assert await queue.heartbeat([dead, alive]) == {dead.job.id: "lost"}
    view = await queue.view(alive.job.id)
    assert (view.state, view.attempt, view.progress) == (JobState.RUNNING, 2, None)
    await queue.commit(alive, JobResult())


async def test_heartbeats_keep_a_lease(queue):
    """A long job stays with its worker."""
    await queue.put(job("a"))
    (lease,) = await take(queue)
    for _ in range(4):
        await asyncio.sleep(0.12)
        assert await queue.heartbeat([lease]) == {}
        assert await take(queue) == []
    await queue.commit(lease, JobResult())


async def test_a_poison_job_is_set_aside_after_its_attempts(queue):
    """Three, by failure or by death; listed with the reason, retried or dropped by an admin."""
    await queue.put(job("a"))
    for n in range(3):
        (lease,) = await take(queue, wait=1.0)
        assert lease.attempt == n + 1
        if n != 1:
            await queue.fail(lease, f"broke {n}")
    assert await take(queue) == []
    (view,) = await queue.listing(JobState.FAILED)
    assert (view.job.key, view.reason, view.attempt) == ("a", "broke 2", 3)
    assert (await queue.retry(view.job.id)).place.position == 1
    (lease,) = await take(queue)
    assert lease.attempt == 4
    await queue.fail(lease, "hopeless", retry=False)
    await queue.drop(view.job.id)
    for call in (queue.drop(view.job.id), queue.retry(view.job.id), queue.view(view.job.id)):
        with pytest.raises(NotFound):
            await call
    assert (await queue.put(job("a"))).new


async def test_after_a_crash_a_batch_runs_one_by_one(queue):
    """The bad one is found; its companions finish."""
    for person in ("alice", "bob", "carol"):
        await queue.put(job(person, person))
    assert len(await take(queue, EIGHT)) == 3
    await asyncio.sleep(0.3)
    done = []
    while leases := await take(queue, EIGHT):
        assert len(leases) == 1
        if leases[0].job.key == "bob":
            await queue.fail(leases[0], "out of memory")
        else:
            await queue.commit(leases[0], JobResult())
            done.append(leases[0].job.key)
    assert sorted(done) == ["alice", "carol"]
    assert [view.job.key for view in await queue.listing(JobState.FAILED)] == ["bob"]


async def test_released_jobs_keep_their_place_and_their_attempts(queue):
    """Drained ones come first again, and it does not count."""
    for name in "abc":
        await queue.put(job(name))
    for _ in range(5):
        leases = await take(queue, EIGHT)
        assert [lease.job.key for lease in leases] == ["a", "b", "c"]
        await queue.release(leases)
    assert (await queue.place(short_id("a"))).position == 1
    assert [view.job.key for view in await queue.listing(JobState.WAITING)] == ["a", "b", "c"]


async def test_cancel_waiting_and_running(queue):
    """By the owner or an admin, nobody else; a running one is stopped through its heartbeat and can't commit."""
    await queue.put(job("a"))
    await queue.put(job("b"))
    (lease,) = await take(queue)
    with pytest.raises(NotAllowed):
        await queue.cancel(lease.job.id, "test:bob")
    with pytest.raises(NotFound):
        await queue.cancel("0" * 24, "test:bob")
    assert await queue.cancel(short_id("b"), "test:alice") is JobState.CANCELLED
    assert await queue.cancel(lease.job.id, "test:bob", admin=True) is JobState.CANCELLED
    assert await queue.heartbeat([lease]) == {lease.job.id: "cancelled"}
    with pytest.raises(LeaseLost):
        await queue.commit(lease, JobResult())
    assert await take(queue) == []
    assert len(await queue.listing(JobState.CANCELLED)) == 2
    await queue.put(job("c"))
    (lease,) = await take(queue)
    await queue.commit(lease, JobResult())
    assert await queue.cancel(lease.job.id, "test:alice") is JobState.DONE


async def test_what_is_behind_a_cancelled_job_moves_up(queue):
    """Alice cancels two of her three: her third competes as her first would have."""
    for n in range(3):
        await queue.put(job(f"a{n}", "alice"))
    for n in range(3):
        await queue.put(job(f"b{n}", "bob"))
    for n in range(2):
        await queue.cancel(short_id(f"a{n}"), "test:alice")
    assert [name for (name,) in await run_all(queue)][:2] in (["b0", "a2"], ["a2", "b0"])


async def test_positions_are_exact_in_random_operations(queue):
    """The job at 1 is the one that is handed out; positions count up without gaps; after every operation."""
    chance = random.Random(7)
    held, waiting = [], []
    for n in range(250):
        choice = chance.random()
        if choice < 0.5 and len(waiting) < 28:
            name = f"j{n}"
            await queue.put(
                job(name, chance.choice("abcdef"), cost=chance.choice((1, 2, 5)), profile=chance.choice("pq"))
            )
            waiting.append(short_id(name))
        elif choice < 0.7 and waiting:
            places = {id_: (await queue.place(id_)).position for id_ in waiting}
            (lease,) = await take(queue)
            assert places[lease.job.id] == 1
            waiting.remove(lease.job.id)
            held.append(lease)
        elif choice < 0.8 and waiting:
            gone = waiting.pop(chance.randrange(len(waiting)))
            await queue.cancel(gone, "x", admin=True)
        elif held:
            lease = held.pop(chance.randrange(len(held)))
            if chance.random() < 0.3:
                await queue.release([lease])
                waiting.append(lease.job.id)
            else:
                await queue.commit(lease, JobResult())
        await queue.heartbeat(held)
        places = [(await queue.place(id_)).position for id_ in waiting]
        assert sorted(places) == list(range(1, len(waiting) + 1))
        listed = [view.position for view in await queue.listing(JobState.WAITING)]
        assert listed == list(range(1, len(waiting) + 1))


async def test_followers_see_the_story(queue):
    """From now until the end, in any process."""
    await queue.put(job("a"))
    story = []

    async def follow():
        async for line in queue.follow(short_id("a")):
            story.append((line.state, line.progress and line.progress.stage))

    follower = asyncio.create_task(follow())
    await asyncio.sleep(0.05)
    (lease,) = await take(queue)
    await asyncio.sleep(0.05)
    await queue.progress(lease, Progress("sampling", 0.5))
    await asyncio.sleep(0.05)
    await queue.commit(lease, JobResult())
    await asyncio.wait_for(follower, 2)
    assert story == [
        (JobState.WAITING, None), (JobState.RUNNING, None), (JobState.RUNNING, "sampling"), (JobState.DONE, "sampling"),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        await anext(queue.follow("0" * 24))


async def test_a_paused_lane_hands_nothing_out(queue):
    """Until it goes on; the other lane is untouched."""
    await queue.put(job("a"))
    await queue.put(job("b", lane=Lane.RELAX))
    await queue.pause(Lane.FAST, True)
    assert [name for (name,) in await run_all(queue)] == ["b"]
    waiting = asyncio.create_task(take(queue, wait=2.0))
    await asyncio.sleep(0.05)
    await queue.pause(Lane.FAST, False)
    assert [lease.job.key for lease in await waiting] == ["a"]


async def test_the_status_and_the_board_add_up(queue):
    """Counts, cost and age per lane; a visitor reads their place and why."""
    for n in range(3):
        await queue.put(job(f"a{n}", cost=2.5))
    await queue.put(job("b", "bob", lane=Lane.RELAX))
    (lease,) = await take(queue)
    await queue.commit(lease, JobResult())
    (lease,) = await take(queue)
    fast, relax = await queue.status()
    assert (fast.waiting, fast.running, fast.done, fast.failed, fast.paused) == (1, 1, 1, 0, False)
    assert fast.waiting_cost == pytest.approx(2.5) and 0 <= fast.oldest < 5
    assert (relax.waiting, relax.running) == (1, 0)
    board = await queue.board("test:alice", short_id("a2"))
    assert board.place.position == 1 and board.why.en == "You are next." and len(board.lanes) == 2
    assert (await queue.board()).place is None


async def test_budgets_are_kept_with_the_job(queue, budget):
    """Reserved at put, settled at commit, given back at cancel and failure; refused with the numbers."""
    await budget.allow("team", 10.0, "2026-11")
    await queue.put(job("a", cost=4, account="team"))
    await queue.put(job("b", cost=4, account="team"))
    with pytest.raises(JobRefused) as refused:
        await queue.put(job("c", cost=4, account="team"))
    assert (refused.value.limit, refused.value.have, refused.value.allowed) == ("budget", 12, 10)
    (lease,) = await take(queue)
    await queue.commit(lease, JobResult(actual_cost=3.0))
    balance = await budget.balance("team")
    assert (balance.spent, balance.reserved) == (3.0, 4.0)
    (lease,) = await take(queue)
    await queue.fail(lease, "no", retry=False)
    assert (await budget.balance("team")).reserved == 0.0
    await queue.retry(short_id("b"))
    assert (await budget.balance("team")).reserved == 4.0
    await queue.cancel(short_id("b"), "test:alice")
    balance = await budget.balance("team")
    assert (balance.spent, balance.reserved) == (3.0, 0.0)


async def test_budgets_hold_under_a_hundred_puts_at_once(queue, budget):
    """Not one job over the cap."""
    await budget.allow("team", 5.0, "2026-11")
    answers = await asyncio.gather(
        *(queue.put(job(f"j{n}", f"p{n}", account="team")) for n in range(100)), return_exceptions=True
    )
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 5


async def test_ended_jobs_are_reported_until_somebody_has_them(queue):
    """Handed out once, again after a while, and no more once acknowledged."""
    await queue.put(job("a"))
    await run_all(queue)
    (ended,) = await queue.ended()
    assert ended.view.state is JobState.DONE and ended.round == 1
    assert await queue.ended() == []
    await asyncio.sleep(0.15)
    (ended,) = await queue.ended()
    await queue.reported(ended.view.job.id)
    await asyncio.sleep(0.15)
    assert await queue.ended() == []
    assert (await queue.view(ended.view.job.id)).state is JobState.DONE
