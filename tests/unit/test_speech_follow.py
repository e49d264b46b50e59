"""Speech that follows a text: in order, sentence by sentence, ended at once; messages and what is remembered."""

import asyncio
import time

import pytest

from bot_core.errors import BadInput, ModelFailed
from bot_core.ports.media import SpeechChunk, VoiceInfo
from bot_media import ToneSynthesizer
from bot_media.audio import AudioReader, aigc_tag
from bot_media.speech.cache import CachedSynthesizer
from bot_media.speech.follow import followed, speaking, voice_message


class SlowSynthesizer:
    """Takes ``seconds`` a sentence; remembers what was asked and whether it was left."""

    def __init__(self, seconds=0.05, fails=""):
        self.seconds, self.fails = seconds, fails
        self.asked, self.left = [], 0

    async def voices(self):
        return [VoiceInfo("low", "Low", ("en",))]

    async def speak(self, text, voice, style="", role=""):
        self.asked.append(text)
        if self.fails and self.fails in text:
            raise ModelFailed("speak", "slow", "as told")
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.left += 1
            raise
        yield SpeechChunk(b"\1\0" * 800, 16_000, text)


async def _written(*parts, pause=0.0):
    for part in parts:
        await asyncio.sleep(pause)
        yield part


async def test_speech_begins_before_the_text_is_whole():
    """The first sentence is heard while the second is still written, and each once, in order."""
    whole, heard = asyncio.Event(), []

    async def text():
        yield "One is here. Two"
        await whole.wait()
        yield " is here."

    async for chunk in followed(SlowSynthesizer(), text(), "low"):
        heard.append(chunk.text)
        whole.set()
    assert heard == ["One is here.", "Two is here."]


async def test_the_next_sentence_is_made_while_one_plays():
    """A listener as slow as the synthesizer waits for the first sentence only."""
    began, waited = time.monotonic(), []
    async for _ in followed(SlowSynthesizer(0.1), _written("One. Two. Three. Four."), "low"):
        waited.append(time.monotonic() - began)
        await asyncio.sleep(0.12)
    assert len(waited) == 4
    assert waited[-1] < 0.1 + 3 * 0.12 + 0.1


async def test_a_stopped_answer_ends_within_100_ms_and_nothing_stale_follows():
    """Neither what was being made nor what lay ready comes out; text that still arrives is dropped."""
    slow, heard = SlowSynthesizer(0.2), []
    async with speaking(slow, "low") as answer:
        answer.push("One is here. Two is here. Three is here. ")
        async for chunk in answer.chunks():
            heard.append(chunk.text)
            await asyncio.sleep(0.3)  # two lies ready, three is being made
            began = time.monotonic()
            answer.stop()
            answer.push("Four is here. ")
    assert time.monotonic() - began < 0.1
    assert heard == ["One is here."]
    assert slow.left == 1
    assert "Four is here." not in slow.asked


async def test_a_stop_wakes_a_listener_that_waits():
    """Who waits for the next chunk is let go at once."""
    async with speaking(SlowSynthesizer(5.0), "low") as answer:
        answer.push("One is here. ")
        listener = asyncio.create_task(_all(answer))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        answer.stop()
        assert await listener == []
    assert time.monotonic() - began < 0.1


async def _all(answer):
    return [chunk async for chunk in answer.chunks()]


async def test_a_failure_reaches_the_listener_after_what_was_said():
    """What was spoken before is heard, then the error is raised."""
    heard = []
    with pytest.raises(ModelFailed):
        async with speaking(SlowSynthesizer(0.0, fails="Two"), "low") as answer:
            answer.push("One is here. Two is here. Three is here. ")
            answer.finish()
            async for chunk in answer.chunks():
                heard.append(chunk.text)
    assert heard == ["One is here."]


async def test_a_text_that_breaks_off_ends_the_speech():
    """What the text raises reaches the listener."""

    async def text():
        yield "One is here. Two"
        await asyncio.sleep(0.1)
        raise ModelFailed("chat", "x", "as told")

    heard = []
    with pytest.raises(ModelFailed):
        async for chunk in followed(SlowSynthesizer(0.0), text(), "low"):
            heard.append(chunk.text)
    assert heard == ["One is here."]


async def test_an_answer_becomes_a_voice_message():
    """One OGG/Opus with its length, its waveform, its tag; citations are not in what is said."""
    message = await voice_message(
        ToneSynthesizer(rate=24_000), "Hello there [1]. 再见。", "low", tags=aigc_tag("Yinlu", "a1")
    )
    assert message.file.media_type == "audio/ogg"
    assert message.file.data.startswith(b"OggS")
    assert b"AIGC" in message.file.data
    assert message.text == "Hello there. 再见。"
    assert message.waveform
    pcm = await AudioReader().read(message.file.data, "audio/ogg")
    assert pcm.seconds == pytest.approx(message.file.seconds, abs=0.1)


@pytest.mark.parametrize("label", ["spoken", "rhythm"])
async def test_the_audible_label_comes_first(label):
    """Labelled speech is longer by its label; the spoken one is in the text's language."""
    tones = ToneSynthesizer()
    plain = await voice_message(tones, "你好，欢迎来到这里。", "low")
    labelled = await voice_message(tones, "你好，欢迎来到这里。", "low", label=label)
    assert labelled.file.seconds > plain.file.seconds + 0.2
    assert labelled.text.startswith("AI生成") == (label == "spoken")


async def test_nothing_to_say_is_refused():
    """A text of marks alone is no voice message."""
    with pytest.raises(BadInput):
        await voice_message(ToneSynthesizer(), "--- [1]", "low")


async def test_what_was_said_is_remembered_within_its_room():
    """The same sentence of the same voice is made once; the longest unused is forgotten first; a half is not kept."""
    slow = SlowSynthesizer(0.0)
    cached = CachedSynthesizer(slow, room=2 * 1600)

    async def say(text, style=""):
        return [chunk async for chunk in cached.speak(text, "low", style)]

    assert await say("a") == await say("a")
    await say("a", "fast")
    assert slow.asked == ["a", "a"]
    await say("b")  # "a" goes
    await say("a", "fast")
    await say("a")
    assert slow.asked == ["a", "a", "b", "a"]
    async for _ in cached.speak("c", "low"):
        break
    await say("c")
    assert slow.asked[-2:] == ["c", "c"]


async def test_live_speech_is_labelled_where_it_is_wished():
    """The rhythm sounds before the first sentence, whose mouth shapes wait for it; the spoken label is a sentence itself."""
    tones = ToneSynthesizer()
    plain = [c async for c in followed(tones, _written("你好。", "再见。"), "low")]
    marked = [c async for c in followed(tones, _written("你好。", "再见。"), "low", label="rhythm")]
    assert [c.text for c in marked] == [c.text for c in plain]
    later = (len(marked[0].samples) - len(plain[0].samples)) / 2 / 16_000
    assert 1.0 < later < 1.4
    assert marked[0].visemes[0] == ("sil", 0.0)
    assert marked[0].visemes[1][1] == pytest.approx(plain[0].visemes[0][1] + later, abs=0.01)
    assert marked[1] == plain[1]
    told = [c.text async for c in followed(tones, _written("你好。", "再见。"), "low", label="spoken")]
    assert told[0].startswith("AI生成") and told[1:] == ["你好。", "再见。"]
