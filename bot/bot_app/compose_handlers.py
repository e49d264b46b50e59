"""The handlers in their order, and what they declare."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot_app.compose_studio import StudioParts
from bot_core.commands import Command, Declares
from bot_core.dispatch import Handler
from bot_core.forms import Forms, OpensForms
from bot_core.ports.knowledge import Answerer
from bot_core.ports.ledger import Ledger
from bot_core.ports.safety import Clock
from bot_handlers.ask import AskHandler
from bot_handlers.feedback import FeedbackHandler
from bot_handlers.help import HelpHandler


def ordered(
    answerer: Answerer, ledger: Ledger, clock: Clock, clean: Callable[[str], str], studio: StudioParts
) -> tuple[Handler, ...]:
    """Return all handlers; the first that does not answer None wins, so what takes any words comes last."""
    others: tuple[Handler, ...] = (
        FeedbackHandler(ledger),
        *studio.handlers,
        AskHandler(answerer, ledger, clock, clean),
    )
    helper = HelpHandler(answerer, ())
    return (HelpHandler(answerer, declared((helper, *others))), *others)


def declared(handlers: Sequence[object]) -> tuple[Command, ...]:
    """Return every command that the handlers take."""
    return tuple(
        command for handler in handlers if isinstance(handler, Declares) for command in handler.commands
    )


def forms_of(handlers: Sequence[object]) -> Forms:
    """Return the forms that the handlers' buttons open."""
    return Forms([handler for handler in handlers if isinstance(handler, OpensForms)])
