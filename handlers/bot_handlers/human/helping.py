"""What helpers do: take, answer, make it knowledge, close, and see who waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot_core.actions import Action, Press
from bot_core.commands import Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import BadInput, NotAllowed
from bot_core.events import Incoming, Invoked, Pressed, Submitted
from bot_core.forms import Field, FieldKind, Form
from bot_core.identity import Locale, Words
from bot_core.ports.knowledge import IngestResult, Library
from bot_core.ports.ledger import Fact
from bot_core.replies import say
from bot_handlers.admin.audit import audit
from bot_handlers.human import words as w
from bot_handlers.human.handover import KIND, OPEN, HandOvers
from bot_handlers.human.subscriptions import Subscriptions

COMMANDS = (Command("waiting", Words("等待真人的问题", "Questions that wait for a human"), private=True),)
ACTIONS = (Action.TAKE, Action.RESPOND, Action.CURATE, Action.CLOSE)
SHOWN = 10


@dataclass(frozen=True, slots=True)
class HelpingHandler:
    """Takes the buttons under a hand-over and /waiting; for helpers and administrators alone."""

    handovers: HandOvers
    subscriptions: Subscriptions
    library: Library

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /waiting."""
        return COMMANDS

    async def form(self, community: str, press: Press, locale: Locale) -> Form | None:
        """Return the form for an answer, or for the question and answer that become knowledge."""
        if press.action not in (Action.RESPOND, Action.CURATE):
            return None
        fact = await self.handovers.people.fact(community, KIND, press.subject)
        said = str(fact.data.get("said", "")) if fact is not None else ""
        question = str(fact.data["question"]) if fact is not None else ""
        answer = Field("answer", Words("回答", "Answer"), FieldKind.TEXT, longest=4000)
        if press.action is Action.RESPOND:
            return Form(Words("回复提问者", "Answer who asked"), (answer,))
        asked = Field("question", Words("问题", "Question"), longest=300, value=question[:300])
        answer = Field("answer", answer.label, FieldKind.TEXT, longest=4000, value=said)
        return Form(Words("成为知识", "Make it knowledge"), (asked, answer))

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Act for a helper. Raises NotAllowed for everybody else."""
        content = incoming.content
        if isinstance(content, Invoked) and content.command == "waiting":
            await self._helper(incoming, conversation)
            await self._waiting(incoming, conversation)
            return Handled("helping")
        if not isinstance(content, Pressed | Submitted) or content.press is None:
            return None
        if content.press.action not in ACTIONS:
            return None
        await self._helper(incoming, conversation)
        fact = await self.handovers.find(conversation.community, content.press.subject)
        values = content.values if isinstance(content, Submitted) else {}
        said = await self._act(content.press.action, fact, values, incoming, conversation)
        await conversation.send(say(said))
        return Handled("helping")

    async def _helper(self, incoming: Incoming, conversation: Conversation) -> None:
        if not await self.handovers.helps(incoming, conversation.community):
            raise NotAllowed("not a helper")

    async def _act(
        self,
        action: Action,
        fact: Fact,
        values: Mapping[str, str],
        incoming: Incoming,
        conversation: Conversation,
    ) -> str:
        locale, name = incoming.locale, incoming.person.name or "?"
        if action is Action.TAKE:
            if fact.state == "taken" and fact.data["helper"] != name:
                return w.filled(w.TAKEN_BY, locale, helper=str(fact.data["helper"]))
            await self.handovers.move(fact, "taken", helper=name)
            return w.filled(w.TAKEN, locale, helper=name)
        if action is Action.CLOSE:
            await self.handovers.move(fact, "closed")
            return w.CLOSED.of(locale)
        answer = str(values.get("answer", "")).strip()
        if not answer:
            raise BadInput("an empty answer")
        if action is Action.RESPOND:
            await self.handovers.reach(fact, conversation, incoming.person, answer)
            return w.SENT.of(locale)
        question = str(values.get("question", "")).strip() or str(fact.data["question"])
        return await self._curate(fact, question, answer, incoming, conversation)

    async def _curate(
        self, fact: Fact, question: str, answer: str, incoming: Incoming, conversation: Conversation
    ) -> str:
        """Make question and answer a document of the community; tell who waited for it."""
        title = " ".join(question.split()).lstrip("#").strip()
        text = f"# {title}\n\n{answer}\n"
        result = IngestResult()
        async for step in self.library.add(
            fact.community, f"curated/{fact.id}.md", text.encode(), title=title
        ):
            if isinstance(step, IngestResult):
                result = step
        if result.failed:
            return w.filled(w.FAILED, incoming.locale, why=result.failed[0].words.of(incoming.locale))
        people, clock = self.handovers.people, self.handovers.clock
        await audit(people, clock, incoming, fact.community, "curate", title)
        await people.count(fact.community, KIND, "curated", clock.now())
        told = await self.subscriptions.tell(fact.community)
        return w.filled(w.CURATED, incoming.locale, n=str(told))

    async def _waiting(self, incoming: Incoming, conversation: Conversation) -> None:
        waiting: list[Fact] = []
        for state in OPEN[:2]:
            waiting += await self.handovers.people.facts(KIND, conversation.community, state=state)
        if not waiting:
            await conversation.send(say(w.NOTHING_WAITS.of(incoming.locale), private=True))
            return
        await conversation.send(say(w.filled(w.WAITING, incoming.locale, n=str(len(waiting))), private=True))
        for fact in waiting[:SHOWN]:
            text = f"{fact.data['name']}: {fact.data['question']}"
            await conversation.send(say(text, w.helper_row(fact.id, incoming.locale), private=True))
