"""/describe, /shorten and /style: help with the words of a prompt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot_core.actions import Action
from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import BadInput, NotFound
from bot_core.events import Incoming, Invoked
from bot_core.identity import Locale, Words, short_id
from bot_core.pictures import picture_job
from bot_core.ports.ledger import Ledger
from bot_core.ports.media import Described, Files, PictureReader, PromptReader
from bot_core.ports.work import Notes
from bot_core.prompt import read
from bot_core.replies import Button, Reply, say
from bot_handlers.imagine import words
from bot_handlers.imagine.catalogue import CommunityCatalogues
from bot_handlers.imagine.options import StudioOptions

KEPT = 7 * 86400.0  # seconds that the prompts behind buttons are kept
COMMANDS = (
    Command(
        "describe",
        Words("发一张图，得到四条提示词", "Send a picture, get four prompts"),
        (Argument("image", Words("要看的图", "The picture"), ArgumentKind.FILE),),
    ),
    Command(
        "shorten",
        Words("看看提示词里哪些词起作用", "See which words of a prompt are used"),
        (Argument("prompt", Words("要缩短的提示词", "The prompt to shorten"), maximum=4000),),
        private=True,
    ),
    Command("style", Words("有哪些风格和模板", "The styles and templates there are"), private=True),
)


@dataclass(frozen=True, slots=True)
class PromptHelp:
    """Answers with prompts to press. ``used`` is what the maker says of words, where it can."""

    ledger: Ledger
    notes: Notes
    files: Files
    options: StudioOptions
    seen: PictureReader
    used: PromptReader | None
    catalogues: CommunityCatalogues

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /describe, /shorten and /style."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Answer one of the commands; None for everything else."""
        match incoming.content:
            case Invoked(command="describe"):
                reply = await self._describe(incoming, conversation)
            case Invoked(command="shorten", arguments=arguments):
                reply = await self._shorten(incoming, str(arguments.get("prompt", "")))
            case Invoked(command="style"):
                reply = await self._style(incoming, conversation)
            case _:
                return None
        await conversation.send(reply)
        return Handled("studio")

    async def _describe(self, incoming: Incoming, conversation: Conversation) -> Reply:
        files = [each.file for each in incoming.attachments if each.media_type.startswith("image/")]
        file = next((file for file in files if file is not None), None)
        if file is None:
            raise BadInput("nothing to describe", words.NOTHING_TO_DESCRIBE)
        locale = incoming.locale
        found = await self.seen.describe(await self.files.read(file.key), locale)
        own = await self._own(conversation.community, found)
        prompts = [own, *found.prompts[:3]] if own else list(found.prompts)
        how = words.MADE_HERE if own else found.how
        lines = [how.of(locale), found.seen.of(locale), *_numbered(prompts)]
        row = await self._buttons(incoming, prompts)
        return say("\n\n".join(lines), row)

    async def _own(self, community: str, found: Described) -> str:
        """Return the prompt of a picture that this community made."""
        if not found.job:
            return ""
        try:
            return picture_job((await self.ledger.job(community, found.job)).job.payload).last.prompt
        except NotFound:
            return ""

    async def _buttons(self, incoming: Incoming, prompts: Sequence[str]) -> tuple[Button, ...]:
        subject = short_id(incoming.key, "prompts")
        await self.notes.put(f"prompts:{subject}", json.dumps(prompts, ensure_ascii=False)[:16000], KEPT)
        signs = [f"🎨 {n}" for n in range(1, len(prompts) + 1)] if len(prompts) > 1 else ["🎨"]
        return tuple(Button(sign, Action.PROMPT_EXAMPLE, subject, index) for index, sign in enumerate(signs))

    async def _shorten(self, incoming: Incoming, text: str) -> Reply:
        locale = incoming.locale
        prompt = read(text, self.options.rules(admin=False))[0]
        spans = await self.used.spans(prompt.words) if self.used is not None else None
        if spans is None:
            said = words.READS_ALL.of(locale).format(maker=self.options.maker.of(locale))
            return say(said, private=True)
        used = [word for word, good in spans if good]
        left = [word for word, good in spans if not good]
        if not used:
            return say(words.USES_NOTHING.of(locale), private=True)
        joined = "、" if locale is Locale.ZH else ", "
        lines = [words.USED.of(locale).format(words=joined.join(f"**{word}**" for word in used))]
        if left:
            lines.append(words.UNUSED.of(locale).format(words=joined.join(left)))
        short = " ".join([*used, *(f"--no {', '.join(prompt.no)}" for _ in (1,) if prompt.no)])
        lines.append(f"`{short}`")
        return say("\n\n".join(lines), await self._buttons(incoming, [short]), private=True)

    async def _style(self, incoming: Incoming, conversation: Conversation) -> Reply:
        own = await self.catalogues.of(conversation.community)
        locale = incoming.locale
        lines = [words.STYLES_ARE.of(locale)]
        lines += [
            f"- `--style {name}`：{said}" for name, said in {**self.options.styles, **own.styles}.items()
        ]
        if own.templates:
            lines += ["", words.TEMPLATES_ARE.of(locale)]
            lines += [f"- **{name}**：{text}" for name, text in own.templates.items()]
        made = [
            Button(f"📝 {name}", Action.STYLE, short_id("template", name))
            for name in list(own.templates)[:20]
        ]
        rows = [tuple(made[at : at + 4]) for at in range(0, len(made), 4)]
        return say("\n".join(lines), *rows, private=True)


def _numbered(prompts: Sequence[str]) -> list[str]:
    return [f"{number}. {prompt}" for number, prompt in enumerate(prompts, 1)]
