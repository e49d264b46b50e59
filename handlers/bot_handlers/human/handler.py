"""Asking a human, and what the asker says afterwards: /human, its button, replies to a helper's answer."""

from __future__ import annotations

from dataclasses import dataclass

from bot_core.actions import Action, Press
from bot_core.commands import Argument, Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.events import Incoming, Invoked, Pressed, Said
from bot_core.identity import Words
from bot_core.ports.ledger import Fact
from bot_core.replies import Reply, Text, say
from bot_handlers.human import words as w
from bot_handlers.human.handover import HandOvers
from bot_handlers.human.subscriptions import Subscriptions

ASKED = Argument("question", Words("想问真人什么", "What to ask a human"), required=False, maximum=2000)
COMMANDS = (Command("human", Words("请真人来回答", "Ask a human instead"), (ASKED,)),)


@dataclass(frozen=True, slots=True)
class HumanHandler:
    """Takes /human, HUMAN and TELL_ME, and replies that go to and fro between asker and helpers."""

    handovers: HandOvers
    subscriptions: Subscriptions

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /human."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Hand over, subscribe, or carry a reply to the other side."""
        match incoming.content:
            case Invoked(command="human", arguments=arguments):
                await self._asked(incoming, conversation, str(arguments.get("question", "")).strip())
            case Pressed(press=press) if press is not None and press.action is Action.HUMAN:
                await self._pressed(press, incoming, conversation)
            case Pressed(press=press) if press is not None and press.action is Action.TELL_ME:
                record = await self.handovers.ledger.answer(conversation.community, press.subject)
                await self.subscriptions.add(incoming, conversation, record.question.text)
                await conversation.send(say(w.WILL_TELL.of(incoming.locale), private=True))
            case Said(text=text) if incoming.reply_to is not None and incoming.reply_to.about:
                return await self._carried(incoming, conversation, incoming.reply_to.about, text)
            case _:
                return None
        return Handled("human")

    async def _asked(self, incoming: Incoming, conversation: Conversation, question: str) -> None:
        if question:
            return await self._hand_over(incoming, conversation, question, "")
        last = await self.handovers.ledger.conversation_answers(
            conversation.community, incoming.origin.conversation, 1
        )
        if last and last[-1].question.person == incoming.person.id:
            return await self._hand_over(incoming, conversation, last[-1].question.text, last[-1].answer.text)
        await conversation.send(say(w.WHAT.of(incoming.locale), private=True))
        return None

    async def _pressed(self, press: Press, incoming: Incoming, conversation: Conversation) -> None:
        record = await self.handovers.ledger.answer(conversation.community, press.subject)
        await self._hand_over(incoming, conversation, record.question.text, record.answer.text)

    async def _hand_over(
        self, incoming: Incoming, conversation: Conversation, question: str, answer: str
    ) -> None:
        fact, new = await self.handovers.open(incoming, conversation, question, answer)
        if not new and fact.data.get("event") != incoming.key:
            await conversation.send(say(w.AGAIN.of(incoming.locale), private=True))
            return
        posted = await self.handovers.post(fact, conversation)
        words = w.HANDED if posted else w.NOBODY
        await conversation.send(say(words.of(incoming.locale), private=True))

    async def _carried(
        self, incoming: Incoming, conversation: Conversation, about: str, text: str
    ) -> Handled | None:
        """A helper's reply goes to the asker, the asker's to the helpers; other replies are no business of ours."""
        fact = await self.handovers.people.fact(conversation.community, "handover", about)
        if fact is None or not text.strip():
            return None
        if incoming.person.id == fact.person and not await self._in_helpers_place(incoming, fact):
            await self._add(fact, incoming, conversation, text)
        elif await self.handovers.helps(incoming, conversation.community):
            await self.handovers.reach(fact, conversation, incoming.person, text)
            await conversation.send(say(w.SENT.of(incoming.locale), private=True))
        else:
            return None
        return Handled("human")

    async def _in_helpers_place(self, incoming: Incoming, fact: Fact) -> bool:
        place = await self.handovers.place(fact.community)
        return place is not None and place.conversation == incoming.origin.conversation

    async def _add(self, fact: Fact, incoming: Incoming, conversation: Conversation, text: str) -> None:
        place = await self.handovers.place(fact.community)
        if place is not None:
            head = w.filled(w.FOLLOWS, incoming.locale, name=incoming.person.name or "?")
            there = conversation.elsewhere(place, person=fact.person)
            rows = (w.helper_row(fact.id, incoming.locale),)
            await there.send(
                Reply((Text(f"{head}\n\n{w.quoted(text)}"),), rows=rows, about=fact.id, calls_helpers=True)
            )
        await self.handovers.move(fact, "waiting")
        words = w.HANDED if place is not None else w.NOBODY
        await conversation.send(say(words.of(incoming.locale), private=True))
