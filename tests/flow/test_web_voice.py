"""Voice on the page's WebSocket, over real sockets: recordings in, answers spoken while they are written."""

import asyncio
import json
import socket
import sys
import wave
from asyncio.subprocess import PIPE
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from yinlu_testing.voice import VoiceHouse, VoiceTab
from yinlu_testing.web import WebHouse, token

from bot_adapters.web import WebOptions
from bot_adapters.web.voice_in import Recording, Shape
from bot_adapters.web.voice_partial import Hearing
from bot_core.answers import Answer, Outcome
from bot_core.ports.work import Rate
from bot_media import ScriptedTranscriber

ASKED = b"said:When does the ferry leave?"
ANSWER = "The ferry leaves at 07:45."


@dataclass
class Spoken:
    """A connection that is spoken at."""

    recording: Recording
    told: list[str] = field(default_factory=list)

    def tell(self, stored):
        """Remember."""
        self.told.append(stored)


@pytest.fixture
async def house():
    """A running server that hears and speaks."""
    async with VoiceHouse(audio_idle=0.3).up() as running:
        yield running


async def test_a_voice_message_is_heard_answered_and_spoken(house):
    """The transcript, the answer in words, and the answer's sound come to who spoke, without a file of the whole."""
    tab = VoiceTab(house)
    async with tab.open():
        assert tab.hello["data"]["features"]["voice"] is True
        sent = await tab.speaks(ASKED)
        assert (await tab.until("transcript", sent))["data"] == {
            "text": "When does the ferry leave?",
            "final": True,
        }
        done = await tab.until("done", sent)
        over = await tab.until_over()
    answer = done["data"]["answer"]
    assert done["data"]["text"] == "The ferry leaves at 07:45 [1]."
    (start,) = tab.of("audio.start")
    assert (start["answer"], start["n"], start["format"], start["text"]) == (answer, 0, "pcm16", ANSWER)
    (shapes,) = tab.of("viseme")
    assert (shapes["answer"], shapes["n"]) == (answer, 0)
    assert shapes["at"][0] == [0.0, "aa"] and shapes["at"][-1][1] == "sil"
    pieces = tab.of("sound")
    assert [int.from_bytes(piece[:4], "big") for piece in pieces] == list(range(len(pieces)))
    seconds = sum(len(piece) - 4 for piece in pieces) / 2 / start["rate"]
    assert seconds == pytest.approx(shapes["at"][-1][0], abs=0.01)
    assert tab.of("audio.end") == [{"answer": answer, "n": 0}]
    assert over == {"answer": answer, "sentences": 1, "why": "end"}
    assert not tab.of("message") and house.narrator.said == []


async def test_sound_is_not_replayed(house):
    """A client that comes back gets the words it missed; speech is of the moment."""
    tab = VoiceTab(house)
    async with tab.open():
        await tab.speaks(ASKED)
        await tab.until_over()
    tab.got, tab.seq = [], 0
    async with tab.open(session=tab.session, visitor=tab.visitor, after=0):
        await tab.until("done")
        assert await tab.quiet()
    assert tab.of("transcript") and not tab.of("audio.start") and not tab.of("sound")


async def test_the_voice_message_survives_a_crash_and_is_answered_once():
    """Acknowledged, killed, restarted: it is heard and answered; the same recording again is the same request."""
    house = VoiceHouse()
    await house.start()
    tab = VoiceTab(house)
    async with tab.open():
        sent = await tab.speaks(b"said:slow one")
        await tab.until("transcript", sent)
        await tab.until("delta", sent)
        await house.crash()
    async with house.up():
        house.answerer.go.set()
        async with tab.open():
            done = await tab.until("done", sent)
            assert done["data"]["text"] == "The ferry leaves at 07:45 [1]."
            await asyncio.sleep(0.1)
            await tab.speaks(b"said:slow one", sent)
            with pytest.raises(TimeoutError):
                while True:
                    assert (await tab.next(0.3))["type"] not in ("done", "progress")
    assert len(house.ledger.records) == 1


