"""One WebSocket: a bounded queue towards the client, envelopes from it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from time import monotonic

from aiohttp import WSMessage, WSMsgType, web

from bot_adapters.web.envelope import Envelope, bare, error_data, numbered, read_envelope
from bot_adapters.web.options import WebOptions
from bot_adapters.web.sentences import TOO_BIG, TooFast, fill
from bot_adapters.web.voice_ear import Ear
from bot_adapters.web.voice_in import Recording
from bot_core.errors import BadInput, YinluError
from bot_core.identity import Locale
from bot_core.ports.work import Rate

log = logging.getLogger(__name__)

GOING_AWAY = 1001
POLICY = 1008
TOO_LARGE = 1009
TRY_LATER = 1013
RUBBISH = 4400
TOO_SLOW = 4408
BINARY = "binary"  # what a binary frame is read as


class Bucket:
    """A token bucket on the monotonic clock."""

    def __init__(self, rate: Rate) -> None:
        self._rate, self._left, self._at = rate, float(rate.count), monotonic()

    def take(self) -> float:
        """Take one; return 0.0, or the seconds until there is one."""
        now, per_second = monotonic(), self._rate.count / self._rate.seconds
        self._left = min(float(self._rate.count), self._left + (now - self._at) * per_second)
        self._at = now
        if self._left < 1:
            return (1 - self._left) / per_second
        self._left -= 1
        return 0.0


class Connection:
    """One client's end; a hub's Listener once it has said hello."""

    def __init__(self, request: web.Request, options: WebOptions, locale: Locale) -> None:
        self.locale = locale
        self.visitor = self.session = self.channel = ""
        self.platform = "web"  # whose member the visitor is
        self.code: int | None = None  # how it was closed by us
        self._options, self._transport = options, request.transport
        self._socket = web.WebSocketResponse(
            timeout=options.close_seconds,
            heartbeat=options.heartbeat,
            compress=False,  # answers are short, and a compressor's window per connection is not
            max_msg_size=options.largest_frame,
            writer_limit=16384,
        )
        self.ear: Ear | None = None  # who listens here
        self.recording: Recording | None = None  # a voice message on its way
        self.recordings = Bucket(options.recordings)
        self._bucket = Bucket(options.messages)
        self._rubbish = 0
        self._queue: deque[str | bytes] = deque()
        self._bytes = 0  # characters, in truth; close enough to bound memory
        self._allowed = options.backlog
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._follower: asyncio.Task[None] | None = None

    # --- to the client -------------------------------------------------------------------------------------
    def say(self, text: str) -> None:
        """Send an envelope to this connection alone."""
        if self.code is not None:
            return
        self._bytes += len(text)
        self._queue.append(text)
        self._wake.set()
        if self._bytes > self._allowed:
            self._overflow()

    @property
    def listening(self) -> bool:
        """Tell whether it is still connected."""
        return self.code is None

    def tell(self, stored: str) -> None:
        """Send a frame that is not kept to this connection alone."""
        self.say(numbered(stored, self.session))

    def sound(self, frame: bytes) -> None:
        """Send a binary frame; where the client does not keep up it is dropped, for late sound is of no use."""
        if self.code is None and self._bytes + len(frame) <= self._options.backlog * 3 // 4:
            self._bytes += len(frame)
            self._queue.append(frame)
            self._wake.set()

    def hush(self) -> None:
        """Forget all sound that has not been sent."""
        self._bytes -= sum(len(item) for item in self._queue if isinstance(item, bytes))
        self._queue = deque(item for item in self._queue if isinstance(item, str))

    def error(self, error: YinluError, answers: str = "") -> None:
        """Tell this connection alone of an error; such a frame is not replayed."""
        data = error_data(error, self.locale)
        text = bare("error", data, answers)
        self.say(f'{{"session":"{self.session}",{text[1:]}' if self.session else text)

    def offer(self, seq: int, stored: str) -> None:
        """Send a frame of the session."""
        self.say(numbered(stored, self.session, seq))

    def replay(self, frames: Sequence[tuple[int, str]]) -> None:
        """Send frames that the client missed; their number is bounded by the log, not by the queue."""
        self._allowed += sum(len(stored) + 100 for _, stored in frames)
        for seq, stored in frames:
            self.offer(seq, stored)

    async def follow(self, what: Coroutine[None, None, None] | None) -> None:
        """Run this until the connection ends, in place of what was followed before; None follows nothing."""
        before, self._follower = self._follower, None
        if what is not None:
            self._follower = asyncio.create_task(what, name="web-follower")
        if before is not None:
            before.cancel()
            await asyncio.wait([before])

    def finish(self, code: int) -> None:
        """Close once everything before is sent."""
        if self.code is None:
            self.code = code
            self._wake.set()

    def _overflow(self) -> None:
        log.info("a client does not read", extra={"waiting": self._bytes})
        self.code = TOO_SLOW
        self._queue.clear()
        if self._writer is not None:
            self._writer.cancel()

    @asynccontextmanager
    async def open(self, request: web.Request) -> AsyncIterator[web.WebSocketResponse]:
        """Do the handshake and send what is said while inside; at the end the connection is closed."""
        await self._socket.prepare(request)
        self._writer = asyncio.create_task(self._write(), name="web-writer")
        try:
            yield self._socket
        finally:
            self.finish(1000)
            if self.recording is not None:
                self.recording.drop()
            if self._follower is not None:
                self._follower.cancel()
            try:
                await asyncio.wait([self._writer], timeout=2 * self._options.close_seconds)
            finally:
                self._writer.cancel()
                await self.follow(None)
                if self._transport is not None:
                    self._transport.abort()

    async def _write(self) -> None:
        try:
            while self.code is None or self._queue:
                while self._queue:
                    item = self._queue.popleft()
                    if isinstance(item, str):
                        await self._socket.send_str(item)
                    else:
                        await self._socket.send_bytes(item)
                    self._bytes -= len(item)
                self._allowed = self._options.backlog
                self._wake.clear()
                if self.code is None:
                    await self._wake.wait()
        except asyncio.CancelledError:
            if self.code != TOO_SLOW:
                raise
        except ConnectionError:
            return
        await self._socket.close(code=self.code or 1000, drain=False)

    # --- from the client -----------------------------------------------------------------------------------
    async def read(self) -> Envelope | None:
        """Return the next envelope; None when the connection ends. Rubbish is answered here."""
        while self.code is None:
            message = await self._socket.receive()
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return None
            try:
                envelope = self._envelope(message)
            except BadInput as error:
                self._refuse(error)
                continue
            if envelope is None:
                return None
            if envelope.type == BINARY and self.recording is not None:
                return envelope  # bounded by its recording
            wait = self._bucket.take()
            if wait == 0.0:
                return envelope
            self.error(TooFast(wait), envelope.id)
            await asyncio.sleep(min(wait, 1.0))  # what is not read piles up at the sender
        return None

    def _envelope(self, message: WSMessage) -> Envelope | None:
        limit = self._options.frame
        size = len(message.data)
        if size > limit or (message.type is WSMsgType.TEXT and len(message.data.encode()) > limit):
            self.error(BadInput(f"{size} characters", fill(TOO_BIG, n=limit)))
            self.finish(TOO_LARGE)
            return None
        if message.type is WSMsgType.BINARY:
            return Envelope(BINARY, "", {}, message.data)
        return read_envelope(message.data)

    def _refuse(self, error: BadInput) -> None:
        self._rubbish += 1
        self.error(error)
        if self._rubbish >= self._options.rubbish:
            self.finish(RUBBISH)
