"""Transcriber and Synthesizer: the real models, heard back."""

import asyncio
import time
from contextlib import aclosing

import numpy as np
import pytest
import pytest_asyncio
from yinlu_testing.audio import apart, melody, noise, plain, plain_words, tone

from bot_core.errors import BadInput, LimitReached, MissingExtra, ModelFailed
from bot_media.audio import Pcm, to_opus
from bot_media.speech import weights
from bot_media.speech.follow import voice_message
from bot_media.speech.kokoro import opened_kokoro
from bot_media.speech.sounds.visemes import NAMES
from bot_media.speech.whisper import opened_whisper

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHINESE = (
    "你好，欢迎来到我们的社区！请先阅读规则，再介绍一下自己。",
    "报销需要在30天之内提交，一般每个月5号发放。",
    "会议在2026年11月23日14:30开始，一共有12位成员参加。",
)
ENGLISH = (
    "Welcome to our community! Please read the rules first, then introduce yourself.",
    "Reimbursements are paid on the 5th of every month, within 30 days.",
    "Doctor Smith paid $25 for 3 tickets to London in 2024.",
)
MIXED = ("请用 Discord 的命令生成一张图片，然后等 3 分钟。", "我们的 API 需要安装 Redis，版本是 7.2。")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hears(models):
    async with opened_whisper(models, threads=2) as transcriber:
        yield transcriber


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def speaks(models):
    async with opened_kokoro(models, threads=2) as synthesizer:
        yield synthesizer


async def _back(speaks, hears, text, voice):
    """Return what is heard of a text that was spoken into a voice message."""
    message = await voice_message(speaks, text, voice)
    return await hears.transcribe(message.file.data, message.file.media_type)


async def test_spoken_chinese_is_heard_again(speaks, hears):
    """Numbers, dates and words: at most 8 % of the letters differ (measured 0.0 %)."""
    heard = await _back(speaks, hears, "".join(CHINESE), "zf_xiaobei")
    assert heard.language == "zh"
    assert apart(plain("".join(CHINESE)), plain(heard.text)) <= 0.08, heard.text


async def test_spoken_english_is_heard_again(speaks, hears):
    """Numbers, names and words: at most 8 % of the words differ (measured 0.0 %)."""
    heard = await _back(speaks, hears, " ".join(ENGLISH), "af_heart")
    assert heard.language == "en"
    assert apart(plain_words(" ".join(ENGLISH)), plain_words(heard.text)) <= 0.08, heard.text


async def test_mixed_sentences_are_read_through(speaks, hears):
    """A Chinese voice says English names within Chinese sentences: at most 20 % of the letters differ (measured 8.9 %)."""
    heard = await _back(speaks, hears, "".join(MIXED), "zf_xiaobei")
    assert apart(plain("".join(MIXED)), plain(heard.text)) <= 0.20, heard.text
    assert "discord" in heard.text.lower()


async def test_words_have_times(speaks, hears):
    """Times rise within the recording, the silence before the speech counted."""
    spoken = [Pcm(chunk.samples, chunk.rate) async for chunk in speaks.speak(ENGLISH[0], "am_michael")]
    late = Pcm.joined([Pcm(bytes(2 * 24_000 * 4), 24_000), *spoken])
    heard = await hears.transcribe(to_opus(late).data, "audio/ogg", "en")
    starts = [start for _, start, _ in heard.words]
    assert len(starts) > 8
    assert starts == sorted(starts)
    assert 3.5 < starts[0] < 4.6
    assert heard.words[-1][2] <= heard.seconds == pytest.approx(late.seconds, abs=0.1)


@pytest.mark.parametrize("sound", [Pcm(bytes(64_000), 16_000), melody(4.0), noise(4.0), tone(2.0)])
async def test_what_is_no_speech_is_told_so(hears, sound):
    """Silence, music, noise and a tone are not transcribed."""
    heard = await hears.transcribe(to_opus(sound).data, "audio/ogg")
    assert not heard.speech
    assert heard.text == ""


async def test_what_is_no_audio_is_refused(hears):
    """BadInput, and the transcriber goes on."""
    with pytest.raises(BadInput):
        await hears.transcribe(b"\x89PNG", "audio/ogg")


