"""The mini program's face: the page's frames, each judged, labelled and recorded before anybody sees it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot_adapters.douyin.logins import PLATFORM
from bot_adapters.douyin.private import Private
from bot_adapters.douyin.sentences import LABEL, one_of
from bot_adapters.douyin.vetting import Vetting, withheld
from bot_adapters.web.face import WebFace
from bot_adapters.web.render import message_id
from bot_adapters.web.voice_aloud import Speech
from bot_core.conversation import DraftText
from bot_core.dispatch import Places
from bot_core.errors import Broken
from bot_core.identity import Locale, Origin, Words
from bot_core.ports.work import FrameLog, Notes, Outgoing
from bot_core.replies import Label, Reply, Text
from bot_core.tokens import Signer

log = logging.getLogger(__name__)

IM = "im-"  # how channels of private messages begin
KEPT = 186 * 86_400.0  # s
After = Callable[[Outgoing, bool], Awaitable[None]]  # the reply as shown, and whether somebody saw it at once


@dataclass(frozen=True, slots=True)
class FaceParts:
    """``after`` are told of each delivery that was shown: what is recorded, who is told elsewhere."""

    vetting: Vetting
    notes: Notes
    places: Places
    locale: Locale
    label_text: bool = True
    after: tuple[After, ...] = ()
    private: Private | None = None  # answers to private messages


class DouyinFace(WebFace):
    """A bot_core Face on the platform ``douyin``; a delivery may be repeated, as on the page."""

    platform = PLATFORM

    def __init__(
        self,
        frames: FrameLog,
        signer: Signer,
        parts: FaceParts,
        *,
        speaks: bool = False,
        speech: Speech | None = None,
        draft_interval: float = 0.4,  # each new sentence costs a call of the platform
    ) -> None:
        super().__init__(frames, signer, draft_interval=draft_interval, speaks=speaks, speech=speech)
        self._parts = parts

    async def deliver(self, outgoing: Outgoing) -> str:
        """Judge, label and show a reply; what is refused is replaced by a kind sentence."""
        refused = await self._trouble(outgoing.community, outgoing.reply)
        if refused is not None:
            log.info("a reply was withheld", extra={"event": outgoing.event})
            reply = withheld(refused.of(await self._locale(outgoing.origin.channel)), outgoing.reply)
            if reply.answer is not None:
                await self._parts.notes.put(refusal(reply.answer), "1", KEPT)
            if self.aloud is not None:
                self.aloud.drop(outgoing.origin.channel, outgoing.event)
            return await self._show(replace(outgoing, reply=reply, record=None))
        shown = replace(outgoing, reply=await self._labelled(outgoing.reply, outgoing.origin.channel))
        made = await self._show(shown)
        for tell in self._parts.after:
            await tell(shown, self.hub.present(outgoing.origin.channel))
        return made

    async def _show(self, outgoing: Outgoing) -> str:
        channel, private = outgoing.origin.channel, self._parts.private
        if private is None or not channel.startswith(IM):
            return await super().deliver(outgoing)
        await private.send(channel, outgoing.reply)
        return message_id(outgoing.key)

    async def edit(self, origin: Origin, message: str, reply: Reply) -> None:
        """Replace a message, judged like a new one."""
        community = await self._parts.places.community(origin) or ""
        refused = await self._trouble(community, reply)
        if refused is not None:
            reply = withheld(refused.of(await self._locale(origin.channel)), reply)
        await super().edit(origin, message, reply)

    async def draft(self, origin: Origin, draft: DraftText) -> None:
        """Show as much of a growing text as was found good."""
        if origin.channel.startswith(IM):
            return
        try:
            community = await self._parts.places.community(origin) or ""
        except Broken as error:
            log.warning("a draft was skipped", extra={"error": str(error)})
            return
        text = await self._parts.vetting.shown(community, draft.text)
        await super().draft(origin, replace(draft, text=text))

    async def withheld(self, answer: str) -> bool:
        """Tell whether an answer was refused when it was to be shown."""
        return await self._parts.notes.get(refusal(answer)) is not None

    async def speaks_to(self, channel: str, locale: Locale) -> None:
        """Keep the language of a conversation."""
        await self._parts.notes.put(f"douyin:locale:{channel}", locale.value, KEPT)

    async def _locale(self, channel: str) -> Locale:
        return one_of(await self._parts.notes.get(f"douyin:locale:{channel}"), self._parts.locale)

    async def _trouble(self, community: str, reply: Reply) -> Words | None:
        """Return why a reply must not be shown. Our own sentences about errors need no check: it may be what failed."""
        if reply.error is not None:
            return None
        return await self._parts.vetting.trouble(community, reply)

    async def _labelled(self, reply: Reply, channel: str) -> Reply:
        """Put the visible label behind generated words (GB 45438-2025, 4.1)."""
        if not self._parts.label_text or not generated(reply) or not reply.text:
            return reply
        label = LABEL.of(await self._locale(channel))
        return replace(reply, parts=(*reply.parts, Text(label)), label=Label.GENERATED)


def generated(reply: Reply) -> bool:
    """Tell whether a reply holds something that a model made."""
    return reply.label is Label.GENERATED or reply.made is not None or reply.answer is not None


def refusal(answer: str) -> str:
    """Return the key of the note that an answer was refused."""
    return f"douyin:withheld:{answer}"
