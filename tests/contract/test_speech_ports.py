"""Transcriber and Synthesizer: the real models, heard back; services on loopback endpoints."""

import asyncio
import json
import re
import time
from contextlib import aclosing, asynccontextmanager
from http.server import ThreadingHTTPServer

import aiohttp
import numpy as np
import pytest
import pytest_asyncio
from aiohttp import web
from yinlu_testing.audio import apart, melody, noise, plain, plain_words, tone

from bot_core.errors import BadInput, LimitReached, MissingExtra, ModelFailed
from bot_core.ports.media import VoiceInfo
from bot_media.audio import AudioReader, Pcm, to_opus, to_wav
from bot_media.speech import coqui_server, weights
from bot_media.speech.azure_speech import AzureSynthesizer, ssml
from bot_media.speech.follow import voice_message
from bot_media.speech.kokoro import opened_kokoro
from bot_media.speech.openai_hearing import OpenAITranscriber
from bot_media.speech.openai_speech import OpenAISynthesizer
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


# --- services ---------------------------------------------------------------------------------------------


@asynccontextmanager
async def _service(**routes):
    """Serve handlers by "METHOD /path" on the loopback; yield its address and a client session."""
    app = web.Application()
    for name, handler in routes.items():
        method, path = name.split(" ")
        app.router.add_route(method, path, handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        yield f"http://127.0.0.1:{port}", session
    await runner.cleanup()


def _says(status=200, body=b"", kind="application/json", wait=0.0, headers=None):
    async def handler(request):
        await request.read()
        await asyncio.sleep(wait)
        return web.Response(status=status, body=body, content_type=kind, headers=headers or {})

    return handler


async def test_an_openai_service_hears():
    """The recording goes as WAV with model and language; the transcript comes in simplified Chinese with times."""
    got = {}

    async def transcribe(request):
        form = await request.post()
        got.update({name: value for name, value in form.items() if isinstance(value, str)})
        got["audio"], got["key"] = form["file"].file.read(), request.headers["Authorization"]
        words = [{"word": "你們", "start": 0.1, "end": 0.5}]
        segments = [
            {"text": "你們好。", "no_speech_prob": 0.01, "avg_logprob": -0.2, "compression_ratio": 1.0},
            {"text": "謝謝觀看", "no_speech_prob": 0.7, "avg_logprob": -1.2, "compression_ratio": 1.0},
        ]
        return web.json_response({"text": "x", "language": "chinese", "segments": segments, "words": words})

    async with _service(**{"POST /v1/audio/transcriptions": transcribe}) as (url, session):
        heard = await OpenAITranscriber(session, url + "/v1", "k", model="m").transcribe(
            to_opus(tone(1.0)).data, "audio/ogg", "zh"
        )
    assert (heard.text, heard.language, heard.speech) == ("你们好。", "zh", True)
    assert heard.words == (("你们", 0.1, 0.5),)
    assert heard.seconds == pytest.approx(1.0, abs=0.05)
    assert (got["model"], got["language"], got["response_format"]) == ("m", "zh", "verbose_json")
    assert got["key"] == "Bearer k"
    assert (await AudioReader().read(got["audio"], "audio/wav")).seconds == pytest.approx(1.0, abs=0.05)


FAULTS = {
    "busy": _says(429, headers={"Retry-After": "60"}),
    "broken": _says(500),
    "slow": _says(wait=2.0),
    "garbage": _says(body=b"\x00\x01not json", kind="text/html"),
    "another shape": _says(body=b'{"error": "no"}'),
    "moved": _says(302, headers={"Location": "http://example.org/"}),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_service_that_fails_is_told(fault):
    """429, 500, silence, garbage and redirects are ModelFailed within the time-out, for hearing and speaking."""
    routes = {"POST /v1/audio/transcriptions": FAULTS[fault], "POST /v1/audio/speech": FAULTS[fault]}
    async with _service(**routes) as (url, session):
        hears = OpenAITranscriber(session, url + "/v1", timeout=0.5)
        speaks = OpenAISynthesizer(session, url + "/v1", timeout=0.5)
        began = time.monotonic()
        with pytest.raises(ModelFailed):
            await hears.transcribe(to_wav(tone(0.5)).data, "audio/wav")
        with pytest.raises(ModelFailed):
            [chunk async for chunk in speaks.speak("Hello.", "alloy")]
        assert time.monotonic() - began < 3.0
    with pytest.raises(ModelFailed):
        async with aiohttp.ClientSession() as session:
            await OpenAITranscriber(session, "http://127.0.0.1:9/v1").transcribe(
                to_wav(tone(0.5)).data, "audio/wav"
            )


async def test_an_openai_service_speaks():
    """Sentence by sentence, what is written said in words; a busy service is asked again; raw samples are 24 kHz."""
    orders, busy = [], [True]

    async def speech(request):
        if busy:
            busy.clear()
            return web.Response(status=429, headers={"Retry-After": "0.01"})
        orders.append(await request.json())
        return web.Response(body=tone(0.5).samples, content_type="audio/pcm")

    async with _service(**{"POST /v1/audio/speech": speech}) as (url, session):
        speaks = OpenAISynthesizer(session, url + "/v1", "k", model="tts")
        assert {voice.id for voice in await speaks.voices()} >= {"alloy", "nova"}
        chunks = [chunk async for chunk in speaks.speak("It costs $5 [1]. **Good!**", "nova", "cheerful")]
        with pytest.raises(BadInput):
            [chunk async for chunk in speaks.speak("x", "nobody")]
    assert [order["input"] for order in orders] == ["It costs five dollars.", "Good!"]
    assert orders[0]["voice"] == "nova"
    assert "cheerful" in orders[0]["instructions"]
    assert [(chunk.text, chunk.rate, len(chunk.samples)) for chunk in chunks] == [
        ("It costs $5.", 24_000, 24_000),
        ("Good!", 24_000, 24_000),
    ]
    assert {name for name, _ in chunks[0].visemes} <= set(NAMES)


async def test_a_service_lists_its_own_voices():
    """GET /audio/voices is believed; a service that is down has no voices; WAV of another rate is kept."""
    listed = {"voices": ["vits", {"id": "xtts", "languages": ["zh"], "styles": ["calm"]}]}
    wav = to_wav(tone(0.3, rate=22_050)).data
    routes = {
        "GET /v1/audio/voices": _says(body=json.dumps(listed).encode()),
        "POST /v1/audio/speech": _says(body=wav, kind="audio/wav"),
    }
    async with _service(**routes) as (url, session):
        speaks = OpenAISynthesizer(session, url + "/v1", response_format="wav")
        assert (await speaks.voices())[1] == VoiceInfo("xtts", "xtts", ("zh",), ("calm",))
        chunks = [chunk async for chunk in speaks.speak("Hi.", "vits")]
        assert chunks[0].rate == 22_050
    async with aiohttp.ClientSession() as session:
        assert await OpenAISynthesizer(session, "http://127.0.0.1:9/v1").voices() == []


class _Model:
    """What the Coqui server asks of a synthesizer of coqui-tts."""

    output_sample_rate = 22_050

    class tts_model:
        class speaker_manager:
            speaker_names = ("ana", "bo")

        class language_manager:
            language_names = ("en", "zh-cn")

    def __init__(self):
        self.asked = []

    def tts(self, text, **more):
        self.asked.append((text, more))
        return [0.0, 0.5, -0.5, 2.0] * 1000


async def test_the_coqui_server_speaks_openai(tmp_path):
    """Its voices are the model's speakers and samples with a record of consent; a sample without one is no voice."""
    for name in ("carol", "dave"):
        (tmp_path / f"{name}.wav").write_bytes(b"RIFF")
    (tmp_path / "carol.consent.json").write_text('{"owner": "carol", "confirmed_at": "2026-11-01T10:00:00Z"}')
    (tmp_path / "dave.consent.json").write_text('{"owner": "dave"}')
    model = _Model()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), coqui_server.handler(coqui_server.Speaker(model, "vits", tmp_path))
    )
    serving = asyncio.create_task(asyncio.to_thread(server.serve_forever))
    base = f"http://127.0.0.1:{server.server_port}/v1"
    async with aiohttp.ClientSession() as session:
        speaks = OpenAISynthesizer(session, base, response_format="wav")
        assert [voice.id for voice in await speaks.voices()] == ["ana", "bo", "carol"]
        chunks = [chunk async for chunk in speaks.speak("Hi there. 你好。", "bo")]
        assert [(chunk.rate, len(chunk.samples)) for chunk in chunks] == [(22_050, 8000)] * 2
        assert model.asked == [("Hi there.", {"speaker_name": "bo"}), ("你好。", {"speaker_name": "bo"})]
        [chunk async for chunk in speaks.speak("Hi.", "carol")]
        assert model.asked[-1][1] == {"speaker_wav": [str(tmp_path / "carol.wav")], "language_name": "en"}
        for voice, body in (("dave", {"input": "x", "voice": "dave"}), ("", {"input": 1}), ("", [1])):
            async with session.post(base + "/audio/speech", json=body) as response:
                assert response.status == 400, voice
    await asyncio.to_thread(server.shutdown)
    await serving
    server.server_close()


