"""/status: what a member reads of how it is."""

from __future__ import annotations

import pytest
from yinlu_testing.core import FixedPlaces, RecordingFace, StraightOutbox, event

from bot_core.conversation import Context
from bot_core.dispatch import Dispatcher
from bot_core.errors import EngineDown
from bot_core.events import Invoked
from bot_core.identity import Locale
from bot_core.ports.work import Lane, LaneStatus
from bot_core.tokens import Signer
from bot_handlers.status import StatusHandler


class Lanes:
    """A queue of which only the lanes are looked at."""

    def __init__(self, *lanes):
        self.lanes = lanes

    async def status(self):
        """Return them, or be away."""
        if not self.lanes:
            raise EngineDown("redis://:secret@host", "gone")
        return list(self.lanes)


def lane(which=Lane.FAST, waiting=0, paused=False, oldest=0.0):
    """Return a lane."""
    return LaneStatus(which, waiting, 1, 0, 0, paused, 0.0, oldest)


async def told(queue, locale=Locale.EN):
    """Return what /status says."""
    face = RecordingFace()
    dispatcher = Dispatcher(
        Context(StraightOutbox(face), Signer({1: b"k" * 32}, 1)),
        {"test": face},
        FixedPlaces(),
        [],
        [StatusHandler(queue)],
    )
    await dispatcher.handle(event(Invoked("status"), locale=locale))
    (sent,) = face.delivered
    assert sent.reply.private
    return (
        sent.reply.parts[0].markdown if hasattr(sent.reply.parts[0], "markdown") else str(sent.reply.parts[0])
    )


@pytest.mark.parametrize(
    ("shown", "locale", "words"),
    [
        (lane(waiting=3), Locale.EN, "fast: 3 waiting, 1 running"),
        (lane(waiting=3, oldest=1200), Locale.EN, "slow: the oldest has waited 20 min"),
        (lane(Lane.RELAX, paused=True), Locale.ZH, "慢速：0 个在等，1 个进行中，已暂停"),
    ],
)
async def test_a_member_reads_how_it_is(shown, locale, words):
    """Up, each lane, what is slow and what is paused, in their language, to them alone."""
    assert words in await told(Lanes(shown), locale)


async def test_an_engine_that_is_away_is_no_secret_told():
    """The queue's trouble is one sentence without addresses; questions are answered still."""
    text = await told(Lanes())
    assert "questions are answered" in text and "secret" not in text and "redis" not in text