@pytest.mark.parametrize("by", ["audio.stop", "ask", "audio.start", "cancel"])
async def test_a_word_from_the_member_ends_the_speech(house, by):
    """A stop, a question, a voice or a cancel ends it within 100 ms; no sound of it comes afterwards."""
    house.synthesizer.seconds = 0.15
    tab = VoiceTab(house)
    loop = asyncio.get_running_loop()
    async with tab.open():
        await tab.send("voice", {"aloud": True})
        sent = await tab.send("ask", {"text": "slow one"})
        await tab.until("progress", sent)
        await asyncio.sleep(0.1)  # the first sentence is being made
        data = {"ask": {"text": "what?"}, "cancel": {"of": sent}, "audio.start": {"format": "pcm16"}}.get(
            by, {}
        )
        began = loop.time()
        await tab.send(by, data)
        over = await tab.until_over()
        assert loop.time() - began < 0.1
        assert over["why"] == "stopped"
        house.answerer.go.set()
        with pytest.raises(TimeoutError):
            while True:
                frame = await tab.next(0.4)
                same = isinstance(frame["data"], dict) and frame["data"].get("answer") == over["answer"]
                assert not (frame["type"].startswith("audio.") and same)
                if by in ("audio.stop", "cancel"):
                    assert frame["type"] != "sound"


def writes(house, drafts, final):
    """Let the answerer write ``drafts``, wait for ``go`` before the last, and end with ``final``."""

    async def answer(question, say=None):
        """Write."""
        for number, words in enumerate(drafts):
            if number and number == len(drafts) - 1:
                await house.answerer.go.wait()
            await say(words)
            await asyncio.sleep(0.06)
        return Answer(question.id, Outcome.ANSWERED, final)

    house.answerer.answer = answer


async def test_the_first_sentence_is_said_while_the_rest_is_written(house):
    """Sound of sentence 0 comes before the second one exists; sentences are numbered, each with its own times."""
    text = "The ferry leaves at nine. Bring a coat. It is cold."
    writes(house, ["The ferry leaves at nine. ", "Bring a coat. It is cold."], text)
    tab = VoiceTab(house)
    async with tab.open():
        sent = await tab.speaks(ASKED)
        await tab.until("audio.end")
        assert tab.of("sound") and not tab.of("done")
        house.answerer.go.set()
        await tab.until("done", sent)
        assert await tab.until_over() == {
            "answer": tab.of("done")[0]["answer"],
            "sentences": len(tab.of("audio.start")),
            "why": "end",
        }
    assert [start["n"] for start in tab.of("audio.start")] == list(range(len(tab.of("audio.start"))))
    assert " ".join(start["text"] for start in tab.of("audio.start")) == text


async def test_what_was_said_too_soon_is_said_as_it_stands(house):
    """A draft that the answer takes back: what was said of it ends, and the answer is said."""
    writes(house, ["It leaves at eight. And so on ", "and on."], "The documents differ on that.")
    tab = VoiceTab(house)
    async with tab.open():
        await tab.speaks(ASKED)
        await tab.until("audio.start")
        house.answerer.go.set()
        assert (await tab.until_over())["why"] == "replaced"
        assert (await tab.until("audio.start"))["data"]["text"] == "The documents differ on that."
        assert (await tab.until_over())["why"] == "end"


async def test_who_wishes_so_hears_every_answer(house):
    """``voice`` with ``aloud`` makes typed questions spoken too, until it is switched off."""
    tab = VoiceTab(house)
    async with tab.open():
        await tab.send("voice", {"aloud": True})
        assert (await tab.until("voice"))["data"]["aloud"] is True
        await tab.ask("When?")
        assert (await tab.until_over())["why"] == "end"
        assert tab.of("sound")
        tab.got = []
        await tab.send("voice", {"aloud": False})
        await tab.until("voice")
        await tab.ask("When?")
        assert await tab.quiet(0.3)
    assert not tab.of("sound")


async def test_a_voice_is_chosen_and_speaks(house):
    """``voice`` lists what works; a choice is kept as /voice keeps it; one that is not there is refused."""
    tab = VoiceTab(house)
    async with tab.open():
        await tab.send("voice", {})
        listed = (await tab.until("voice"))["data"]
        assert [voice["id"] for voice in listed["voices"]] == ["low", "high"]
        assert listed["chosen"] == {"zh": "low", "en": "low"} and listed["aloud"] is False
        await tab.send("voice", {"choose": "high"})
        assert (await tab.until("voice"))["data"]["chosen"]["zh"] == "high"
        sent = await tab.send("voice", {"choose": "nobody"})
        assert (await tab.until("error", sent))["data"]["code"] == "NotFound"


