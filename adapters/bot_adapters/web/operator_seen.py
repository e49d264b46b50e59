"""What operators read: today, answers with their whole trace, gaps, documents, queue, people, votes, audit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot_adapters.web.operator_parts import AUDIT, Call
from bot_adapters.web.operator_ports import Json
from bot_core.answers import AnswerRecord, Vote
from bot_core.errors import NotFound
from bot_core.ports.ledger import Fact
from bot_core.ports.work import JobState, JobView

PAGE = 30
GAP_DAYS = 30.0
SHOWN_PASSAGES = 12
BLOCKED, BUDGET = "blocked", "budget:"
AUDIT_LINES, AUDIT_DAYS = 200, (1, 7, 30, 365)


async def today(call: Call) -> Json:
    """The day at a glance, the week before it, and what stands where in the house."""
    reports = call.needs.reports
    return {
        "today": dict(await reports.today(call.community)),
        "week": list(await reports.week(call.community)),
        "house": await reports.glance(),
    }


async def answers(call: Call) -> Json:
    """Answers, newest first: ``outcome``, ``words``, ``vote`` (up, down, any), ``person``, ``before``."""
    found = await call.needs.reports.found(
        call.community,
        PAGE + 1,
        outcome=call.text("outcome", 20),
        words=call.text("words"),
        vote=call.text("vote", 10),
        person=call.text("person", 100),
        before=call.time("before"),
    )
    votes = await call.needs.reports.votes_on(call.community, [record.answer.id for record in found[:PAGE]])
    rows = [_brief(record, [v for v in votes if v.answer == record.answer.id]) for record in found[:PAGE]]
    return {"answers": rows, "more": len(found) > PAGE}


async def trace(call: Call) -> Json:
    """Why did it say that: everything that the ledger keeps of one answer."""
    record = await call.needs.ledger.answer(call.community, call.needed("id", 40))
    question, answer = record.question, record.answer
    votes = await call.needs.reports.votes_on(call.community, [answer.id])
    return {
        **_brief(record, votes),
        "locale": question.locale.value,
        "history": [{"role": turn.role, "text": turn.text} for turn in question.history],
        "audience": sorted(question.audience),
        "searched": answer.searched,
        "citations": [
            {"n": c.n, "source": c.source, "title": c.title, "heading": list(c.heading), "quote": c.quote,
             "passage": c.passage, "date": c.date, "version": c.version}
            for c in answer.citations
        ],
        "retrieved": [
            {"source": r.source, "heading": list(r.heading), "text": r.text, "score": r.score,
             "signals": dict(r.signals)}
            for r in answer.retrieved
        ],
        "prompt_version": answer.prompt_version,
        "index_version": answer.index_version,
        "timings_ms": dict(answer.timings_ms),
        "tokens": [answer.usage.prompt_tokens, answer.usage.completion_tokens],
        "cost": answer.usage.cost,
        "votes": [_vote(vote) for vote in votes],
    }  # fmt: skip


async def gaps(call: Call) -> Json:
    """Questions that the documents don't answer, grouped by likeness: ``days``."""
    days = call.number("days", GAP_DAYS, 1, 365)
    found = await call.needs.reports.gaps(call.community, call.needs.clock.now() - timedelta(days=days))
    rows = [
        {"question": gap.question, "count": gap.count, "last": gap.last.isoformat(), "answers": list(gap.answers)}
        for gap in found[:200]
    ]  # fmt: skip
    return {"gaps": rows, "total": len(found)}


async def documents(call: Call) -> Json:
    """The community's documents, and what could not be read."""
    library = call.needs.library
    rows = [
        {"source": d.source, "title": d.title, "passages": d.passages, "language": d.language, "date": d.date,
         "version": d.version, "audience": sorted(d.audience), "state": d.state, "url": d.url}
        for d in await library.documents(call.community)
    ]  # fmt: skip
    failed = [
        {"source": f.source, "reason": f.reason, "reason_zh": f.words.zh}
        for f in await library.failures(call.community)
    ]
    return {"documents": rows, "failed": failed}


async def document(call: Call) -> Json:
    """The passages of one document."""
    passages = await call.needs.library.show(call.community, call.needed("source", 500))
    if not passages:
        raise NotFound("no such document")
    return {"passages": [{"heading": list(p.heading), "text": p.text} for p in passages[:500]]}


