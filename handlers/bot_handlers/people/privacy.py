"""/privacy and /forgetme: what is kept, consent to export, and forgetting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot_core.actions import Action, Press
from bot_core.commands import Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import NotAllowed
from bot_core.events import Incoming, Invoked, Pressed
from bot_core.identity import Person, Words, short_id
from bot_core.ports.ledger import People
from bot_core.replies import Button, Reply, Style, say

COMMANDS = (
    Command("privacy", Words("我记下了你的什么", "What I keep about you"), private=True),
    Command("forgetme", Words("忘掉关于我的一切", "Forget everything about me"), private=True),
)
KEPT = Words(
    "**我记下的**\n\n"
    "- 你问的问题、我的回答、你的评价和附言\n"
    "- 你在哪些社区说过话（每小时至多记一次）、你选的语言、关联的账号\n"
    "- 加入引导走到哪一步、转给真人的问题、“有答案时告诉我”的订阅\n"
    "- 你同意之后：你自己声音的样本和你的同意；语音消息听写之后很快删除\n\n"
    "不会用于别的用途。只有你同意，带评价的问答才会导出用于改进（默认关闭）。\n"
    "`/forgetme` 会全部忘掉，只留下不指向任何人的计数；社区文档和已经发到群里的消息不受影响。",
    "**What I keep**\n\n"
    "- the questions you asked, my answers, your votes and notes\n"
    "- in which communities you spoke (at most once an hour), your language, linked accounts\n"
    "- how far you came in joining, questions handed to humans, what you asked to be told of\n"
    "- after you agreed: a sample of your own voice, and that you agreed; voice messages go soon after they were heard\n\n"
    "It is used for nothing else. Voted answers are exported for improvement only if you agree (off by default).\n"
    "`/forgetme` forgets all of it but counts that point at nobody; documents, and messages already posted in "
    "a channel, stay where they are.",
)
CONSENT = Words("**导出：{state}**", "**Export: {state}**")
STATES = {True: Words("你已同意", "you agreed"), False: Words("关闭", "off")}
SWITCH = {
    True: Words("不再允许导出", "Stop exporting"),
    False: Words("允许导出我的评价", "Allow exporting my votes"),
}
WAITING = Words("**有答案时会告诉你：**", "**You will be told when these are answered:**")
SURE = Words(
    "真的要忘掉关于你的一切吗？问题、评价、关联、订阅都会删除，无法恢复。",
    "Really forget everything about you? Questions, votes, links and subscriptions go, for good.",
)
YES = Words("全部忘掉", "Forget everything")
NO = Words("取消", "Cancel")
GONE = Words("已经全部忘掉（{n} 条）。", "All forgotten ({n} rows).")
KEEPING = Words("好的，什么都没有删。", "All right, nothing was removed.")


Leaving = Callable[[Person], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PrivacyHandler:
    """Takes /privacy, /forgetme and their buttons. A button acts only for the person it was made for."""

    people: People
    leaving: list[Leaving] = field(default_factory=list)  # what else forgets a person, added as it is opened

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /privacy and /forgetme."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Show what is kept, change consent, or forget."""
        match incoming.content:
            case Invoked(command="privacy"):
                await conversation.send(await self._kept(incoming))
            case Invoked(command="forgetme"):
                await conversation.send(_sure(incoming))
            case Pressed(press=press) if press is not None and _mine(press, incoming):
                return await self._pressed(press, incoming, conversation)
            case _:
                return None
        return Handled("privacy")

    async def _pressed(self, press: Press, incoming: Incoming, conversation: Conversation) -> Handled:
        locale, person = incoming.locale, incoming.person.id
        if press.action is Action.CONSENT:
            await self.people.set_consent(person, press.index == 1)
            await conversation.send(await self._kept(incoming))
        elif press.index == 2:
            await conversation.send(_sure(incoming))
        elif press.index == 1:
            gone = await self.people.forget_person([person])
            for leave in self.leaving:
                await leave(incoming.person)
            await conversation.send(say(GONE.of(locale).replace("{n}", str(gone)), private=True))
        else:
            await conversation.send(say(KEEPING.of(locale), private=True))
        return Handled("privacy")

    async def _kept(self, incoming: Incoming) -> Reply:
        locale, person = incoming.locale, incoming.person.id
        agreed = await self.people.consent(person)
        parts = [KEPT.of(locale), CONSENT.of(locale).replace("{state}", STATES[agreed].of(locale))]
        waiting = await self.people.facts("subscription", person=person, state="waiting", limit=20)
        if waiting:
            questions = "\n".join(f"- {fact.data.get('question', '')}" for fact in waiting)
            parts.append(f"{WAITING.of(locale)}\n{questions}")
        subject = _subject(person)
        row = (
            Button(SWITCH[agreed].of(locale), Action.CONSENT, subject, 0 if agreed else 1),
            Button(YES.of(locale), Action.FORGET_ME, subject, 2, Style.DANGER),
        )
        return say("\n\n".join(parts), row, private=True)


def _sure(incoming: Incoming) -> Reply:
    subject = _subject(incoming.person.id)
    row = (
        Button(YES.of(incoming.locale), Action.FORGET_ME, subject, 1, Style.DANGER),
        Button(NO.of(incoming.locale), Action.FORGET_ME, subject, 0),
    )
    return say(SURE.of(incoming.locale), row, private=True)


def _subject(person: str) -> str:
    return short_id("person", person)


def _mine(press: Press, incoming: Incoming) -> bool:
    """Tell whether it is one of these buttons. Raises NotAllowed for another person's."""
    if press.action not in (Action.CONSENT, Action.FORGET_ME):
        return False
    if press.subject != _subject(incoming.person.id):
        raise NotAllowed("another person's privacy button")
    return True