async def test_an_answer_is_read_aloud_where_somebody_listens(house):
    """🔊 is said at once at a connection with an ear, and is a voice message at one without."""
    tab = VoiceTab(house)
    async with tab.open():
        done = await tab.ask("When?")
        assert "speak" in [b["action"] for row in done["buttons"] for b in row]
        await tab.send("press", {"token": token(done, "speak")})
        message = await tab.until("message")
        assert message["data"]["parts"][0]["kind"] == "sound"
        await tab.send("voice", {})
        await tab.until("voice")
        await tab.send("press", {"token": token(done, "speak")})
        assert (await tab.until("audio.start"))["data"]["answer"] == done["answer"]
        assert (await tab.until_over())["why"] == "end"
    assert len(house.narrator.said) == 1


async def test_a_voice_that_fails_leaves_the_words(house):
    """The answer stands; the client is told that no more is said."""
    house.synthesizer.broken = True
    tab = VoiceTab(house)
    async with tab.open():
        sent = await tab.speaks(ASKED)
        done = await tab.until("done", sent)
        assert done["data"]["outcome"] == "answered"
    assert tab.of("audio.over") in ([], [{"answer": done["data"]["answer"], "sentences": 0, "why": "failed"}])


async def test_one_of_two_tabs_speaks(house):
    """Both read the answer; it is said at the one where the member spoke last."""
    one, two = VoiceTab(house), VoiceTab(house)
    async with one.open(), two.open(session=one.session, visitor=one.visitor):
        await one.send("voice", {})
        await one.until("voice")
        await two.send("voice", {})
        await two.until("voice")
        sent = await one.speaks(ASKED)
        await one.until_over()
        await two.until("done", sent)
        assert await two.quiet()
    assert one.of("sound") and not two.of("sound")


BAD = [
    ({"format": "flac"}, b"fLaC", "webm/opus"),
    ({"format": "webm/opus"}, b"said:not a container", "is not webm/opus"),
    ({"format": "ogg/opus"}, b"\x1a\x45\xdf\xa3....", "is not ogg/opus"),
    ({"format": "mp4/aac"}, b"RIFF....WAVE", "is not mp4/aac"),
    ({"format": "pcm16", "rate": 5}, b"", "from 8000 to 48000"),
    ({"format": "pcm16"}, b"", "is empty"),
    ({"format": "pcm16", "rate": 8000}, b"\0" * 8000 * 2 * 3, "too long"),
    ({"format": "webm/opus"}, b"\x1a\x45\xdf\xa3" + bytes(60_000), "too large"),
]


@pytest.mark.parametrize(("start", "audio", "told"), BAD)
async def test_what_is_no_recording_is_told(start, audio, told):
    """Formats we don't take, containers that are not what they are called, empty, long and large ones."""
    async with VoiceHouse(audio_seconds=-1, audio_bytes=50_000).up() as house:
        tab = VoiceTab(house)
        async with tab.open():
            sent = await tab.starts(None, **start)
            if audio:
                await tab.piece(0, audio)
            await tab.send("audio.end", {})
            error = (await tab.until("error", sent))["data"]
            assert error["code"] == "BadInput" and told in error["text"]
            assert (await tab.ask("When?"))["outcome"] == "answered"
    assert len(house.ledger.records) == 1


async def test_a_cut_recording_is_told(house):
    """A piece that is missing, and one that never comes, end it with a sentence; what follows is ignored."""
    tab = VoiceTab(house)
    async with tab.open():
        gap = await tab.starts(format="pcm16")
        await tab.piece(0, b"said:Wh")
        await tab.piece(2, b"en?")
        assert "lost on the way" in (await tab.until("error", gap))["data"]["text"]
        await tab.send("audio.end", {})
        idle = await tab.starts(format="pcm16")
        await tab.piece(0, b"said:Wh")
        assert "was dropped" in (await tab.until("error", idle))["data"]["text"]
        await tab.send("audio.end", {})
        assert await tab.quiet()
    cut = VoiceTab(house)
    async with cut.open():
        sent = await cut.starts(format="pcm16")
        await cut.piece(0, b"said:Wh")
    async with cut.open():
        await cut.send("audio.end", {})
        assert await cut.quiet()
        await cut.speaks(ASKED, sent)  # the client kept it and sends all of it again
        await cut.until("done", sent)
    assert len(house.ledger.records) == 1


