"""/language: which language the bot speaks with a person, everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from bot_core.actions import Action
from bot_core.commands import Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import NotFound
from bot_core.events import Incoming, Invoked, Pressed
from bot_core.identity import Locale, Words
from bot_core.replies import Button, Style, say
from bot_handlers.people.middleware import Languages

COMMANDS = (
    Command("language", Words("选择我和你说话的语言", "Choose the language I speak with you"), private=True),
)
LOCALES = (Locale.ZH, Locale.EN)
NAMES = {Locale.ZH: "中文", Locale.EN: "English"}
ASK = Words("我用哪种语言和你说话？", "Which language shall I speak with you?")
DONE = Words("好的，以后我用中文和你说话。", "All right, I speak English with you from now on.")


@dataclass(frozen=True, slots=True)
class LanguageHandler:
    """Takes /language and its buttons."""

    languages: Languages

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /language."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Offer the languages, or remember the one that was pressed."""
        match incoming.content:
            case Invoked(command="language"):
                row = language_row(incoming.locale)
                await conversation.send(say(ASK.of(incoming.locale), row, private=True))
            case Pressed(press=press) if press is not None and press.action is Action.LANGUAGE:
                locale = pressed_locale(press.index)
                await self.languages.choose(incoming.person.id, locale)
                await conversation.send(say(DONE.of(locale), private=True))
            case _:
                return None
        return Handled("language")


def language_row(chosen: Locale, action: Action = Action.LANGUAGE) -> tuple[Button, ...]:
    """Return a button per language, the one in use marked."""
    return tuple(
        Button(NAMES[locale], action, index=n, style=Style.CHOSEN if locale is chosen else Style.PLAIN)
        for n, locale in enumerate(LOCALES)
    )


def pressed_locale(index: int) -> Locale:
    """Return the language of a button. Raises NotFound."""
    if index >= len(LOCALES):
        raise NotFound(f"language {index}")
    return LOCALES[index]
