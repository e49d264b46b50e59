"""What operators change. Each change leaves a line in the audit, and no line stands where nothing changed."""

from __future__ import annotations

import secrets
from datetime import UTC

from bot_adapters.web.operator_parts import Call
from bot_adapters.web.operator_ports import Json
from bot_adapters.web.operator_seen import BLOCKED, BUDGET
from bot_adapters.web.sentences import NEEDS_FIELD, fill
from bot_core.answers import Question
from bot_core.errors import BadInput, NotFound
from bot_core.identity import Locale, Words, short_id
from bot_core.ports.knowledge import IngestResult
from bot_core.ports.ledger import Fact
from bot_core.ports.work import Lane

GAP_DONE = "gap_done"  # facts: these answers' questions were seen to
LONGEST_ANSWER = 8000
NOT_READ = Words("没有读成：{why}", "It was not read: {why}")


async def curate(call: Call) -> Json:
    """Write the answer to a gap: it becomes a document; who waited is told; then the question is asked again."""
    question, text = call.needed("question", 300), call.needed("answer", LONGEST_ANSWER)
    title = " ".join(question.split()).lstrip("#").strip() or question
    source = f"curated/{short_id('gap', call.community, title)}.md"
    await _add(call, source, f"# {title}\n\n{text}\n", title)
    await _seen_to(call)
    await call.audit("curate", title)
    told = await call.needs.told(call.community)
    return {"source": source, "told": told, **await _asked(call, title)}


async def dismiss(call: Call) -> Json:
    """Put a gap aside: its questions are not for the documents."""
    count = await _seen_to(call)
    await call.audit("dismiss", call.text("question", 2000))
    return {"dismissed": count}


async def try_out(call: Call) -> Json:
    """Ask a question now, as a member without roles would; nothing is recorded."""
    return await _asked(call, call.needed("question", 2000))


async def write_document(call: Call) -> Json:
    """Keep a text as a document: ``name``, ``text``, ``audience`` (roles, separated by commas)."""
    name, text = call.needed("name", 120), call.needed("text", 60_000)
    source = f"written/{name}" if name.endswith((".md", ".txt")) else f"written/{name}.md"
    await _add(call, source, text, "", _roles(call.text("audience", 1000)))
    await call.audit("write document", source)
    return {"source": source, "told": await call.needs.told(call.community)}


async def set_audience(call: Call) -> Json:
    """Say who a document is for: ``source``, ``audience``."""
    source, roles = call.needed("source", 500), _roles(call.text("audience", 1000))
    count = await call.needs.library.set_audience(call.community, source, roles)
    await call.audit("audience", f"{source}: {', '.join(sorted(roles)) or '*'}")
    return {"documents": count}


async def forget_document(call: Call) -> Json:
    """Take a document away: ``source``. Raises NotFound."""
    source = call.needed("source", 500)
    removed = await call.needs.library.forget(call.community, source)
    if not removed:
        raise NotFound("no such document")
    await call.audit("forget", source)
    return {"removed": removed}


async def retry_job(call: Call) -> Json:
    """Put a job that was set aside back into its lane: ``job``."""
    placed = await call.needs.queue.retry(await _own_job(call))
    await call.audit("retry job", placed.job)
    return {"position": placed.place.position}


async def drop_job(call: Call) -> Json:
    """Remove a job that was set aside: ``job``."""
    job = await _own_job(call)
    await call.needs.queue.drop(job)
    await call.audit("drop job", job)
    return {"job": job}


async def cancel_job(call: Call) -> Json:
    """Cancel a job that waits or runs: ``job``."""
    job = await _own_job(call)
    state = await call.needs.queue.cancel(job, "", admin=True)
    await call.audit("cancel job", job)
    return {"state": state.value}


