"""What /metrics tells: what this process counted, and what all processes share, read when it is asked for.

Names follow Prometheus: units in the name, ``_total`` for counts. Labels are names of ours (platform, kind, lane, outcome)
and never a member's, a community's or a document's, so nothing personal can be in them. What workers do stands in Redis
and is read from there: each process with a face may be scraped, counts add up, gauges of shared things are equal.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from bot_core.answers import AnswerRecord
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled, Handler
from bot_core.errors import Refused
from bot_core.events import Incoming, Pressed, Submitted
from bot_core.ports.work import Outbox, OutboxCounts, Outgoing
from bot_queue.board import Ended

SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
LAGS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
JOBS = (1.0, 3.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)


class Counts:
    """What this process counts; ``registry`` is the one that /metrics shows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(name, text, labels, buckets=buckets, registry=registry)

        self.events = counter("yinlu_events", "Events handled", "platform", "kind", "result")
        self.event_seconds = histogram(
            "yinlu_event_seconds", "From a handler's start to its end", SECONDS, "platform", "kind"
        )
        self.refusals = counter("yinlu_refusals", "Requests refused, by what refused them", "error")
        self.presses = counter("yinlu_presses", "Buttons pressed, by what they mean", "action")
        self.votes = counter(
            "yinlu_votes", "Votes cast, changed ones and reasons given later included", "value"
        )
        self.answers = counter("yinlu_answers", "Answers by outcome", "platform", "outcome", "reason")
        self.answer_seconds = histogram("yinlu_answer_seconds", "Time to make an answer", SECONDS, "model")
        self.tokens = counter("yinlu_model_tokens", "Tokens of models that answer", "model", "kind")
        self.cost = counter("yinlu_model_cost", "What they cost, in the settings' currency", "model")
        self.sends = counter("yinlu_sends", "Replies stored for sending", "platform")
        self.jobs = counter("yinlu_jobs_ended", "Jobs that ended", "kind", "lane", "state")
        self.job_seconds = histogram(
            "yinlu_job_seconds", "From a job's put to its end", JOBS, "kind", "lane", "state"
        )
        self.lag = histogram("yinlu_loop_lag_seconds", "How late the event loop wakes", LAGS)
        self.slowed = counter("yinlu_rate_limited", "A platform answered 429", "platform")
        self.records = counter("yinlu_log_records", "Warnings and errors logged", "room", "level")
        ProcessCollector(registry=registry)

    def answered(self, record: AnswerRecord) -> None:
        """Count an answer with its tokens and cost."""
        answer, model = record.answer, record.answer.model
        self.answers.labels(record.platform or "none", answer.outcome.value, answer.reason.value).inc()
        if "total" in answer.timings_ms:
            self.answer_seconds.labels(model).observe(answer.timings_ms["total"] / 1000)
        for kind, count in (
            ("prompt", answer.usage.prompt_tokens),
            ("answer", answer.usage.completion_tokens),
        ):
            self.tokens.labels(model, kind).inc(max(0, count))
        self.cost.labels(model).inc(max(0.0, answer.usage.cost))


@dataclass(frozen=True, slots=True)
class CountEvents:
    """The outermost middleware: how many events, how long, and how they end."""

    counts: Counts

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        """Count one event."""
        platform, kind = incoming.origin.platform, type(incoming.content).__name__.lower()
        began, result = time.perf_counter(), "failed"
        try:
            handled = await inner(incoming, conversation)
            result = "handled" if handled is not None else "unhandled"
            return handled
        except Refused as error:
            result = "refused"
            self.counts.refusals.labels(type(error).__name__).inc()
            raise
        finally:
            self.counts.events.labels(platform, kind, result).inc()
            self.counts.event_seconds.labels(platform, kind).observe(time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class CountPresses:
    """Stands after the check of buttons: which were pressed, and how was voted."""

    counts: Counts

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        """Count one press."""
        handled = await inner(incoming, conversation)
        content = incoming.content
        if isinstance(content, Pressed | Submitted) and content.press is not None:
            action = content.press.action.name.lower()
            self.counts.presses.labels(action).inc()
            if action in ("vote_up", "vote_down"):
                self.counts.votes.labels(action.removeprefix("vote_")).inc()
        return handled


class CountedOutbox:
    """An Outbox that counts what it takes; a key that was here before is not counted again."""

    def __init__(self, outbox: Outbox, counts: Counts) -> None:
        self._outbox, self._counts = outbox, counts

    async def send(self, outgoing: Outgoing) -> bool:
        """Send; see the port."""
        new = await self._outbox.send(outgoing)
        if new:
            self._counts.sends.labels(outgoing.origin.platform).inc()
            if outgoing.record is not None:
                self._counts.answered(outgoing.record)
        return new

    async def counts(self) -> OutboxCounts:
        """Return how many sends stand where."""
        return await self._outbox.counts()


def counted_jobs(
    counts: Counts, render: Callable[[Ended], Awaitable[Outgoing | None]], now: Callable[[], float]
) -> Callable[[Ended], Awaitable[Outgoing | None]]:
    """Return ``render`` that counts each job's end; ``now`` gives seconds since 1970."""

    async def counted(ended: Ended) -> Outgoing | None:
        outgoing = await render(ended)
        job, state = ended.view.job, ended.view.state.value
        counts.jobs.labels(job.kind, job.lane.value, state).inc()
        counts.job_seconds.labels(job.kind, job.lane.value, state).observe(
            max(0.0, now() - job.created.timestamp())
        )
        return outgoing

    return counted


class CountRecords(logging.Handler):
    """Counts warnings and errors by the room that logged them, and 429s by the platform; their words stay out."""

    def __init__(self, counts: Counts) -> None:
        super().__init__(logging.WARNING)
        self._counts = counts

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        room = record.name.split(".")[0][:40]
        self._counts.records.labels(room, record.levelname.lower()).inc()
        if record.name == "discord.http" and "ate limit" in str(record.msg):
            self._counts.slowed.labels("discord").inc()
        elif record.name.endswith("telegram.pace") and record.msg == "told to wait":
            self._counts.slowed.labels("telegram").inc()
