"""Both queues driven by chance against a simple model: nothing lost, nothing twice, order, limits, positions."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from yinlu_testing.servers import prefix

from bot_core.errors import JobRefused, LeaseLost, NotFound
from bot_core.identity import Origin, short_id
from bot_core.ports.work import BatchRule, Job, JobResult, JobState, Lane
from bot_queue.connection import StoreOptions, open_store
from bot_queue.jobs import QueueOptions, RedisJobQueue
from bot_queue.jobs_memory import MemoryJobQueue

pytest_plugins = ["yinlu_testing.redis"]

# Aging is off, so that a run can be repeated exactly.
OPTIONS = QueueOptions(
    lease=3600.0, tries=3, most_waiting=6, most_open=8, most=40, use_aging=1e9, share_aging=1e9
)
RULES = {"p": BatchRule(3), "q": BatchRule(2)}
PERSONS = ("ann", "bo", "cy")
ENDS = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class Machine(RuleBasedStateMachine):
    """The model: each job's state, attempt and tries; who holds which lease."""

    url = None

    def __init__(self):
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.opened = None
        if self.url:
            self.opened = open_store(self.url, StoreOptions(prefix=prefix()))
            self.store = self.do(self.opened.__aenter__())
            self.queue = RedisJobQueue(self.store, OPTIONS)
        else:
            self.queue = MemoryJobQueue(OPTIONS)
        self.count = 0
        self.jobs, self.state, self.tries = {}, {}, {}
        self.held, self.stale, self.commits = [], [], {}

    def do(self, awaitable):
        """Run one call."""
        return self.loop.run_until_complete(awaitable)

    def teardown(self):
        """Everything that was accepted comes to an end."""
        for lease in self.held:
            self.do(self.queue.release([lease]))
        for _ in range(300):
            leases = self.claim()
            if not leases:
                break
            for lease in leases:
                self.do(self.queue.commit(lease, JobResult()))
                self.commits[lease.job.id] = self.commits.get(lease.job.id, 0) + 1
                self.state[lease.job.id] = JobState.DONE
        for id_, state in self.state.items():
            assert self.do(self.queue.view(id_)).state is state and state in ENDS
            assert self.commits.get(id_, 0) == (state is JobState.DONE)
        if self.opened:
            self.do(self.opened.__aexit__(None, None, None))
        self.loop.close()

    def claim(self):
        """Claim a batch."""
        return self.do(self.queue.claim("w", ["k"], list(Lane), RULES, 0))

    def of(self, state, person=None):
        """Return the ids in a state."""
        return [i for i, s in self.state.items() if s is state and person in (None, self.jobs[i].person)]

    @rule(
        person=st.sampled_from(PERSONS),
        lane=st.sampled_from(list(Lane)),
        cost=st.sampled_from((1.0, 2.5, 7.0)),
        profile=st.sampled_from("pq"),
        weight=st.sampled_from((1.0, 2.0)),
    )
    def put(self, person, lane, cost, profile, weight):
        """Accepted, unless a bound is reached; then the bound is real."""
        self.count += 1
        made = Job(
            short_id(str(self.count)), f"key{self.count}", "k", profile, lane, person, "c", Origin("t", "p", "c"),
            cost, {}, datetime(2026, 1, 1, tzinfo=UTC), weight,
        )  # fmt: skip
        waiting, running = len(self.of(JobState.WAITING, person)), len(self.of(JobState.RUNNING, person))
        ended = sum(s in ENDS for s in self.state.values())
        full = waiting >= 6 or waiting + running >= 8 or len(self.of(JobState.WAITING)) + ended >= 40
        try:
            placed = self.do(self.queue.put(made))
        except JobRefused:
            assert full
            return
        assert not full and placed.new and placed.place.position >= 1
        self.jobs[made.id], self.state[made.id], self.tries[made.id] = made, JobState.WAITING, 0

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def put_again(self, data):
        """A key that was put is the same job."""
        id_ = data.draw(st.sampled_from(sorted(self.jobs)))
        placed = self.do(self.queue.put(self.jobs[id_]))
        assert not placed.new and placed.place.state is self.state[id_]

    @rule()
    def take(self):
        """The first is at position 1 of its lane; a batch has one profile, one lane, own jobs in order."""
        listed = self.do(self.queue.listing(JobState.WAITING))
        leases = self.claim()
        assert bool(leases) == bool(self.of(JobState.WAITING))
        if not leases:
            return
        places = {view.job.id: view.position for view in listed}
        head = leases[0].job
        assert places[head.id] == 1 and len(leases) <= RULES[head.profile].largest
        assert {(lease.job.profile, lease.job.lane) for lease in leases} == {(head.profile, head.lane)}
        taken = {lease.job.id for lease in leases}
        for lease in leases:
            own = [v.job.id for v in listed if v.job.person == lease.job.person and v.job.lane is head.lane]
            before = own[: own.index(lease.job.id)]
            assert set(before) <= taken
            self.state[lease.job.id] = JobState.RUNNING
            self.tries[lease.job.id] += 1
            self.held.append(lease)

    def _held(self, data):
        return self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def commit(self, data):
        """Finished once."""
        lease = self._held(data)
        self.do(self.queue.commit(lease, JobResult()))
        self.state[lease.job.id] = JobState.DONE
        self.commits[lease.job.id] = self.commits.get(lease.job.id, 0) + 1
        self.stale.append(lease)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), again=st.booleans())
    def fail(self, data, again):
        """Back in its place, or set aside."""
        lease = self._held(data)
        self.do(self.queue.fail(lease, "why", again))
        over = not again or self.tries[lease.job.id] >= OPTIONS.tries
        self.state[lease.job.id] = JobState.FAILED if over else JobState.WAITING
        self.stale.append(lease)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data):
        """Back in its place; it does not count."""
        lease = self._held(data)
        self.do(self.queue.release([lease]))
        self.state[lease.job.id] = JobState.WAITING
        self.tries[lease.job.id] -= 1
        self.stale.append(lease)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def crash(self, data):
        """The worker dies: its lease runs out and the next claim takes the job over, or sets it aside."""
        lease = self._held(data)
        id_ = lease.job.id
        if self.url:
            self.do(self.store.call("ZADD", f"{self.store.root}q:lease", 1, id_))
        else:
            self.queue._jobs[id_].until = 0.0
        for lane in Lane:
            self.do(self.queue.pause(lane, True))
        assert self.claim() == []
        for lane in Lane:
            self.do(self.queue.pause(lane, False))
        over = self.tries[id_] >= OPTIONS.tries
        self.state[id_] = JobState.FAILED if over else JobState.WAITING
        self.stale.append(lease)

    @precondition(lambda self: self.stale)
    @rule(data=st.data())
    def speak_too_late(self, data):
        """A lease that was given up or taken over changes nothing."""
        lease = data.draw(st.sampled_from(self.stale))
        before = self.do(self.queue.view(lease.job.id)) if lease.job.id in self.state else None
        try:
            self.do(self.queue.commit(lease, JobResult(data={"late": True})))
        except LeaseLost:
            pass
        else:  # the very attempt that committed may say so again: nothing changes
            assert self.state[lease.job.id] is JobState.DONE
        assert self.do(self.queue.heartbeat([lease])).get(lease.job.id) in ("lost", "cancelled")
        if before is not None:
            assert self.do(self.queue.view(lease.job.id)).state is before.state

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data):
        """Whatever has not ended is cancelled."""
        id_ = data.draw(st.sampled_from(sorted(self.state)))
        state = self.do(self.queue.cancel(id_, "admin", admin=True))
        if self.state[id_] not in ENDS:
            self.state[id_] = JobState.CANCELLED
            gone = [lease for lease in self.held if lease.job.id == id_]
            self.held = [lease for lease in self.held if lease.job.id != id_]
            self.stale += gone
        assert state is self.state[id_]

    @precondition(lambda self: self.of(JobState.FAILED))
    @rule(data=st.data())
    def retry(self, data):
        """Set aside, then put back."""
        id_ = data.draw(st.sampled_from(self.of(JobState.FAILED)))
        self.do(self.queue.retry(id_))
        self.state[id_], self.tries[id_] = JobState.WAITING, 0

    @precondition(lambda self: self.of(JobState.FAILED))
    @rule(data=st.data())
    def drop(self, data):
        """Set aside, then gone."""
        id_ = data.draw(st.sampled_from(self.of(JobState.FAILED)))
        self.do(self.queue.drop(id_))
        for kept in (self.state, self.tries, self.jobs):
            del kept[id_]
        self.stale = [lease for lease in self.stale if lease.job.id != id_]
        with pytest.raises(NotFound):
            self.do(self.queue.view(id_))

    @invariant()
    def everything_is_where_the_model_says(self):
        """Counts per lane, positions without gaps, states."""
        waiting = self.do(self.queue.listing(JobState.WAITING))
        assert {view.job.id for view in waiting} == set(self.of(JobState.WAITING))
        for lane in Lane:
            positions = [view.position for view in waiting if view.job.lane is lane]
            assert positions == list(range(1, len(positions) + 1))
        for status in self.do(self.queue.status()):
            ours = [s for i, s in self.state.items() if self.jobs[i].lane is status.lane]
            have = (status.waiting, status.running, status.failed)
            assert have == tuple(ours.count(s) for s in (JobState.WAITING, JobState.RUNNING, JobState.FAILED))
            cost = sum(view.job.cost for view in waiting if view.job.lane is status.lane)
            assert status.waiting_cost == pytest.approx(cost, abs=1e-6)


def drive(url, examples, steps):
    """Run the machine."""
    kind = type("Driven", (Machine,), {"url": url})
    limits = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(kind, settings=limits)


@pytest.mark.parametrize("backend", [pytest.param("memory"), pytest.param("valkey")])
def test_the_queue_agrees_with_the_model(request, backend):
    """A few dozen random lives."""
    url = None if backend == "memory" else request.getfixturevalue(backend).url
    drive(url, 40, 40)


@pytest.mark.slow
@pytest.mark.parametrize(
    "backend",
    [pytest.param("memory"), pytest.param("valkey"), pytest.param("debian_redis", marks=pytest.mark.redis)],
)
def test_the_queue_agrees_with_the_model_at_length(request, backend):
    """Many more, and longer."""
    url = None if backend == "memory" else request.getfixturevalue(backend).url
    drive(url, 150, 60)