async def pause_lane(call: Call) -> Json:
    """Stop or go on handing out a lane's jobs: ``lane``, ``paused``."""
    lane, paused = call.needed("lane", 10), call.given.get("paused")
    if lane not in list(Lane) or not isinstance(paused, bool):
        raise BadInput("lane", fill(NEEDS_FIELD, name="lane"))
    await call.needs.queue.pause(Lane(lane), paused)
    await call.audit("pause lane" if paused else "resume lane", lane)
    return {"lane": lane, "paused": paused}


async def set_budget(call: Call) -> Json:
    """Say what a person may spend in fast per month: ``person``, ``budget`` (null: as the setting says)."""
    person, ledger = call.needed("person", 100), call.needs.ledger
    if call.given.get("budget") is None:
        await ledger.set_setting(call.community, BUDGET + person, None)
        allowed = call.needs.allowance
    else:
        allowed = call.number("budget", 0, 0, 1e12)
        await ledger.set_setting(call.community, BUDGET + person, f"{allowed:g}")
    period = call.needs.clock.now().astimezone(UTC).strftime("%Y-%m")
    await call.needs.budget.allow(f"fast:{call.community}:{person}", allowed, period)
    await call.audit("budget", f"{person}: {allowed:g}")
    return {"person": person, "budget": allowed}


async def block(call: Call) -> Json:
    """Take nothing from a person any more, or again: ``person``, ``blocked``, ``why``."""
    person, blocked = call.needed("person", 100), call.given.get("blocked")
    if not isinstance(blocked, bool):
        raise BadInput("blocked", fill(NEEDS_FIELD, name="blocked"))
    ledger = call.needs.ledger
    if blocked:
        # The fact is about nobody: /forgetme must not unblock.
        data = {"why": call.text("why", 300)}
        await ledger.keep(Fact(call.community, BLOCKED, person, call.needs.clock.now(), data=data))
    else:
        await ledger.take(call.community, BLOCKED, person)
    await call.audit("block" if blocked else "unblock", person)
    return {"person": person, "blocked": blocked}


async def _add(call: Call, source: str, text: str, title: str, roles: frozenset[str] = frozenset()) -> None:
    result = IngestResult()
    async for step in call.needs.library.add(
        call.community, source, text.encode(), roles, title=title, finish=False
    ):
        if isinstance(step, IngestResult):
            result = step
    if result.failed:
        why = result.failed[0].words
        said = Words(NOT_READ.zh.format(why=why.zh), NOT_READ.en.format(why=why.en))
        raise BadInput("a document was not read", said)


async def _asked(call: Call, text: str) -> Json:
    id = secrets.token_hex(12)
    locale = Locale.parse(call.text("locale", 20), Locale.EN)
    answer = await call.needs.answerer.answer(Question(id, call.community, text, locale, fresh=True))
    return {
        "outcome": answer.outcome.value,
        "text": answer.text,
        "sources": [c.source for c in answer.citations],
    }


async def _seen_to(call: Call) -> int:
    """Note that the answers of a gap need nobody's attention any more."""
    ids = call.given.get("answers", [])
    if not isinstance(ids, list) or len(ids) > 5000 or not all(isinstance(id, str) for id in ids):
        raise BadInput("answers", fill(NEEDS_FIELD, name="answers"))
    now = call.needs.clock.now()
    for id in ids:
        await call.needs.ledger.add(Fact(call.community, GAP_DONE, id[:40], now))
    return len(ids)


async def _own_job(call: Call) -> str:
    """Return the id of a job of this community. Raises NotFound for others'."""
    job = call.needed("job", 40)
    if (await call.needs.queue.view(job)).job.community != call.community:
        raise NotFound(f"job {job}")
    return job


def _roles(text: str) -> frozenset[str]:
    roles = frozenset(role.strip() for role in text.replace("，", ",").split(",")) - {""}
    if len(roles) > 20 or any(len(role) > 64 or not role.isprintable() for role in roles):
        raise BadInput("audience", fill(NEEDS_FIELD, name="audience"))
    return roles
