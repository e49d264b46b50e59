"""The page's requests, from members who are logged in: a session of ours comes with ``hello`` and is looked at again."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

from bot_adapters.douyin.face import DouyinFace
from bot_adapters.douyin.logins import PLATFORM, Logins, Member
from bot_adapters.douyin.options import DouyinOptions
from bot_adapters.douyin.sentences import NOT_VISITORS, LoginNeeded
from bot_adapters.web.connection import BINARY, POLICY, Connection
from bot_adapters.web.envelope import Envelope
from bot_adapters.web.greeting import Greeter
from bot_adapters.web.requests import Requests
from bot_core.actions import Press
from bot_core.answers import AnswerRecord
from bot_core.errors import LimitReached, NotAllowed, NotFound, YinluError
from bot_core.identity import Origin
from bot_core.ports.work import Limiter

log = logging.getLogger(__name__)

FREE = ("history", "ping", "cancel", "audio.end", "audio.stop", "board", "voice")  # for visitors, uncounted
FOR_MEMBERS = ("invoke", "submit")


@dataclass(frozen=True, slots=True)
class Gate:
    """Who may ask for what: visitors without an account have a limit, and no commands."""

    logins: Logins
    limiter: Limiter
    options: DouyinOptions
    tokens: WeakKeyDictionary[Connection, str] = field(default_factory=WeakKeyDictionary)

    async def member(self, connection: Connection) -> Member:
        """Return who a connection belongs to. Raises LoginNeeded."""
        return await self.logins.member(self.tokens.get(connection, ""))

    async def admit(self, member: Member, kind: str) -> None:
        """Let a request pass. Raises LimitReached or NotAllowed."""
        if not member.anonymous or kind in FREE:
            return
        if kind in FOR_MEMBERS:
            raise NotAllowed("a visitor without an account", NOT_VISITORS)
        wait = await self.limiter.take(f"douyin:visitor:{member.person.id}", self.options.anonymous_rate)
        if wait:
            raise LimitReached(wait)


@dataclass(frozen=True, slots=True, kw_only=True)
class DouyinGreeter(Greeter):
    """Answers ``hello`` of whoever brings a session of ours as ``token``."""

    gate: Gate
    face: DouyinFace

    async def greet(self, connection: Connection, envelope: Envelope) -> None:
        """Join the connection to its conversation. Raises LoginNeeded, EngineDown."""
        token = envelope.data.get("token")
        member = await self.gate.logins.member(token)
        self.gate.tokens[connection] = str(token)
        connection.platform = PLATFORM
        data = {**envelope.data, "visitor": member.visitor}
        await Greeter.greet(self, connection, replace(envelope, data=data))
        await self.face.speaks_to(connection.channel, connection.locale)


@dataclass(frozen=True, slots=True, kw_only=True)
class DouyinRequests(Requests):
    """Turns envelopes of members into events; who was removed meanwhile is let go."""

    gate: Gate
    shows: DouyinFace

    async def handle(self, connection: Connection, envelope: Envelope) -> None:
        """Answer one envelope."""
        if envelope.type in self.types and envelope.type not in (BINARY, "hello"):
            try:
                member = await self.gate.member(connection)
                await self.gate.admit(member, envelope.type)
            except LoginNeeded as error:
                self._let_go(connection, envelope, error)
                return
            except YinluError as error:
                if connection.recording is not None:
                    self.voice.drop(connection)
                connection.error(error, envelope.id)
                return
        await Requests.handle(self, connection, envelope)
        if envelope.type == "hello" and not connection.channel:
            connection.finish(POLICY)

    def _let_go(self, connection: Connection, envelope: Envelope, error: YinluError) -> None:
        log.info("a connection without a session", extra={"detail": str(error)})
        self.voice.forget(connection)
        connection.error(error, envelope.id)
        connection.finish(POLICY)

    async def _records(self, community: str, origin: Origin) -> list[AnswerRecord]:
        """Leave out what was refused when it was to be shown."""
        records = await Requests._records(self, community, origin)
        return [record for record in records if not await self.shows.withheld(record.answer.id)]

    async def _reads(self, connection: Connection, press: Press) -> bool:
        if await self.shows.withheld(press.subject):
            raise NotFound("an answer that was withheld")
        return await Requests._reads(self, connection, press)
