"""What operators decided about a person holds for what they send."""

from __future__ import annotations

import asyncio

import pytest
from yinlu_testing.core import NOON, FixedPlaces, RecordingFace, StraightOutbox, event

from bot_core.clock import ManualClock
from bot_core.conversation import Context
from bot_core.dispatch import Dispatcher, Handled
from bot_core.events import Invoked, Spoke
from bot_core.files import FileRef
from bot_core.ports.ledger import Fact
from bot_core.replies import say
from bot_core.tokens import Signer
from bot_handlers.people.ruled import BLOCKED, Allowances, Blocked, Tallies
from bot_ledger import MemoryLedger
from bot_queue.limits import MemoryBudget
from bot_queue.notes import MemoryNotes


async def echo(incoming, conversation):
    """Answer anything; break where it is asked for."""
    if getattr(incoming.content, "text", "") == "boom":
        raise ZeroDivisionError
    await conversation.send(say("yes"))
    return Handled("echo")


def house(*middleware):
    """Return a dispatcher with these, and its face."""
    face = RecordingFace()
    context = Context(StraightOutbox(face), Signer({1: b"k" * 32}, 1))
    return Dispatcher(context, {"test": face}, FixedPlaces(), middleware, [echo]), face


async def test_who_is_blocked_is_told_once_and_heard_no_more():
    """One sentence, then silence; everybody else is answered; who is unblocked is, too."""
    ledger = MemoryLedger()
    dispatcher, face = house(Blocked(ledger, MemoryNotes()))
    await ledger.keep(Fact("harbour", BLOCKED, "test:alice", NOON))
    for person in ("alice", "alice", "bob"):
        await dispatcher.handle(event(person=person))
    assert [out.reply.error for out in face.delivered] == ["NotAllowed", None]
    await ledger.take("harbour", BLOCKED, "test:alice")
    assert await dispatcher.handle(event()) == Handled("echo")


@pytest.mark.parametrize(("own", "allowed"), [(None, 100.0), ("7", 7.0), ("0", 0.0)])
async def test_the_months_budget_is_there_before_it_is_spent(own, allowed):
    """The setting's, or the person's own; a new month starts from zero."""
    ledger, budget, clock = MemoryLedger(), MemoryBudget(), ManualClock(NOON)
    await ledger.set_setting("harbour", "budget:test:alice", own)
    dispatcher, _ = house(Allowances(ledger, budget, clock, lambda roles: 100.0))
    await dispatcher.handle(event(Invoked("imagine")))
    account = "fast:harbour:test:alice"
    assert (await budget.balance(account)).allowed == allowed
    if allowed:
        await budget.settle(await budget.reserve(account, "k", 5), 5)
        clock.advance(40 * 86_400)
        await dispatcher.handle(event(Invoked("imagine")))
        assert (await budget.balance(account)).spent == 0


async def test_voice_and_failures_are_counted_of_nobody():
    """Seconds heard and failures by day, without a person."""
    ledger = MemoryLedger()
    dispatcher, _ = house(Tallies(ledger, ManualClock(NOON)))
    for content in (
        Spoke(FileRef("ab" * 32, "audio/ogg", 9), 12.4),
        Spoke(FileRef("ab" * 32, "audio/ogg", 9), 3.0),
    ):
        await dispatcher.handle(event(content))
    await asyncio.gather(dispatcher.handle(event("boom")), dispatcher.handle(event("fine")))
    assert await ledger.counted("harbour", "voice", NOON) == {"12": 1, "3": 1}
    assert await ledger.counted("harbour", "error", NOON) == {"failed": 1}
