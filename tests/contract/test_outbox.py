"""The outbox's contract, over memory, Valkey and Redis."""

import asyncio
from dataclasses import dataclass, field

import pytest
from yinlu_testing.core import NOON, RecordingFace
from yinlu_testing.servers import until

from bot_core.answers import Answer, AnswerRecord, Outcome, Question
from bot_core.errors import BadInput, EngineDown, StorageFull
from bot_core.identity import Locale, Origin
from bot_core.ports.work import Outgoing
from bot_core.replies import say
from bot_queue.outbox import MemoryOutbox, OutboxOptions, RedisOutbox
from bot_queue.shelf_memory import MemoryShelf

pytest_plugins = ["yinlu_testing.redis"]

QUICK = OutboxOptions(lease=0.2, poll=0.03, tries=3, backoff=0.02, most_sends=40)


@dataclass
class Ledger:
    """Remembers answers; fails as often as told."""

    failures: int = 0
    answers: list = field(default_factory=list)

    async def record_answer(self, record):
        """Keep it."""
        if self.failures:
            self.failures -= 1
            raise EngineDown("SQL", "told to fail")
        self.answers.append(record.answer.id)


class Troubled(RecordingFace):
    """Raises what it is given, one by one, then works; or hangs."""

    def __init__(self, *errors, **fields):
        super().__init__(**fields)
        self.errors = list(errors)
        self.hanging = asyncio.Event()
        self.hang = False
        self.times = []

    async def deliver(self, outgoing):
        """Fail, hang or show."""
        self.times.append(asyncio.get_running_loop().time())
        if self.hang:
            self.hanging.set()
            await asyncio.Event().wait()
        if self.errors:
            raise self.errors.pop(0)
        return await super().deliver(outgoing)


def outgoing(event, ordinal=0, *, channel="c", record=None, platform="test", words="hello"):
    """Return a send."""
    origin = Origin(platform, "place", channel)
    return Outgoing(event, ordinal, origin, "harbour", "test:alice", say(words), record)


def answered(id_="a" * 24):
    """Return a record."""
    question = Question(id_, "harbour", "when?", Locale.EN)
    return AnswerRecord(question, Answer(id_, Outcome.UNKNOWN, ""), NOON)


@pytest.fixture
def make(store):
    """Make outboxes that share one store, like processes do."""
    shelf = MemoryShelf(QUICK)

    def make(face=None, ledger=None, worker="w1"):
        faces = {face.platform: face} if face else {}
        ledger = ledger or Ledger()
        if store:
            return RedisOutbox(store, faces, ledger, worker, QUICK)
        return MemoryOutbox(faces, ledger, worker, QUICK, shelf)

    return make


async def test_a_send_is_recorded_and_delivered_before_it_returns_and_once(make):
    """Recorded first, then shown; the same key again is not."""
    face, ledger = RecordingFace(), Ledger()
    outbox = make(face, ledger)
    assert await outbox.send(outgoing("e", record=answered()))
    assert [o.key for o in face.delivered] == ["e#0"] and ledger.answers == ["a" * 24]
    assert not await outbox.send(outgoing("e", record=answered()))
    assert not await make(face, ledger, "w2").send(outgoing("e"))
    assert len(face.delivered) == 1
    counts = await outbox.counts()
    assert (counts.pending, counts.sending, counts.sent) == (0, 0, 1)


async def test_a_send_for_anothers_face_wakes_that_process(make, store):
    """Stored here, delivered there, without waiting for its next look."""
    face = RecordingFace()
    there = make(face, worker="there")
    async with there.pump():
        await asyncio.sleep(0.05 if store else 0)
        assert await make(worker="here").send(outgoing("e"))
        await until(lambda: face.delivered)


async def test_a_broken_face_is_tried_again_and_order_is_kept(make):
    """The second of a conversation waits for the first; another conversation does not."""
    face = Troubled(EngineDown("face"))
    outbox = make(face)
    async with outbox.pump():
        await outbox.send(outgoing("e", 0))
        await outbox.send(outgoing("e", 1))
        await outbox.send(outgoing("x", channel="d"))
        await until(lambda: len(face.delivered) == 3)
    keys = [o.key for o in face.delivered]
    assert keys.index("e#0") < keys.index("e#1")
    assert (await outbox.counts()).sent == 3


async def test_a_face_that_stays_broken_is_given_up_and_counted(make):
    """After the tries it has failed, and the next of the conversation goes out."""
    face = Troubled(*(EngineDown("face") for _ in range(3)))
    outbox = make(face)
    async with outbox.pump():
        await outbox.send(outgoing("e", 0))
        await outbox.send(outgoing("e", 1))
        await until(lambda: face.delivered)
    assert [o.key for o in face.delivered] == ["e#1"]
    counts = await outbox.counts()
    assert (counts.failed, counts.sent, counts.pending) == (1, 1, 0)


