"""Private answers in groups: seen by the asker alone, or said in their private chat, or kept for them there."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot_adapters.telegram import keyboard
from bot_adapters.telegram.api import Api
from bot_adapters.telegram.drafts import aim
from bot_adapters.telegram.errors import CallRefused, Gone, Missing
from bot_adapters.telegram.keys import Cause, Kind, origin_of, user_of
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.presses import TOAST, Presses
from bot_adapters.telegram.render import Post, Renderer, locale_of, text_data
from bot_adapters.telegram.rich import Rich
from bot_adapters.telegram.sentences import ASK_PRIVATELY, OPEN_PRIVATE, SENT_PRIVATELY
from bot_adapters.telegram.wire import Json
from bot_core.codec import decode, encode
from bot_core.errors import Refused
from bot_core.identity import short_id
from bot_core.ports.safety import Clock
from bot_core.ports.work import Notes, Outgoing

log = logging.getLogger(__name__)

KEPT = 24 * 3600.0  # seconds that an answer waits for its reader
AGAIN = 600.0  # seconds after which a group where it was refused is tried again
KEY = "k_"  # before a kept answer's key in a deep link


class Whisper:
    """Says something to one member of a group. Every way returns the message's id, or None where it is barred."""

    def __init__(
        self,
        api: Api,
        notes: Notes,
        renderer: Renderer,
        presses: Presses,
        clock: Clock,
        options: TelegramOptions,
    ) -> None:
        self._api, self._notes, self._renderer = api, notes, renderer
        self._presses, self._clock, self._options = presses, clock, options
        self._barred: dict[int, float] = {}  # groups that don't take hidden messages, until when

    async def deliver(self, outgoing: Outgoing, cause: Cause) -> str:
        """Show a private reply to its asker. Raises like any send."""
        posts = await self._renderer.posts(outgoing)
        user = user_of(outgoing.person)
        for way in (self._toast, self._hidden, self._private):
            shown = await way(outgoing, cause, posts, user)
            if shown is not None:
                return shown
        return await self._aloud(outgoing, posts, user)

    async def aside(self, outgoing: Outgoing) -> str | None:
        """Show what the group does not take to the asker, in their private chat; None where there is none."""
        posts, user = await self._renderer.posts(outgoing), user_of(outgoing.person)
        return await self._private(outgoing, Cause(Kind.OTHER), posts, user)

    async def kept(self, key: str, user: int) -> Outgoing | None:
        """Return the answer that waits for this user under a deep link's key, addressed to the private chat."""
        body = await self._notes.get(f"telegram:kept:{key.removeprefix(KEY)}")
        if body is None:
            return None
        outgoing: Outgoing = decode(Outgoing, body)
        return outgoing if user_of(outgoing.person) == user else None

    async def _toast(
        self, outgoing: Outgoing, cause: Cause, posts: list[Post], user: int | None
    ) -> str | None:
        """Show a few words over the chat, in answer to a press."""
        words = posts[0].data.get("text", "") if len(posts) == 1 else ""
        if cause.kind is not Kind.PRESS or not words or len(words) > TOAST or "reply_markup" in posts[0].data:
            return None
        return "0" if await self._presses.answer(cause.callback, words, alert=True) else None

    async def _hidden(
        self, outgoing: Outgoing, cause: Cause, posts: list[Post], user: int | None
    ) -> str | None:
        """Send a message that only the asker sees."""
        chat = int(outgoing.origin.channel)
        invited = cause.chat == chat and cause.kind in (Kind.PRESS, Kind.HIDDEN)
        if not self._options.ephemeral or user is None or (not invited and self._is_barred(chat)):
            return None
        aimed: Json = {**aim(outgoing.origin, ""), "ephemeral_message_parameters": {"receiver_user_id": user}}
        if invited and cause.kind is Kind.PRESS:
            aimed["ephemeral_message_parameters"]["callback_query_id"] = cause.callback
        elif invited:
            aimed["reply_parameters"] = {"ephemeral_message_id": cause.number}
        shown = None
        try:
            for post in posts:
                shown = await self._api.send(post.method, chat, {**post.data, **aimed})
        except (CallRefused, Gone, Missing) as error:
            log.info("no hidden messages here", extra={"chat": chat, "error": str(error)})
            if not invited:
                self._barred[chat] = self._clock.monotonic() + AGAIN
            return None if shown is None else "0"
        return "0" if shown is not None else None

    def _is_barred(self, chat: int) -> bool:
        if len(self._barred) > 10_000:
            self._barred.clear()
        return self._clock.monotonic() < self._barred.get(chat, 0.0)

    async def _private(
        self, outgoing: Outgoing, cause: Cause, posts: list[Post], user: int | None
    ) -> str | None:
        """Send it to the private chat, where the asker has opened one with us."""
        if user is None:
            return None
        shown = None
        try:
            for post in posts:
                sent = await self._api.send(post.method, user, post.data)
                shown = str(sent["message_id"]) if isinstance(sent, dict) else "0"
                if "reply_markup" in post.data:
                    await self.remember(user, shown, outgoing.origin.place)
        except Refused as error:
            log.info("no private chat", extra={"error": str(error)})
            return shown
        if cause.kind is Kind.PRESS:
            await self._presses.answer(cause.callback, SENT_PRIVATELY.of(locale_of(outgoing)))
        return shown

    async def remember(self, user: int, message: str, place: str) -> None:
        """Note on whose behalf a message with buttons stands in a private chat."""
        if place.lstrip("-").isdigit():
            await self._notes.put(f"telegram:for:{user}:{message}", place, self._options.remember)

    async def _aloud(self, outgoing: Outgoing, posts: list[Post], user: int | None) -> str:
        """Say it in the group where it is no secret, else only where it can be read."""
        chat, aimed = int(outgoing.origin.channel), aim(outgoing.origin, outgoing.event)
        if outgoing.reply.error is None and user is not None and self._api.name:
            posts = [await self._sign(outgoing)]
        sent: object = None
        for post in posts:
            sent = await self._api.send(post.method, chat, {**post.data, **aimed})
        return str(sent["message_id"]) if isinstance(sent, dict) else "0"

    async def _sign(self, outgoing: Outgoing) -> Post:
        """Return the sign that leads to the private chat, where the answer waits."""
        user, key, locale = user_of(outgoing.person), short_id(outgoing.key), locale_of(outgoing)
        assert user is not None
        body = encode(outgoing)
        if len(body.encode()) <= 16_000:
            await self._notes.put(f"telegram:kept:{key}", body, KEPT)
        url = f"https://t.me/{self._api.name}?start={KEY}{key}"
        rows = [[keyboard.link(OPEN_PRIVATE.of(locale), url)]]
        data = text_data(Rich(ASK_PRIVATELY.of(locale)))
        return Post("sendMessage", {**data, "reply_markup": keyboard.markup(rows)})


def moved_to_private(outgoing: Outgoing, user: int) -> Outgoing:
    """Return a kept answer as it is shown in the private chat."""
    place = int(outgoing.origin.place) if outgoing.origin.place.lstrip("-").isdigit() else None
    return replace(
        outgoing, origin=origin_of(user, place=place), reply=replace(outgoing.reply, private=False)
    )
