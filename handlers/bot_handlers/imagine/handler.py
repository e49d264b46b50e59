"""/imagine and all that follows from it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot_core.actions import Action, Press
from bot_core.commands import Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import BadInput, Broken, LimitReached, NotFound
from bot_core.events import Incoming, Invoked, Pressed, Submitted
from bot_core.files import FileRef
from bot_core.forms import Field, FieldKind, Form
from bot_core.identity import ADMIN, Locale, Words, short_id
from bot_core.pictures import KIND, picture_job
from bot_core.ports.ledger import Ledger
from bot_core.ports.work import JobQueue, JobState, JobView, Notes
from bot_core.prompt import Prompt, read
from bot_core.replies import Button, Reply, Style, say
from bot_handlers.imagine import wishes, words
from bot_handlers.imagine.asked import examples, keys, made, read_area, remix, sent_pictures
from bot_handlers.imagine.cards import pictures, status
from bot_handlers.imagine.catalogue import CommunityCatalogues, fields, filled
from bot_handlers.imagine.commands import COMMANDS
from bot_handlers.imagine.options import StudioOptions
from bot_handlers.imagine.submitting import Submitter, new_seed

log = logging.getLogger(__name__)

NOBODY = "0" * 24  # the subject of a button that is about nothing
FORMS = (Action.REMIX, Action.REGION)
DRAWING = ("imagine", "blend", "cutout", "show")
ASKED_FOR = 3600.0  # seconds a confirmation may be pressed


@dataclass(frozen=True, slots=True)
class ImagineHandler:
    """Takes /imagine, /blend, /show and the buttons under pictures; everything slow goes to the queue."""

    queue: JobQueue
    ledger: Ledger
    notes: Notes
    submit: Submitter
    options: StudioOptions
    catalogues: CommunityCatalogues = field(default_factory=CommunityCatalogues)

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return the commands that draw; the others are StudioSettings'."""
        return tuple(command for command in COMMANDS if command.name in DRAWING)

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Put jobs into the queue, or show them; None for everything else."""
        match incoming.content:
            case Invoked(command="imagine", arguments=arguments):
                await self._imagine(incoming, conversation, str(arguments.get("prompt", "")))
            case Invoked(command="blend"):
                await self._blend(incoming, conversation)
            case Invoked(command="cutout", arguments=given):
                await self._cutout(incoming, conversation, str(given.get("prompt", "")))
            case Invoked(command="show", arguments=arguments):
                await self._show(conversation, str(arguments.get("job", "")).strip().lower())
            case Pressed(press=press) if press is not None:
                if not await self._pressed(incoming, conversation, press):
                    return None
            case Submitted(press=press, values=values) if press and press.action is Action.STYLE:
                template = await self._template(conversation.community, press.subject)
                await self._imagine(incoming, conversation, filled(template[1], values))
            case Submitted(press=press, values=values) if press is not None and press.action in FORMS:
                await self._child(incoming, conversation, press, values)
            case _:
                return None
        return Handled(KIND)

    async def form(self, community: str, press: Press, locale: Locale) -> Form | None:
        """Return the form of remix and of vary region, with the prompt to edit."""
        if press.action is Action.STYLE:
            name, text = await self._template(community, press.subject)
            title = Words(words.TEMPLATE.zh.format(name=name), words.TEMPLATE.en.format(name=name))
            return Form(title, tuple(Field(each, Words(each, each), longest=200) for each in fields(text)))
        if press.action not in FORMS:
            return None
        view = await self.find(community, press.subject)
        text = picture_job(view.job.payload).last.prompt
        words_ = Field("prompt", words.PROMPT, FieldKind.TEXT, longest=4000, value=text)
        if press.action is Action.REMIX:
            return Form(words.REMIX, (words_,))
        area = Field("area", words.WHERE, FieldKind.CHOICE, choices=tuple(words.AREAS.items()))
        return Form(words.REGION, (area, words_))

    async def find(self, community: str, job: str) -> JobView:
        """Return a picture job of this community, ended or not. Raises NotFound."""
        try:
            view = await self.ledger.job(community, job)
        except NotFound:
            view = await self.queue.view(job)
        if view.job.community != community or view.job.kind != KIND:
            raise NotFound(f"job {job}")
        return view

    # --- commands ------------------------------------------------------------------------------------------
    async def _imagine(self, incoming: Incoming, conversation: Conversation, text: str) -> None:
        asker, suffix = await self.submit.asker(incoming, conversation)
        inputs = sent_pictures(incoming.attachments)
        if not text.strip() and not inputs:
            await conversation.send(examples(self.options, incoming.locale))
            return
        prompts = await self._read(text, inputs, incoming, conversation.community, suffix)
        await self.submit.judged(conversation.community, prompts)
        jobs = sum(prompt.repeat for prompt in prompts)
        if jobs >= self.options.ask_from:
            await self._confirm(incoming, conversation, text, jobs)
            return
        await self.submit.all(prompts, inputs, asker, conversation)

    async def _blend(self, incoming: Incoming, conversation: Conversation) -> None:
        inputs = sent_pictures(incoming.attachments)
        if not 2 <= len(inputs) <= 5:
            raise BadInput(f"{len(inputs)} pictures to blend", words.NEEDS_PICTURES)
        asker, _ = await self.submit.asker(incoming, conversation)
        await self.submit.one(wishes.blend(inputs, asker, self.options, new_seed()), asker, conversation, 0)

    async def _cutout(self, incoming: Incoming, conversation: Conversation, text: str) -> None:
        inputs = sent_pictures(incoming.attachments)
        if len(inputs) != 1:
            raise BadInput(f"{len(inputs)} pictures to cut", words.NEEDS_ONE)
        asker, suffix = await self.submit.asker(incoming, conversation)
        prompt: Prompt | None = None
        if text.strip():
            prompt = (await self._read(text, (), incoming, conversation.community, suffix))[0]
            await self.submit.judged(conversation.community, [prompt])
        wish = wishes.cutout(inputs, prompt, asker, self.options, new_seed())
        await self.submit.one(wish, asker, conversation, 0)

    async def _show(self, conversation: Conversation, job: str) -> None:
        view = await self.find(conversation.community, job)
        await conversation.send(await self._shown(view, conversation.locale))

    async def _read(
        self, text: str, inputs: tuple[FileRef, ...], incoming: Incoming, community: str, suffix: str
    ) -> list[Prompt]:
        """Return the prompts; a picture alone is one too. Raises PromptWrong."""
        own = await self.catalogues.of(community)
        rules = self.options.rules(admin=ADMIN in incoming.roles, more=own.styles)
        prompts = read(text, replace(rules, wordless=bool(inputs)), suffix)
        return [own.spelt(prompt) for prompt in prompts]

    async def _example(self, press: Press, locale: Locale) -> str:
        """Return the prompt behind a button: one that was kept for it, or one of the studio's examples."""
        if press.subject == NOBODY:
            return self.options.example(press.index, locale) or ""
        kept = json.loads(await self.notes.get(f"prompts:{press.subject}") or "[]")
        return str(kept[press.index]) if press.index < len(kept) else ""

    async def _template(self, community: str, subject: str) -> tuple[str, str]:
        """Return a template's name and text. Raises NotFound."""
        for name, text in (await self.catalogues.of(community)).templates.items():
            if short_id("template", name) == subject:
                return name, text
        raise NotFound(f"template {subject}", words.NO_TEMPLATE)

    # --- presses -------------------------------------------------------------------------------------------
    async def _pressed(self, incoming: Incoming, conversation: Conversation, press: Press) -> bool:
        """Act on a press; tell whether it was one of ours."""
        if press.action is Action.VARY and await self.submit.remixes(incoming, conversation):
            await conversation.send(remix(press, incoming.locale))
        elif press.action in wishes.ACTIONS:
            await self._child(incoming, conversation, press)
        elif press.action is Action.STOP:
            await self._stop(incoming, conversation, press.subject)
        elif press.action is Action.SHOW:
            await self._show(conversation, press.subject)
        elif press.action is Action.PROMPT_EXAMPLE:
            await self._imagine(incoming, conversation, await self._example(press, incoming.locale))
        elif press.action in (Action.CONFIRM, Action.CANCEL):
            return await self._answered(incoming, conversation, press)
        else:
            return False
        return True

    async def _child(
        self,
        incoming: Incoming,
        conversation: Conversation,
        press: Press,
        values: Mapping[str, str] | None = None,
    ) -> None:
        values = values or {}
        view = await self.find(conversation.community, press.subject)
        picture = picture_job(view.job.payload)
        files = made(view)
        if press.action is not Action.REROLL and not files:
            raise NotFound(f"job {press.subject} has no pictures", words.NOT_DONE)
        asker, _ = await self.submit.asker(incoming, conversation)
        asker = replace(asker, lane=view.job.lane) if picture.prompt.lane else asker
        changed: Prompt | None = None
        if "prompt" in values:
            own = await self.catalogues.of(conversation.community)
            rules = replace(self.options.rules(admin=False, more=own.styles), jobs=1)
            changed = own.spelt(read(values["prompt"], rules)[0])
            await self.submit.judged(conversation.community, [changed])
        area = read_area(values.get("area", "0.25,0.25,0.75,0.75")) if press.action is Action.REGION else ""
        painted = sent_pictures(incoming.attachments) if press.action is Action.REGION else ()
        wish = wishes.child(
            picture,
            files,
            view.job.id,
            press.action,
            press.index,
            asker,
            self.options,
            new_seed(),
            prompt=changed,
            area=area,
            mask=painted[0] if painted else None,
        )
        await self.submit.one(wish, asker, conversation, 0)
        await self._mark(incoming, conversation, view, press)

    async def _mark(
        self, incoming: Incoming, conversation: Conversation, view: JobView, press: Press
    ) -> None:
        """Let the pressed button look chosen, for everybody."""
        if (
            not isinstance(incoming.content, Pressed)
            or incoming.content.message is None
            or view.result is None
        ):
            return
        name = f"pressed:{view.job.id}"
        kept = json.loads(await self.notes.get(name) or "[]")
        pressed = [*(tuple(item) for item in kept), (int(press.action), press.index)]
        await self.notes.put(name, json.dumps(sorted(set(pressed))), 30 * 86400.0)
        chosen = frozenset((Action(action), index) for action, index in pressed)
        reply = pictures(view, self.options.maker, conversation.locale, chosen)
        try:
            await conversation.edit(incoming.content.message, replace(reply, parts=()))
        except (
            Broken,
            LimitReached,
        ) as error:  # the job is queued: a button that does not turn must not say otherwise
            log.info("a pressed button was not marked", extra={"job": view.job.id, "error": str(error)})

    async def _stop(self, incoming: Incoming, conversation: Conversation, job: str) -> None:
        await self.find(conversation.community, job)
        await self.queue.cancel(job, incoming.person.id, ADMIN in incoming.roles)
        await conversation.send(say(words.STOPPED.of(incoming.locale), private=True))

    # --- confirmations -------------------------------------------------------------------------------------
    async def _confirm(self, incoming: Incoming, conversation: Conversation, text: str, jobs: int) -> None:
        subject = short_id(incoming.key, "confirm")
        kept = {
            "prompt": text,
            "person": incoming.person.id,
            "inputs": keys(sent_pictures(incoming.attachments)),
        }
        await self.notes.put(f"confirm:{subject}", json.dumps(kept, ensure_ascii=False), ASKED_FOR)
        locale = incoming.locale
        row = (
            Button(words.GO_ON.of(locale).format(n=jobs), Action.CONFIRM, subject, style=Style.PRIMARY),
            Button(words.NEVER_MIND.of(locale), Action.CANCEL, subject),
        )
        await conversation.send(say(words.CONFIRM.of(locale).format(n=jobs), row, private=True))

    async def _answered(self, incoming: Incoming, conversation: Conversation, press: Press) -> bool:
        """Go on with what was confirmed; False where the question was another handler's."""
        name = f"confirm:{press.subject}"
        kept = await self.notes.get(name)
        if kept is None:
            return False
        asked = json.loads(kept)
        if asked["person"] != incoming.person.id:
            raise BadInput("another member's confirmation", words.NOT_YOURS)
        await self.notes.drop(name)
        if press.action is Action.CANCEL:
            await conversation.send(say(words.CANCELLED.of(incoming.locale), private=True))
            return True
        asker, suffix = await self.submit.asker(incoming, conversation)
        inputs = tuple(FileRef(*item) for item in asked["inputs"])
        prompts = await self._read(asked["prompt"], inputs, incoming, conversation.community, suffix)
        await self.submit.all(prompts, inputs, asker, conversation)
        return True

    async def _shown(self, view: JobView, locale: Locale) -> Reply:
        if view.state is JobState.DONE and view.result is not None:
            return pictures(view, self.options.maker, locale)
        return status(view, 0.0, locale)
