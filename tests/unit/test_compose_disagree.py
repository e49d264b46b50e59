"""What two quotes of different documents contradict each other in, and which page a general question means."""

from __future__ import annotations

import pytest

from bot_core.ports.knowledge import Passage
from bot_knowledge.answering.disagree import disagreement
from bot_knowledge.answering.quotes import Quote
from bot_knowledge.ranking.candidates import Candidate
from bot_knowledge.ranking.front import BONUS, prefer_front
from bot_knowledge.ranking.query import read_question


def candidate(document, text, title="Page", heading=(), language="en"):
    passage = Passage(
        id=f"{document}-0",
        document=document,
        source=f"{document}.md",
        title=title,
        heading=heading,
        position=0,
        text=text,
        language=language,
        version="v",
    )
    return Candidate(passage)


def quote(document, text):
    return Quote(candidate(document, text), 0, len(text), 1.0)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Members have 12 fast pictures a day.", "Members have 20 fast pictures a day."),
        ("The harbour call is on Tuesday.", "The harbour call is on Wednesday, in the Deck."),
        ("港口例会：周二 20:30，「甲板」", "港口例会：周三 20:00，语音频道「甲板」，约 50 分钟"),
        ("Doors of the library open at 9:00.", "Doors of the library open at 10:30."),
        ("The quorum for votes is 12%.", "Quorum for proposals raised from 12% to 15%."),
    ],
)
def test_other_figures_disagree(left, right):
    """Another number, weekday or time for one thing is a disagreement, and so is a change of the figure told elsewhere."""
    first, other = quote("a", left), quote("b", right)
    assert disagreement([first, other]) is other
    assert disagreement([other, first]) is first


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("The harbour call is on Tuesday.", "Everyone hears the harbour call on Tuesday."),
        ("The quorum for votes is 12%.", "Of the quorum for votes 12% were bots, 15% were absent."),
        ("The library opens on Monday.", "Fees for boats are due on Friday."),
        ("Claims are paid within 10 days.", "Claims of 2026-10-15 are paid within 10 days."),
    ],
)
def test_no_false_disagreement(left, right):
    """The same figure, another thing's figure, or more figures without a word of change are no disagreement."""
    assert disagreement([quote("a", left), quote("b", right)]) is None


def raised(question, **page):
    found = candidate("d", "1. Say hello.", **page)
    prefer_front(read_question(question), [found])
    return found.score == BONUS


@pytest.mark.parametrize(
    "question", ["How do I join?", "how to join the community", "How do I join your guild?"]
)
def test_front_door_first(question):
    """A question about nothing in particular means the community: its welcome page is preferred."""
    assert raised(question, title="Welcome to the harbour", heading=("How to join properly",))
    assert not raised(question, title="Working groups", heading=("How to join one",))


@pytest.mark.parametrize("question", ["怎么加入", "我想加入你们", "怎么加入社区？"])
def test_front_door_first_in_chinese(question):
    """The same in Chinese."""
    assert raised(question, title="欢迎来到港口", heading=("怎样正式加入",), language="zh")
    assert not raised(question, title="工作组", heading=("怎么加入",), language="zh")


@pytest.mark.parametrize(
    "question", ["How do I join a working group?", "怎么加入工作组", "Where is the roof?"]
)
def test_front_door_stays_behind(question):
    """A question that names something of its own does not go to the front door."""
    for heading in ("How to join properly", "怎样正式加入"):
        assert not raised(question, title="Welcome / 欢迎", heading=(heading,))
