"""From accepted to handled: once, in order, stoppable, given back at the end."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from yinlu_testing.core import event

from bot_core.clock import ManualClock, SystemClock
from bot_core.dispatch import STOPPED, TOO_OLD
from bot_core.intake import Intake, IntakeOptions
from bot_core.ports.work import Receipt
from bot_queue.journal import JournalOptions, MemoryJournal

QUICK = IntakeOptions(side_by_side=4, poll=0.02, heartbeat=0.05, drain=0.5)


class Recorder:
    """A dispatcher that notes what it handles; events whose text is 'wait' take until released."""

    def __init__(self):
        self.began, self.ended, self.told = [], [], []
        self.release = asyncio.Event()
        self.side_by_side = 0
        self.most = 0

    async def handle(self, incoming):
        text = incoming.content.text
        self.began.append(text)
        self.side_by_side += 1
        self.most = max(self.most, self.side_by_side)
        try:
            if text.startswith("wait"):
                await self.release.wait()
            else:
                await asyncio.sleep(0.01)
            self.ended.append(text)
        finally:
            self.side_by_side -= 1

    async def tell(self, incoming, words):
        self.told.append((incoming.content.text, words))


async def settle(condition, seconds=5):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
async def intake(recorder):
    async with Intake(MemoryJournal(), recorder, SystemClock(), "w1", ["test"], QUICK).open() as opened:
        yield opened
        recorder.release.set()


async def test_one_conversation_is_handled_in_order_one_at_a_time(intake, recorder):
    """Ten events of one channel end in the order they came, never two at once."""
    for n in range(10):
        assert await intake.accept(event(f"{n}")) is Receipt.NEW
    await settle(lambda: len(recorder.ended) == 10)
    assert recorder.ended == [str(n) for n in range(10)]
    assert recorder.most == 1


async def test_conversations_run_side_by_side_up_to_the_bound(intake, recorder):
    """Many channels don't wait for each other, but no more than ``side_by_side`` run at once."""
    for n in range(12):
        await intake.accept(event(f"wait{n}", channel=f"c{n}"))
    await settle(lambda: len(recorder.began) == 4)
    await asyncio.sleep(0.05)
    assert recorder.most == 4
    recorder.release.set()
    await settle(lambda: len(recorder.ended) == 12)
    assert recorder.most == 4


async def test_a_redelivered_event_is_handled_once(intake, recorder):
    """The same id again is acknowledged and nothing more."""
    same = event("hi")
    assert await intake.accept(same) is Receipt.NEW
    assert await intake.accept(same) is Receipt.SEEN
    await settle(lambda: recorder.ended == ["hi"])
    assert await intake.accept(same) is Receipt.SEEN
    await asyncio.sleep(0.05)
    assert recorder.began == ["hi"]


async def test_a_running_event_can_be_stopped(intake, recorder):
    """Stop ends it, tells the member, and lets the conversation go on."""
    long = event("wait")
    await intake.accept(long)
    await intake.accept(event("next"))
    await settle(lambda: recorder.began == ["wait"])
    assert intake.stop(long.key)
    await settle(lambda: recorder.ended == ["next"])
    assert recorder.told == [("wait", STOPPED)]
    assert not intake.stop(long.key)


async def test_what_a_dead_process_left_is_taken_over():
    """Its lease runs out, another process handles the event under the same id."""
    journal = MemoryJournal(JournalOptions(lease=0.1))
    left = event("left")
    await journal.receive(left, "dead")
    recorder = Recorder()
    async with Intake(journal, recorder, SystemClock(), "w2", ["test"], QUICK).open():
        await settle(lambda: recorder.ended == ["left"])


async def test_a_long_event_keeps_its_lease():
    """Heartbeats renew the lease: nobody else takes an event that is being worked on."""
    journal = MemoryJournal(JournalOptions(lease=0.2))
    recorder, other = Recorder(), Recorder()
    async with (
        Intake(journal, recorder, SystemClock(), "w1", ["test"], QUICK).open() as intake,
        Intake(journal, other, SystemClock(), "w2", ["test"], QUICK).open(),
    ):
        await intake.accept(event("wait"))
        await asyncio.sleep(0.7)
        recorder.release.set()
        await settle(lambda: recorder.ended == ["wait"])
    assert other.began == []


async def test_a_lost_lease_stops_the_work():
    """A process that was away too long drops what another has taken over."""
    journal = MemoryJournal(JournalOptions(lease=30))
    recorder = Recorder()
    async with Intake(journal, recorder, SystemClock(), "w1", ["test"], QUICK).open() as intake:
        await intake.accept(event("wait"))
        await settle(lambda: recorder.began == ["wait"])
        await journal.abandon("w1")
        (taken,) = await journal.take("w2", ["test"], 5)
        await settle(lambda: intake.running == 0)
        assert recorder.ended == []
        assert await journal.finish(taken, "w2") is None


async def test_shutdown_drains_then_gives_back():
    """What ends within the drain ends; the rest is another process's at once, not after the lease."""
    journal = MemoryJournal()
    recorder = Recorder()
    async with Intake(journal, recorder, SystemClock(), "w1", ["test"], QUICK).open() as intake:
        await intake.accept(event("short", channel="a"))
        await intake.accept(event("wait", channel="b"))
        await settle(lambda: len(recorder.began) == 2)
    assert recorder.ended == ["short"]
    (again,) = await journal.take("w2", ["test"], 5)
    assert again.incoming.content.text == "wait"


async def test_an_event_that_is_too_old_gets_a_notice_not_a_late_action():
    """After a long absence nobody is answered out of the blue."""
    clock = ManualClock(datetime.now(UTC) + timedelta(days=1))
    recorder = Recorder()
    intake = Intake(MemoryJournal(), recorder, clock, "w1", ["test"], QUICK)
    await intake.accept(event("old"))
    await settle(lambda: recorder.told)
    assert recorder.told == [("old", TOO_OLD)]
    assert recorder.began == []


async def test_what_comes_while_it_ends_is_another_processs_at_once():
    """An event that is stored after the drain does not lie until its lease ends."""
    journal, recorder, other = MemoryJournal(), Recorder(), Recorder()
    async with Intake(journal, recorder, SystemClock(), "w1", ["test"], QUICK).open() as ending:
        pass
    await ending.accept(event("late"))
    async with Intake(journal, other, SystemClock(), "w2", ["test"], QUICK).open():
        await settle(lambda: other.ended == ["late"])
    assert recorder.began == []
