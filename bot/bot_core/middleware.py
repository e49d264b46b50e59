"""What every event passes before a handler sees it: presses verified, limits, moderation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot_core.conversation import Conversation
from bot_core.dispatch import Handled, Handler
from bot_core.errors import LimitReached, Moderated
from bot_core.events import Content, Incoming, Invoked, Pressed, Said, Submitted
from bot_core.ports.safety import Decision, Moderator, Verdict
from bot_core.ports.work import Limiter, Rate
from bot_core.tokens import Signer


@dataclass(frozen=True, slots=True)
class VerifyPresses:
    """Replaces a button's token by what it means, or raises ForgedButton."""

    signer: Signer

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        content = incoming.content
        if isinstance(content, Pressed | Submitted):
            press = self.signer.read(conversation.community, content.token)
            incoming = replace(incoming, content=replace(content, press=press))
        return await inner(incoming, conversation)


@dataclass(frozen=True, slots=True)
class LimitPersons:
    """So many events per person, presses counted apart from words."""

    limiter: Limiter
    words: Rate
    presses: Rate

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        pressed = isinstance(incoming.content, Pressed | Submitted)
        kind, rate = ("press", self.presses) if pressed else ("words", self.words)
        wait = await self.limiter.take(f"{kind}:{conversation.community}:{incoming.person.id}", rate)
        if wait > 0:
            raise LimitReached(wait)
        return await inner(incoming, conversation)


@dataclass(frozen=True, slots=True)
class ModerateIncoming:
    """Every text a member sends is judged before it is worked on."""

    moderator: Moderator

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        content = await self._judged(incoming.content, conversation.community)
        if content is not incoming.content:
            incoming = replace(incoming, content=content)
        return await inner(incoming, conversation)

    async def _judged(self, content: Content, community: str) -> Content:
        if isinstance(content, Said):
            text = await self._text(content.text, community)
            return content if text == content.text else replace(content, text=text)
        if isinstance(content, Invoked):
            arguments = {
                name: await self._text(value, community) if isinstance(value, str) else value
                for name, value in content.arguments.items()
            }
            return replace(content, arguments=arguments)
        if isinstance(content, Submitted):
            values = {name: await self._text(value, community) for name, value in content.values.items()}
            return replace(content, values=values)
        return content

    async def _text(self, text: str, community: str) -> str:
        verdict: Verdict = await self.moderator.text(community, text)
        if verdict.decision in (Decision.REFUSE, Decision.REVIEW):
            raise Moderated(verdict.category)
        return verdict.text if verdict.decision is Decision.MASK else text
