"""Background work gives way to questions, and comes to an end all the same."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from bot_knowledge.embedding import lane, signals
from bot_knowledge.embedding.embedders import HashEmbedder
from bot_knowledge.embedding.lane import FIRST, LATER, Lane
from bot_knowledge.embedding.signals import Signals
from bot_knowledge.library.pace import Pace


class Asked(HashEmbedder):
    """Somebody asks for as long as ``questions`` says so."""

    questions = False

    @property
    def asked(self):
        return self.questions


async def test_a_lane_knows_whether_somebody_asks():
    """Urgent calls count while they wait, run, and a moment longer; documents do not."""
    held, made = threading.Event(), Lane("test")
    try:
        await made.run(lambda: None, LATER)
        assert not made.lately
        question = asyncio.create_task(made.run(held.wait, FIRST))
        await asyncio.sleep(0.02)
        assert made.lately
        held.set()
        await question
        assert made.lately
        await asyncio.sleep(lane.LULL + 0.02)
        assert not made.lately
    finally:
        held.set()
        made.close()


async def test_background_work_waits_for_a_lull(monkeypatch):
    """Nothing begins while somebody asks; it begins soon after the last question."""
    fast = Asked()
    both = Signals(fast, Asked("better"))
    await asyncio.wait_for(both.calm(), 0.02)
    fast.questions = True
    waiting = asyncio.create_task(both.calm())
    await asyncio.sleep(0.1)
    assert not waiting.done()
    fast.questions = False
    await asyncio.wait_for(waiting, 0.2)


async def test_background_work_does_not_wait_for_ever(monkeypatch):
    """Where questions never end, it goes on after a while."""
    monkeypatch.setattr(signals, "LONGEST_WAIT", 0.2)
    fast = Asked()
    fast.questions = True
    begun = time.monotonic()
    await Signals(fast, Asked("better")).calm()
    assert 0.1 < time.monotonic() - begun < 1.0


def test_the_pace_goes_by_size(monkeypatch):
    """Half of the bytes done in ten seconds means ten more, whatever the number of files."""
    now = [100.0]
    monkeypatch.setattr("bot_knowledge.library.pace.time.monotonic", lambda: now[0])
    pace = Pace("reading", 4, [70, 10, 10, 50])
    assert (pace.at(0).rate, pace.at(0).seconds_left) == (0.0, None)
    now[0] += 10
    step = pace.at(1, "a.md")
    assert (step.done, step.total, step.source) == (1, 4, "a.md")
    assert step.rate == pytest.approx(0.1) and step.seconds_left == pytest.approx(10.0)
    assert pace.at(4).seconds_left == 0.0
