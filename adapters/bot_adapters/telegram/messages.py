"""Messages: is it for us, what does it ask, what rides along."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot_adapters.telegram.albums import Albums
from bot_adapters.telegram.attachments import Attachments
from bot_adapters.telegram.commands import Read, Typed, read, typed
from bot_adapters.telegram.desk import Desk
from bot_adapters.telegram.face import TelegramFace
from bot_adapters.telegram.forms import Asker, FormWalk, Open
from bot_adapters.telegram.keys import Cause, Kind, origin_of, person_of
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.people import People
from bot_adapters.telegram.sentences import NO_LONGER, NOTHING_OPEN, TOO_LONG, fill
from bot_adapters.telegram.whisper import KEY, Whisper, moved_to_private
from bot_adapters.telegram.wire import Message, RemoteFile, User
from bot_core.commands import Command
from bot_core.dispatch import TOO_OLD
from bot_core.errors import BadInput, Refused, StorageFull
from bot_core.events import Attachment, Content, Incoming, Invoked, Quoted, Said, Spoke
from bot_core.files import FileRef
from bot_core.identity import ADMIN, Person
from bot_core.ports.safety import Clock
from bot_core.ports.work import Notes

log = logging.getLogger(__name__)

REMEMBERED = 10_000
ALBUM = 120.0  # seconds that an album's words are known
TOLD = 3600.0  # seconds until a chat is told again that something came too late
UNFETCHED = FileRef("", "", 0)


class Messages:
    """Takes messages, new and edited."""

    def __init__(
        self,
        desk: Desk,
        people: People,
        walk: FormWalk,
        attachments: Attachments,
        whisper: Whisper,
        face: TelegramFace,
        commands: Mapping[str, Command],
        notes: Notes,
        clock: Clock,
        options: TelegramOptions,
    ) -> None:
        self._desk, self._people, self._walk, self._attachments = desk, people, walk, attachments
        self._whisper, self._face, self._commands, self._notes = whisper, face, commands, notes
        self._clock, self._options = clock, options
        self._albums = Albums(self._whole, clock, options.album_pause)
        self._texts: OrderedDict[tuple[int, int], int] = OrderedDict()

    async def take(self, message: Message, edited: bool = False) -> None:
        """Hand in what a message asks, if it asks us anything. Raises NotTaken, EngineDown."""
        sender = message.sender
        if sender is None or message.automatic or (sender.bot and not message.hidden):
            return
        if edited and not self._news(message):
            return
        self._remember(message)
        if message.album and message.files and not edited:
            await self._albums.take(message)
        else:
            await self._take(message, sender, edited)

    async def _whole(self, message: Message) -> None:
        """Take an album that is whole."""
        assert message.sender is not None
        await self._take(await self._with_words(message), message.sender, False)

    async def _take(self, message: Message, sender: User, edited: bool) -> None:
        incoming = await self._incoming(message, sender, edited)
        if not edited and await self._filled(message, sender, incoming):
            return
        said = typed(message.text)
        command = self._command(said)
        addressed = await self._people.addressed(message, incoming.origin, command is not None)
        if addressed or (command is not None and command.admin and ADMIN in incoming.roles):
            await self._ask(message, incoming, said, command)

    # --- what came -----------------------------------------------------------------------------------------
    async def _incoming(self, message: Message, sender: User, edited: bool) -> Incoming:
        origin = origin_of(message.chat.id, message.thread)
        locale = await self._people.locale(sender, origin)
        roles = await self._people.roles(sender.id, message.chat.id, message.hidden)
        return Incoming(
            id=_id(message, edited),
            origin=origin,
            person=_person(message, sender),
            locale=locale,
            time=datetime.fromtimestamp(message.date, UTC),
            content=Said(message.text),
            roles=roles,
            reply_to=await self._quoted(message),
        )

    async def _quoted(self, message: Message) -> Quoted | None:
        reply = message.reply
        if reply is None or reply.sender is None:
            return None
        ours = self._people.ours(reply)
        about = await self._notes.get(f"telegram:about:{message.chat.id}:{reply.id}") if ours else None
        return Quoted(
            str(reply.id), _person(reply, reply.sender), reply.text[: self._options.text], ours, about or ""
        )

    def _command(self, said: Typed | None) -> Command | None:
        if said is None or (said.bot and not self._people.named(f"@{said.bot}")):
            return None
        return self._commands.get(said.name)

    def _remember(self, message: Message) -> None:
        """Keep what a message said, so that an edit that changes nothing is told apart."""
        key = message.chat.id, message.id
        self._texts[key] = hash(message.text)
        if len(self._texts) > REMEMBERED:
            self._texts.popitem(last=False)

    def _news(self, message: Message) -> bool:
        """Tell whether an edit is of a young message and changes its words."""
        if self._clock.now().timestamp() - message.date > self._options.edited_within:
            return False
        return self._texts.get((message.chat.id, message.id)) != hash(message.text)

    async def _with_words(self, album: Message) -> Message:
        """Keep an album's words for parts that come late, or to another process; give these the words."""
        key = f"telegram:album:{album.chat.id}:{album.album}"
        if album.text:
            await self._notes.put(key, album.text[:4000], ALBUM)
            return album
        return replace(album, text=await self._notes.get(key) or "")

    # --- forms ---------------------------------------------------------------------------------------------
    async def _filled(self, message: Message, sender: User, incoming: Incoming) -> bool:
        """Take words for an open form; True where they were."""
        replied = self._people.ours(message.reply)
        said = typed(message.text)
        stop = said is not None and said.name == "cancel" and "cancel" not in self._commands
        if not (message.chat.private or replied or stop) or not message.text:
            return False
        asker = Asker(message.chat.id, sender.id, sender.name, incoming.origin.thread, incoming.locale)
        open_ = await self._walk.opened(asker.chat, asker.user)
        if stop:
            if open_ is not None:
                await self._walk.cancel(asker)
            elif message.chat.private:
                self._desk.tell(incoming, NOTHING_OPEN)
            return True
        if open_ is None or said is not None or not _meant(message, open_):
            return False
        content = await self._walk.said(asker, open_, message.text, incoming.id)
        if content is not None:
            origin = self._walk.origin(asker, open_)
            now = self._clock.now()  # as for presses, whose time Telegram does not tell
            await self._desk.hand_in(replace(incoming, origin=origin, content=content, time=now))
            await self._walk.close(asker)
        return True

    # --- what it asks --------------------------------------------------------------------------------------
    async def _ask(
        self, message: Message, incoming: Incoming, said: Typed | None, command: Command | None
    ) -> None:
        if await self._too_late(message, incoming):
            return
        if len(message.text) > self._options.text:
            self._desk.tell(incoming, fill(TOO_LONG, have=len(message.text), most=self._options.text))
            return
        if (
            said is not None
            and said.name == "start"
            and message.chat.private
            and "start" not in self._commands
        ):
            said, command = await self._started(message, incoming, said)
            if said is None:
                return
        content = await self._content(message, incoming, said, command)
        if content is None:
            return
        try:
            if isinstance(content, Spoke):
                content = Spoke(await self._attachments.voice(message.files[0]), message.files[0].seconds)
                attachments: tuple[Attachment, ...] = ()
            else:
                attachments = await self._riding(message, content)
        except (BadInput, StorageFull) as error:
            log.info("a file was refused", extra={"error": str(error)})
            self._desk.tell(incoming, error.words)
            return
        await self._desk.hand_in(replace(incoming, content=content, attachments=attachments))

    async def _too_late(self, message: Message, incoming: Incoming) -> bool:
        """Tell whether a message waited too long while we were away; its chat is told so, once."""
        if self._clock.now().timestamp() - message.date <= self._options.too_old:
            return False
        log.warning("too old to act on", extra={"event": incoming.key})
        if await self._notes.add(f"telegram:late:{message.chat.id}", "1", TOLD):
            self._desk.tell(incoming, TOO_OLD)
        return True

    async def _content(
        self, message: Message, incoming: Incoming, said: Typed | None, command: Command | None
    ) -> Content | None:
        """Return what a message asks; None where it was asked back, or where it says nothing."""
        if said is not None and command is not None:
            asked = read(command, said.rest, message)
            if asked.missing:
                await self._ask_back(message, incoming, command, asked)
                return None
            return Invoked(command.name, asked.values)
        if said is not None and message.chat.private:
            return Invoked(said.name)  # not declared: the house says that it can't do that
        if said is not None:
            return None  # another bot's
        if message.files and message.files[0].kind == "voice":
            return Spoke(UNFETCHED)
        text = self._people.unnamed(message.text)
        if not text and not message.files and not message.text:
            return None  # a sticker, a place, a contact
        return Said(text)

    async def _ask_back(self, message: Message, incoming: Incoming, command: Command, asked: Read) -> None:
        assert message.sender is not None
        asker = Asker(
            message.chat.id, message.sender.id, message.sender.name, incoming.origin.thread, incoming.locale
        )
        open_ = Open(command=command.name, given=asked.values, place=incoming.origin.place, last=incoming.id)
        try:
            await self._walk.begin(asker, open_)
        except Refused as error:
            log.warning("a question could not be asked", extra={"error": str(error)})

    async def _started(
        self, message: Message, incoming: Incoming, said: Typed
    ) -> tuple[Typed | None, Command | None]:
        """Read /start: a kept answer is shown, a payload names a command, else it is /help."""
        assert message.sender is not None
        if said.rest.startswith(KEY):
            kept = await self._whisper.kept(said.rest, message.sender.id)
            if kept is None:
                self._desk.tell(incoming, NO_LONGER)
            else:
                await self._face.deliver(moved_to_private(kept, message.sender.id))
            return None, None
        name, _, rest = said.rest.partition("_")
        if name.lower() in self._commands:
            return Typed(name.lower(), "", rest), self._commands[name.lower()]
        return Typed("help", "", ""), self._commands.get("help")

    async def _riding(self, message: Message, content: Content) -> tuple[Attachment, ...]:
        """Return the files of a message, and of the one it answers where a command or the bot's name asks about it."""
        files: list[RemoteFile] = list(message.files)
        if not files and message.reply is not None and not self._people.ours(message.reply):
            about = isinstance(content, Invoked) or self._people.named(message.text)
            files = list(message.reply.files) if about else []
        return tuple([await self._attachments.attachment(file) for file in files])


def _id(message: Message, edited: bool) -> str:
    if message.ephemeral is not None:  # their numbers are used again, so the time tells them apart
        return f"{Cause(Kind.HIDDEN, message.chat.id, message.ephemeral).id}:{message.date}"
    return Cause(Kind.EDITED if edited else Kind.MESSAGE, message.chat.id, message.id).id


def _person(message: Message, sender: User) -> Person:
    """Return who wrote; an admin who hides behind the group is the group."""
    return (
        Person(f"telegram:chat{message.chat.id}", "") if message.hidden else person_of(sender.id, sender.name)
    )


def _meant(message: Message, open_: Open) -> bool:
    """Tell whether words are for the field that is asked: a reply to it, or in private no reply to anything else."""
    return message.reply.id == open_.prompt if message.reply is not None else message.chat.private
