"""/link: one person behind accounts on several platforms, proven by a one-time code."""

from __future__ import annotations

from dataclasses import dataclass

from bot_core.commands import Argument, Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import BadInput
from bot_core.events import Incoming, Invoked
from bot_core.identity import Words
from bot_core.ports.ledger import People
from bot_core.replies import say
from bot_handlers.places.codes import Codes

CODE = Argument(
    "code",
    Words("另一个平台上显示的代码", "The code shown on the other platform"),
    required=False,
    maximum=20,
)
COMMANDS = (
    Command("link", Words("关联另一个平台上的账号", "Link your account on another platform"), (CODE,), True),
)
SHOWN = Words(
    "你的代码：`{code}`\n\n15 分钟内，在另一个平台上对我说 `/link {code}`。不要给别人看：用它的人会被当作你。",
    "Your code: `{code}`\n\nWithin 15 minutes, say `/link {code}` to me on the other platform. Show it to nobody: "
    "who uses it counts as you.",
)
LINKED = Words(
    "两个账号现在是同一个人了：评价、额度和设置都算在一起。",
    "Both accounts are one person now: votes, limits and settings are shared.",
)
SAME = Words("这两个账号已经是同一个人了。", "These accounts are one person already.")
TAKEN = Words(
    "这个账号已经和别的账号关联。要重新关联，请先用 `/forgetme`。",
    "This account is linked already. To link it anew, use `/forgetme` first.",
)


@dataclass(frozen=True, slots=True)
class LinkHandler:
    """Takes /link. Runs behind OnePerson, so ``incoming.person`` is the linked person already."""

    people: People
    codes: Codes

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /link."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Show a code, or take one."""
        content = incoming.content
        if not isinstance(content, Invoked) or content.command != "link":
            return None
        code = str(content.arguments.get("code", "")).strip()
        me = incoming.person.id
        if code:
            words = await self._link(me, await self.codes.take("link", code, me))
            text = words.of(incoming.locale)
        else:
            text = SHOWN.of(incoming.locale).replace("{code}", await self.codes.create("link", me, me))
        await conversation.send(say(text, private=True))
        return Handled("link")

    async def _link(self, me: str, other: str) -> Words:
        other = await self.people.person_of(other)
        if me == other:
            return SAME
        if await self.people.person_of(me) != me or await self.people.accounts_of(me):
            raise BadInput("an account that is linked", TAKEN)
        await self.people.link(me, other)
        return LINKED
