"""Private chats: they belong to one of the communities in which the person was seen."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace

from bot_core.actions import Action, Press
from bot_core.commands import Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled, Handler
from bot_core.errors import NotAllowed
from bot_core.events import Incoming, Invoked, Pressed, Said
from bot_core.identity import Locale, Words, short_id
from bot_core.ports.ledger import Fact, Ledger, People
from bot_core.ports.safety import Clock
from bot_core.replies import Button, Style, say
from bot_handlers.people.middleware import is_private, shared

COMMANDS = (
    Command("community", Words("私聊里用哪个社区的文档", "Whose documents this chat uses"), private=True),
)
WHICH = Words("我们在这里聊哪个社区？", "Which community is this chat about?")
NONE = Words(
    "我还没有在任何社区见过你。请先在你的社区里和我说一句话，再回到这里。",
    "I have not met you in a community yet. Say something to me there first, then come back.",
)
CHOSEN = Words("好的，这里用「{name}」的文档。", "All right, this chat uses the documents of {name}.")
ONLY_HERE = Words(
    "这里由管理员绑定，只有私聊可以选择社区。",
    "This place was bound by its administrators; only private chats choose.",
)
PENDING = "pending"  # what was asked before a community was chosen


@dataclass(frozen=True, slots=True)
class PrivateChats:
    """Takes /community and its buttons everywhere, and in unbound private chats whatever is said.

    ``then`` are the handlers of bound places: what was asked first is answered once the community is known.
    """

    ledger: Ledger
    people: People
    clock: Clock
    then: list[Handler] = field(default_factory=list)

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /community."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Choose, or let choose; None for what is no business of private chats."""
        content = incoming.content
        if isinstance(content, Pressed) and content.press and content.press.action is Action.CHOOSE_COMMUNITY:
            return await self._chosen(incoming, conversation, content.press)
        if isinstance(content, Invoked) and content.command == "community":
            return await self._offer(incoming, conversation)
        if conversation.community or not is_private(incoming):
            return None
        known = await shared(self.people, incoming.person.id)
        if len(known) == 1:
            return await self._enter(incoming, conversation, known[0])
        if known and isinstance(content, Said):
            now, person = self.clock.now(), incoming.person.id
            await self.people.keep(Fact("", PENDING, person, now, person, data={"text": content.text[:2000]}))
        return await self._offer(incoming, conversation)

    async def _offer(self, incoming: Incoming, conversation: Conversation) -> Handled:
        locale = incoming.locale
        known = await shared(self.people, incoming.person.id)
        if not is_private(incoming) or not known:
            words = ONLY_HERE if not is_private(incoming) else NONE
            await conversation.send(say(words.of(locale), private=True))
            return Handled("community")
        rows = [
            (_button(name, await self._name(name, locale), name == conversation.community),)
            for name in known[:10]
        ]
        await conversation.send(say(WHICH.of(locale), *rows, private=True))
        return Handled("community")

    async def _chosen(self, incoming: Incoming, conversation: Conversation, press: Press) -> Handled:
        """Enter the community of a button. Raises NotAllowed where the person was never seen in it."""
        known = await shared(self.people, incoming.person.id)
        chosen = next((name for name in known if _subject(name) == press.subject), None)
        if chosen is None or not is_private(incoming):
            raise NotAllowed("a community that the person was not seen in")
        pending = await self.people.fact("", PENDING, incoming.person.id)
        if pending is not None and await self.people.take("", PENDING, incoming.person.id):
            incoming = replace(incoming, content=Said(str(pending.data["text"])))
        return await self._enter(incoming, conversation, chosen)

    async def _enter(self, incoming: Incoming, conversation: Conversation, community: str) -> Handled:
        await self.ledger.bind(incoming.origin.platform, incoming.origin.place, community)
        name = await self._name(community, incoming.locale)
        here = copy(conversation)
        here.community = community
        await here.send(say(CHOSEN.of(incoming.locale).replace("{name}", name), private=True))
        if isinstance(incoming.content, Said | Invoked):
            for handler in self.then:
                handled = await handler(incoming, here)
                if handled is not None:
                    return handled
        return Handled("community")

    async def _name(self, community: str, locale: Locale) -> str:
        found = await self.ledger.community(community)
        return Words(found.name_zh, found.name_en).of(locale)


def _subject(community: str) -> str:
    return short_id("community", community)


def _button(community: str, label: str, chosen: bool) -> Button:
    style = Style.CHOSEN if chosen else Style.PLAIN
    return Button(label[:80], Action.CHOOSE_COMMUNITY, _subject(community), style=style)
