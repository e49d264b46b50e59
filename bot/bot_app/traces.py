"""OpenTelemetry traces, where a collector is named: what an event cost in time, room by room.

A trace is one event of a member, its id made from the event's, so that the job it put into the queue falls into the same
trace whichever process tells of it. Attributes are names of ours (platform, kind, outcome, model): no words, no persons.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot_core.answers import AnswerRecord
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled, Handler
from bot_core.errors import MissingExtra
from bot_core.events import Incoming
from bot_core.identity import Words
from bot_core.ports.work import Outbox, OutboxCounts, Outgoing
from bot_queue.board import Ended

if TYPE_CHECKING:
    from opentelemetry.context import Context as OtelContext
    from opentelemetry.trace import Span, Tracer

Attributes = Mapping[str, str | int | float]
Render = Callable[[Ended], Awaitable[Outgoing | None]]
SECOND = 1_000_000_000  # nanoseconds


@dataclass(frozen=True, slots=True)
class Traces:
    """Makes spans; ``tracer`` is OpenTelemetry's."""

    tracer: Tracer

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        """Trace one event, as the outermost middleware."""
        about = {
            "yinlu.platform": incoming.origin.platform,
            "yinlu.kind": type(incoming.content).__name__.lower(),
        }
        with self.tracer.start_as_current_span("event", _root(incoming.key), attributes=about) as span:
            handled = await inner(incoming, conversation)
            span.set_attribute("yinlu.handler", handled.by if handled is not None else "none")
            return handled

    def answered(self, record: AnswerRecord, now: int) -> None:
        """Add an answer that ends ``now`` (nanoseconds since 1970) with the stages that it measured."""
        answer = record.answer
        about: Attributes = {
            "yinlu.outcome": answer.outcome.value,
            "yinlu.reason": answer.reason.value,
            "yinlu.model": answer.model,
            "yinlu.tokens.prompt": answer.usage.prompt_tokens,
            "yinlu.tokens.answer": answer.usage.completion_tokens,
        }
        total = answer.timings_ms.get("total", 0.0)
        whole = self._span("answer", now - _ns(total), now, about)
        for name, took in answer.timings_ms.items():
            if name != "total":
                begin = now - _ns(total)
                self._span(f"answer.{name}", begin, min(now, begin + _ns(took)), {}, whole)

    def ended(self, ended: Ended, now: float) -> None:
        """Add a job that ended ``now`` (seconds since 1970): in the queue and being made."""
        job = ended.view.job
        about: Attributes = {
            "yinlu.kind": job.kind,
            "yinlu.lane": job.lane.value,
            "yinlu.state": ended.view.state.value,
        }
        span = self.tracer.start_span(
            "job",
            _root(_asked(job.event)),
            attributes=about,
            start_time=int(job.created.timestamp() * SECOND),
        )
        span.end(int(now * SECOND))

    def _span(self, name: str, begin: int, end: int, about: Attributes, parent: Span | None = None) -> Span:
        from opentelemetry.trace import set_span_in_context

        context = set_span_in_context(parent) if parent is not None else None
        span = self.tracer.start_span(name, context, attributes=dict(about), start_time=begin)
        span.end(end)
        return span


class TracedOutbox:
    """An Outbox whose answers are told to the traces."""

    def __init__(self, outbox: Outbox, traces: Traces) -> None:
        self._outbox, self._traces = outbox, traces

    async def send(self, outgoing: Outgoing) -> bool:
        """Send; see the port."""
        made = time.time_ns()
        new = await self._outbox.send(outgoing)
        if new and outgoing.record is not None:
            self._traces.answered(outgoing.record, made)
        return new

    async def counts(self) -> OutboxCounts:
        """Return how many sends stand where."""
        return await self._outbox.counts()


def traced_jobs(traces: Traces | None, render: Render, now: Callable[[], float]) -> Render:
    """Return ``render`` that traces each job's end; ``now`` gives seconds since 1970."""
    if traces is None:
        return render

    async def traced(ended: Ended) -> Outgoing | None:
        traces.ended(ended, now())
        return await render(ended)

    return traced


@asynccontextmanager
async def open_traces(url: str, service: str = "yinlu") -> AsyncIterator[Traces | None]:
    """Send spans to a collector (OTLP over HTTP, ``url`` up to and with /v1/traces); None without a url.

    They are sent in the background and dropped where the collector is away. Raises MissingExtra.
    """
    if not url:
        yield None
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise MissingExtra("otel", Words("发送 OpenTelemetry 跟踪", "Sending OpenTelemetry traces")) from None
    provider = TracerProvider(resource=Resource({SERVICE_NAME: service}), shutdown_on_exit=False)
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(url, timeout=5), schedule_delay_millis=2000)
    )
    try:
        yield Traces(provider.get_tracer("yinlu"))
    finally:
        await asyncio.to_thread(provider.shutdown)


def trace_id(event: str) -> int:
    """Return the trace of an event: 128 bits that follow from its key."""
    return int.from_bytes(hashlib.blake2b(event.encode(), digest_size=16).digest(), "big") or 1


def _root(event: str) -> OtelContext:
    """Return a context whose spans belong to the event's trace, below its (never sent) beginning."""
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    trace = trace_id(event)
    begin = SpanContext(trace, trace & (2**64 - 1) or 1, is_remote=True, trace_flags=TraceFlags(1))
    return set_span_in_context(NonRecordingSpan(begin))


def _asked(event: str) -> str:
    """Return the member's event behind a job's, which has the job's number at its end."""
    whole, _, number = event.rpartition(":")
    return whole if number.isdigit() else event


def _ns(milliseconds: float) -> int:
    return int(milliseconds * 1_000_000)
