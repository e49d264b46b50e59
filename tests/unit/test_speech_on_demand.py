"""Models are loaded at the first word and let go after a while of silence."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bot_core.errors import MissingExtra
from bot_core.identity import Words
from bot_media import ScriptedTranscriber, ToneSynthesizer
from bot_media.speech.on_demand import SynthesizerOnDemand, TranscriberOnDemand, installed


class Opener:
    def __init__(self, thing):
        self.thing, self.opened, self.closed = thing, 0, 0

    @asynccontextmanager
    async def __call__(self):
        self.opened += 1
        await asyncio.sleep(0.01)
        yield self.thing
        self.closed += 1


async def test_a_model_is_loaded_once_and_let_go():
    """Nothing is loaded before the first recording; many at once load once; silence closes, the next word opens."""
    opener = Opener(ScriptedTranscriber())
    async with TranscriberOnDemand(opener, idle=0.05) as hears:
        assert opener.opened == 0
        heard = await asyncio.gather(*(hears.transcribe(b"said:hi", "audio/ogg") for _ in range(5)))
        assert [one.text for one in heard] == ["hi"] * 5
        assert (opener.opened, opener.closed) == (1, 0)
        await asyncio.sleep(0.15)
        assert (opener.opened, opener.closed) == (1, 1)
        await hears.transcribe(b"said:hi", "audio/ogg")
        assert opener.opened == 2
    assert opener.closed == 2


async def test_a_model_in_use_stays():
    """An answer that is spoken longer than the silence allowed is not cut off."""
    opener = Opener(ToneSynthesizer())
    async with SynthesizerOnDemand(opener, await ToneSynthesizer().voices(), idle=0.02) as speaks:
        assert [voice.id for voice in await speaks.voices()] == ["low", "high"]
        assert opener.opened == 0
        texts = []
        async for chunk in speaks.speak("One. Two. Three.", "low"):
            texts.append(chunk.text)
            await asyncio.sleep(0.05)
            assert opener.closed == 0
        assert texts == ["One.", "Two.", "Three."]


async def test_what_can_not_be_loaded_is_told_each_time():
    """A missing extra is raised to who asks, and asked again the next time."""

    @asynccontextmanager
    async def missing():
        raise MissingExtra("voice", Words("语音", "Voice"))
        yield

    async with TranscriberOnDemand(missing) as hears:
        for _ in range(2):
            with pytest.raises(MissingExtra):
                await hears.transcribe(b"x", "audio/ogg")


def test_packages_are_looked_for_without_importing_them():
    """What is there is there, what is not is not."""
    assert installed(("bot_media", "json"))
    assert not installed(("json", "no_such_package"))
