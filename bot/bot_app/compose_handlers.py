"""The handlers in their order, and what they declare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot_app.compose_studio import StudioParts
from bot_app.compose_voice import VoiceParts
from bot_app.knowledge_remote import AnyKnowledge
from bot_core.commands import Command, Declares
from bot_core.dispatch import Handler, Middleware, chain_of
from bot_core.forms import Forms, OpensForms
from bot_core.ports.ledger import Ledger
from bot_core.ports.safety import Clock
from bot_handlers.ask import AskHandler
from bot_handlers.community import CommunityParts
from bot_handlers.feedback import FeedbackHandler
from bot_handlers.help import HelpHandler
from bot_handlers.imagine.options import EXAMPLES


class NeedsOfHandlers(Protocol):
    """What handlers take of the house's base."""

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock."""
        ...

    @property
    def knowledge(self) -> AnyKnowledge:
        """The documents."""
        ...

    def clean(self, text: str) -> str:
        """Return a question fit to be worked on."""
        ...


def ordered(
    base: NeedsOfHandlers,
    studio: StudioParts,
    community: CommunityParts,
    voice: VoiceParts,
    judge: Middleware,
    *more: Handler,
) -> tuple[Handler, ...]:
    """Return all handlers; the first that does not answer None wins, so what takes any words comes last."""
    answers: tuple[Handler, ...] = (
        *community.handlers,
        *more,
        FeedbackHandler(base.ledger),
        *studio.handlers,
        voice.speak,
        AskHandler(base.knowledge.answerer, base.ledger, base.clock, base.clean),
    )
    others: tuple[Handler, ...] = (voice.hear(chain_of((judge,), answers)), *answers)
    answerer = base.knowledge.answerer
    helper = HelpHandler(answerer, ())
    handlers: tuple[Handler, ...] = (HelpHandler(answerer, declared((helper, *others)), EXAMPLES), *others)
    community.answer_in_private(handlers)
    return handlers


def declared(handlers: Sequence[object]) -> tuple[Command, ...]:
    """Return every command that the handlers take."""
    return tuple(
        command for handler in handlers if isinstance(handler, Declares) for command in handler.commands
    )


def forms_of(handlers: Sequence[object]) -> Forms:
    """Return the forms that the handlers' buttons open."""
    return Forms([handler for handler in handlers if isinstance(handler, OpensForms)])