async def test_a_recording_that_is_dropped_is_no_question(house):
    """The member changes their mind: nothing is kept, nothing is asked."""
    tab = VoiceTab(house)
    async with tab.open():
        await tab.starts(format="pcm16")
        await tab.piece(0, ASKED)
        await tab.send("audio.stop", {"recording": True})
        await tab.send("audio.end", {})
        assert await tab.quiet()
    assert not house.ledger.records


async def test_silence_is_told(house):
    """Noise, music and silence are no question."""
    tab = VoiceTab(house)
    async with tab.open():
        sent = await tab.speaks(bytes(3200))
        message = await tab.until("message", sent)
        assert "heard nobody speak" in message["data"]["text"]


async def test_five_voice_messages_in_a_second():
    """So many are taken; the others are told when, and the connection goes on."""
    async with VoiceHouse(recordings=Rate(3, 10.0)).up() as house:
        tab = VoiceTab(house)
        async with tab.open():
            sent = [await tab.speaks(ASKED) for _ in range(5)]
            for request in sent[3:]:
                error = (await tab.until("error", request))["data"]
                assert error["code"] == "TooFast" and error["retry_after"] > 0
            while len(tab.of("done")) < 3:
                await tab.next()
    assert len(house.ledger.records) == 3


async def test_what_is_heard_so_far_is_shown():
    """While a member still speaks, the transcript grows; only the last one is final."""
    async with VoiceHouse(partial=True).up() as house:
        tab = VoiceTab(house)
        async with tab.open():
            sent = await tab.starts(format="pcm16")
            await tab.piece(0, b"said:When does")
            early = await tab.until("transcript", sent)
            assert early["data"] == {"text": "When does", "final": False} and "seq" not in early
            await tab.piece(1, b" the ferry leave?")
            await tab.send("audio.end", {})
            while not (last := await tab.until("transcript", sent))["data"]["final"]:
                pass
            assert last["data"]["text"] == "When does the ferry leave?"


async def test_a_slow_transcriber_is_not_asked_again_and_again():
    """Looks at what is heard so far cost time that the question needs: after two slow ones there are none for long."""
    asked = []

    class Slowly(ScriptedTranscriber):
        """Takes 60 ms."""

        async def transcribe(self, audio, media_type, language=None):
            """Count."""
            asked.append(len(audio))
            await asyncio.sleep(0.06)
            return await super().transcribe(audio, media_type, language)

    hearing = Hearing(Slowly(), first=0.0, pause=0.02, slow=0.05)
    speaker = Spoken(Recording("r1", Shape("pcm16"), WebOptions(), lambda error: None))
    hearing.follow(speaker, speaker.recording)
    for number in range(9):
        speaker.recording.take(number.to_bytes(4, "big") + b"said:When does"[: 6 + number])
        await asyncio.sleep(0.05)
    speaker.recording.drop()
    await hearing.close()
    assert len(asked) == 2 and len(speaker.told) == 2


async def test_without_a_voice_it_is_said_so():
    """Where nothing hears or speaks, the requests are answered with a sentence."""
    async with WebHouse().up() as house:
        tab = VoiceTab(house)
        async with tab.open():
            for kind, data in (("audio.start", {"format": "pcm16"}), ("voice", {})):
                sent = await tab.send(kind, data)
                assert (await tab.until("error", sent))["data"]["code"] == "NotYet"
            await tab.piece(0, b"sound")
            await tab.send("audio.end", {})
            assert await tab.quiet()


async def test_the_example_client_follows_the_visemes(house, tmp_path):
    """docs/examples/viseme_client.py asks, writes the speech down, and passes each shape on in its order."""
    script = Path(__file__).parents[2] / "docs/examples/viseme_client.py"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.bind(("127.0.0.1", 0))
        mouth.setblocking(False)
        where = f"127.0.0.1:{mouth.getsockname()[1]}"
        url, wav = f"ws://127.0.0.1:{house.port}/ws", tmp_path / "answer.wav"
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(script), "When?", "--url", url, "--wav", str(wav), "--udp", where, stdout=PIPE
        )
        out, _ = await asyncio.wait_for(process.communicate(), 20)
        shapes = [json.loads(mouth.recv(500)) for _ in range(2)]
    assert (process.returncode, out.decode().strip()) == (0, ANSWER)
    assert [shape["shape"] for shape in shapes] == ["aa", "sil"]
    with wave.open(str(wav)) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(shapes[-1]["seconds"], abs=0.01)
