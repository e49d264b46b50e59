"""``/operator`` and ``/api/v1/operator/...``: the operator's page, and what it asks and changes.

``OperatorApi(needs, options).routes`` goes into ``WebServer(routes=...)``; ``sessions.ticket(name)`` gives the secret that
``/operator#ticket=...`` takes. Everything but the log-in wants a session; changes want its CSRF value in a header, too.
"""

from __future__ import annotations

import logging
from pathlib import Path

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from bot_adapters.web import operator_done as done
from bot_adapters.web import operator_seen as seen
from bot_adapters.web.envelope import dump
from bot_adapters.web.operator_parts import Action, Call, answer, read_body
from bot_adapters.web.operator_ports import Json, OperatorNeeds
from bot_adapters.web.operator_sessions import COOKIE, PATH, Operator, OperatorSessions
from bot_adapters.web.options import WebOptions
from bot_adapters.web.pages import Pages

log = logging.getLogger(__name__)

READ: dict[str, Action] = {
    "today": seen.today,
    "answers": seen.answers,
    "answer": seen.trace,
    "gaps": seen.gaps,
    "documents": seen.documents,
    "document": seen.document,
    "queue": seen.queue,
    "people": seen.people,
    "votes": seen.votes,
    "audit": seen.audited,
}
CHANGE: dict[str, Action] = {
    "gaps/curate": done.curate,
    "gaps/dismiss": done.dismiss,
    "try": done.try_out,
    "documents/write": done.write_document,
    "documents/audience": done.set_audience,
    "documents/forget": done.forget_document,
    "queue/retry": done.retry_job,
    "queue/drop": done.drop_job,
    "queue/cancel": done.cancel_job,
    "queue/pause": done.pause_lane,
    "people/budget": done.set_budget,
    "people/block": done.block,
}


class OperatorApi:
    """Handlers of the operator's page."""

    def __init__(self, needs: OperatorNeeds, options: WebOptions | None = None) -> None:
        self._needs, self._options = needs, options or WebOptions()
        self.sessions = OperatorSessions(needs.ledger, needs.clock, self._options.forwarded)
        static = self._options.static or Path(__file__).parent / "static"
        self._pages = Pages(static / "operator")

    @property
    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/operator", self._pages.index),
            web.post(f"{PATH}/session", self._log_in),
            web.get(f"{PATH}/session", self._who, allow_head=False),
            web.delete(f"{PATH}/session", self._log_out),
            web.get(f"{PATH}/export", self._export, allow_head=False),
            *(web.get(f"{PATH}/{name}", self._reading(do), allow_head=False) for name, do in READ.items()),
            *(web.post(f"{PATH}/{name}", self._changing(do)) for name, do in CHANGE.items()),
        ]

    async def _log_in(self, request: web.Request) -> web.Response:
        ticket = (await read_body(request)).get("ticket")
        operator, secret = await self.sessions.log_in(ticket[:200] if isinstance(ticket, str) else "")
        log.info("an operator logged in", extra={"operator": operator.id})
        response = answer(await self._about(operator))
        self.sessions.set_cookie(request, response, secret)
        return response

    async def _who(self, request: web.Request) -> web.Response:
        return answer(await self._about(await self.sessions.operator(request)))

    async def _log_out(self, request: web.Request) -> web.Response:
        """End this session, or with ``?all=1`` everybody's, or with ``?id=...`` another one."""
        operator = await self.sessions.operator(request)
        id = None if request.query.get("all") else request.query.get("id", operator.id)
        ended = await self.sessions.end(id)
        response = answer({"ended": ended})
        if id in (None, operator.id):
            response.del_cookie(COOKIE, path=PATH)
        return response

    async def _about(self, operator: Operator) -> Json:
        communities = await self._needs.ledger.communities()
        sessions = await self.sessions.sessions()
        return {
            "name": operator.name,
            "id": operator.id,
            "csrf": operator.csrf,
            "until": operator.until,
            "communities": [{"id": c.id, "zh": c.name_zh, "en": c.name_en} for c in communities],
            "sessions": [
                {"id": fact.id[:12], "name": str(fact.data["name"]), "since": fact.time.isoformat()}
                for fact in sessions
            ],
        }

    def _reading(self, action: Action) -> Handler:
        async def read(request: web.Request) -> web.Response:
            return answer(await action(await self._call(request, dict(request.query))))

        return read

    def _changing(self, action: Action) -> Handler:
        async def change(request: web.Request) -> web.Response:
            operator = await self.sessions.operator(request)
            return answer(await action(await self._call(request, await read_body(request), operator)))

        return change

    async def _call(self, request: web.Request, given: Json, operator: Operator | None = None) -> Call:
        operator = operator or await self.sessions.operator(request)
        call = Call(self._needs, operator, "", given)
        community = await self._needs.ledger.community(call.needed("community", 64))
        return Call(self._needs, operator, community.id, given)

    async def _export(self, request: web.Request) -> web.StreamResponse:
        """Stream the votes of those who agreed to it, a JSON object a line."""
        call = await self._call(request, dict(request.query))
        await call.audit("export")
        response = web.StreamResponse(
            headers={
                hdrs.CONTENT_TYPE: "application/x-ndjson",
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="votes-{call.community}.jsonl"',
                hdrs.CACHE_CONTROL: "no-store",
            }
        )
        await response.prepare(request)
        async for line in self._needs.reports.export(call.community):
            await response.write(dump(line).encode() + b"\n")
        await response.write_eof()
        return response
