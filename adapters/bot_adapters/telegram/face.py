"""Telegram's face: replies become messages, drafts become previews, votes become marks."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

from bot_adapters.telegram import keyboard
from bot_adapters.telegram.api import Api
from bot_adapters.telegram.drafts import Drafts, aim
from bot_adapters.telegram.errors import BAD_PHOTO, NO_TEXT, CallRefused, Gone, Missing, Uncertain
from bot_adapters.telegram.keys import PLATFORM, Cause, Kind, cause_of, user_of
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.presses import TOAST, Presses
from bot_adapters.telegram.render import Post, Renderer, as_media, locale_of, text_data
from bot_adapters.telegram.rich import Rich
from bot_adapters.telegram.sentences import WHAT_WAS_WRONG
from bot_adapters.telegram.whisper import Whisper
from bot_adapters.telegram.wire import Json
from bot_core.answers import VoteValue
from bot_core.conversation import DraftText
from bot_core.errors import Refused, YinluError
from bot_core.identity import Origin
from bot_core.ports.work import Notes, Outgoing
from bot_core.replies import Reply, VoteShown
from bot_core.tokens import Signer

log = logging.getLogger(__name__)

SENT = 24 * 3600.0  # seconds that the parts of a send already made are known


class TelegramFace:
    """A bot_core Face. Telegram takes no idempotency keys, so each send is marked in the notes just before its call.

    A mark that is found again means that a crash cut the call off: such a send is counted in the log and, as the
    options say, made again or given up. Everything before the mark is repeated safely, hence ``idempotent``.
    """

    platform = PLATFORM
    idempotent = True

    def __init__(
        self,
        api: Api,
        notes: Notes,
        renderer: Renderer,
        drafts: Drafts,
        presses: Presses,
        whisper: Whisper,
        signer: Signer,
        options: TelegramOptions,
    ) -> None:
        self._api, self._notes, self._renderer, self._drafts = api, notes, renderer, drafts
        self._presses, self._whisper, self._signer, self._options = presses, whisper, signer, options
        self.draft_interval = min(options.private_interval, options.group_interval)
        self.speaks = options.speaks

    async def deliver(self, outgoing: Outgoing) -> str:
        """Show a reply; return the id of the message that carries its buttons.

        Raises EngineDown or Flood where it should be tried again, Gone and CallRefused where that can't help.
        """
        cause, chat = cause_of(outgoing.event), int(outgoing.origin.channel)
        pressed = cause.kind is Kind.PRESS and cause.chat == chat
        if pressed and outgoing.reply.vote is not None:
            return await self._voted(outgoing, outgoing.reply.vote, cause)
        draft = await self._drafts.finish(outgoing.key, look=chat < 0 and outgoing.reply.answer is not None)
        if outgoing.reply.private and chat < 0 and not draft:
            return await self._whisper.deliver(outgoing, cause if cause.chat == chat else Cause(Kind.OTHER))
        if pressed and outgoing.reply.private and await self._toasted(outgoing, cause):
            return str(cause.number)
        try:
            return await self._shown(outgoing, draft)
        except Gone:  # no right to write in the group, or no group any more
            if chat > 0 or (shown := await self._whisper.aside(outgoing)) is None:
                raise
            return shown

    async def edit(self, origin: Origin, message: str, reply: Reply) -> None:
        """Replace a message of ours; where it is gone, nothing happens."""
        number = int(message) if message.isdigit() else 0
        if not number:
            return
        chat = int(origin.channel)
        try:
            if reply.parts:
                await self._rewrite(
                    chat, number, await self._renderer.posts(Outgoing("", 0, origin, "", "", reply))
                )
            else:
                data = {"message_id": number, "reply_markup": self._renderer.buttons(reply)}
                await self._api.send("editMessageReplyMarkup", chat, data)
        except (Missing, Gone) as error:
            log.info("a message could not be edited", extra={"error": str(error)})

    async def _rewrite(self, chat: int, number: int, posts: list[Post]) -> None:
        """Put a reply in the place of a message: its picture, or its words, and its buttons."""
        data = posts[-1].data
        media = next((as_media(post) for post in posts if as_media(post) is not None), None)
        buttons = {"reply_markup": data.get("reply_markup", keyboard.markup([]))}
        if media is None:
            await self._replace(chat, number, {**data, **buttons})
        else:
            await self._api.send("editMessageMedia", chat, {"message_id": number, "media": media, **buttons})

    async def draft(self, origin: Origin, draft: DraftText) -> None:
        """Show a growing text, or that something is being done."""
        await self._drafts.show(origin, draft)

    # --- messages ------------------------------------------------------------------------------------------
    async def _shown(self, outgoing: Outgoing, draft: int) -> str:
        posts, chat = await self._renderer.posts(outgoing), int(outgoing.origin.channel)
        done: list[int] = await self._sent(outgoing.key) if len(posts) > 1 else []
        for at, post in enumerate(posts[len(done) :], len(done)):
            aimed = aim(outgoing.origin, outgoing.event if at == 0 else "")
            number = await self._once(f"{outgoing.key}:{at}", chat, post, aimed, draft if at == 0 else 0)
            done.append(number)
            if len(posts) > 1:
                await self._notes.put(f"telegram:sent:{outgoing.key}", json.dumps(done), SENT)
        last = done[-1] if done else 0
        await self._noted(outgoing, last)
        return str(last)

    async def _once(self, key: str, chat: int, post: Post, aimed: Json, draft: int) -> int:
        """Make one call of a send under its mark."""
        mark = f"telegram:mark:{key}"
        if not await self._notes.add(mark, "?", SENT):
            log.warning("a send was cut off and may have arrived", extra={"send": key})
            if not self._options.repeat_uncertain:
                raise Uncertain(f"{key} may have arrived")
        try:
            return await self._post(chat, post, aimed, draft)
        except YinluError:
            await self._notes.drop(mark)
            raise

    async def _post(self, chat: int, post: Post, aimed: Json, draft: int) -> int:
        if draft and post.text:
            try:
                await self._replace(chat, draft, post.data)
                return draft
            except Missing:
                log.info("a draft is gone, its answer is sent anew")
        try:
            sent = await self._api.send(post.method, chat, {**post.data, **aimed})
        except CallRefused as error:
            if post.method != "sendPhoto" or not any(part in error.says for part in BAD_PHOTO):
                raise
            data = {("document" if name == "photo" else name): value for name, value in post.data.items()}
            sent = await self._api.send("sendDocument", chat, {**data, **aimed})
        if isinstance(sent, list):
            sent = sent[0]
        return int(sent["message_id"]) if isinstance(sent, dict) else 0

    async def _replace(self, chat: int, number: int, data: Json) -> None:
        call = {"message_id": number, **data}
        try:
            await self._api.send("editMessageText", chat, call)
        except CallRefused as error:
            if NO_TEXT not in error.says:
                raise
            caption = {"message_id": number, "caption": str(data.get("text", ""))[:1024]}
            if "entities" in data:
                caption["caption_entities"] = data["entities"]
            await self._api.send(
                "editMessageCaption", chat, {**caption, "reply_markup": data.get("reply_markup")}
            )

    async def _sent(self, key: str) -> list[int]:
        kept = await self._notes.get(f"telegram:sent:{key}")
        return list(json.loads(kept)) if kept else []

    async def _noted(self, outgoing: Outgoing, message: int) -> None:
        """Keep what a reply to this message, or a press on it, must know."""
        channel, about = outgoing.origin.channel, outgoing.reply.about
        if about:
            await self._notes.put(f"telegram:about:{channel}:{message}", about, self._options.remember)
        if int(channel) > 0 and outgoing.origin.place.lstrip("-").isdigit() and outgoing.reply.rows:
            await self._whisper.remember(int(channel), str(message), outgoing.origin.place)

    # --- presses -------------------------------------------------------------------------------------------
    async def _toasted(self, outgoing: Outgoing, cause: Cause) -> bool:
        """Show a short private answer to a press over the chat instead of in it."""
        words = self._renderer.words(outgoing.reply, locale_of(outgoing)).text
        if outgoing.reply.rows or not words or len(words) > TOAST:
            return False
        return await self._presses.answer(cause.callback, words, alert=outgoing.reply.error is not None)

    async def _voted(self, outgoing: Outgoing, vote: VoteShown, cause: Cause) -> str:
        """Thank quietly, mark what was pressed, and ask for the reason of a 👎."""
        words = self._renderer.words(replace(outgoing.reply, greets=None), locale_of(outgoing)).text
        await self._presses.answer(cause.callback, words)
        try:
            if cause.chat > 0:
                await self._mark(outgoing, vote, cause)
            elif vote.value is VoteValue.DOWN and vote.reason is None:
                await self._ask_why(outgoing, vote, cause)
        except Refused as error:  # the vote is recorded; its marks are an extra
            log.info("a vote could not be shown", extra={"error": str(error)})
        return str(cause.number)

    async def _mark(self, outgoing: Outgoing, vote: VoteShown, cause: Cause) -> None:
        before = await self._presses.keyboard(cause.callback)
        if not before:
            return
        community = outgoing.community
        rows = keyboard.voted(before, self._signer, community, vote.value, vote.reason)
        if vote.value is VoteValue.DOWN and vote.reason is None:
            rows += keyboard.reasons(self._signer, community, vote.answer, locale_of(outgoing))
        data = {"message_id": cause.number, "reply_markup": keyboard.markup(rows)}
        await self._api.send("editMessageReplyMarkup", cause.chat, data)

    async def _ask_why(self, outgoing: Outgoing, vote: VoteShown, cause: Cause) -> None:
        """Ask for the reason where only who voted sees it; a group's keyboard is everybody's."""
        user, locale = user_of(outgoing.person), locale_of(outgoing)
        if user is None or not self._options.ephemeral:
            return
        rows = keyboard.reasons(self._signer, outgoing.community, vote.answer, locale)
        to = {"receiver_user_id": user, "callback_query_id": cause.callback}
        data = {**text_data(Rich(WHAT_WAS_WRONG.of(locale))), "reply_markup": keyboard.markup(rows)}
        data |= {**aim(outgoing.origin, ""), "ephemeral_message_parameters": to}
        await self._api.send("sendMessage", cause.chat, data)
