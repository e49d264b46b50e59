"""What members of the mini program send is judged by the platform too, pictures included."""

from __future__ import annotations

from dataclasses import dataclass

from bot_adapters.douyin.logins import PLATFORM
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled, Handler, Middleware
from bot_core.errors import Moderated
from bot_core.events import Incoming
from bot_core.middleware import ModerateIncoming
from bot_core.ports.media import Files
from bot_core.ports.safety import Decision, Moderator


@dataclass(frozen=True, slots=True)
class JudgeDouyin:
    """A middleware around the house's own judge: events of this platform pass both, all others that one alone."""

    house: Middleware
    moderator: Moderator
    files: Files

    async def __call__(
        self, incoming: Incoming, conversation: Conversation, inner: Handler
    ) -> Handled | None:
        if incoming.origin.platform != PLATFORM:
            return await self.house(incoming, conversation, inner)
        await self._pictures(incoming, conversation.community)

        async def again(event: Incoming, where: Conversation) -> Handled | None:
            return await ModerateIncoming(self.moderator)(event, where, inner)

        return await self.house(incoming, conversation, again)

    async def _pictures(self, incoming: Incoming, community: str) -> None:
        for attachment in incoming.attachments:
            if attachment.file is None or not attachment.media_type.startswith("image/"):
                continue
            verdict = await self.moderator.picture(community, await self.files.read(attachment.file.key))
            if verdict.decision is not Decision.ALLOW:
                raise Moderated(verdict.category)
