"""Voice on Telegram: a note in, words and a native voice message out, over real sockets and a real Valkey."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from contextlib import asynccontextmanager

import pytest
from yinlu_testing.audio import apart, plain
from yinlu_testing.servers import prefix
from yinlu_testing.telegram_house import ALICE, BOB, GROUP, TelegramHouse, button, labels, until_true
from yinlu_testing.telegram_loopback import Loopback
from yinlu_testing.telegram_values import user_json
from yinlu_testing.voice_chat import ASKED, SILENCE, VoiceInChat, aigc_record

from bot_core.clock import SystemClock
from bot_core.ports.members import SpeakMode
from bot_core.ports.work import JobState
from bot_core.recordings import recording_job
from bot_handlers.voice.recordings import RecordingHandler
from bot_media.audio import AudioReader
from bot_media.speech.follow import voice_message
from bot_media.speech.kokoro import opened_kokoro
from bot_media.speech.whisper import opened_whisper
from bot_queue.jobs_memory import MemoryJobQueue

pytest_plugins = ["yinlu_testing.redis"]
ENGLISH = "Please tell me when reimbursements are paid, and how many days that takes."


@asynccontextmanager
async def house(valkey, voice=None, **options):
    """A house that hears and speaks; whatever it called must have been a call that Telegram takes."""
    async with Loopback().serve() as api:
        made = TelegramHouse(api, valkey.url, prefix(), speaks=True, **options)
        parts = voice or VoiceInChat()
        made.extra += parts.handlers(made.answerer, made.ledger, made.files)
        async with made.up():
            yield made
        assert api.problems == []


async def sends_voice(home, audio, seconds=3, user=ALICE, chat=None):
    """Let a member send a voice note."""
    name = f"v{len(home.api.files)}"
    home.api.files[name] = audio
    note = {"file_id": name, "duration": seconds, "mime_type": "audio/ogg", "file_size": len(audio)}
    await home.say(user=user, chat=chat, voice=note)


def spoken(home, chat=ALICE):
    """Return the voice messages that were sent."""
    return [data for data in home.api.of("sendVoice") if data["chat_id"] == chat]


async def test_a_voice_note_is_answered_in_words_and_by_a_voice_message(valkey):
    """What was heard, the answer with its sources, and an OGG/Opus voice message that carries its label."""
    async with house(valkey) as home:
        await sends_voice(home, ASKED)
        await home.answer("🎤 When does the ferry leave?")
        answer = await home.answer("07:45 [1]")
        assert labels(answer)[-1] == ["👍", "👎", "🔊", "🔁"]
        await until_true(lambda: spoken(home))
        (sent,) = spoken(home)
        assert sent["voice"].startswith(b"OggS") and b"OpusHead" in sent["voice"]
        pcm = await AudioReader().read(sent["voice"], "audio/ogg")
        assert sent["duration"] == pytest.approx(pcm.seconds, abs=1)
        assert aigc_record(sent["voice"])["Label"] == "1"


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
async def test_another_program_reads_the_label_of_a_voice_message(valkey, tmp_path):
    """exiftool finds the AIGC record, whole, in what Telegram was sent."""
    async with house(valkey) as home:
        await sends_voice(home, ASKED)
        await until_true(lambda: spoken(home))
        path = tmp_path / "voice.ogg"
        path.write_bytes(spoken(home)[0]["voice"])
    done = await asyncio.to_thread(
        subprocess.run, ["exiftool", "-j", str(path)], capture_output=True, text=True, check=True
    )
    tags = {name.lower(): value for name, value in json.loads(done.stdout)[0].items()}
    record = tags["aigc"] if isinstance(tags["aigc"], dict) else json.loads(tags["aigc"])
    assert str(record["Label"]) == "1" and record["ContentProducer"] == "Yinlu"


async def test_another_member_has_the_answer_read_aloud(valkey):
    """🔊 in a group works for who did not ask; it answers with a voice message there."""
    async with house(valkey) as home:
        home.speaks.modes[str(GROUP)] = SpeakMode.ALWAYS
        await home.say("When does the ferry leave?", chat=GROUP)
        answer = await home.answer("07:45 [1]", chat=GROUP)
        assert spoken(home, GROUP) == []
        await home.press(button(answer, "🔊"), {**answer, "from": user_json(4242)}, user=BOB)
        await until_true(lambda: spoken(home, GROUP))


async def test_five_notes_in_a_second_are_answered_one_by_one(valkey):
    """Each is heard, answered and spoken once, in order."""
    async with house(valkey) as home:
        await asyncio.gather(*(sends_voice(home, ASKED) for _ in range(5)))
        await until_true(lambda: len(spoken(home)) == 5, 20.0)
        kinds = [
            "voice" if name == "sendVoice" else "heard" if "🎤" in data["text"] else "answer"
            for name, data in home.api.calls
            if name in ("sendVoice", "sendMessage")
        ]
        assert kinds.count("heard") == kinds.count("answer") == 5
        assert kinds == ["heard", "answer", "voice"] * 5


async def test_what_can_not_be_heard_is_told(valkey):
    """Too long, empty, silent, cut off: a sentence each, and nothing is spoken."""
    async with house(valkey) as home:
        await sends_voice(home, ASKED, seconds=400)
        await home.answer("300 s is the most")
        await sends_voice(home, ASKED, seconds=200)
        await home.answer("at most 120 s")
        await sends_voice(home, b"")
        await home.answer("empty")
        await sends_voice(home, SILENCE)
        await home.answer("I heard nobody speak")
        assert spoken(home) == []


@pytest.mark.parametrize("kind", ["audio", "document"])
async def test_a_recording_is_handed_in_with_a_command_as_its_caption(valkey, kind):
    """/transcribe under an audio file becomes a job; its message has ⏹, which the asker alone may press."""
    queue = MemoryJobQueue()
    async with house(valkey) as home:
        home.extra.insert(0, RecordingHandler(queue, SystemClock()))
        home.api.files["f1"] = ASKED
        file = {"file_id": "f1", "file_name": "talk.ogg", "mime_type": "audio/ogg", "file_size": len(ASKED)}
        command = {"entities": [{"type": "bot_command", "offset": 0, "length": 11}]}
        await home.say(
            caption="/transcribe", caption_entities=command["entities"], **{kind: {"duration": 1, **file}}
        )
        shown = await home.answer("talk.ogg")
        (view,) = await queue.listing(JobState.WAITING)
        audio = recording_job(view.job.payload).audio
        assert (await home.files.read(audio.key), audio.name) == (ASKED, "talk.ogg")
        await home.press(button(shown, "⏹"), shown, user=BOB)
        await until_true(lambda: len(home.api.of("answerCallbackQuery")) == 1)
        assert (await queue.view(view.job.id)).state is JobState.WAITING
        await home.press(button(shown, "⏹"), shown)
        await until_true(lambda: len(home.api.of("answerCallbackQuery")) == 2)
        assert (await queue.view(view.job.id)).state is JobState.CANCELLED
        await home.say("/transcribe")
        await home.answer("attach a recording")


@pytest.mark.slow
async def test_a_spoken_question_is_heard_and_the_answer_understood(valkey, tmp_path):
    """Kokoro asks, Whisper hears, Kokoro answers, Whisper understands the answer: with the real models."""
    async with opened_kokoro(tmp_path) as speaks, opened_whisper(tmp_path) as hears:
        question = await voice_message(speaks, ENGLISH, "af_heart")
        async with house(valkey, VoiceInChat(hears, speaks)) as home:
            await sends_voice(home, question.file.data, seconds=round(question.file.seconds))
            await until_true(lambda: spoken(home), 120.0)
            assert apart(plain(ENGLISH), plain(home.answerer.asked[0].text)) < 0.1
            back = await hears.transcribe(spoken(home)[0]["voice"], "audio/ogg")
            assert "ferry leaves" in back.text.lower()
