"""The HTTP API: the same intake, dispatcher and outbox as every other way in."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from typing import Literal, Protocol, TypeVar

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot_adapters.web.envelope import dump, read_json
from bot_adapters.web.guard import Guard
from bot_adapters.web.locales import accepted
from bot_adapters.web.options import WebOptions
from bot_adapters.web.sentences import NEEDS_FIELD, NOT_UTF8, Busy, NotYet, TooLate, fill
from bot_adapters.web.waiting import API, KEPT, Result, Waiting
from bot_core.answers import Turn
from bot_core.dispatch import Places
from bot_core.errors import BadInput, UnknownCommunity
from bot_core.events import Content, Incoming, Pressed, Said, Submitted
from bot_core.identity import Locale, Origin, Person, short_id
from bot_core.ports.safety import Clock
from bot_core.ports.work import Receipt

KEY = re.compile(r"[!-~]{1,200}")
T = TypeVar("T", bound=BaseModel)


class Accepts(Protocol):
    """The part of the intake that the web uses; ``bot_core.intake.Intake`` has it."""

    async def accept(self, incoming: Incoming) -> Receipt:
        """Store an event, then see that it is handled."""
        ...

    def stop(self, key: str) -> bool:
        """Stop an event that runs."""
        ...


class Body(BaseModel):
    """A request's body: unknown fields are ignored, types are not bent."""

    model_config = ConfigDict(strict=True, extra="ignore")


class TurnBody(Body):
    """An earlier turn of the conversation."""

    role: Literal["user", "assistant"]
    text: str = Field(max_length=8000)


class AskBody(Body):
    """What ``POST /api/v1/ask`` takes."""

    question: str = Field(description="What is asked", examples=["How many members make a quorum?"])
    community: str | None = Field(
        None, max_length=64, description="The community of this place; others are unknown"
    )
    locale: str | None = Field(None, max_length=35, description="A language tag; Chinese or English")
    history: list[TurnBody] = Field(
        default_factory=list, max_length=20, description="Earlier turns, oldest first"
    )


class VoteBody(Body):
    """What ``POST /api/v1/votes`` takes."""

    token: str = Field(max_length=64, description="The token of a vote button")
    reason: str | None = Field(
        None, max_length=20, description="wrong, incomplete, outdated, unclear or other; for a 👎"
    )
    words: str | None = Field(None, max_length=4000)


class Api:
    """Handlers of ``/api/v1``; each request is an event of its own conversation."""

    def __init__(
        self,
        intake: Accepts,
        waiting: Waiting,
        places: Places,
        clock: Clock,
        clean: Callable[[str], str],
        options: WebOptions,
        guard: Guard,
    ) -> None:
        self._intake, self._waiting, self._places, self._clock = intake, waiting, places, clock
        self._clean, self._options, self._guard = clean, options, guard

    async def ask(self, request: web.Request) -> web.Response:
        """Answer a question."""
        raw = await self._body(request)
        body = _parse(AskBody, raw)
        locale = Locale.parse(body.locale, accepted(request.headers))
        await self._check_community(body.community)
        turns = tuple(Turn(turn.role, turn.text.replace("\x00", "")) for turn in body.history)
        said = Said(self._clean(body.question), turns)
        return await self._handled(self._incoming(request, raw, locale, said))

    async def vote(self, request: web.Request) -> web.Response:
        """Record a vote."""
        raw = await self._body(request)
        body = _parse(VoteBody, raw)
        values = {name: value for name, value in (("reason", body.reason), ("words", body.words)) if value}
        values = {name: value.replace("\x00", "") for name, value in values.items()}
        content = Submitted(body.token, values) if values else Pressed(body.token)
        return await self._handled(self._incoming(request, raw, accepted(request.headers), content))

    async def not_yet(self, request: web.Request) -> web.Response:
        """Tell that a part is not installed."""
        raise NotYet(request.path)

    async def _check_community(self, name: str | None) -> None:
        """A place is one community's; naming another one must not open it."""
        if name is None:
            return
        here = await self._places.community(Origin("web", self._options.place, API))
        if name != here:
            raise UnknownCommunity(name)

    def _incoming(self, request: web.Request, raw: str, locale: Locale, content: Content) -> Incoming:
        address = self._guard.address(request)
        key = request.headers.get("Idempotency-Key")
        if key is not None and not KEY.fullmatch(key):
            raise BadInput("Idempotency-Key", fill(NEEDS_FIELD, name="Idempotency-Key"))
        channel = KEPT + short_id(request.path, address, key, raw) if key else API + secrets.token_hex(12)
        return Incoming(
            id=channel,
            origin=Origin("web", self._options.place, channel),
            person=Person("web:" + short_id("address", address)),
            locale=locale,
            time=self._clock.now(),
            content=content,
        )

    async def _handled(self, incoming: Incoming) -> web.Response:
        if len(self._waiting) >= self._options.requests:
            raise Busy("too many requests wait")
        with self._waiting.expect(incoming.key) as future:
            receipt = await self._intake.accept(incoming)
            if receipt is Receipt.FULL:
                raise Busy("the journal is full")
            kept = await self._waiting.kept(incoming.origin.channel) if receipt is Receipt.SEEN else None
            return _response(kept or await self._wait(future))

    async def _wait(self, future: asyncio.Future[Result]) -> Result:
        try:
            async with asyncio.timeout(self._options.answer_seconds):
                return await future
        except TimeoutError:
            raise TooLate() from None

    async def _body(self, request: web.Request) -> str:
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType()
        try:
            async with asyncio.timeout(self._options.read_seconds):
                return (await request.read()).decode()
        except UnicodeDecodeError:
            raise BadInput("not UTF-8", NOT_UTF8) from None
        except TimeoutError:
            raise web.HTTPRequestTimeout() from None


def _parse(kind: type[T], raw: str) -> T:
    value = read_json(raw)
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        name = ".".join(map(str, error.errors()[0]["loc"])) or "{}"
        raise BadInput(f"field {name[:80]}", fill(NEEDS_FIELD, name=name[:80])) from None


def _response(result: Result) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-store"}
    if result.retry_after is not None:
        headers[hdrs.RETRY_AFTER] = str(max(1, round(result.retry_after)))
    return web.Response(
        status=result.status, text=dump(result.body), content_type="application/json", headers=headers
    )


def api_routes(api: Api, uploads: bool = True) -> list[web.RouteDef]:
    """Return the routes of the HTTP API; ``uploads`` False leaves those out, for somebody else serves them."""
    later = ["jobs", *(["uploads"] if uploads else []), "speech"]
    return [
        web.post("/api/v1/ask", api.ask),
        web.post("/api/v1/votes", api.vote),
        *(web.post(f"/api/v1/{name}", api.not_yet) for name in later),
    ]
