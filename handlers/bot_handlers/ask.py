"""Questions: from words to an answer with its sources, whatever the platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot_core.actions import Action
from bot_core.answers import Answer, AnswerRecord, Outcome, Question, Turn
from bot_core.commands import Argument, Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import NotFound
from bot_core.events import Incoming, Invoked, Pressed, Said
from bot_core.identity import Locale, Words, short_id
from bot_core.ports.knowledge import Answerer
from bot_core.ports.ledger import Ledger
from bot_core.ports.safety import Clock
from bot_core.replies import Label, Reply, Text
from bot_handlers.human.words import human_rows

QUESTION = Argument("question", Words("你想问什么", "What you want to know"), maximum=2000)
COMMANDS = (Command("ask", Words("向社区文档提问", "Ask the community's documents"), (QUESTION,)),)


@dataclass(frozen=True, slots=True)
class AskHandler:
    """Takes words, /ask, follow-ups, examples and 🔁; ``clean`` raises BadInput for what can't be a question."""

    answerer: Answerer
    ledger: Ledger
    clock: Clock
    clean: Callable[[str], str]
    turns: int = 6  # how much of the conversation a question carries along

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /ask."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Answer what asks something; None for everything else."""
        asked = await self._asked(incoming, conversation)
        if asked is None:
            return None
        text, history = asked
        question = Question(
            id=short_id(incoming.key),
            community=conversation.community,
            text=self.clean(text),
            locale=incoming.locale,
            person=incoming.person.id,
            conversation=incoming.origin.conversation,
            audience=incoming.roles,
            history=tuple(history),
            fresh=_again(incoming),
        )
        await conversation.stage("searching")
        async with conversation.stream() as stream:
            answer = await self.answerer.answer(question, stream)
        record = AnswerRecord(question, answer, self.clock.now(), incoming.origin.platform)
        await conversation.send(reply_of(answer, incoming.locale), record)
        return Handled("ask")

    async def _asked(self, incoming: Incoming, conversation: Conversation) -> tuple[str, list[Turn]] | None:
        match incoming.content:
            case Said(text=text, history=given):
                return text, list(given) or await self._turns(conversation)
            case Invoked(command="ask", arguments=arguments):
                return str(arguments.get("question", "")), await self._turns(conversation)
            case Pressed(press=press) if press is not None:
                return await self._pressed(press.action, press.subject, press.index, conversation)
        return None

    async def _pressed(
        self, action: Action, subject: str, index: int, conversation: Conversation
    ) -> tuple[str, list[Turn]] | None:
        if action is Action.EXAMPLE:
            examples = await self.answerer.examples(conversation.community, conversation.locale)
            return _nth(examples, index), []
        if action is Action.FOLLOW_UP:
            record = await self.ledger.answer(conversation.community, subject)
            return _nth(record.answer.follow_ups, index), await self._turns(conversation)
        if action is Action.REGENERATE:
            record = await self.ledger.answer(conversation.community, subject)
            return record.question.text, list(record.question.history)
        return None

    async def _turns(self, conversation: Conversation) -> list[Turn]:
        return await self.ledger.turns(conversation.community, conversation.origin.conversation, self.turns)


def _again(incoming: Incoming) -> bool:
    """Say whether somebody pressed 🔁: the answer they had is not what they want."""
    match incoming.content:
        case Pressed(press=press) if press is not None:
            return press.action is Action.REGENERATE
    return False


def _nth(texts: list[str] | tuple[str, ...], index: int) -> str:
    if index >= len(texts):
        raise NotFound(f"question {index} of {len(texts)}")
    return texts[index]


def reply_of(answer: Answer, locale: Locale = Locale.EN) -> Reply:
    """Return the message that shows an answer: its words, sources, label and follow-ups; a human where it is none."""
    return Reply(
        parts=(Text(answer.text),),
        sources=answer.citations,
        rows=() if answer.outcome is Outcome.ANSWERED else human_rows(answer.id, locale),
        label=Label.GENERATED,
        answer=answer.id,
        outcome=answer.outcome,
        follow_ups=answer.follow_ups,
    )
