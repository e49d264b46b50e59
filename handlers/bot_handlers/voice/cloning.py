"""A member's own voice: made of a sample only after its owner agreed in the chat, forgotten at a word."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot_core.actions import Action, Press
from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import BadInput, NotAllowed, NotFound
from bot_core.events import Incoming, Invoked, Pressed
from bot_core.files import FileRef
from bot_core.identity import Words, short_id
from bot_core.ports.ledger import Fact, Facts
from bot_core.ports.media import Files
from bot_core.ports.safety import Clock
from bot_core.replies import Button, Reply, Style, say
from bot_handlers.voice import words

KIND = "voice-sample"
ASKED, AGREED = "asked", "agreed"
OWN = "own-"  # how the id of a voice that is somebody's own begins
SAMPLE = Argument("recording", Words("你自己的一段录音", "A recording of yourself"), ArgumentKind.FILE)
COMMANDS = (
    Command(
        "myvoice", Words("用你自己的声音朗读", "Have answers read in your own voice"), (SAMPLE,), private=True
    ),
    Command("forgetvoice", Words("删除你的声音和样本", "Delete your own voice and its sample"), private=True),
)


class Samples(Protocol):
    """Where samples are, and who makes voices of them."""

    async def offered(self) -> bool:
        """Tell whether the synthesizer says now that it clones voices."""
        ...

    async def prepared(self, audio: FileRef) -> tuple[bytes, float]:
        """Return a recording as WAV, and its seconds. Raises BadInput for what is none or has no speech."""
        ...

    async def keep(self, voice: str, wav: bytes, record: Mapping[str, object]) -> None:
        """Make a voice of a sample, with the record of consent beside it."""
        ...

    async def remove(self, voice: str) -> bool:
        """Delete a voice's sample and record; tell whether there was one."""
        ...


def own_voice(person: str) -> str:
    """Return the id of a person's own voice; it tells nobody whose it is."""
    return f"{OWN}{short_id('voice', person)[:16]}"


@dataclass(frozen=True, slots=True)
class CloneHandler:
    """Takes /myvoice, /forgetvoice and the buttons of consent. ``shortest`` and ``longest`` sample in seconds."""

    samples: Samples
    files: Files
    facts: Facts
    clock: Clock
    shortest: float = 6.0
    longest: float = 60.0

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return both commands."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Ask for consent, keep it with the sample, or forget both; None for everything else."""
        match incoming.content:
            case Invoked(command="myvoice"):
                await conversation.send(await self._asked(incoming, conversation.community))
            case Invoked(command="forgetvoice"):
                await conversation.send(await self._forgotten(incoming, conversation.community))
            case Pressed(press=press) if press is not None and press.action in (
                Action.CONFIRM,
                Action.CANCEL,
            ):
                reply = await self._answered(press, incoming, conversation.community)
                if reply is None:
                    return None
                await conversation.send(reply)
            case _:
                return None
        return Handled("voice")

    async def _asked(self, incoming: Incoming, community: str) -> Reply:
        """Show what is agreed to, with the two buttons; nothing is made of the sample yet."""
        if not await self.samples.offered():
            raise NotFound("a synthesizer that clones", words.NO_CLONING)
        given = incoming.attachments[0].file if incoming.attachments else None
        if given is None:
            raise BadInput("no sample", words.ATTACH_SAMPLE)
        wav, seconds = await self.samples.prepared(given)
        if not self.shortest <= seconds <= self.longest:
            raise BadInput(f"a sample of {seconds:.0f} s", words.sample_length(self.shortest, self.longest))
        kept = await self.files.put(wav, "audio/wav", "sample.wav")
        digest = hashlib.sha256(wav).hexdigest()
        person, locale = incoming.person.id, incoming.locale
        subject = short_id(KIND, person, digest)
        told = words.CONSENT.of(locale)
        data = {"key": kept.key, "sha256": digest, "seconds": round(seconds, 1), "told": told}
        await self.facts.keep(Fact(community, KIND, subject, self.clock.now(), person, ASKED, data))
        row = (
            Button(words.AGREE.of(locale), Action.CONFIRM, subject, style=Style.PRIMARY),
            Button(words.RATHER_NOT.of(locale), Action.CANCEL, subject),
        )
        return say(told, row, private=True)

    async def _answered(self, press: Press, incoming: Incoming, community: str) -> Reply | None:
        """Keep the consent with its sample, or forget the sample. Raises NotAllowed for anybody but its owner."""
        fact = await self.facts.fact(community, KIND, press.subject)
        if fact is None:
            return None
        if fact.person != incoming.person.id:
            raise NotAllowed("another person's voice")
        key = str(fact.data.get("key", ""))
        if press.action is Action.CANCEL:
            await self.facts.take(community, KIND, fact.id)
            await (
                self.samples.remove(own_voice(fact.person))
                if fact.state == AGREED
                else self.files.delete(key)
            )
            return say(words.NOT_KEPT.of(incoming.locale), private=True)
        if fact.state != AGREED:
            await self._keep(fact, key)
        return say(words.VOICE_MADE.of(incoming.locale), private=True)

    async def _keep(self, fact: Fact, key: str) -> None:
        try:
            wav = await self.files.read(key)
        except NotFound:
            raise NotFound("a sample", words.GONE) from None
        now, voice = self.clock.now(), own_voice(fact.person)
        digest, told = str(fact.data["sha256"]), str(fact.data["told"])
        if hashlib.sha256(wav).hexdigest() != digest:
            raise BadInput("the sample is another than was agreed to", words.GONE)
        record = {"owner": fact.person, "confirmed_at": now.isoformat(), "sha256": digest, "told": told}
        await self.samples.keep(voice, wav, record)
        data = {"voice": voice, "sha256": digest, "told": told}
        await self.facts.keep(Fact(fact.community, KIND, fact.id, now, fact.person, AGREED, data))
        await self.files.delete(key)

    async def _forgotten(self, incoming: Incoming, community: str) -> Reply:
        person = incoming.person.id
        for fact in await self.facts.facts(KIND, person=person):
            await self.facts.take(fact.community, KIND, fact.id)
            if fact.data.get("key"):
                await self.files.delete(str(fact.data["key"]))
        gone = await self.samples.remove(own_voice(person))
        said = words.VOICE_FORGOTTEN if gone else words.NO_VOICE_KEPT
        return say(said.of(incoming.locale), private=True)
