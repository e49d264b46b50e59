"""From an event to the handler that answers it: one spine, one error boundary."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from bot_core.conversation import Context, Conversation, Face
from bot_core.errors import Broken, LimitReached, Refused, UnknownCommunity, YinluError
from bot_core.events import Incoming, Joined
from bot_core.identity import Origin, Words
from bot_core.ports.ledger import Ledger
from bot_core.replies import Reply, Text, say
from bot_core.trace import tracing

log = logging.getLogger(__name__)

STOPPED = Words("已停止。", "Stopped.")
TOO_OLD = Words(
    "我刚才不在线，这条消息已经过了时效，没有处理。如果还需要，请再发一次。",
    "I was away and this message is too old to act on now. If you still need it, please send it again.",
)
NOT_MINE = Words("这个我还不会。可以试试直接提问。", "I can't do that yet. Try asking me a question.")


@dataclass(frozen=True, slots=True)
class Handled:
    """An event was answered; ``by`` names the handler for the log."""

    by: str


Handler = Callable[[Incoming, Conversation], Awaitable[Handled | None]]
Middleware = Callable[[Incoming, Conversation, Handler], Awaitable[Handled | None]]


class Places(Protocol):
    """Which community a place belongs to."""

    async def community(self, origin: Origin) -> str | None:
        """Return the community's id, or None for a place that is not bound."""
        ...


class BoundPlaces:
    """Places as the ledger has them, remembered for a few seconds; one without a community is asked for each time."""

    def __init__(self, ledger: Ledger, now: Callable[[], float], remember: float = 5.0) -> None:
        self._ledger, self._now, self._remember = ledger, now, remember
        self._known: dict[tuple[str, str], tuple[float, str]] = {}

    async def community(self, origin: Origin) -> str | None:
        """Return the community's id, or None."""
        key = (origin.platform, origin.place)
        until, known = self._known.get(key, (0.0, ""))
        if self._now() < until:
            return known
        community = await self._ledger.bound(*key)
        if community is None:
            return None
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[key] = (self._now() + self._remember, community)
        return community


class Dispatcher:
    """Builds the conversation, runs the middleware and the ordered handlers; nothing gets past it unlogged."""

    def __init__(
        self,
        context: Context,
        faces: Mapping[str, Face],
        places: Places,
        middleware: Sequence[Middleware],
        handlers: Sequence[Handler],
        unbound: Sequence[Handler] = (),
    ) -> None:
        """``unbound`` are the handlers for places that belong to no community: set-up help, never answers."""
        self._context, self._faces, self._places = context, faces, places
        self._chain = chain_of(middleware, handlers)
        self._unbound = chain_of(middleware, unbound) if unbound else None

    async def handle(self, incoming: Incoming) -> Handled | None:
        """Answer an event. Never raises but CancelledError: the boundary is here."""
        with tracing(incoming.key):
            conversation = await self._open(incoming)
            if conversation is None:
                return None
            return await self._guarded(incoming, conversation)

    async def tell(self, incoming: Incoming, words: Words) -> None:
        """Send one sentence in answer to an event, outside of any handler."""
        with tracing(incoming.key):
            conversation = await self._open(incoming)
            if conversation is not None:
                await self._send(conversation, say(words.of(incoming.locale)))

    async def _open(self, incoming: Incoming) -> Conversation | None:
        face = self._faces.get(incoming.origin.platform)
        if face is None:
            log.error("no adapter for this platform", extra={"platform": incoming.origin.platform})
            return None
        try:
            community = await self._places.community(incoming.origin) or ""
        except Broken as error:
            log.error("the place's community can't be read", extra={"error": str(error)})
            community = ""
        return Conversation(
            self._context, face, incoming.origin, incoming.key, community, incoming.locale, incoming.person.id
        )

    async def _guarded(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        try:
            chain = self._chain if conversation.community else self._unbound
            if chain is None:
                raise UnknownCommunity()
            handled = await chain(incoming, conversation)
        except Refused as error:
            log.info("refused", extra={"error": type(error).__name__, "detail": str(error)})
            await self._send(conversation, _apology(error, incoming))
            return Handled("refusal")
        except YinluError as error:
            log.error("failed", extra={"error": type(error).__name__, "detail": str(error)})
            await self._send(conversation, _apology(error, incoming))
            return Handled("failure")
        except Exception as error:
            log.exception("unexpected", extra={"error": type(error).__name__})
            await self._send(conversation, _apology(YinluError(), incoming))
            return Handled("failure")
        if handled is None:
            log.warning("no handler took it", extra={"content": type(incoming.content).__name__})
        if handled is None and not isinstance(incoming.content, Joined):  # who just came has asked nothing
            await self._send(conversation, say(NOT_MINE.of(incoming.locale), private=True))
        return handled

    async def _send(self, conversation: Conversation, reply: Reply) -> None:
        try:
            await conversation.send(reply)
        except YinluError as error:
            log.error("the outbox did not take a reply", extra={"error": str(error)})
            with suppress(YinluError):
                await conversation.show(reply)


def chain_of(middleware: Sequence[Middleware], handlers: Sequence[Handler]) -> Handler:
    """Return one handler: the middleware around the first of ``handlers`` that takes the event."""

    async def first(incoming: Incoming, conversation: Conversation) -> Handled | None:
        for handler in handlers:
            handled = await handler(incoming, conversation)
            if handled is not None:
                return handled
        return None

    chain: Handler = first
    for layer in reversed(middleware):
        chain = _wrap(layer, chain)
    return chain


def _wrap(layer: Middleware, inner: Handler) -> Handler:
    async def wrapped(incoming: Incoming, conversation: Conversation) -> Handled | None:
        return await layer(incoming, conversation, inner)

    return wrapped


def _apology(error: YinluError, incoming: Incoming) -> Reply:
    wait = error.retry_after if isinstance(error, LimitReached) else None
    text = Text(error.words.of(incoming.locale))
    return Reply((text,), private=True, error=type(error).__name__, retry_after=wait)
