"""Transcriber and Synthesizer on services at loopback endpoints: OpenAI-compatible, Azure, Coqui."""

import asyncio
import json
import re
import time
from contextlib import asynccontextmanager
from http.server import ThreadingHTTPServer

import aiohttp
import pytest
from aiohttp import web
from yinlu_testing.audio import tone

from bot_core.errors import BadInput, ModelFailed
from bot_core.ports.media import VoiceInfo
from bot_media.audio import AudioReader, to_opus, to_wav
from bot_media.speech import coqui_server
from bot_media.speech.azure_speech import AzureSynthesizer, ssml
from bot_media.speech.openai_hearing import OpenAITranscriber
from bot_media.speech.openai_speech import OpenAISynthesizer
from bot_media.speech.sounds.visemes import NAMES


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

    class tts_config:
        supports_cloning = True

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
        assert await speaks.clones()
        chunks = [chunk async for chunk in speaks.speak("Hi there. 你好。", "bo")]
        assert [(chunk.rate, len(chunk.samples)) for chunk in chunks] == [(22_050, 8000)] * 2
        assert model.asked == [
            ("Hi there.", {"language_name": "en", "speaker_name": "bo"}),
            ("你好。", {"language_name": "zh-cn", "speaker_name": "bo"}),
        ]
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