@pytest.mark.parametrize("error", [BadInput("too long"), KeyError("bug")])
async def test_what_can_never_work_fails_at_once(make, error):
    """A refusal, or a face's own mistake, is not repeated and harms nobody else."""
    face = Troubled(error)
    outbox = make(face)
    await outbox.send(outgoing("e", 0))
    await outbox.send(outgoing("e", 1))
    assert (await outbox.counts()).failed == 1 and [o.key for o in face.delivered] == ["e#1"]


async def test_retry_after_is_obeyed(make):
    """Nothing goes out before the time that was asked for."""
    error = EngineDown("face")
    error.retry_after = 0.4
    face = Troubled(error)
    outbox = make(face)
    async with outbox.pump():
        await outbox.send(outgoing("e"))
        await until(lambda: face.delivered)
    assert 0.4 <= face.times[1] - face.times[0] < 1.0


async def _cut_off(make, **fields):
    """Let a process die amid a delivery: its send is left as it stands."""
    dead = Troubled(**fields)
    dead.hang = True
    outbox = make(dead, worker="dead")
    task = asyncio.create_task(outbox.send(outgoing("e", 0)))
    await dead.hanging.wait()

    async def nothing(*_):
        """A dead process cleans nothing up."""

    outbox._cut = nothing
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_cut_off_send_is_repeated_where_that_is_harmless(make):
    """An idempotent face gets it again, from whoever is alive."""
    await _cut_off(make, idempotent=True)
    face = RecordingFace(idempotent=True)
    alive = make(face, worker="alive")
    async with alive.pump():
        await until(lambda: face.delivered)
    assert [o.key for o in face.delivered] == ["e#0"]
    assert (await alive.counts()).uncertain == 0


async def test_a_cut_off_send_is_uncertain_where_it_is_not(make):
    """Another face is not asked twice: it is counted, and the next of the conversation goes out."""
    await _cut_off(make, idempotent=False)
    face = RecordingFace(idempotent=False)
    alive = make(face, worker="alive")
    await alive.send(outgoing("e", 1))
    async with alive.pump():
        await until(lambda: face.delivered)
    assert [o.key for o in face.delivered] == ["e#1"]
    counts = await alive.counts()
    assert (counts.uncertain, counts.sent, counts.sending) == (1, 1, 0)


async def test_an_owner_that_is_alone_takes_over_at_once(make):
    """abandon(None) makes everybody's claims due."""
    await _cut_off(make, idempotent=True)
    assert await make().abandon(None) == 1
    assert await make().abandon(None) == 0


async def test_a_stopped_send_is_left_tidy(make):
    """Cancelled amid a delivery: uncertain at once, or pending again for an idempotent face."""
    for idempotent, field_ in ((False, "uncertain"), (True, "pending")):
        face = Troubled(idempotent=idempotent)
        face.hang = True
        outbox = make(face)
        task = asyncio.create_task(outbox.send(outgoing(f"s{idempotent}", channel=f"s{idempotent}")))
        await face.hanging.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert getattr(await outbox.counts(), field_) == 1


async def test_a_ledger_that_fails_stops_no_delivery(make):
    """Shown at once; its record follows when the ledger is back."""
    face, ledger = RecordingFace(), Ledger(failures=3)
    outbox = make(face, ledger)
    async with outbox.pump():
        await outbox.send(outgoing("e", record=answered()))
        assert len(face.delivered) == 1
        await until(lambda: ledger.answers)
        assert ledger.answers == ["a" * 24]
        await until(lambda: ledger.failures == 0)
    assert not await outbox.send(outgoing("e", record=answered()))
    assert (await outbox.counts()).sent == 1


async def test_the_outbox_is_bounded(make):
    """Beyond its bound it refuses, and what it has goes out later."""
    outbox = make()
    for n in range(QUICK.most_sends):
        await outbox.send(outgoing(f"e{n}", channel=f"c{n}"))
    with pytest.raises(StorageFull):
        await outbox.send(outgoing("late"))
    face = RecordingFace()
    async with make(face, worker="w2").pump():
        await until(lambda: len({one.key for one in face.delivered}) == QUICK.most_sends)
    await outbox.send(outgoing("late"))


async def test_many_sends_side_by_side_keep_each_conversations_order(make):
    """Fifty sends in five channels from two processes' worth of callers: all once, in order per caller."""
    face = RecordingFace()
    one, two = make(face, worker="w1"), make(face, worker="w2")

    async def talk(outbox, channel):
        for n in range(5):
            await outbox.send(outgoing(channel, n, channel=channel))

    async with one.pump(), two.pump():
        await asyncio.gather(
            *(talk(o, f"{c}") for c in range(3) for o in (one,)), *(talk(two, f"t{c}") for c in range(3))
        )
        await until(lambda: len({one.key for one in face.delivered}) == 30)
    for channel in {o.event for o in face.delivered}:
        assert [o.ordinal for o in face.delivered if o.event == channel] == list(range(5))