async def test_azure_speaks_with_style_and_role():
    """The key goes in its header, the text in SSML; a style the voice lacks is refused before it is sent."""
    documents = []
    voice = {
        "ShortName": "zh-CN-XiaomoNeural", "LocalName": "晓墨", "Locale": "zh-CN",
        "StyleList": ["calm", "cheerful"], "RolePlayList": ["Girl"],
    }  # fmt: skip
    other = {"ShortName": "fr-FR-DeniseNeural", "Locale": "fr-FR"}

    async def speech(request):
        assert request.headers["Ocp-Apim-Subscription-Key"] == "k"
        assert request.headers["X-Microsoft-OutputFormat"] == "raw-24khz-16bit-mono-pcm"
        documents.append((await request.read()).decode())
        return web.Response(body=tone(0.2).samples, content_type="audio/pcm")

    routes = {
        "GET /cognitiveservices/voices/list": _says(body=json.dumps([voice, other]).encode()),
        "POST /cognitiveservices/v1": speech,
    }
    async with _service(**routes) as (url, session):
        speaks = AzureSynthesizer(session, url, "k")
        (info,) = await speaks.voices()
        assert (info.id, info.styles, info.roles) == ("zh-CN-XiaomoNeural", ("calm", "cheerful"), ("Girl",))
        chunks = [chunk async for chunk in speaks.speak("你好 <&> 25%。", info.id, "calm", "Girl")]
        with pytest.raises(BadInput):
            [chunk async for chunk in speaks.speak("你好", info.id, "angry")]
        with pytest.raises(BadInput):
            [chunk async for chunk in speaks.speak("你好", "zh-CN-Nobody")]
    assert len(chunks) == len(documents) == 1
    assert '<mstts:express-as style="calm" role="Girl">' in documents[0]
    assert "百分之二十五" in documents[0]


async def test_ssml_is_escaped():
    """Whatever text, voice and style hold, the document has one voice and no element of theirs."""
    from xml.etree import ElementTree

    nasty = "</voice><voice name='x'>\x00\x0b & \"q\" ]]>\ud800"
    document = ssml(nasty, "v\"<'", "zh", 'calm" x="y', "<r>")
    root = ElementTree.fromstring(document)
    (voice,) = root
    (express,) = voice
    assert voice.get("name") == "v\"<'"
    assert express.get("style") == 'calm" x="y'
    assert len(express) == 0
    assert re.sub(r"\s", "", express.text) == "</voice><voicename='x'>&\"q\"]]>"


async def test_a_message_left_by_its_listener_is_closed(speaks):
    """An iterator that is closed after one sentence frees the model for the next speaker."""
    async with aclosing(speaks.speak("One here. Two here.", "af_heart")) as chunks:
        async for _ in chunks:
            break
    assert [chunk async for chunk in speaks.speak("Yes.", "af_heart")]
