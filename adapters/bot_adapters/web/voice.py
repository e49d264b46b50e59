"""Voice requests: recordings in, who listens, what is stopped, who speaks."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from bot_adapters.web.connection import Connection
from bot_adapters.web.envelope import Envelope, Json, frame, text_of
from bot_adapters.web.options import WebOptions
from bot_adapters.web.sentences import NEEDS_ID, NotYet, TooFast
from bot_adapters.web.sessions import person_of
from bot_adapters.web.voice_aloud import Aloud
from bot_adapters.web.voice_ear import Ear
from bot_adapters.web.voice_in import Recording, shape_of
from bot_adapters.web.voice_partial import Hearing
from bot_core.errors import BadInput, YinluError
from bot_core.events import Spoke
from bot_core.ports.media import Files

log = logging.getLogger(__name__)

SAMPLES = {"zh": "今天的问题我来读给你听。", "en": "I will read the answers to you."}


@dataclass(frozen=True, slots=True)
class Voice:
    """What a connection can do with voice. ``files`` keeps recordings; without it none are taken."""

    options: WebOptions
    files: Files | None = None
    aloud: Aloud | None = None
    hearing: Hearing | None = None
    platform: str = "web"

    def begin(self, connection: Connection, envelope: Envelope, community: str) -> None:
        """Expect a recording. Raises BadInput, LimitReached or NotYet."""
        if connection.recording is not None:
            self.drop(connection)
        if self.files is None or not self.options.voice:
            raise NotYet(envelope.type)
        if not envelope.id:
            raise BadInput("no id", NEEDS_ID)
        wait = connection.recordings.take()
        if wait:
            raise TooFast(wait)
        shape = shape_of(envelope.data.get("format"), envelope.data.get("rate", 16_000))

        def quiet(error: BadInput) -> None:
            self.drop(connection)
            connection.error(error, envelope.id)

        connection.recording = Recording(envelope.id, shape, self.options, quiet)
        self.listens(connection, community)
        self.hush(connection)
        if self.hearing is not None:
            self.hearing.follow(connection, connection.recording)

    def take(self, connection: Connection, raw: bytes) -> None:
        """Add a piece; what belongs to no recording is ignored. Raises BadInput, and then expects no more."""
        if connection.recording is None:
            return
        try:
            connection.recording.take(raw)
        except BadInput:
            self.drop(connection)
            raise

    async def end(self, connection: Connection) -> tuple[str, Spoke] | None:
        """Return the request and its stored recording; None where there was none. Raises BadInput, StorageFull."""
        recording = connection.recording
        if recording is None or self.files is None:
            return None
        self.drop(connection)
        audio = recording.whole()
        stored = await self.files.put(audio, recording.shape.media_type, "voice")
        return recording.request, Spoke(stored, recording.seconds)

    def drop(self, connection: Connection) -> None:
        """Expect nothing more of a recording."""
        recording, connection.recording = connection.recording, None
        if recording is not None:
            recording.drop()

    def forget(self, connection: Connection) -> None:
        """Forget who was here."""
        self.drop(connection)
        if connection.ear is not None:
            self.hush(connection)
        connection.ear = None

    def listens(self, connection: Connection, community: str, *, aloud: bool | None = None) -> None:
        """Note that a member spoke or wishes to hear at this connection."""
        before = connection.ear or Ear(community, person_of(connection.visitor, self.platform).id)
        wish = before.aloud if aloud is None else aloud
        connection.ear = replace(before, aloud=wish, used=asyncio.get_running_loop().time())

    def hush(self, connection: Connection) -> None:
        """End what is said in this session."""
        if self.aloud is not None:
            self.aloud.stop(connection.channel)

    async def settle(self, connection: Connection, envelope: Envelope, community: str) -> None:
        """Answer ``voice``: whether answers are read aloud here, and by whom. Raises NotFound, MissingExtra."""
        if self.aloud is None:
            if not self.options.voice:
                raise NotYet(envelope.type)
            connection.tell(frame("voice", {"voices": [], "chosen": {}, "aloud": False}, envelope.id))
            return
        aloud = envelope.data.get("aloud")
        self.listens(connection, community, aloud=aloud if isinstance(aloud, bool) else None)
        assert connection.ear is not None
        if not connection.ear.aloud and aloud is False:
            self.hush(connection)
        chosen = text_of(envelope.data, "choose", "")
        if chosen:
            await self.aloud.speech.choose(community, connection.ear.person, chosen)
        connection.tell(frame("voice", await self._voices(connection.ear), envelope.id))

    async def _voices(self, ear: Ear) -> Json:
        assert self.aloud is not None
        speech = self.aloud.speech
        voices = await speech.voices()
        listed = [{"id": info.id, "name": info.name, "languages": list(info.languages)} for info in voices]
        chosen: Json = {}
        try:
            for language, sample in SAMPLES.items():
                chosen[language] = await speech.voice(ear.community, ear.person, sample)
        except YinluError as error:
            log.warning("no voice can be named", extra={"error": str(error)})
        return {"voices": listed, "chosen": chosen, "aloud": ear.aloud}
