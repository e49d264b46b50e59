"""An administrator's commands. Every change is audited; everybody else is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot_core.actions import Action
from bot_core.answers import Outcome
from bot_core.commands import Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import BadInput
from bot_core.events import Incoming, Invoked, Pressed
from bot_core.identity import Locale
from bot_core.ports.knowledge import Library
from bot_core.ports.ledger import Ledger, People
from bot_core.ports.members import SpeakMode
from bot_core.ports.safety import Clock
from bot_core.replies import Button, Reply, say
from bot_handlers.admin import words as w
from bot_handlers.admin.audit import audit, only_admins
from bot_handlers.admin.quiet import PAUSED, speak_setting
from bot_handlers.human.handover import HandOvers
from bot_handlers.human.words import filled
from bot_handlers.joining.path_file import Paths

NAMES = frozenset(command.name for command in w.COMMANDS) - {"forget"}
PER_PAGE = 15
DAYS = 7


@dataclass(frozen=True, slots=True)
class AdminHandler:
    """Takes /documents, /reload, /stats, /pause, /resume, /speak and /helpers."""

    ledger: Ledger
    people: People
    library: Library
    paths: Paths
    handovers: HandOvers
    clock: Clock

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return the commands of administrators."""
        return w.COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Act for an administrator. Raises NotAllowed for everybody else."""
        content, community = incoming.content, conversation.community
        if isinstance(content, Pressed) and content.press and content.press.action is Action.PAGE:
            only_admins(incoming)
            await conversation.send(await self._documents(community, content.press.index, incoming.locale))
            return Handled("admin")
        if not isinstance(content, Invoked) or content.command not in NAMES:
            return None
        only_admins(incoming)
        given = {name: str(value).strip() for name, value in content.arguments.items()}
        reply, changed = await self._done(content.command, given, incoming, community)
        if changed is not None:
            await audit(self.people, self.clock, incoming, community, content.command, changed)
        await conversation.send(reply)
        return Handled("admin")

    async def _done(
        self, command: str, given: Mapping[str, str], incoming: Incoming, community: str
    ) -> tuple[Reply, str | None]:
        """Return what is said, and what was changed (None: nothing)."""
        locale, changed = incoming.locale, ""
        match command:
            case "documents":
                page = given.get("page", "1")
                number = int(page) - 1 if page.isascii() and page.isdigit() else 0
                return await self._documents(community, max(0, number), locale), None
            case "stats":
                return say(await self._stats(community, locale), private=True), None
            case "reload":
                text = filled(w.RELOADED, locale, n=str(await self.paths.reload(community)))
            case "pause" | "resume":
                paused = command == "pause"
                await self.ledger.set_setting(community, PAUSED, "yes" if paused else None)
                text = (w.PAUSED if paused else w.RESUMED).of(locale)
            case "speak":
                changed = await self._speak(given.get("mode", "").lower(), incoming, community)
                text = filled(w.SPEAKS, locale, mode=changed)
            case _:
                here = given.get("where", "here") != "off"
                await self.handovers.set_place(community, incoming.origin if here else None)
                text, changed = (w.HELPERS if here else w.NO_HELPERS).of(locale), "here" if here else "off"
        return say(text, private=True), changed

    async def _speak(self, mode: str, incoming: Incoming, community: str) -> str:
        if mode not in list(SpeakMode):
            raise BadInput("an unknown mode", w.MODES)
        await self.ledger.set_setting(community, speak_setting(incoming.origin), mode)
        return mode

    async def _documents(self, community: str, page: int, locale: Locale) -> Reply:
        found = await self.library.documents(community)
        if not found:
            return say(w.EMPTY.of(locale), private=True)
        pages = min(256, -(-len(found) // PER_PAGE))
        page = min(page, pages - 1)
        head = filled(w.LIST, locale, n=str(len(found)), page=str(page + 1), pages=str(pages))
        shown = found[page * PER_PAGE : (page + 1) * PER_PAGE]
        lines = "\n".join(f"- `{info.source}` ({info.passages})" for info in shown)
        row: list[Button] = []
        if page:
            row.append(Button(w.BEFORE.of(locale), Action.PAGE, index=page - 1))
        if page + 1 < pages:
            row.append(Button(w.NEXT.of(locale), Action.PAGE, index=page + 1))
        return say(f"{head}\n\n{lines}", *([tuple(row)] if row else []), private=True)

    async def _stats(self, community: str, locale: Locale) -> str:
        since = self.clock.now() - timedelta(days=DAYS)
        answers = await self.ledger.answers(community, since, 10_000)
        votes = await self.ledger.votes(community, since, 10_000)
        counts = {
            "answers": Counter(record.answer.outcome.value for record in answers),
            "votes": Counter(voted.vote.value.value for voted in votes),
            "path": await self.people.counted(community, "path", since),
            "handover": await self.people.counted(community, "handover", since),
        }
        lines = [f"**{words.of(locale)}**: {_line(counts[name])}" for name, words in w.STATS]
        gaps = Counter(
            record.question.text for record in answers if record.answer.outcome is not Outcome.ANSWERED
        )
        if gaps:
            listed = "\n".join(f"- {text[:120]} ({count})" for text, count in gaps.most_common(5))
            lines.append(f"**{w.GAPS.of(locale)}**\n\n{listed}")
        return "\n\n".join(lines)


def _line(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "0"
