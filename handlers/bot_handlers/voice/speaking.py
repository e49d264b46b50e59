"""The voices: which one speaks for whom, and 🔊 on every answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot_core.actions import Action, Press
from bot_core.commands import Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import MissingExtra, NotFound
from bot_core.events import Incoming, Invoked, Pressed
from bot_core.files import FileRef
from bot_core.identity import Locale, Words
from bot_core.ports.ledger import Ledger
from bot_core.ports.media import VoiceInfo
from bot_core.replies import Button, Label, Reply, Sound, Style, say
from bot_handlers.voice import words
from bot_handlers.voice.cloning import OWN, own_voice

COMMANDS = (Command("voice", Words("选择朗读的声音", "Choose the voice that reads aloud"), private=True),)
CITATION = re.compile(r"\s*\[\d+(?:\s*[,，]\s*\d+)*\]")
SHOWN = 12  # voices in one list
LONGEST = 1500  # characters that are read aloud
SENTENCE_END = re.compile(r"[。！？.!?]\s*")


@dataclass(frozen=True, slots=True)
class Narrated:
    """Something said, as a stored file; ``seconds`` long."""

    file: FileRef
    seconds: float


class Narrator(Protocol):
    """Says a text as one file."""

    async def voices(self) -> Sequence[VoiceInfo]:
        """Return the voices that work now; none where no voice is installed."""
        ...

    async def narrate(self, text: str, voice: str, *, labelled: bool = False) -> Narrated:
        """Return the text spoken; ``labelled``: audibly marked as generated, since the platform demands it.

        Raises MissingExtra, BadInput for nothing to say, ModelFailed.
        """
        ...


@dataclass(frozen=True, slots=True)
class SpeakHandler:
    """Takes 🔊 and /voice."""

    narrator: Narrator
    ledger: Ledger
    demanding: frozenset[str] = frozenset()  # platforms on which speech must say aloud that it is generated

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /voice."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Read an answer aloud, or let a member choose who reads; None for everything else."""
        content = incoming.content
        if isinstance(content, Invoked) and content.command == "voice":
            await conversation.send(await self._list(incoming, conversation))
        elif isinstance(content, Pressed) and content.press is not None:
            if not await self._pressed(incoming, conversation, content.press):
                return None
        else:
            return None
        return Handled("voice")

    async def spoken(self, text: str, incoming: Incoming, conversation: Conversation) -> Reply:
        """Return ``text`` as a voice message in this member's voice; citations are shown, not read."""
        plain = readable(text)
        if not plain:
            return say(words.NOTHING.of(incoming.locale), private=True)
        voice = await self.voice_for(conversation.community, incoming.person.id, plain)
        demanded = incoming.origin.platform in self.demanding
        made = await self.narrator.narrate(plain, voice.id, labelled=demanded)
        return Reply((Sound(made.file, made.seconds, plain),), label=Label.GENERATED)

    async def _pressed(self, incoming: Incoming, conversation: Conversation, press: Press) -> bool:
        if press.action is Action.SPEAK:
            record = await self.ledger.answer(conversation.community, press.subject)
            await conversation.send(await self.spoken(record.answer.text, incoming, conversation))
        elif press.action is Action.VOICE_PREVIEW:
            voice = self._nth(await self._voices(incoming.person.id), press.index)
            text = words.PREVIEW.of(_language(voice)).format(name=_shown(voice, _language(voice)))
            made = await self.narrator.narrate(text, voice.id)
            await conversation.send(Reply((Sound(made.file, made.seconds, text),), private=True))
        elif press.action is Action.VOICE:
            voice = self._nth(await self._voices(incoming.person.id), press.index)
            await self._keep(conversation.community, incoming.person.id, voice)
            await conversation.send(
                say(
                    words.CHOSEN.of(incoming.locale).format(name=_shown(voice, incoming.locale)), private=True
                )
            )
        else:
            return False
        return True

    async def _list(self, incoming: Incoming, conversation: Conversation) -> Reply:
        voices = (await self._voices(incoming.person.id))[:SHOWN]
        greeting = words.PREVIEW.of(incoming.locale)
        now = await self.voice_for(conversation.community, incoming.person.id, greeting)
        rows = tuple(
            (
                Button("▶", Action.VOICE_PREVIEW, index=number),
                Button(
                    f"{_shown(voice, incoming.locale)} ({'、'.join(voice.languages)})",
                    Action.VOICE,
                    index=number,
                    style=Style.CHOSEN if voice.id == now.id else Style.PLAIN,
                ),
            )
            for number, voice in enumerate(voices)
        )
        pairs = tuple(
            rows[at] + (rows[at + 1] if at + 1 < len(rows) else ()) for at in range(0, len(rows), 2)
        )
        return say(
            words.VOICES.of(incoming.locale).format(name=_shown(now, incoming.locale)), *pairs, private=True
        )

    async def _voices(self, person: str) -> list[VoiceInfo]:
        """Return the voices this person may use: everybody's, and their own. Raises MissingExtra."""
        own = own_voice(person)
        listed = await self.narrator.voices()
        voices = [voice for voice in listed if not voice.id.startswith(OWN) or voice.id == own]
        if not voices:
            raise MissingExtra("voice", words.NO_VOICES)
        return voices

    async def voice_for(self, community: str, person: str, text: str) -> VoiceInfo:
        """Return the member's voice for the language of ``text``, or the first that speaks it. Raises MissingExtra."""
        voices = await self._voices(person)
        locale = language_of(text)
        kept = await self.ledger.setting(community, _name(person, locale))
        chosen = next((voice for voice in voices if voice.id == kept), None)
        voices = [voice for voice in voices if not voice.id.startswith(OWN)] or voices  # only by choice
        fitting = [voice for voice in voices if any(tag.startswith(locale.value) for tag in voice.languages)]
        fitting.sort(
            key=lambda voice: _language(voice) is not locale
        )  # whose first language it is reads it best
        return chosen or (fitting or voices)[0]

    async def choose(self, community: str, person: str, voice: str) -> None:
        """Let a voice speak for a member from now on, in its language. Raises NotFound for one that is not listed."""
        found = next((info for info in await self._voices(person) if info.id == voice), None)
        if found is None:
            raise NotFound(f"voice {voice[:40]!r}")
        await self._keep(community, person, found)

    async def _keep(self, community: str, person: str, voice: VoiceInfo) -> None:
        await self.ledger.set_setting(community, _name(person, _language(voice)), voice.id)

    def _nth(self, voices: Sequence[VoiceInfo], index: int) -> VoiceInfo:
        if index >= len(voices):
            raise NotFound(f"voice {index} of {len(voices)}")
        return voices[index]


def readable(text: str) -> str:
    """Return an answer as it is read aloud: without citations, at most ``LONGEST`` characters, whole sentences."""
    plain = CITATION.sub("", text).strip()
    if len(plain) <= LONGEST:
        return plain
    ends = [found.end() for found in SENTENCE_END.finditer(plain, 0, LONGEST)]
    return plain[: ends[-1] if ends else LONGEST].strip()


def language_of(text: str) -> Locale:
    """Return the language most of a text is in."""
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in text)
    latin = sum(letter.isascii() and letter.isalpha() for letter in text)
    return Locale.ZH if chinese * 3 > latin else Locale.EN


def _shown(voice: VoiceInfo, locale: Locale) -> str:
    return words.YOUR_VOICE.of(locale) if voice.id.startswith(OWN) else voice.name


def _language(voice: VoiceInfo) -> Locale:
    return Locale.parse(voice.languages[0] if voice.languages else "en")


def _name(person: str, locale: Locale) -> str:
    return f"person:{person}:voice:{locale.value}"
