"""What is read out of the ledger: gaps in the documents, and exports."""

import json
import time

from yinlu_testing.ledger import minutes, record, vote

from bot_core.answers import Outcome, VoteReason, VoteValue
from bot_ledger import MemoryLedger
from bot_ledger.export import export_jsonl, lines
from bot_ledger.statistics import gaps


def _asked(*questions, outcome=Outcome.UNKNOWN):
    return [record(f"{n}-{q}", text=q, outcome=outcome, at=n) for n, q in enumerate(questions)]


def test_gaps_are_grouped_by_wording_most_asked_first():
    """Wordings of one question count together, under the newest of them; answered ones are no gap."""
    records = [
        *_asked(
            "怎么申请退款?",
            "怎样申请退款",
            "How do I get a refund?",
            "申请退款怎么做?",
            "how do i get a REFUND",
        ),
        *_asked("什么是灯塔?", outcome=Outcome.ANSWERED),
        *_asked("几点开会", outcome=Outcome.RELATED),
    ]
    found = gaps(records)
    assert [(gap.question, gap.count) for gap in found] == [
        ("申请退款怎么做?", 3),
        ("how do i get a REFUND", 2),
        ("几点开会", 1),
    ]
    assert found[0].last == minutes(3)
    assert len(found[0].answers) == 3
    assert gaps([]) == []


def test_thousands_of_gaps_take_a_moment():
    """2,000 different questions are grouped in well under the time of a page's patience."""
    records = _asked(*(f"问题 {n * 7919} 关于第 {n} 个话题的事情怎么办" for n in range(2000)))
    start = time.process_time()
    gaps(records)
    assert time.process_time() - start < 3


async def test_an_export_is_json_lines_without_names(tmp_path):
    """Each vote a line with question, answer, quotes and reason; persons are numbers of this export alone."""
    ledger = MemoryLedger()
    for person in ("test:alice", "test:bob"):
        await ledger.set_consent(person, True)
    await ledger.record_answer(record())
    await ledger.vote(vote(person="test:bob", value=VoteValue.DOWN, reason=VoteReason.WRONG, words="不对"))
    await ledger.vote(vote(person="test:carol"))
    path = tmp_path / "votes.jsonl"
    assert await export_jsonl(ledger, "harbour", path) == 1
    text = path.read_text()
    (line,) = map(json.loads, text.splitlines())
    assert (line["question"], line["vote"], line["reason"], line["words"]) == (
        "怎么加入?",
        "down",
        "wrong",
        "不对",
    )
    assert line["citations"][0]["quote"] == "先读规则。"
    assert "alice" not in text
    assert "bob" not in text
    assert path.stat().st_mode & 0o077 == 0
    (again,) = [line async for line in lines(ledger, "harbour")]
    assert again["voter"] != line["voter"]
    assert [p.name for p in tmp_path.iterdir()] == ["votes.jsonl"]


async def test_nothing_is_exported_unasked(tmp_path):
    """Without consent the file is empty."""
    ledger = MemoryLedger()
    await ledger.record_answer(record())
    await ledger.vote(vote())
    assert await export_jsonl(ledger, "harbour", tmp_path / "votes.jsonl") == 0
    assert (tmp_path / "votes.jsonl").read_text() == ""
