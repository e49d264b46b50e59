"""The web's face: drafts become deltas, deliveries become frames, each numbered and kept for who comes back."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import TypeVar

from bot_adapters.web.envelope import Json, frame
from bot_adapters.web.hub import Hub
from bot_adapters.web.render import Renderer, message_data, message_id
from bot_adapters.web.sentences import STOPPED
from bot_adapters.web.voice_aloud import Aloud, Speech
from bot_adapters.web.waiting import Waiting, is_api
from bot_core.conversation import DraftText
from bot_core.errors import Broken
from bot_core.identity import Locale, Origin, short_id
from bot_core.ports.work import FrameLog, Outgoing
from bot_core.replies import Reply
from bot_core.tokens import Signer

log = logging.getLogger(__name__)

V = TypeVar("V")
REMEMBERED = 10_000
LONGEST_PAUSE = 0.25  # seconds


@dataclass(frozen=True, slots=True)
class Shown:
    """What the growing answer of a session looks like at its clients; times on the monotonic clock."""

    event: str
    text: str = ""
    stage: str = ""
    began: float = 0.0
    last: float = 0.0


class WebFace:
    """A bot_core Face on the platform ``web``.

    Frames are keyed by (event, ordinal): an answer's ``done`` replaces whatever a client has of that answer, a
    message carries an id made from its key. So a delivery may be repeated after a crash (``idempotent``).
    """

    platform = "web"
    idempotent = True

    def __init__(
        self,
        frames: FrameLog,
        signer: Signer,
        *,
        draft_interval: float = 0.05,
        speaks: bool = False,
        speech: Speech | None = None,
    ) -> None:
        self.draft_interval = draft_interval
        self.speaks = speaks
        self.hub = Hub(frames)
        self.aloud = Aloud(speech, self.hub) if speech is not None else None
        self.renderer = Renderer(signer, speaks)
        self.waiting = Waiting(frames, self.renderer)
        self._shown: OrderedDict[str, Shown] = OrderedDict()
        self._stopped: OrderedDict[str, Locale] = OrderedDict()
        self._stop: Callable[[str], bool] | None = None

    async def deliver(self, outgoing: Outgoing) -> str:
        """Show a reply; return its message id. Raises EngineDown where it could not be kept."""
        channel = outgoing.origin.channel
        if is_api(channel):
            await self.waiting.resolve(outgoing)
            return message_id(outgoing.key)
        answers = client_id(outgoing.event, channel)
        shown = self._shown.get(channel)
        mine = shown if shown is not None and shown.event == outgoing.event else None
        frames = self.renderer.delivery(outgoing)
        locale = self._stopped.get(outgoing.event)
        if locale is not None and [kind for kind, _ in frames] == ["message"]:
            frames = [("done", stopped_data(outgoing.event, mine.text if mine else "", locale))]
        try:
            await self.hub.publish(channel, *(frame(kind, data, answers) for kind, data in frames))
        except Broken as error:  # it is tried again; whoever waits here need not wait in silence
            self.hub.complain(channel, error, answers)
            raise
        if mine is not None:
            self._shown.pop(channel, None)
        self._aloud(outgoing)
        self._stopped.pop(outgoing.event, None)
        return message_id(outgoing.key)

    async def edit(self, origin: Origin, message: str, reply: Reply) -> None:
        """Replace a message: the same id, new contents."""
        if not is_api(origin.channel):
            await self.hub.publish(origin.channel, frame("message", message_data(message, reply)))

    async def draft(self, origin: Origin, draft: DraftText) -> None:
        """Show what is new in a growing text; skipped while frames can't be stored."""
        if draft.event in self._stopped and self._stop is not None and self._stop(draft.event):
            await asyncio.sleep(0)  # this task was just cancelled, and ends here
        if is_api(origin.channel):
            return
        if self.aloud is not None and draft.text:
            self.aloud.write(origin.channel, draft.event, draft.text)
        try:
            await self._draft(origin.channel, draft)
        except Broken as error:
            log.warning("a draft was skipped", extra={"error": str(error)})

    async def received(self, channel: str, event: str) -> None:
        """Tell a session that its request is stored."""
        await self.hub.publish(channel, frame("progress", {"stage": "received"}, client_id(event, channel)))

    def stopping(self, event: str, locale: Locale, stop: Callable[[str], bool]) -> None:
        """Remember that a member stops an event, so that its end is shown as ``stopped``.

        ``stop`` is called at once, and where the event does not run yet, again when it shows its first sign.
        """
        _remember(self._stopped, event, locale)
        self._stop = stop
        stop(event)

    def spoke_live(self, event: str) -> bool:
        """Tell whether the answer to ``event`` is being said, or was; a bot_core SpeaksLive."""
        return self.aloud is not None and self.aloud.spoke(event)

    def _aloud(self, outgoing: Outgoing) -> None:
        """Say what was delivered, where it is to be said."""
        reply, channel, event = outgoing.reply, outgoing.origin.channel, outgoing.event
        if self.aloud is None:
            return
        if reply.heard:
            self.aloud.expect(event)
        elif reply.error is not None or event in self._stopped:
            self.aloud.drop(channel, event)
        elif reply.answer is not None:
            self.aloud.finish(channel, event, reply.answer, reply.text)

    async def _draft(self, channel: str, draft: DraftText) -> None:
        async with self.hub.locked(channel) as held:
            before = self._shown.get(channel)
            if before is None or before.event != draft.event:
                before = Shown(draft.event)
            kind, data, after = _change(before, draft, monotonic())
            if data is not None:
                await self.hub.append(channel, held, frame(kind, data, client_id(draft.event, channel)))
            _remember(self._shown, channel, after)


