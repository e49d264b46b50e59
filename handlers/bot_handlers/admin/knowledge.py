"""Documents from a chat: added after a confirmation, forgotten after a confirmation."""

from __future__ import annotations

from dataclasses import dataclass

from bot_core.actions import Action
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.events import Attachment, Incoming, Invoked, Pressed, Said
from bot_core.identity import ADMIN, Locale, short_id
from bot_core.ports.knowledge import IngestResult, Library
from bot_core.ports.ledger import Fact, People
from bot_core.ports.media import Files
from bot_core.ports.safety import Clock
from bot_core.replies import Button, Style, say
from bot_handlers.admin import words as w
from bot_handlers.admin.audit import audit, only_admins
from bot_handlers.human.subscriptions import Subscriptions
from bot_handlers.human.words import filled

KIND = "confirm"


@dataclass(frozen=True, slots=True)
class KnowledgeHandler:
    """Takes /forget, an administrator's documents, and the confirmations of both."""

    people: People
    library: Library
    subscriptions: Subscriptions
    clock: Clock
    files: Files

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Ask for a confirmation, or do what was confirmed."""
        match incoming.content:
            case Invoked(command="forget", arguments=arguments):
                only_admins(incoming)
                source = str(arguments.get("source", "")).strip()
                text = filled(w.FORGET, incoming.locale, source=source)
                await self._ask(incoming, conversation, text, {"what": "forget", "source": source})
            case Said(text=text) if ADMIN in incoming.roles and _wants(text, incoming):
                for attachment in _documents(incoming):
                    await self._offer(attachment, incoming, conversation)
            case Pressed(press=press) if press and press.action in (Action.CONFIRM, Action.CANCEL):
                fact = await self.people.fact(conversation.community, KIND, press.subject)
                if fact is None:
                    return None
                only_admins(incoming)
                await self._decided(fact, press.action is Action.CONFIRM, incoming, conversation)
            case _:
                return None
        return Handled("knowledge")

    async def _offer(self, attachment: Attachment, incoming: Incoming, conversation: Conversation) -> None:
        size = str(max(1, attachment.size // 1024))
        text = filled(w.OFFER, incoming.locale, name=attachment.name, size=size)
        data: dict[str, object] = {
            "what": "add",
            "source": attachment.name,
            "key": attachment.file.key if attachment.file else "",
        }
        await self._ask(incoming, conversation, text, data)

    async def _ask(
        self, incoming: Incoming, conversation: Conversation, text: str, data: dict[str, object]
    ) -> None:
        id = short_id(KIND, incoming.key, str(data["source"]))
        now, person = self.clock.now(), incoming.person.id
        await self.people.add(Fact(conversation.community, KIND, id, now, person, data=data))
        await conversation.send(say(text, _buttons(id, incoming.locale), private=True))

    async def _decided(
        self, fact: Fact, confirmed: bool, incoming: Incoming, conversation: Conversation
    ) -> None:
        source, locale = str(fact.data["source"]), incoming.locale
        if not confirmed:
            text = w.KEPT.of(locale)
        elif fact.data["what"] == "forget":
            gone = await self.library.forget(fact.community, source)
            text = filled(w.FORGOTTEN, locale, source=source, n=str(gone))
        else:
            await conversation.stage("reading")
            text = await self._add(fact, source, locale)
        await self.people.take(fact.community, KIND, fact.id)
        if confirmed:
            await audit(self.people, self.clock, incoming, fact.community, str(fact.data["what"]), source)
        await conversation.send(say(text, private=True))
        if confirmed and fact.data["what"] == "add":
            await self.subscriptions.tell(fact.community)

    async def _add(self, fact: Fact, name: str, locale: Locale) -> str:
        data = await self.files.read(str(fact.data["key"]))
        result = IngestResult()
        async for step in self.library.add(fact.community, name, data):
            if isinstance(step, IngestResult):
                result = step
        if result.failed:
            return filled(w.NOT_ADDED, locale, name=name, why=result.failed[0].words.of(locale))
        added = result.added + result.updated
        return filled(w.ADDED if added else w.UNCHANGED, locale, name=name)


def _wants(text: str, incoming: Incoming) -> bool:
    """Tell whether documents came along without words, or with words that ask to add them."""
    said = text.strip().casefold()
    return bool(_documents(incoming)) and (not said or any(words in said for words in w.ADD_WORDS))


def _documents(incoming: Incoming) -> list[Attachment]:
    return [
        attachment
        for attachment in incoming.attachments
        if attachment.file is not None
        and not attachment.media_type.startswith(("image/", "audio/", "video/"))
    ]


def _buttons(id: str, locale: Locale) -> tuple[Button, ...]:
    return (
        Button(w.YES.of(locale), Action.CONFIRM, id, style=Style.DANGER),
        Button(w.NO.of(locale), Action.CANCEL, id),
    )
