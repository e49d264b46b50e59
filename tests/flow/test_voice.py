"""Voice in chats: a voice message in, words and a voice message out; 🔊 by anybody; /voice."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from yinlu_testing.core import FixedPlaces, RecordingFace, StraightOutbox, event

from bot_app.compose_voice import DEMANDING
from bot_core.actions import Action
from bot_core.answers import Answer, Outcome
from bot_core.clock import SystemClock
from bot_core.conversation import Context
from bot_core.dispatch import Dispatcher, chain_of
from bot_core.errors import ModelFailed
from bot_core.events import Invoked, Pressed, Spoke
from bot_core.files import FileRef
from bot_core.identity import Locale
from bot_core.middleware import ModerateIncoming, VerifyPresses
from bot_core.ports.media import Heard, VoiceInfo
from bot_core.ports.safety import Decision, Verdict
from bot_core.replies import Label, Sound
from bot_core.tokens import Signer
from bot_handlers.ask import AskHandler
from bot_handlers.voice.hearing import HearHandler
from bot_handlers.voice.speaking import Narrated, SpeakHandler, readable
from bot_ledger import MemoryLedger
from bot_media import MemoryFiles, ScriptedTranscriber

SIGNER = Signer({1: b"s" * 32}, 1)
VOICES = (
    VoiceInfo("zf", "小荷", ("zh",)),
    VoiceInfo("af", "Heart", ("en",)),
    VoiceInfo("am", "Adam", ("en",)),
)


class Answers:
    """An answerer that repeats the question."""

    async def answer(self, question, say=None):
        """Answer."""
        return Answer(question.id, Outcome.ANSWERED, f"You asked: {question.text} [1]")

    async def examples(self, community, locale):
        """None."""
        return []


class Narrators:
    """A narrator that remembers what it said."""

    def __init__(self, files, voices=VOICES):
        self.files, self.list, self.said, self.broken = files, voices, [], False

    async def voices(self):
        """Return the voices."""
        return self.list

    async def narrate(self, text, voice, *, labelled=False):
        """Remember."""
        if self.broken:
            raise ModelFailed("speak", "test", "broken")
        self.labelled = labelled
        self.said.append((text, voice))
        return Narrated(await self.files.put(text.encode(), "audio/ogg"), 2.0)


class NoSwearing:
    """A moderator with one rule."""

    async def text(self, community, text, *, outgoing=False):
        """Refuse one word."""
        return Verdict(Decision.REFUSE if "darn" in text else Decision.ALLOW, "insult")


@dataclass
class House:
    """A house that hears and speaks."""

    heard: dict

    def __post_init__(self):
        self.face = RecordingFace(speaks=True)
        self.ledger, self.files = MemoryLedger(), MemoryFiles()
        self.narrator = Narrators(self.files)
        self.outbox = StraightOutbox(self.face)
        ask = AskHandler(Answers(), self.ledger, SystemClock(), str.strip)
        speak = SpeakHandler(self.narrator, self.ledger)
        inner = chain_of((ModerateIncoming(NoSwearing()),), (ask,))
        hear = HearHandler(ScriptedTranscriber(self.heard), self.files, speak, inner)
        self.dispatcher = Dispatcher(
            Context(self.outbox, SIGNER),
            {"test": self.face},
            FixedPlaces(),
            (VerifyPresses(SIGNER),),
            (hear, speak, ask),
        )

    async def does(self, content, **fields):
        """Let a member do something; return what was sent."""
        before = len(self.face.delivered)
        await self.dispatcher.handle(event(content, **fields))
        for out in self.face.delivered[before:]:
            if out.record is not None:
                await self.ledger.record_answer(out.record)
        return [out.reply for out in self.face.delivered[before:]]

    async def says(self, audio, seconds=3.0, **fields):
        """Let a member send a voice message."""
        ref = await self.files.put(audio, "audio/ogg")
        return await self.does(Spoke(ref, seconds), **fields)


@pytest.fixture
def house():
    """A house that knows two recordings."""
    return House(
        {
            b"join": Heard("How do I join?", "en", 2.0),
            b"noise": Heard("", "en", 2.0, speech=False),
            b"bad": Heard("darn it", "en", 1.0),
        }
    )


async def test_a_voice_message_is_answered_in_words_and_aloud(house):
    """What was heard is shown, the answer comes with its buttons, then as a voice message without its citations."""
    heard, answer, spoken = await house.says(b"join")
    assert heard.text == "🎤 How do I join?"
    assert answer.text == "You asked: How do I join? [1]"
    assert [b.action for b in answer.rows[-1]] == [
        Action.VOTE_UP,
        Action.VOTE_DOWN,
        Action.SPEAK,
        Action.REGENERATE,
    ]
    (sound,) = spoken.parts
    assert isinstance(sound, Sound)
    assert (sound.transcript, spoken.label) == ("You asked: How do I join?", Label.GENERATED)
    assert house.narrator.said == [("You asked: How do I join?", "af")]


@pytest.mark.parametrize("platform", ["douyin", "test"])
async def test_speech_says_that_it_is_generated_where_that_is_demanded(house, platform):
    """On Douyin every voice message is audibly marked, whatever the setting; elsewhere the setting says it."""
    made = event(Spoke(FileRef("0" * 64, "audio/ogg", 3), 1.0))
    incoming = replace(made, origin=replace(made.origin, platform=platform))
    talk = SimpleNamespace(community="harbour")
    await SpeakHandler(house.narrator, house.ledger, DEMANDING).spoken("It is seven days.", incoming, talk)
    assert house.narrator.labelled is (platform == "douyin")


async def test_anybody_may_have_an_answer_read_aloud(house):
    """🔊 works on every answer, for another member, in their voice."""
    _, answer, _ = await house.says(b"join")
    button = answer.rows[-1][2]
    await house.does(Invoked("voice"), person="bob")
    listed = house.face.delivered[-1].reply
    adam = next(b for row in listed.rows for b in row if b.label.startswith("Adam"))
    (told,) = await house.does(Pressed(adam.token), person="bob")
    assert "Adam speaks" in told.text
    await house.does(Pressed(button.token), person="bob")
    await house.does(Pressed(button.token), person="carol")
    assert [voice for _, voice in house.narrator.said[-2:]] == ["am", "af"]


async def test_voices_can_be_heard_before_they_are_chosen(house):
    """A preview in the voice's own language, for the asker alone."""
    (listed,) = await house.does(Invoked("voice"), locale=Locale.ZH)
    assert listed.private
    assert "小荷" in listed.text
    previews = [b for row in listed.rows for b in row if b.action is Action.VOICE_PREVIEW]
    (sound,) = await house.does(Pressed(previews[0].token))
    assert sound.private
    assert house.narrator.said[-1] == ("你好，我是小荷，很高兴为你引路。", "zf")


