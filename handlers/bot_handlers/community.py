"""Everything around a community besides answers, put together in its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot_core.conversation import Context
from bot_core.dispatch import Handler, Middleware
from bot_core.ports.knowledge import Answerer, Library
from bot_core.ports.ledger import Ledger, People
from bot_core.ports.media import Files
from bot_core.ports.members import Members
from bot_core.ports.safety import Clock
from bot_core.ports.work import Limiter, Notes
from bot_handlers.admin.handler import AdminHandler
from bot_handlers.admin.knowledge import KnowledgeHandler
from bot_handlers.admin.quiet import LedgerSpeaking, Pausing
from bot_handlers.human.handler import HumanHandler
from bot_handlers.human.handover import HandOvers
from bot_handlers.human.helping import HelpingHandler
from bot_handlers.human.subscriptions import Reminders, Subscriptions
from bot_handlers.joining.handler import JoiningHandler
from bot_handlers.joining.path_file import Paths
from bot_handlers.people.language import LanguageHandler
from bot_handlers.people.middleware import Languages, OnePerson, RecordSeen, Rights
from bot_handlers.people.privacy import PrivacyHandler
from bot_handlers.places.binding import BindHandler, SetUpHelp
from bot_handlers.places.codes import Codes
from bot_handlers.places.linking import LinkHandler
from bot_handlers.places.private import PrivateChats


class PeoplesLedger(Ledger, People, Protocol):
    """A ledger that knows persons and facts too, as both of ours do."""


@dataclass(frozen=True, slots=True)
class CommunityParts:
    """The middleware ``before`` stands first of all but limits and moderation; see docs/joining.md for the order."""

    before: tuple[Middleware, ...]
    handlers: tuple[Handler, ...]
    unbound: tuple[Handler, ...]
    languages: Languages
    speaking: LedgerSpeaking
    reminders: Reminders
    subscriptions: Subscriptions
    codes: Codes
    private: PrivateChats
    privacy: PrivacyHandler

    def answer_in_private(self, handlers: Sequence[Handler]) -> None:
        """Say which handlers answer in a private chat whose community was just chosen: all of them, in order."""
        self.private.then[:] = handlers


def community_parts(
    context: Context,
    ledger: PeoplesLedger,
    library: Library,
    answerer: Answerer,
    limiter: Limiter,
    notes: Notes,
    clock: Clock,
    members: Mapping[str, Members],
    files: Files,
    folder: Path,
) -> CommunityParts:
    """Put it together; ``folder`` is the data folder, ``members`` are the adapters' by platform."""
    languages, paths = Languages(ledger, clock), Paths(folder)
    handovers = HandOvers(ledger, ledger, clock)
    subscriptions = Subscriptions(context, answerer, ledger, ledger, clock)
    codes = Codes(ledger, limiter, clock)
    private = PrivateChats(ledger, ledger, clock)
    bind, link = BindHandler(ledger, ledger, codes, clock), LinkHandler(ledger, codes)
    language, privacy = LanguageHandler(languages), PrivacyHandler(ledger)
    return CommunityParts(
        before=(
            OnePerson(ledger),
            languages,
            Rights(ledger, ledger),
            RecordSeen(ledger, clock),
            Pausing(ledger, notes),
        ),
        handlers=(
            bind,
            link,
            private,
            language,
            privacy,
            JoiningHandler(ledger, ledger, paths, answerer, languages, limiter, notes, clock, members),
            AdminHandler(ledger, ledger, library, paths, handovers, clock),
            KnowledgeHandler(ledger, library, subscriptions, clock, files),
            HelpingHandler(handovers, subscriptions, library),
            HumanHandler(handovers, subscriptions),
        ),
        unbound=(bind, link, language, privacy, private, SetUpHelp(ledger, clock)),
        languages=languages,
        speaking=LedgerSpeaking(ledger, clock.monotonic),
        reminders=Reminders(subscriptions, handovers, context),
        subscriptions=subscriptions,
        codes=codes,
        private=private,
        privacy=privacy,
    )
