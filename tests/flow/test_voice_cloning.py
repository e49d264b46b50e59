"""A member's own voice: only with consent given in the chat by its owner, only for them, gone at a word."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from yinlu_testing.audio import tone
from yinlu_testing.core import FixedPlaces, RecordingFace, StraightOutbox, event

from bot_app.live_speech import LiveSpeech
from bot_app.own_voices import OwnVoices
from bot_core.clock import SystemClock
from bot_core.conversation import Context
from bot_core.dispatch import Dispatcher
from bot_core.events import Attachment, Invoked, Pressed
from bot_core.middleware import VerifyPresses
from bot_core.ports.media import Heard, VoiceInfo
from bot_core.tokens import Signer
from bot_handlers.people.privacy import PrivacyHandler
from bot_handlers.voice.cloning import KIND, CloneHandler, own_voice
from bot_handlers.voice.speaking import Narrated, SpeakHandler
from bot_ledger import MemoryLedger
from bot_media import MemoryFiles
from bot_media.audio import to_opus

SIGNER = Signer({1: b"s" * 32}, 1)
SAMPLE = to_opus(tone(8.0)).data


class HearsSpeech:
    """Hears speech in everything but silence of this length."""

    async def transcribe(self, audio, media_type, language=None):
        """Hear."""
        speech = len(audio) > 32_000 * 2
        return Heard("hello" if speech else "", "en", 1.0, speech=speech)


class Coqui:
    """A narrator that finds its voices in the samples' folder, as the server does."""

    def __init__(self, folder):
        self.folder, self.cloning = folder, True

    async def clones(self):
        """Tell."""
        return self.cloning

    async def voices(self):
        """Return the model's own voice and those of samples with a record."""
        own = [p.stem for p in sorted(self.folder.glob("*.wav")) if p.with_suffix(".consent.json").exists()]
        return [VoiceInfo(name, name, ("en",)) for name in ("ana", *own)]

    async def narrate(self, text, voice, *, labelled=False):
        """Say nothing."""
        return Narrated(None, 1.0)


class House:
    """A house that clones."""

    def __init__(self, folder):
        self.face, self.ledger, self.files = RecordingFace(speaks=True), MemoryLedger(), MemoryFiles()
        self.coqui = Coqui(folder)
        self.own = OwnVoices(folder, self.files, self.ledger, HearsSpeech(), self.coqui.clones, settles=-1.0)
        self.speak = SpeakHandler(self.coqui, self.ledger)
        clone = CloneHandler(self.own, self.files, self.ledger, SystemClock())
        self.dispatcher = Dispatcher(
            Context(StraightOutbox(self.face), SIGNER),
            {"test": self.face},
            FixedPlaces("harbour"),
            (VerifyPresses(SIGNER),),
            (PrivacyHandler(self.ledger), clone, self.speak),
        )

    async def does(self, content, **fields):
        """Let a member do something; return the last reply."""
        await self.dispatcher.handle(event(content, **fields))
        return self.face.delivered[-1].reply

    async def sends_sample(self, audio=SAMPLE, **fields):
        """Use /myvoice."""
        ref = await self.files.put(audio, "audio/ogg", "me.ogg")
        attached = Attachment("me.ogg", "audio/ogg", len(audio), ref)
        made = event(Invoked("myvoice"), **fields)
        await self.dispatcher.handle(replace(made, attachments=(attached,)))
        return self.face.delivered[-1].reply

    async def listed(self, **fields):
        """Return the labels of /voice."""
        shown = await self.does(Invoked("voice"), **fields)
        return [button.label for row in shown.rows for button in row]


@pytest.fixture
def house(tmp_path):
    """A house."""
    return House(tmp_path / "samples")


def button(reply, words):
    """Return the token of the button whose label holds this."""
    return next(b.token for row in reply.rows for b in row if words in b.label)


async def test_a_voice_is_made_only_after_its_owner_agreed(house, tmp_path):
    """Before the press there is no voice; after it the record holds who, when, the text and the sample's hash."""
    asked = await house.sends_sample(person="alice")
    assert asked.private and "your own" in asked.text
    assert not (tmp_path / "samples").exists()
    refused = await house.does(Pressed(button(asked, "I agree")), person="bob")
    assert refused.error == "NotAllowed" and not (tmp_path / "samples").exists()
    agreed = await house.does(Pressed(button(asked, "I agree")), person="alice")
    assert "/voice" in agreed.text
    (sample,) = (tmp_path / "samples").glob("*.wav")
    record = json.loads(sample.with_suffix(".consent.json").read_text())
    assert record["owner"] == "test:alice" and record["confirmed_at"] and len(record["sha256"]) == 64
    assert record["told"] == asked.text and "alice" not in sample.name
    (fact,) = await house.ledger.facts(KIND)
    assert (fact.state, fact.data["sha256"]) == ("agreed", record["sha256"])


async def test_a_voice_reads_to_its_owner_alone(house):
    """Its owner may choose it; nobody else sees it, has it read, or chooses it by name; the page lists it to nobody."""
    asked = await house.sends_sample(person="alice")
    await house.does(Pressed(button(asked, "I agree")), person="alice")
    assert any("your own voice" in label for label in await house.listed(person="alice"))
    assert not any("own" in label for label in await house.listed(person="bob"))
    shown = await house.does(Invoked("voice"), person="alice")
    await house.does(Pressed(button(shown, "your own")), person="alice")
    chosen = await house.speak.voice_for("harbour", "test:alice", "Hello there")
    other = await house.speak.voice_for("harbour", "test:bob", "Hello there")
    assert (chosen.id, other.id) == (own_voice("test:alice"), "ana")
    page = LiveSpeech(house.coqui, house.speak)
    assert [voice.id for voice in await page.voices()] == ["ana"]


@pytest.mark.parametrize("how", ["word", "person", "never mind"])
async def test_what_is_forgotten_is_gone(house, tmp_path, how):
    """/forgetvoice and /forgetme delete record and sample; who rather not agrees leaves nothing at all."""
    asked = await house.sends_sample(person="alice")
    if how == "never mind":
        await house.does(Pressed(button(asked, "Rather not")), person="alice")
    else:
        await house.does(Pressed(button(asked, "I agree")), person="alice")
        assert await house.own.sweep() == 0
    if how == "word":
        assert "deleted" in (await house.does(Invoked("forgetvoice"), person="alice")).text
    elif how == "person":
        sure = await house.does(Invoked("forgetme"), person="alice")
        await house.does(Pressed(button(sure, "Forget")), person="alice")
        assert await house.own.sweep() == 1
    assert list((tmp_path / "samples").glob("*")) == []
    assert await house.ledger.facts(KIND) == []


async def test_what_is_no_sample_is_refused(house):
    """Too short, silent, none: a sentence each; a synthesizer that does not clone is not asked."""
    short = await house.sends_sample(to_opus(tone(3.0)).data)
    assert "6 to 60 seconds" in short.text
    assert "nobody speak" in (await house.sends_sample(to_opus(tone(1.0)).data)).text
    assert "attach" in (await house.does(Invoked("myvoice"))).text
    house.coqui.cloning = False
    assert "not offered" in (await house.sends_sample()).text
    assert await house.ledger.facts(KIND) == []