async def test_silence_is_told(house):
    """Noise and silence are no question."""
    (told,) = await house.says(b"noise")
    assert told.text == "I heard nobody speak. Please say it again."


async def test_what_is_said_is_moderated_like_what_is_written(house):
    """The transcript goes through the same judge."""
    _, told = await house.says(b"bad")
    assert told.error == "Moderated"


async def test_a_long_or_lost_recording_is_told(house):
    """The bound is named; a file that is gone is said to be gone."""
    (told,) = await house.says(b"join", seconds=500)
    assert "at most 120 s" in told.text
    (gone,) = await house.does(Spoke(FileRef("0" * 64, "audio/ogg", 3), 1.0))
    assert gone.error == "NotFound"


async def test_a_voice_that_fails_leaves_the_words(house):
    """The answer stands; nothing is said twice."""
    house.narrator.broken = True
    replies = await house.says(b"join")
    assert [reply.error for reply in replies] == [None, None]
    house.narrator.list = ()
    (told,) = await house.does(Invoked("voice"))
    assert "yinlu[voice]" in told.text


def test_what_is_read_aloud_has_no_marks_and_an_end():
    """Citations go; a long answer ends with a whole sentence."""
    assert readable("It is seven days [1] [2, 3].") == "It is seven days."
    long = readable("一句话。" * 600)
    assert len(long) <= 1500
    assert long.endswith("。")
