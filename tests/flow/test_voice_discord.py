"""Voice on Discord: a voice message in, words and a native voice message out, over a real socket and a real Valkey."""

from __future__ import annotations

import asyncio
import base64

import pytest
import pytest_asyncio
from yinlu_testing.audio import apart, plain
from yinlu_testing.discord_house import House, answered
from yinlu_testing.discord_loopback import BOT, CHANNEL
from yinlu_testing.discord_people import until
from yinlu_testing.voice_chat import ASKED, SILENCE, VoiceInChat, aigc_record

from bot_media.audio import AudioReader
from bot_media.speech.follow import voice_message
from bot_media.speech.kokoro import opened_kokoro
from bot_media.speech.whisper import opened_whisper

pytest_plugins = ["yinlu_testing.redis", "yinlu_testing.discord_fixtures"]
DIRECT = 5011  # alice's own channel
VOICE = 8192
CHINESE = "报销需要在30天之内提交，请问一般每个月几号发放？"


def joins(house, voice):
    """Let a house hear and speak."""
    handlers = voice.handlers(house.answerer, house.ledger, house.files)

    async def answer(incoming, conversation):
        for handler in handlers:
            if handled := await handler(incoming, conversation):
                return handled
        return None

    house.listener.answer = answer


@pytest_asyncio.fixture
async def house(discord, valkey):
    """A house that offers 🔊, hears and speaks."""
    async with House(discord, valkey.url, speaks=True).up() as one:
        joins(one, VoiceInChat())
        yield one


async def sends_voice(discord, member, audio, seconds=3.0):
    """Let a member send a voice message in private."""
    name = f"voice-{len(discord.cdn)}.ogg"
    discord.cdn[name] = audio
    url = f"{discord.root}/cdn/{name}"
    about = {"id": "7", "filename": name, "size": len(audio), "url": url, "proxy_url": url}
    sound = {**about, "content_type": "audio/ogg", "duration_secs": seconds, "waveform": "AAAA"}
    await member.writes_privately("", attachments=[sound], flags=VOICE)


def spoken(discord, channel=DIRECT):
    """Return the native voice messages in a channel."""
    return [m for m in discord.said(channel) if m["flags"] & VOICE]


def sound_of(message):
    """Return the bytes of a voice message."""
    return bytes.fromhex(message["files"][0])


async def test_a_voice_message_is_answered_in_words_and_by_a_voice_message(discord, house, alice):
    """What was heard, the answer with its sources, and a voice message with waveform, duration and label."""
    await sends_voice(discord, alice, ASKED)
    await until(
        lambda: [m for m in discord.said(DIRECT) if m["content"].startswith("🎤 When does the ferry")]
    )
    answer = await answered(discord, DIRECT)
    assert "🔊" in [b["label"] for row in answer["components"] for b in row["components"]]
    (sent,) = await until(lambda: spoken(discord))
    audio, shown = sound_of(sent), sent["attachments"][0]
    pcm = await AudioReader().read(audio, "audio/ogg")
    assert sent["content"] == "" and shown["duration_secs"] == pytest.approx(pcm.seconds, abs=0.1)
    assert 1 <= len(base64.b64decode(shown["waveform"])) <= 256
    assert aigc_record(audio)["ContentProducer"] == "Yinlu"


async def test_another_member_has_the_answer_read_aloud(discord, house, alice, bob):
    """🔊 works for who did not ask; the voice message comes to the same channel."""
    await alice.says(f"<@{BOT}> when does the ferry leave?")
    answer = await answered(discord)
    assert spoken(discord, CHANNEL) == []
    await bob.presses(answer, "🔊")
    await until(lambda: spoken(discord, CHANNEL))


async def test_five_messages_in_a_second_are_answered_one_by_one(discord, house, alice):
    """Each is heard, answered and spoken once."""
    await asyncio.gather(*(sends_voice(discord, alice, ASKED) for _ in range(5)))
    await until(lambda: len(spoken(discord)) == 5, 20.0)
    await house.quiet()
    texts = [m["content"] for m in discord.said(DIRECT)]
    assert sum(text.startswith("🎤") for text in texts) == sum("07:45" in text for text in texts) == 5
    assert len(spoken(discord)) == 5


async def test_what_can_not_be_heard_is_told(discord, house, alice):
    """Too long, empty, silent: a sentence each, and nothing is spoken."""
    for audio, seconds, sentence in (
        (ASKED, 400.0, "300 s is the most"),
        (ASKED, 200.0, "at most 120 s"),
        (b"", 3.0, "empty"),
        (SILENCE, 3.0, "I heard nobody speak"),
    ):
        await sends_voice(discord, alice, audio, seconds)
        await until(lambda words=sentence: [m for m in discord.said(DIRECT) if words in m["content"]])
    assert spoken(discord) == []


@pytest.mark.slow
async def test_a_spoken_question_is_heard_and_the_answer_understood(discord, house, alice, tmp_path):
    """Kokoro asks, Whisper hears, Kokoro answers, Whisper understands the answer: with the real models."""
    async with opened_kokoro(tmp_path) as speaks, opened_whisper(tmp_path) as hears:
        joins(house, VoiceInChat(hears, speaks))
        question = await voice_message(speaks, CHINESE, "zf_xiaobei")
        await sends_voice(discord, alice, question.file.data, question.file.seconds)
        (sent,) = await until(lambda: spoken(discord), 120.0)
        assert apart(plain(CHINESE), plain(house.answerer.asked[0].text)) < 0.1
        back = await hears.transcribe(sound_of(sent), "audio/ogg")
        assert "ferry leaves" in back.text.lower()
