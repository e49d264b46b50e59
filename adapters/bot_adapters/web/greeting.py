"""hello: who it is, which conversation, and what was missed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot_adapters.web.attachments import MOST
from bot_adapters.web.connection import Connection
from bot_adapters.web.envelope import Envelope, Json, frame, numbered
from bot_adapters.web.hub import Hub
from bot_adapters.web.invoking import Commands
from bot_adapters.web.options import WebOptions
from bot_adapters.web.sessions import Sessions, channel_of
from bot_core.dispatch import Places
from bot_core.errors import NotFound, UnknownCommunity, YinluError
from bot_core.identity import Locale, Origin
from bot_core.ports.ledger import Ledger

log = logging.getLogger(__name__)

Examples = Callable[[str, Locale], Awaitable[list[str]]]
EXAMPLES_SECONDS = 2.0
NO_COMMANDS = Commands(())


@dataclass(frozen=True, slots=True)
class Greeter:
    """Answers ``hello``."""

    hub: Hub
    sessions: Sessions
    places: Places
    ledger: Ledger
    examples: Examples
    options: WebOptions
    queue: bool = False  # told to the page: there is a board
    commands: Commands = NO_COMMANDS
    platform: str = "web"
    more: Mapping[str, bool] = field(default_factory=dict)  # features besides those of the options

    async def greet(self, connection: Connection, envelope: Envelope) -> None:
        """Join the connection to its session: hello, the missed frames, then live ones, without a gap.

        Raises EngineDown where the log can't be read.
        """
        self.hub.leave(connection.channel, connection)
        data = envelope.data
        locale = data.get("locale")
        connection.locale = Locale.parse(locale if isinstance(locale, str) else None, connection.locale)
        given = data.get("visitor")
        known = self.sessions.is_visitor(given)
        connection.visitor = str(given) if known else self.sessions.new_visitor()
        welcome = await self._welcome(connection.locale)
        session = data.get("session")
        if self.sessions.is_session(session, connection.visitor):
            connection.session, connection.channel = str(session), channel_of(str(session))
            if await self._resume(connection, _after(data), envelope.id, welcome):
                return
        connection.session = self.sessions.new_session(connection.visitor)
        connection.channel = channel_of(connection.session)
        async with self.hub.locked(connection.channel) as held:
            self._hello(connection, envelope.id, {"resumed": False, "last": 0, **welcome})
            await self.hub.join(connection.channel, held, connection, 0)

    async def _resume(self, connection: Connection, after: int, answers: str, welcome: Json) -> bool:
        """Join a session that we gave; False where the frames that were missed are gone."""
        async with self.hub.locked(connection.channel) as held:
            last = await self.hub.frames.last(connection.channel)
            try:
                missed = await self.hub.frames.after(connection.channel, after) if after < last else []
            except NotFound:
                return False
            if after > last:
                return False
            last = missed[-1][0] if missed else last
            self._hello(connection, answers, {"resumed": True, "last": last, **welcome})
            connection.replay(missed)
            await self.hub.join(connection.channel, held, connection, last)
        return True

    def _hello(self, connection: Connection, answers: str, hello: Json) -> None:
        hello = {"visitor": connection.visitor, **hello}
        connection.say(numbered(frame("hello", hello, answers), connection.session))

    async def _welcome(self, locale: Locale) -> Json:
        community = await self.places.community(Origin(self.platform, self.options.place, "")) or ""
        return {
            "community": {"id": community, "name": await self._name(community, locale)},
            "locale": locale.value,
            "prompts": [words.of(locale) for words in self.options.prompts],
            "commands": self.commands.data(locale),
            "examples": await self._examples(community, locale),
            "notice": self.options.notice.of(locale),
            "limits": {
                "question": self.options.question,
                "frame": self.options.frame,
                "audio_seconds": self.options.audio_seconds,
                "audio_bytes": self.options.audio_bytes,
                "attachments": MOST,
                "attachment_bytes": self.options.attachment_bytes,
            },
            "features": {
                "images": self.options.images,
                "voice": self.options.voice,
                "queue": self.queue,
                **self.more,
            },
        }

    async def _name(self, community: str, locale: Locale) -> str:
        if not community:
            return ""
        try:
            found = await self.ledger.community(community)
        except UnknownCommunity:
            return community
        return found.name_zh if locale is Locale.ZH else found.name_en

    async def _examples(self, community: str, locale: Locale) -> list[str]:
        """Examples are a courtesy: no hello waits or fails for them."""
        if not community:
            return []
        try:
            async with asyncio.timeout(EXAMPLES_SECONDS):
                return await self.examples(community, locale)
        except (YinluError, TimeoutError) as error:
            log.warning("no example questions", extra={"error": type(error).__name__})
            return []


def _after(data: Mapping[str, object]) -> int:
    after = data.get("after")
    return after if isinstance(after, int) and not isinstance(after, bool) and after > 0 else 0
