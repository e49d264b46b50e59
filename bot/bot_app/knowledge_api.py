"""The documents' owner serves them: what gateways without an index of their own ask of ``yinlu knowledge``.

Calls as in ``bot_app.calls``, over TCP, each with the token as its bearer. Values are the core's, by ``bot_core.codec``.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot_app.calls import LARGEST_CALL, Calls, Line, Operation
from bot_app.settings import Settings
from bot_core.answers import Question
from bot_core.codec import plain, restore
from bot_core.errors import BadInput, SettingWrong, StartRefused
from bot_core.identity import Locale, Words
from bot_core.ports.knowledge import IngestProgress, IngestResult
from bot_knowledge import Knowledge

Params = Mapping[str, object]
HEALTH = "/healthz"
LONGEST_LINE = 64 * 1024  # bytes of a request's first line: a call that goes with a file stands in it
TOKEN_CHARACTERS = 16  # at least


@dataclass(frozen=True, slots=True)
class KnowledgeOperations:
    """What can be asked; ``names`` maps each to its callable."""

    knowledge: Knowledge

    @property
    def names(self) -> dict[str, Operation]:
        """Return every operation under the name that crosses the wire."""
        library, glossary = self.knowledge.library, self.knowledge.glossary
        community, source = _text("community"), _text("source")
        return {
            "answer": self.answer,
            "add": self.add,
            "visit": self.visit,
            "reindex": self.reindex,
            "set_audience": self.set_audience,
            "examples": _told(lambda p: self.knowledge.answerer.examples(community(p), _locale(p))),
            "documents": _told(lambda p: library.documents(community(p))),
            "show": _told(lambda p: library.show(community(p), source(p))),
            "failures": _told(lambda p: library.failures(community(p))),
            "forget": _told(lambda p: library.forget(community(p), source(p))),
            "communities": _told(lambda _: library.communities()),
            "waiting": _told(lambda _: self.knowledge.waiting()),
            "groups": _told(lambda p: glossary.groups(community(p))),
            "add_terms": _told(lambda p: glossary.add(community(p), _texts(p, "terms"))),
            "remove_term": _told(lambda p: glossary.remove(community(p), _text("term")(p))),
        }

    async def answer(self, params: Params) -> AsyncIterator[Line]:
        """{question, aloud, retells} -> an Answer; progress {"say"} carries words, {"instead"} what replaces them."""
        question = _restored(Question, params.get("question"))
        said: asyncio.Queue[Line] = asyncio.Queue()
        say = (_Retelling(said) if params.get("retells") else _Saying(said)) if params.get("aloud") else None
        task = asyncio.create_task(self.knowledge.answerer.answer(question, say), name="knowledge-answer")
        task.add_done_callback(lambda _: said.put_nowait({}))
        try:
            while line := await said.get():
                yield {"progress": line}
            yield {"result": plain(await task)}
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def add(self, params: Params) -> AsyncIterator[Line]:
        """{community, name, data, audience, url, title, finish} -> an IngestResult."""
        data = params.get("data")
        if not isinstance(data, bytes):
            raise BadInput("no bytes to add")
        text, roles = partial(_of, params), frozenset(_texts(params, "audience"))
        steps = self.knowledge.library.add(
            text("community"),
            text("name"),
            data,
            roles,
            url=text("url"),
            title=text("title"),
            finish=bool(params.get("finish", True)),
        )
        async for line in _steps(steps):
            yield line

    async def visit(self, params: Params) -> AsyncIterator[Line]:
        """{community, urls, audience} -> an IngestResult."""
        roles = frozenset(_texts(params, "audience"))
        async for line in _steps(
            self.knowledge.library.visit(_of(params, "community"), _texts(params, "urls"), roles)
        ):
            yield line

    async def reindex(self, params: Params) -> AsyncIterator[Line]:
        """{community} -> null when all is embedded anew."""
        async for step in self.knowledge.library.reindex(_of(params, "community")):
            yield {"progress": plain(step)}
        yield {"result": None}

    async def set_audience(self, params: Params) -> AsyncIterator[Line]:
        """{community, source, roles} -> how many documents there are."""
        roles = frozenset(_texts(params, "roles"))
        yield {
            "result": await self.knowledge.library.set_audience(
                _of(params, "community"), _of(params, "source"), roles
            )
        }


class _Saying:
    """Passes an answer's words on as they come."""

    def __init__(self, said: asyncio.Queue[Line]) -> None:
        self._said = said

    async def __call__(self, words: str) -> None:
        await self._said.put({"say": words})


class _Retelling(_Saying):
    """One that can also start anew."""

    async def replace(self, text: str) -> None:
        await self._said.put({"instead": text})


async def _steps(steps: AsyncIterator[IngestProgress | IngestResult]) -> AsyncIterator[Line]:
    async for step in steps:
        yield {"result" if isinstance(step, IngestResult) else "progress": plain(step)}


def _told(ask: Callable[[Params], Awaitable[object]]) -> Operation:
    """Return the operation that gives what ``ask`` returns."""

    async def operation(params: Params) -> AsyncIterator[Line]:
        yield {"result": plain(await ask(params))}

    return operation


def _of(params: Params, name: str) -> str:
    return str(params.get(name, ""))


def _text(name: str) -> Callable[[Params], str]:
    return lambda params: _of(params, name)


def _texts(params: Params, name: str) -> list[str]:
    found = params.get(name)
    return [str(one) for one in found] if isinstance(found, list | tuple) else []


def _locale(params: Params) -> Locale:
    return Locale.parse(_of(params, "locale"))


def _restored(kind: type[Question], value: object) -> Question:
    try:
        return restore(kind, value)
    except ValueError as error:
        raise BadInput(str(error)) from None


# --- the server ------------------------------------------------------------------------------------------------
@asynccontextmanager
async def serving_knowledge(settings: Settings, knowledge: Knowledge) -> AsyncIterator[str]:
    """Serve the documents at the settings' address for as long as the context lasts; gives the address.

    Raises SettingWrong without a token, StartRefused where the address is taken.
    """
    token = read_token(settings)
    host, _, port = settings.knowledge_listen.rpartition(":")
    app = web.Application(
        middlewares=[_only_with(token)], client_max_size=settings.document_bytes + LARGEST_CALL
    )
    app.router.add_post("/call", Calls(KnowledgeOperations(knowledge).names).answer)
    app.router.add_get(HEALTH, _healthy)
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=3.0, handler_cancellation=True, max_line_size=LONGEST_LINE
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        except OSError as error:
            detail = f"{settings.knowledge_listen}: {error.strerror or error}"
            raise StartRefused(detail, Words(f"监听不了 {detail}", f"can't listen on {detail}")) from error
        bound = runner.addresses[0]
        yield f"http://{host}:{bound[1]}"
    finally:
        await runner.cleanup()


def read_token(settings: Settings) -> str:
    """Return what owner and gateways know each other by. Raises SettingWrong."""
    token = settings.knowledge_token.get_secret_value() if settings.knowledge_token else ""
    if len(token) < TOKEN_CHARACTERS:
        takes = f"a secret of at least {TOKEN_CHARACTERS} characters, the same on both sides"
        raise SettingWrong("knowledge_token", takes, "")
    return token


def _only_with(token: str) -> Middleware:
    """Let nobody call without the token; health is told to everybody."""
    wanted = f"Bearer {token}".encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if request.path != HEALTH and not hmac.compare_digest(given, wanted):
            raise web.HTTPUnauthorized
        return await handler(request)

    return check


async def _healthy(request: web.Request) -> web.StreamResponse:
    return web.json_response({"status": "ok"})
