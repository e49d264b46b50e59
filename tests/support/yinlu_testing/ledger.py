"""Short ways to make what a ledger keeps."""

from __future__ import annotations

from datetime import datetime, timedelta

from yinlu_testing.core import NOON

from bot_core.answers import (
    Answer,
    AnswerRecord,
    Citation,
    Outcome,
    Question,
    Reason,
    Retrieved,
    Turn,
    Usage,
    Vote,
    VoteReason,
    VoteValue,
)
from bot_core.files import FileRef
from bot_core.identity import Locale, Origin, short_id
from bot_core.ports.work import Job, JobResult, JobState, JobView, Lane

CITATION = Citation(
    n=1,
    source="zh/joining.md",
    title="加入",
    heading=("加入", "第一步"),
    quote="先读规则。",
    passage="先读规则。然后自我介绍。",
    passage_id="p1",
    version="v1",
    url="https://example.org/joining",
    date="2026-11-01",
    start=0,
    end=5,
)
RETRIEVED = Retrieved(
    "zh/joining.md", "先读规则。然后自我介绍。", 0.71, "p1", "v1", ("加入",), {"dense": 0.5, "bm25": 7.25}
)


def minutes(count: float) -> datetime:
    """Return noon and so many minutes."""
    return NOON + timedelta(minutes=count)


def record(
    name: str = "a1",
    *,
    community: str = "harbour",
    person: str = "test:alice",
    conversation: str = "c1",
    text: str = "怎么加入?",
    outcome: Outcome = Outcome.ANSWERED,
    at: float = 0,
) -> AnswerRecord:
    """Return a full answer; ``name`` becomes its id, ``at`` is in minutes after noon."""
    id = short_id(name)
    question = Question(
        id=id,
        community=community,
        text=text,
        locale=Locale.ZH,
        person=person,
        conversation=conversation,
        audience=frozenset({"elder", "member"}),
        history=(Turn("user", "你好 👋"), Turn("assistant", "Hello!")),
    )
    answer = Answer(
        id=id,
        outcome=outcome,
        text=f"先读规则。[1] ({name})",
        citations=(CITATION,),
        retrieved=(RETRIEVED,),
        reason=Reason.NONE if outcome is Outcome.ANSWERED else Reason.NOTHING_NEAR,
        follow_ups=("然后呢?", "Who can help?"),
        searched="如何 加入",
        model="extractive",
        prompt_version="7",
        index_version="e5-2",
        timings_ms={"search": 12.5, "total": 40.0},
        usage=Usage(120, 30, 0.0015),
    )
    return AnswerRecord(question, answer, minutes(at), "web")


def vote(
    name: str = "a1",
    value: VoteValue = VoteValue.UP,
    *,
    community: str = "harbour",
    person: str = "test:alice",
    at: float = 1,
    reason: VoteReason | None = None,
    words: str = "",
) -> Vote:
    """Return a vote on the answer called ``name``."""
    return Vote(short_id(name), community, person, value, minutes(at), reason, words)


def finished_job(
    name: str = "j1", *, community: str = "harbour", person: str = "test:alice", at: float = 0
) -> JobView:
    """Return a finished job with a picture."""
    job = Job(
        id=short_id(name),
        key=name,
        kind="imagine",
        profile="flat-512",
        lane=Lane.FAST,
        person=person,
        community=community,
        origin=Origin("web", "page", "s1"),
        cost=4.0,
        payload={"prompt": "一只狐狸"},
        created=minutes(at),
    )
    result = JobResult((FileRef("ab" * 32, "image/png", 70),), {"seed": 7}, 3.5)
    return JobView(job, JobState.DONE, 1, 0, result=result)