async def queue(call: Call) -> Json:
    """The lanes, and the jobs in a state: ``state``. The queue is the house's, whatever community is looked at."""
    state = call.text("state", 20) or JobState.WAITING.value
    wanted = JobState(state) if state in list(JobState) else JobState.WAITING
    lanes = [
        {"lane": s.lane.value, "waiting": s.waiting, "running": s.running, "done": s.done, "failed": s.failed,
         "paused": s.paused, "cost": s.waiting_cost, "oldest": round(s.oldest)}
        for s in await call.needs.queue.status()
    ]  # fmt: skip
    now = call.needs.clock.now()
    views = await call.needs.queue.listing(wanted, 100)
    mine = [view for view in views if view.job.community == call.community]
    return {
        "lanes": lanes,
        "state": wanted.value,
        "jobs": [_job(view, (now - view.job.created).total_seconds()) for view in mine],
    }


async def people(call: Call) -> Json:
    """Who asked in the last 30 days, who is blocked, and what each may spend."""
    ledger, since = call.needs.ledger, call.needs.clock.now() - timedelta(days=30)
    blocked = {fact.id: fact for fact in await ledger.facts(BLOCKED, call.community, limit=1000)}
    askers = {asker.person: asker for asker in await call.needs.reports.askers(call.community, since, 200)}
    rows = []
    for person in [*askers, *(id for id in blocked if id not in askers)]:
        asker = askers.get(person)
        own = await ledger.setting(call.community, BUDGET + person)
        balance = await call.needs.budget.balance(f"fast:{call.community}:{person}")
        rows.append(
            {
                "person": person,
                "questions": asker.questions if asker else 0,
                "up": asker.up if asker else 0,
                "down": asker.down if asker else 0,
                "last": asker.last.isoformat() if asker else "",
                "blocked": person in blocked,
                "why": str(blocked[person].data.get("why", "")) if person in blocked else "",
                "budget": float(own) if own is not None else None,
                "spent": balance.spent + balance.reserved,
            }
        )
    return {"people": rows, "allowance": call.needs.allowance}


async def votes(call: Call) -> Json:
    """The last votes with what they were about."""
    found = await call.needs.ledger.votes(call.community, call.time("since"), 100)
    rows = [
        {**_vote(voted.vote), "answer": voted.vote.answer, "question": voted.record.question.text,
         "outcome": voted.record.answer.outcome.value}
        for voted in found
    ]  # fmt: skip
    exportable = sum([1 async for _ in call.needs.reports.export(call.community)])
    return {"votes": rows, "exportable": exportable}


async def audited(call: Call) -> Json:
    """The last lines of the audit, newest first: from here and from the chats."""
    found: list[Fact] = []
    for days in AUDIT_DAYS:
        since = call.needs.clock.now() - timedelta(days=days)
        found = await call.needs.ledger.facts(AUDIT, call.community, since=since, limit=5000)
        if len(found) >= AUDIT_LINES:
            break
    rows = [
        {"time": fact.time.isoformat(), **{name: str(fact.data.get(name, "")) for name in ("who", "what", "subject")}}
        for fact in reversed(found[-AUDIT_LINES:])
    ]  # fmt: skip
    return {"lines": rows}


def _brief(record: AnswerRecord, votes: Sequence[Vote]) -> Json:
    question, answer = record.question, record.answer
    values = [vote.value.value for vote in votes]
    return {
        "id": answer.id,
        "time": record.time.isoformat(),
        "platform": record.platform,
        "person": question.person,
        "question": question.text,
        "answer": answer.text,
        "outcome": answer.outcome.value,
        "reason": answer.reason.value,
        "model": answer.model,
        "up": values.count("up"),
        "down": values.count("down"),
    }


def _vote(vote: Vote) -> Json:
    return {
        "time": vote.time.isoformat(),
        "person": vote.person,
        "value": vote.value.value,
        "reason": vote.reason.value if vote.reason else "",
        "words": vote.words,
    }


def _job(view: JobView, age: float) -> Json:
    job = view.job
    return {
        "id": job.id,
        "kind": job.kind,
        "lane": job.lane.value,
        "person": job.person,
        "cost": job.cost,
        "attempt": view.attempt,
        "position": view.position,
        "age": round(age),
        "reason": view.reason,
        "fraction": view.progress.fraction if view.progress else None,
        "prompt": str(job.payload.get("prompt", ""))[:300],
    }