def _change(before: Shown, draft: DraftText, now: float) -> tuple[str, Json | None, Shown]:
    """Return the frame that brings clients from what they see to the draft, if one is needed."""
    if not draft.text and (not before.text or draft.stage != "writing"):
        stage: Json | None = {"stage": draft.stage} if draft.stage != before.stage else None
        return "progress", stage, replace(before, stage=draft.stage)
    offset = _common(before.text, draft.text)
    if offset == len(before.text) == len(draft.text) or now - before.last < _pause(
        now - before.began, before
    ):
        return "delta", None, before
    data: Json = {"answer": answer_of(draft.event), "offset": offset, "text": draft.text[offset:]}
    return "delta", data, Shown(draft.event, draft.text, "writing", before.began or now, now)


def _pause(seconds: float, before: Shown) -> float:
    """Return the least time between deltas: it grows, so that one long answer does not fill the session's log."""
    return min(LONGEST_PAUSE, seconds / 20) if before.began else 0.0


def _common(old: str, new: str) -> int:
    """Return the length of the common beginning, in code points."""
    if new.startswith(old):
        return len(old)
    return next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )


def answer_of(event: str) -> str:
    """Return the id of the answer to an event, which its question has from the start."""
    return short_id(event)


def client_id(event: str, channel: str) -> str:
    """Return the client's own id of a request, read back from the event's key ``PLATFORM:CHANNEL:ID``."""
    return event.partition(f":{channel}:")[2] or event


def stopped_data(event: str, text: str, locale: Locale) -> Json:
    """Return a ``done`` for an answer that its member stopped; nothing is recorded, so nothing can be voted on."""
    return {
        "answer": answer_of(event),
        "outcome": "stopped",
        "text": text or STOPPED.of(locale),
        "reason": "none",
        "label": "generated" if text else "none",
        "buttons": [],
        "follow_ups": [],
    }


def _remember(store: OrderedDict[str, V], key: str, value: V) -> None:
    store[key] = value
    store.move_to_end(key)
    if len(store) > REMEMBERED:
        store.popitem(last=False)
