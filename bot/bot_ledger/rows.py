"""Core values to rows and back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from bot_core import codec
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
from bot_core.identity import Locale
from bot_core.ports.work import JobView

Row = Mapping[str, Any] | RowMapping


def dump_json(value: object) -> str:
    """Return JSON that both databases take: no NaN, no half of a surrogate pair."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"))
    return clean(text)


def clean(text: str) -> str:
    """Replace what PostgreSQL (NUL) and UTF-8 (lone surrogates) can't hold."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return 0.0
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def answer_row(record: AnswerRecord) -> dict[str, Any]:
    """Return the row of an answer."""
    question, answer = record.question, record.answer
    row = {
        "community": question.community,
        "id": answer.id,
        "person": question.person,
        "conversation": question.conversation,
        "platform": record.platform,
        "question": question.text,
        "searched": answer.searched,
        "locale": question.locale.value,
        "outcome": answer.outcome.value,
        "reason": answer.reason.value,
        "text": answer.text,
        "model": answer.model,
        "prompt_version": answer.prompt_version,
        "index_version": answer.index_version,
    }
    return {name: clean(value) for name, value in row.items()} | {
        "audience": codec.plain(question.audience),
        "history": codec.plain(question.history),
        "citations": codec.plain(answer.citations),
        "retrieved": codec.plain(answer.retrieved),
        "follow_ups": codec.plain(answer.follow_ups),
        "timings_ms": codec.plain(answer.timings_ms),
        "prompt_tokens": answer.usage.prompt_tokens,
        "completion_tokens": answer.usage.completion_tokens,
        "cost": answer.usage.cost,
        "created": record.time,
    }


def answer_record(row: Row) -> AnswerRecord:
    """Read back an answer's row."""
    question = Question(
        id=row["id"],
        community=row["community"],
        text=row["question"],
        locale=Locale(row["locale"]),
        person=row["person"],
        conversation=row["conversation"],
        audience=frozenset(row["audience"]),
        history=tuple(codec.restore(Turn, turn) for turn in row["history"]),
    )
    answer = Answer(
        id=row["id"],
        outcome=Outcome(row["outcome"]),
        text=row["text"],
        citations=tuple(codec.restore(Citation, item) for item in row["citations"]),
        retrieved=tuple(codec.restore(Retrieved, item) for item in row["retrieved"]),
        reason=Reason(row["reason"]),
        follow_ups=tuple(row["follow_ups"]),
        searched=row["searched"],
        model=row["model"],
        prompt_version=row["prompt_version"],
        index_version=row["index_version"],
        timings_ms=row["timings_ms"],
        usage=Usage(row["prompt_tokens"], row["completion_tokens"], row["cost"]),
    )
    return AnswerRecord(question, answer, row["created"], row["platform"])


def vote_row(vote: Vote) -> dict[str, Any]:
    """Return the row of a vote."""
    return {
        "community": vote.community,
        "answer": vote.answer,
        "person": clean(vote.person),
        "value": vote.value.value,
        "reason": vote.reason.value if vote.reason else None,
        "words": clean(vote.words),
        "time": vote.time,
    }


def vote_of(row: Row, prefix: str = "") -> Vote:
    """Read back a vote's row, its columns labelled with ``prefix``."""
    reason = row[prefix + "reason"]
    return Vote(
        answer=row[prefix + "answer"],
        community=row[prefix + "community"],
        person=row[prefix + "person"],
        value=VoteValue(row[prefix + "value"]),
        time=row[prefix + "time"],
        reason=VoteReason(reason) if reason else None,
        words=row[prefix + "words"],
    )


def job_row(view: JobView) -> dict[str, Any]:
    """Return the row of a finished job."""
    job = view.job
    return {
        "community": job.community,
        "id": job.id,
        "person": job.person,
        "kind": job.kind,
        "state": view.state.value,
        "view": codec.plain(view),
        "created": job.created,
    }


def job_view(row: Row) -> JobView:
    """Read back a job's row."""
    return codec.restore(JobView, row["view"])
