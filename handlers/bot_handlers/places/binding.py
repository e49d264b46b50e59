"""/bind: an administrator's one-time code says to which community a place belongs; unbound places get set-up help."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

from bot_core.commands import Argument, Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import BadInput
from bot_core.events import Incoming, Invoked
from bot_core.identity import ADMIN, Words
from bot_core.ports.ledger import Fact, Ledger, People
from bot_core.ports.safety import Clock
from bot_core.replies import say
from bot_handlers.admin.audit import audit, only_admins
from bot_handlers.people.middleware import is_private
from bot_handlers.places.codes import Codes

CODE = Argument("code", Words("一次性代码", "The one-time code"), required=False, maximum=20)
COMMANDS = (
    Command("bind", Words("把这里连到一个社区", "Bind this place to a community"), (CODE,), True, True),
)
BOUND = Words(
    "好了，这里现在属于「{name}」。提问试试，或者用 `/help` 看我会什么；`/helpers here` 指定真人助手在哪里。",
    "Done: this place belongs to {name} now. Ask me something, or see `/help`; `/helpers here` says where the "
    "human helpers sit.",
)
NOT_PRIVATE = Words(
    "请在群或频道里使用 /bind，私聊会自动认出你的社区。",
    "Use /bind in the group; private chats know by themselves.",
)
HOW = Words(
    "我还不知道这里属于哪个社区，所以先不回答问题。\n\n"
    "1. 在运行我的机器上执行 `yinlu admin code 社区名`\n"
    "2. 15 分钟内在这里发送 `/bind 代码`（需要是这里的管理员）",
    "I don't know yet which community this place belongs to, so I don't answer here.\n\n"
    "1. On the machine that runs me: `yinlu admin code COMMUNITY`\n"
    "2. Within 15 minutes, here: `/bind CODE` (as an administrator of this place)",
)
NOT_YET = Words(
    "我在这里还没有设置好，请管理员发送 `/bind` 看看怎么做。",
    "I am not set up here yet; an administrator can send `/bind` to see how.",
)


@dataclass(frozen=True, slots=True)
class BindHandler:
    """Takes /bind, in places that are bound and in those that are not."""

    ledger: Ledger
    people: People
    codes: Codes
    clock: Clock

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /bind."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Bind the place, or tell how."""
        content = incoming.content
        if not isinstance(content, Invoked) or content.command != "bind":
            return None
        if is_private(incoming):
            raise BadInput("/bind in a private chat", NOT_PRIVATE)
        only_admins(incoming)
        code = str(content.arguments.get("code", "")).strip()
        if not code:
            await conversation.send(say(HOW.of(incoming.locale), private=True))
            return Handled("bind")
        community = await self.codes.take("bind", code, incoming.person.id)
        found = await self.ledger.community(community)
        await self.ledger.bind(incoming.origin.platform, incoming.origin.place, community)
        what = f"{incoming.origin.platform}/{incoming.origin.place}"
        await audit(self.people, self.clock, incoming, community, "bind", what)
        name = Words(found.name_zh, found.name_en).of(incoming.locale)
        here = copy(conversation)
        here.community = community
        await here.send(say(BOUND.of(incoming.locale).replace("{name}", name), private=True))
        return Handled("bind")


@dataclass(frozen=True, slots=True)
class SetUpHelp:
    """Answers everything else in an unbound place: how it is set up. At most once an hour to each channel."""

    people: People
    clock: Clock
    every: float = 3600.0  # seconds

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Tell administrators how, everybody else that it is to be done; never answer."""
        admin = ADMIN in incoming.roles
        if admin or await self._first(incoming):
            words = HOW if admin else NOT_YET
            await conversation.send(say(words.of(incoming.locale), private=True))
        return Handled("setup")

    async def _first(self, incoming: Incoming) -> bool:
        key, now = incoming.origin.conversation, self.clock.now()
        last = await self.people.fact("", "setup", key)
        if last is not None and (now - last.time).total_seconds() < self.every:
            return False
        await self.people.keep(Fact("", "setup", key, now))
        return True
