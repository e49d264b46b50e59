"""The member's own side of the studio: /jobs, /info, /settings, /prefer, /fast, /relax; and an admin's /stopall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot_core.actions import Action
from bot_core.commands import Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import NotAllowed, NotFound
from bot_core.events import Incoming, Invoked, Pressed
from bot_core.identity import ADMIN, Locale
from bot_core.pictures import KIND, picture_job
from bot_core.ports.ledger import Ledger
from bot_core.ports.work import Budget, JobQueue, JobState, JobView, Lane
from bot_core.prompt import read
from bot_core.replies import Button, Reply, Style, Text, say
from bot_handlers.imagine import words
from bot_handlers.imagine.cards import title
from bot_handlers.imagine.commands import COMMANDS
from bot_handlers.imagine.options import StudioOptions
from bot_handlers.imagine.preferences import Preferences, PreferenceStore

OURS = ("jobs", "info", "settings", "prefer", "fast", "relax", "stopall")
LOOKED_AT = 5000  # jobs in which a member's own are looked for
SHOWN = 10
LANES = (Lane.FAST, Lane.RELAX)


@dataclass(frozen=True, slots=True)
class StudioSettings:
    """What a member sets and sees of their own; everything is private."""

    queue: JobQueue
    ledger: Ledger
    budget: Budget
    options: StudioOptions

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return the commands."""
        return tuple(command for command in COMMANDS if command.name in OURS)

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Answer the member's own commands; None for everything else."""
        content = incoming.content
        if isinstance(content, Pressed) and content.press is not None and content.press.action is Action.LANE:
            lane = LANES[content.press.index % len(LANES)].value
            await conversation.send(await self._lane(incoming, conversation, lane))
            return Handled("studio")
        if isinstance(content, Pressed) and content.press and content.press.action is Action.REMIX_MODE:
            await conversation.send(await self._remix(incoming, conversation, content.press.index == 1))
            return Handled("studio")
        if not isinstance(content, Invoked) or content.command not in OURS:
            return None
        match content.command:
            case "jobs":
                reply = await self._jobs(incoming)
            case "info":
                reply = await self._info(incoming, conversation)
            case "settings":
                reply = await self._settings(incoming, conversation)
            case "prefer":
                reply = await self._prefer(
                    incoming, conversation, str(content.arguments.get("suffix", "")).strip()
                )
            case "stopall":
                reply = await self._stop_all(incoming, conversation)
            case lane:
                reply = await self._lane(incoming, conversation, lane)
        await conversation.send(reply)
        return Handled("studio")

    async def _own(self, person: str) -> list[JobView]:
        running = await self.queue.listing(JobState.RUNNING, LOOKED_AT)
        waiting = await self.queue.listing(JobState.WAITING, LOOKED_AT)
        return [view for view in (*running, *waiting) if view.job.person == person and view.job.kind == KIND]

    async def _jobs(self, incoming: Incoming) -> Reply:
        own = await self._own(incoming.person.id)
        locale = incoming.locale
        if not own:
            return say(words.NO_JOBS.of(locale), private=True)
        lines, buttons = [], []
        for number, view in enumerate(own[:SHOWN], 1):
            heading = title(picture_job(view.job.payload), view.job.lane.value, locale)
            lines.append(f"{number}. {heading} · {await self._where(view, locale)}")
            buttons.append(Button(f"⏹ {number}", Action.STOP, view.job.id, style=Style.DANGER))
        rows = tuple(tuple(buttons[at : at + 5]) for at in range(0, len(buttons), 5))
        return Reply((Text("\n".join(lines)),), rows=rows, private=True)

    async def _where(self, view: JobView, locale: Locale) -> str:
        place = await self.queue.place(view.job.id)
        if place.state is JobState.WAITING:
            shown = words.duration(place.seconds, locale)
            return words.WAITING.of(locale).format(position=place.position, seconds=shown)
        fraction = view.progress.fraction if view.progress else 0.0
        return words.RUNNING.of(locale).format(percent=int(fraction * 100))

    async def _info(self, incoming: Incoming, conversation: Conversation) -> Reply:
        own = await self._own(incoming.person.id)
        kept = await self._preferences(incoming, conversation)
        locale = incoming.locale
        spent, allowed = "0", words.UNBOUNDED.of(locale)
        limits = self.options.limits(incoming.roles)
        if limits.budget:
            balance = await self.budget.balance(f"fast:{conversation.community}:{incoming.person.id}")
            spent, allowed = (
                f"{balance.spent + balance.reserved:.0f}",
                f"{balance.allowed or limits.budget:.0f}",
            )
        text = words.INFO.of(locale).format(
            lane=words.LANES[kept.lane].of(locale),
            waiting=sum(view.state is JobState.WAITING for view in own),
            running=sum(view.state is JobState.RUNNING for view in own),
            spent=spent,
            allowed=allowed,
            maker=self.options.maker.of(locale),
        )
        return say(text, private=True)

    async def _settings(self, incoming: Incoming, conversation: Conversation) -> Reply:
        kept = await self._preferences(incoming, conversation)
        locale = incoming.locale
        text = words.SETTINGS.of(locale).format(
            lane=words.LANES[kept.lane].of(locale), suffix=kept.suffix or words.NONE.of(locale)
        )
        row = tuple(
            Button(
                words.LANES[lane.value].of(locale),
                Action.LANE,
                index=number,
                style=Style.CHOSEN if lane.value == kept.lane else Style.PLAIN,
            )
            for number, lane in enumerate(LANES)
        )
        mode = Button(
            (words.REMIX_ON if kept.remix else words.REMIX_OFF).of(locale),
            Action.REMIX_MODE,
            index=int(not kept.remix),
            style=Style.CHOSEN if kept.remix else Style.PLAIN,
        )
        return say(text, row, (mode,), private=True)

    async def _prefer(self, incoming: Incoming, conversation: Conversation, suffix: str) -> Reply:
        if suffix:
            read("x", self.options.rules(admin=False), suffix)  # raises PromptWrong
        await self._keep(incoming, conversation, lambda kept: replace(kept, suffix=suffix))
        said = words.SUFFIX_SET.of(incoming.locale).format(suffix=suffix) if suffix else None
        return say(said or words.SUFFIX_GONE.of(incoming.locale), private=True)

    async def _lane(self, incoming: Incoming, conversation: Conversation, lane: str) -> Reply:
        if lane == Lane.FAST and not self.options.limits(incoming.roles).fast:
            raise NotAllowed("fast", words.RELAX_ONLY)
        await self._keep(incoming, conversation, lambda kept: replace(kept, lane=lane))
        return say(words.LANE_SET[lane].of(incoming.locale), private=True)

    async def _remix(self, incoming: Incoming, conversation: Conversation, on: bool) -> Reply:
        await self._keep(incoming, conversation, lambda kept: replace(kept, remix=on))
        return say(words.REMIX_SET[on].of(incoming.locale), private=True)

    async def _stop_all(self, incoming: Incoming, conversation: Conversation) -> Reply:
        if ADMIN not in incoming.roles:
            raise NotAllowed("stopall")
        stopped = 0
        for state in (JobState.WAITING, JobState.RUNNING):
            for view in await self.queue.listing(state, LOOKED_AT):
                if view.job.community == conversation.community and view.job.kind == KIND:
                    stopped += await self._cancelled(view, incoming.person.id)
        return say(words.ALL_STOPPED.of(incoming.locale).format(n=stopped), private=True)

    async def _cancelled(self, view: JobView, person: str) -> int:
        try:
            await self.queue.cancel(view.job.id, person, admin=True)
        except NotFound:  # it ended meanwhile
            return 0
        return 1

    async def _preferences(self, incoming: Incoming, conversation: Conversation) -> Preferences:
        return await PreferenceStore(self.ledger).get(conversation.community, incoming.person.id)

    async def _keep(
        self, incoming: Incoming, conversation: Conversation, change: Callable[[Preferences], Preferences]
    ) -> None:
        store = PreferenceStore(self.ledger)
        kept = await store.get(conversation.community, incoming.person.id)
        await store.put(conversation.community, incoming.person.id, change(kept))
