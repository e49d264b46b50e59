"""What `yinlu eval` counts, and bare retrieval over given passages."""

from __future__ import annotations

import json

import pytest

from bot_core.answers import Answer, Citation, Outcome, Retrieved
from bot_core.errors import BadInput
from bot_knowledge import KnowledgeOptions
from bot_knowledge.evaluate import (
    Query,
    evaluate,
    has_span,
    is_file,
    read_passages,
    read_queries,
    read_questions,
    summarise_queries,
)
from bot_knowledge.evaluate_passages import evaluate_passages


class Scripted:
    """An answerer that finds the fees page second and cites it, and refuses what it does not know."""

    async def answer(self, question, say=None):
        if "moon" in question.text:
            return Answer(question.id, Outcome.UNKNOWN, "not there")
        found = (
            Retrieved("docs/a.md", "Nothing of use.", 2.0),
            Retrieved("docs/fees.md", "The fee is **12 USDC**.", 1.0),
        )
        cited = Citation(1, "docs/fees.md", "", (), "The fee is 12 USDC.", "The fee is 12 USDC.", "p", "v")
        return Answer(question.id, Outcome.ANSWERED, "12 [1]", (cited,), found)

    async def examples(self, community, locale):
        return []


def lines(path, rows):
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


async def test_answers_are_held_against_gold(tmp_path):
    """Hits count the right file and span at their depth; refusals count where the documents don't say."""
    path = lines(
        tmp_path / "q.jsonl",
        [
            {
                "id": "1",
                "question": "How much?",
                "answerable": True,
                "gold_file": ["fees.md", "x.md"],
                "gold_span": "12 usdc",
            },
            {
                "id": "2",
                "question": "How far is the moon?",
                "answerable": False,
                "gold_file": None,
                "gold_span": None,
            },
        ],
    )
    result = await evaluate(Scripted(), "c", read_questions(path))
    figures = result.summary["all"]
    assert (figures["file_hit@1"], figures["file_hit@3"], figures["span_hit@3"]) == (0.0, 1.0, 1.0)
    assert (figures["citation_precision"], figures["refused_right"], figures["refused_wrong"]) == (
        1.0,
        1.0,
        0.0,
    )
    assert [row["abstained"] for row in result.rows] == [False, True]
    assert result.table()[0] == ["", "all", "en"]


def test_files_and_spans_are_compared_loosely():
    """A gold file matches by its end at a folder's border; a span whatever the markup, width and space."""
    assert is_file("data/docs/zh/rules.md", ["zh/rules.md"]) and is_file("rules.md", ["docs/rules.md"])
    assert not is_file("docs/myrules.md", ["rules.md"])
    assert has_span("一共 **１２** 人,\n都在。", ["12人"]) and not has_span("13 人", ["12人"])


def test_what_is_not_json_says_where(tmp_path):
    """A line that is not a JSON object is named with its number."""
    path = tmp_path / "q.jsonl"
    path.write_text('{"id": 1}\nnot json\n')
    with pytest.raises(BadInput, match="line 2"):
        read_questions(path)


def test_ranking_figures():
    """Recall, MRR and nDCG as they are defined."""
    queries = [Query("a", "one", ("x",)), Query("b", "two", ("y", "z"))]
    figures = summarise_queries(queries, [["q", "x"], ["y", "q", "z"]], 1.0)["all"]
    assert (figures["recall@1"], figures["recall@5"], figures["MRR@10"]) == (0.5, 1.0, 0.75)
    assert figures["nDCG@10"] == pytest.approx((0.6309 + 0.9197) / 2, abs=1e-3)


async def test_passages_are_searched_as_they_are(tmp_path):
    """Passages mode indexes each text as one passage and returns ids, best first."""
    passages = lines(
        tmp_path / "p.jsonl",
        [{"id": n, "text": t} for n, t in (("1", "The ferry leaves at nine."), ("2", "港口在东边。"))],
    )
    queries = lines(
        tmp_path / "q.jsonl", [{"id": "q", "question": "When does the ferry leave?", "positive_ids": ["1"]}]
    )
    seen = []
    options = KnowledgeOptions(embedding="hash")
    result = await evaluate_passages(
        read_passages(passages),
        read_queries(queries),
        options,
        lambda done, whole: seen.append((done, whole)),
    )
    assert result.rows[0]["retrieved_ids"][0] == "1"
    assert result.summary["all"]["recall@1"] == 1.0 and seen[-1] == (5, 5)
