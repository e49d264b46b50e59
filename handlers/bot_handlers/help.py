"""/help: what this bot does, in a few lines, from what the handlers declare."""

from __future__ import annotations

from dataclasses import dataclass

from bot_core.actions import Action
from bot_core.commands import Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.events import Incoming, Invoked
from bot_core.identity import Locale, Words
from bot_core.ports.knowledge import Answerer
from bot_core.replies import Button, say

INTRO = Words(
    "我根据这个社区自己的文档回答问题，并给出出处；文档里没有的，我会直说。",
    "I answer from this community's own documents and show where it stands; what they don't say, I don't either.",
)
COMMANDS = (Command("help", Words("我能做什么", "What I can do"), private=True),)


@dataclass(frozen=True, slots=True)
class HelpHandler:
    """Takes /help. ``declared`` are the commands of all handlers, this one's included; ``prompts`` draw pictures."""

    answerer: Answerer
    declared: tuple[Command, ...]
    prompts: tuple[Words, ...] = ()

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /help."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """List the commands, with example questions and pictures to press."""
        if not isinstance(incoming.content, Invoked) or incoming.content.command != "help":
            return None
        lines = [
            f"- `/{command.name}` {command.description.of(incoming.locale)}" for command in self.declared
        ]
        text = INTRO.of(incoming.locale) + "\n\n" + "\n".join(lines)
        rows = await self._examples(conversation.community, incoming.locale)
        rows += [
            (Button(f"🎨 {prompt.of(incoming.locale)}"[:80], Action.PROMPT_EXAMPLE, index=n),)
            for n, prompt in enumerate(self.prompts[:2])
        ]
        await conversation.send(say(text, *rows, private=True))
        return Handled("help")

    async def _examples(self, community: str, locale: Locale) -> list[tuple[Button, ...]]:
        examples = await self.answerer.examples(community, locale)
        return [(Button(text[:80], Action.EXAMPLE, index=n),) for n, text in enumerate(examples[:4])]
