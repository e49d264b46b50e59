"""What a client asks for after hello."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot_adapters.web.api import Accepts
from bot_adapters.web.attachments import Attachments
from bot_adapters.web.boards import Boards, follow, show
from bot_adapters.web.connection import BINARY, TRY_LATER, Connection
from bot_adapters.web.envelope import ID, Envelope, Json, dump, error_data, frame, numbered, text_of
from bot_adapters.web.face import WebFace
from bot_adapters.web.greeting import Greeter
from bot_adapters.web.invoking import Commands, form_data, form_values
from bot_adapters.web.options import WebOptions
from bot_adapters.web.sentences import NEEDS_ID, NEEDS_TEXT, Busy, NotYet, fill
from bot_adapters.web.sessions import person_of
from bot_adapters.web.voice import Voice
from bot_core.actions import Action, Press
from bot_core.answers import AnswerRecord, Vote
from bot_core.dispatch import Places
from bot_core.errors import BadInput, Broken, YinluError
from bot_core.events import Content, Incoming, Pressed, Said, Submitted
from bot_core.forms import Forms
from bot_core.identity import Origin
from bot_core.ports.ledger import Ledger
from bot_core.ports.safety import Clock
from bot_core.ports.work import Receipt
from bot_core.tokens import Signer

log = logging.getLogger(__name__)

NO_COMMANDS, NO_FORMS, NO_VOICE = Commands(()), Forms(()), Voice(WebOptions())
VOTES = "votes"  # a thread of its own: a vote must not wait for an answer that is still being written
ASKING = (Action.FOLLOW_UP, Action.EXAMPLE, Action.REGENERATE)
VOTING = (Action.VOTE_UP, Action.VOTE_DOWN, Action.REASON)
VOTES_READ = 500
Handler = Callable[[Connection, Envelope], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Requests:
    """Turns envelopes into events; every error ends as a frame, none closes the connection."""

    intake: Accepts
    face: WebFace
    ledger: Ledger
    signer: Signer
    places: Places
    clock: Clock
    clean: Callable[[str], str]
    greeter: Greeter
    options: WebOptions
    boards: Boards | None = None
    commands: Commands = NO_COMMANDS
    forms: Forms = NO_FORMS
    voice: Voice = NO_VOICE
    attachments: Attachments | None = None

    @property
    def types(self) -> dict[str, Handler]:
        """Return what is understood; all other types are ignored."""
        return {
            "hello": self._hello,
            "ask": self._ask,
            "press": self._press,
            "invoke": self._invoke,
            "submit": self._submit,
            "vote": self._vote,
            "cancel": self._cancel,
            "history": self._history,
            "board": self._board,
            "ping": self._ping,
            "audio.start": self._audio_start,
            "audio.end": self._audio_end,
            "audio.stop": self._audio_stop,
            "voice": self._voice,
            "job": self._not_yet,
            BINARY: self._audio,
        }

    async def handle(self, connection: Connection, envelope: Envelope) -> None:
        """Answer one envelope."""
        handler = self.types.get(envelope.type)
        if handler is None:
            return
        try:
            await handler(connection, envelope)
        except YinluError as error:
            log.info("a message was refused", extra={"error": type(error).__name__, "detail": str(error)})
            await self._tell(connection, envelope, error)

    async def _tell(self, connection: Connection, envelope: Envelope, error: YinluError) -> None:
        """Tell the whole session of an error, or this connection alone where frames can't be kept."""
        try:
            if envelope.id and not isinstance(error, Broken):
                stored = frame("error", error_data(error, connection.locale), envelope.id)
                await self.face.hub.publish(connection.channel, stored)
                return
        except Broken as broken:
            log.warning("an error was not kept", extra={"error": str(broken)})
        connection.error(error, envelope.id)

    async def _hello(self, connection: Connection, envelope: Envelope) -> None:
        """Join another session, or the same one in another language."""
        await connection.follow(None)  # it may be somebody else from here on
        self.voice.forget(connection)
        try:
            await self.greeter.greet(connection, envelope)
        except Broken:
            connection.finish(TRY_LATER)
            raise

    async def _ask(self, connection: Connection, envelope: Envelope) -> None:
        text = text_of(envelope.data, "text")
        content: Content | None = self.commands.typed(text)
        await self._accept(connection, envelope, content or Said(self.clean(text)))

    async def _press(self, connection: Connection, envelope: Envelope) -> None:
        token = text_of(envelope.data, "token")
        message = text_of(envelope.data, "message", "")[:64] or None
        press = await self._read(connection, token)
        if press.action is Action.SPEAK and await self._reads(connection, press):
            return
        form = await self.forms.form(await self._community(connection), press, connection.locale)
        if form is not None:
            data = form_data(form, token, connection.locale)
            connection.say(numbered(frame("form", data, envelope.id), connection.session))
            return
        voting = press.action in VOTING
        thread = VOTES if voting else None
        told = press.action in ASKING
        await self._accept(connection, envelope, Pressed(token, message), thread, told=told)

    async def _invoke(self, connection: Connection, envelope: Envelope) -> None:
        name = text_of(envelope.data, "command")
        await self._accept(connection, envelope, self.commands.invoked(name, envelope.data.get("arguments")))

    async def _submit(self, connection: Connection, envelope: Envelope) -> None:
        token = text_of(envelope.data, "token")
        await self._read(connection, token)
        await self._accept(
            connection, envelope, Submitted(token, form_values(envelope.data.get("values"))), told=False
        )

    async def _vote(self, connection: Connection, envelope: Envelope) -> None:
        token = text_of(envelope.data, "token")
        values = {name: text_of(envelope.data, name, "") for name in ("reason", "words")}
        values = {name: value for name, value in values.items() if value}
        if (await self._read(connection, token)).action not in VOTING:
            raise BadInput("no vote button", fill(NEEDS_TEXT, name="token"))
        content = Submitted(token, values) if values else Pressed(token)
        await self._accept(connection, envelope, content, VOTES)

    async def _read(self, connection: Connection, token: str) -> Press:
        """Return what a button does; raises ForgedButton before anything is stored."""
        return self.signer.read(await self._community(connection), token)

    async def _community(self, connection: Connection) -> str:
        return await self.places.community(self._origin(connection)) or ""

    async def _accept(
        self,
        connection: Connection,
        envelope: Envelope,
        content: Content,
        thread: str | None = None,
        *,
        told: bool = True,
    ) -> None:
        """Store an event; ``told``: the client shows it as a request of its own, and hears that it is stored."""
        if not envelope.id:
            raise BadInput("no id", NEEDS_ID)
        attached = envelope.data.get("attachments")
        if attached and self.attachments is None:
            raise NotYet("attachments")
        incoming = Incoming(
            id=f"{connection.channel}:{envelope.id}",
            origin=self._origin(connection, thread),
            person=person_of(connection.visitor, self.face.platform),
            locale=connection.locale,
            time=self.clock.now(),
            content=content,
            attachments=self.attachments.read(connection.visitor, attached) if self.attachments else (),
        )
        if thread is None:
            self.voice.hush(connection)  # who asks something new has heard enough
        receipt = await self.intake.accept(incoming)
        if receipt is Receipt.FULL:
            raise Busy("the journal is full")
        if receipt is Receipt.NEW and thread is None and told:
            await self.face.received(connection.channel, incoming.key)

    async def _cancel(self, connection: Connection, envelope: Envelope) -> None:
        name = text_of(envelope.data, "of")
        if not ID.fullmatch(name):
            raise BadInput("of", fill(NEEDS_TEXT, name="of"))
        self.voice.hush(connection)
        key = f"{self.face.platform}:{connection.channel}:{name}"
        self.face.stopping(key, connection.locale, self.intake.stop)

    async def _history(self, connection: Connection, envelope: Envelope) -> None:
        origin = self._origin(connection)
        community = await self.places.community(origin) or ""
        records = await self._records(community, origin)
        votes = await self._votes(community, person_of(connection.visitor, self.face.platform).id, records)
        turns: list[Json] = []
        room = self.options.frame - 1000
        for record in reversed(records):
            turn = self.face.renderer.turn(record, votes.get(record.answer.id), connection.locale)
            room -= len(dump(turn).encode()) + 1
            if room < 0:
                break
            turns.insert(0, turn)
        connection.say(numbered(frame("history", {"turns": turns}, envelope.id), connection.session))

    async def _records(self, community: str, origin: Origin) -> list[AnswerRecord]:
        """Return the conversation's answers that ``history`` shows."""
        return await self.ledger.conversation_answers(community, origin.conversation, self.options.history)

    async def _votes(self, community: str, person: str, records: list[AnswerRecord]) -> dict[str, Vote]:
        """Return the member's own votes on these answers."""
        if not records:
            return {}
        voted = await self.ledger.votes(community, since=records[0].time, limit=VOTES_READ)
        return {item.vote.answer: item.vote for item in reversed(voted) if item.vote.person == person}

    async def _board(self, connection: Connection, envelope: Envelope) -> None:
        """Show the queue's board, once or from now on; what goes wrong concerns this connection alone."""
        if self.boards is None:
            connection.error(NotYet("board"), envelope.id)
        elif envelope.data.get("follow") is True:
            await connection.follow(follow(self.boards, connection, envelope.id))
        else:
            await connection.follow(None)
            await show(self.boards, connection, envelope.id)

    async def _ping(self, connection: Connection, envelope: Envelope) -> None:
        connection.say(numbered(frame("pong", {}, envelope.id), connection.session))

    async def _not_yet(self, connection: Connection, envelope: Envelope) -> None:
        raise NotYet(envelope.type)

    async def _voice(self, connection: Connection, envelope: Envelope) -> None:
        await self.voice.settle(connection, envelope, await self._community(connection))

    async def _audio_start(self, connection: Connection, envelope: Envelope) -> None:
        self.voice.begin(connection, envelope, await self._community(connection))

    async def _audio(self, connection: Connection, envelope: Envelope) -> None:
        request = connection.recording.request if connection.recording else ""
        try:
            self.voice.take(connection, envelope.raw)
        except BadInput as error:
            await self._tell(connection, replace(envelope, id=request), error)

    async def _audio_end(self, connection: Connection, envelope: Envelope) -> None:
        request = connection.recording.request if connection.recording else ""
        asked = replace(envelope, id=request)
        try:
            ended = await self.voice.end(connection)
            if ended is not None:
                await self._accept(connection, asked, ended[1])
        except YinluError as error:
            await self._tell(connection, asked, error)

    async def _audio_stop(self, connection: Connection, envelope: Envelope) -> None:
        """The member has heard enough; a recording on its way is dropped where they say so."""
        if envelope.data.get("recording") is True:
            self.voice.drop(connection)
        self.voice.hush(connection)

    async def _reads(self, connection: Connection, press: Press) -> bool:
        """Say an answer at once where the member listens; else it comes as a voice message."""
        aloud = self.voice.aloud
        if aloud is None or connection.ear is None:
            return False
        community = await self._community(connection)
        record = await self.ledger.answer(community, press.subject)
        self.voice.listens(connection, community)
        return aloud.read(connection.channel, press.subject, record.answer.text)

    def _origin(self, connection: Connection, thread: str | None = None) -> Origin:
        return Origin(self.face.platform, self.options.place, connection.channel, thread)
