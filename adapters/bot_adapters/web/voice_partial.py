"""What is understood so far, while a member still speaks."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from bot_adapters.web.envelope import frame
from bot_adapters.web.voice_in import Recording
from bot_core.errors import YinluError
from bot_core.ports.media import Transcriber

log = logging.getLogger(__name__)

FIRST = 1.2  # s of speech before the first look
PAUSE = 1.0  # s between two looks
SLOW = 1.0  # s; a look that takes longer delays the question itself
REST = 600.0  # s without looks after two that were slow


class Speaking(Protocol):
    """A connection that is spoken at."""

    recording: Recording | None

    def tell(self, stored: str) -> None:
        """Send a frame that is not kept."""
        ...


class Hearing:
    """Transcribes growing recordings, one at a time in the house: who finds it busy waits for the whole.

    Where two looks running take longer than ``slow`` seconds there are no more for a while: it is the question that
    counts. One alone may be a model that was being loaded.
    """

    def __init__(
        self, transcriber: Transcriber, *, first: float = FIRST, pause: float = PAUSE, slow: float = SLOW
    ) -> None:
        self._transcriber, self._first, self._pause, self._slow = transcriber, first, pause, slow
        self._slow_looks = 0
        self._rests_until = 0.0  # on the loop's clock
        self._busy = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self, connection: Speaking, recording: Recording) -> None:
        """Tell a connection what is heard, until its recording ends."""
        task = asyncio.create_task(self._follow(connection, recording), name="web-hearing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Hear nothing more."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, connection: Speaking, recording: Recording) -> None:
        await asyncio.sleep(self._first)
        heard, size = "", 0
        while connection.recording is recording:
            rests = asyncio.get_running_loop().time() < self._rests_until
            if recording.size > size and not rests and not self._busy.locked():
                size = recording.size
                text = await self._look(recording)
                if text and text != heard and connection.recording is recording:
                    heard = text
                    connection.tell(frame("transcript", {"text": text, "final": False}, recording.request))
            await asyncio.sleep(self._pause)

    async def _look(self, recording: Recording) -> str:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with self._busy:
                heard = await self._transcriber.transcribe(recording.so_far(), recording.shape.media_type)
        except YinluError as error:  # a beginning need not be readable; the whole is what counts
            log.debug("a beginning was not understood", extra={"error": str(error)})
            return ""
        self._slow_looks = self._slow_looks + 1 if loop.time() - began > self._slow else 0
        if self._slow_looks >= 2:
            self._slow_looks, self._rests_until = 0, loop.time() + REST
            log.info("no transcripts while somebody speaks: the transcriber is too slow for them")
        return heard.text.strip() if heard.speech else ""