async def test_many_at_once_stand_in_line(hears, monkeypatch):
    """Beyond the line's length a recording is refused with the wait."""
    monkeypatch.setattr(hears, "_waiting", 3)
    silence = to_opus(Pcm(bytes(32_000), 16_000)).data
    results = await asyncio.gather(
        *(hears.transcribe(silence, "audio/ogg") for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(one, LimitReached) for one in results) == 4
    assert sum(not isinstance(one, BaseException) for one in results) == 4


async def test_every_voice_that_is_listed_speaks(speaks):
    """Each listed voice says a word of each of its languages, at its own pitch."""
    voices = await speaks.voices()
    assert len(voices) >= 4
    assert {language for voice in voices for language in voice.languages} == {"zh", "en"}
    for voice in voices:
        text = "你好。" if voice.languages[0] == "zh" else "Hello."
        chunks = [chunk async for chunk in speaks.speak(text, voice.id)]
        assert len(chunks) == 1
        assert np.abs(np.frombuffer(chunks[0].samples, "<i2")).max() > 2000


async def test_speech_is_whole_and_its_mouth_moves_with_it(speaks):
    """Nothing is cut: it begins and ends in silence; shapes rise in time, begin and end closed."""
    text = "Please stop. 请先读规则，谢谢。"
    chunks = [chunk async for chunk in speaks.speak(text, "zf_xiaoxiao")]
    assert [chunk.text for chunk in chunks] == ["Please stop.", "请先读规则，谢谢。"]
    for chunk in chunks:
        samples = np.abs(np.frombuffer(chunk.samples, "<i2").astype(float))
        seconds = len(samples) / chunk.rate
        assert samples[: int(0.02 * chunk.rate)].max() < 700
        assert samples[-int(0.1 * chunk.rate) :].max() < 100
        times = [at for _, at in chunk.visemes]
        assert times == sorted(times)
        assert times[-1] <= seconds
        assert {name for name, _ in chunk.visemes} <= set(NAMES)
        assert (chunk.visemes[0][0], chunk.visemes[-1][0]) == ("sil", "sil")
        assert len({name for name, _ in chunk.visemes}) >= 4
    shut = [at for name, at in chunks[0].visemes if name == "PP"]
    assert len(shut) == 2  # the p of please and of stop


async def test_a_style_changes_the_pace(speaks):
    """The styles that are listed do what they say."""
    lengths = {}
    for style in ("slow", "", "fast"):
        chunks = [chunk async for chunk in speaks.speak("This is a short sentence.", "af_heart", style)]
        lengths[style] = len(chunks[0].samples)
    assert lengths["slow"] > lengths[""] > lengths["fast"]


async def test_an_unknown_voice_or_style_is_refused(speaks):
    """BadInput, before anything is made."""
    for voice, style in (("nobody", ""), ("af_heart", "whisper"), ("../af_heart", "")):
        with pytest.raises(BadInput):
            [chunk async for chunk in speaks.speak("x", voice, style)]


async def test_speech_that_is_left_ends_at_once(speaks):
    """Whoever is cancelled in the middle of a sentence is back within 100 ms, and the model is free soon after."""
    long = "one two three four five six seven eight nine ten " * 8

    async def listen():
        return [chunk async for chunk in speaks.speak(long, "af_heart")]

    task = asyncio.create_task(listen())
    await asyncio.sleep(0.5)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 0.1
    again = [chunk async for chunk in speaks.speak("Hello.", "af_heart")]
    assert len(again) == 1
    assert time.monotonic() - began < 4.0


async def test_speakers_take_turns(speaks):
    """Of two who speak at once, neither waits for the other's whole answer."""
    order = []

    async def say(name):
        async for _ in speaks.speak("One here. Two here. Three here.", "af_heart"):
            order.append(name)

    await asyncio.gather(say("a"), say("b"))
    assert sorted(order) == ["a"] * 3 + ["b"] * 3
    assert "".join(order) != "aaabbb"


async def test_weights_are_checked(models, monkeypatch):
    """A package whose bytes differ is not used; one that lacks names the extra."""
    with pytest.raises(ModelFailed):
        weights.assemble(weights.KOKORO_PARTS[:1], models / "wrong", "0" * 64)
    assert not (models / "wrong").exists()
    with pytest.raises(MissingExtra) as missing:
        weights.assemble([("no_such_package", "part.bin")], models / "none", "")
    assert missing.value.extra == "voice"


async def test_a_message_left_by_its_listener_is_closed(speaks):
    """An iterator that is closed after one sentence frees the model for the next speaker."""
    async with aclosing(speaks.speak("One here. Two here.", "af_heart")) as chunks:
        async for _ in chunks:
            break
    assert [chunk async for chunk in speaks.speak("Yes.", "af_heart")]
