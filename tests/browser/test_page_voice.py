"""Talking with the page: Chromium with a microphone that plays a recording, real sockets, real recordings, real sound."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, expect
from yinlu_testing.browser import axe, browser, sideways  # noqa: F401
from yinlu_testing.visitor import Visitor, visiting
from yinlu_testing.voice import VoiceHouse
from yinlu_testing.voice_browser import LoudTranscriber, MouthSynthesizer, recorded, said, talking
from yinlu_testing.web import WebHouse

from bot_media.speech.kokoro import opened_kokoro
from bot_media.speech.whisper import opened_whisper

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NAMES = {
    "en": {
        "ask": "Ask by voice",
        "done": "Done speaking",
        "drop": "Drop this recording",
        "panel": "Voice",
        "captions": "Captions",
        "level": "Microphone level",
        "hands": "Hands-free",
        "aloud": "Read answers aloud",
        "voice": "Voice that reads",
        "face": "Show the keeper",
        "keeper": "The lantern keeper",
        "stop": "Stop reading",
        "close": "Close voice",
        "read": "Read aloud",
    },
    "zh": {
        "ask": "语音提问",
        "done": "说完了",
        "drop": "取消这段录音",
        "panel": "语音",
        "captions": "字幕",
        "level": "麦克风音量",
        "hands": "免按键对话",
        "aloud": "朗读回答",
        "voice": "朗读的声音",
        "face": "显示引路人",
        "keeper": "引路人",
        "stop": "停止朗读",
        "close": "关闭语音",
        "read": "朗读",
    },
}
SPOKEN = "The ferry leaves at 07:45."
LISTEN = """() => {
  // Everything that is put out goes through a tap, so that a test can tell sound from silence.
  const connect = AudioNode.prototype.connect;
  window.heard = () => 0;
  AudioNode.prototype.connect = function (to, ...more) {
    if (to === this.context.destination && this instanceof AudioBufferSourceNode) {
      if (!this.context.tap) {
        const tap = (this.context.tap = this.context.createAnalyser());
        connect.call(tap, this.context.destination);
        window.heard = () => {
          const values = new Float32Array(tap.fftSize);
          tap.getFloatTimeDomainData(values);
          return Math.max(...values.map(Math.abs));
        };
      }
      return connect.call(this, this.context.tap);
    }
    return connect.call(this, to, ...more);
  };
}"""


class Talker:
    """A visitor who finds what belongs to voice by its name."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.names = NAMES[visitor.locale]

    def button(self, what: str) -> Locator:
        """Find a button of the voice."""
        return self.page.get_by_role("button", name=self.names[what], exact=True)

    @property
    def panel(self) -> Locator:
        """The voice panel."""
        return self.page.get_by_role("region", name=self.names["panel"], exact=True)

    @property
    def caption(self) -> Locator:
        """What is said or heard now."""
        return self.panel.get_by_role("group", name=self.names["captions"], exact=True)

    @property
    def keeper(self) -> Locator:
        """The talking face."""
        return self.page.get_by_role("img", name=self.names["keeper"], exact=True)

    async def speaks(self, seconds: float = 1.6) -> None:
        """Tap, speak, tap."""
        await self.button("ask").click()
        await expect(self.button("done")).to_be_visible()
        await asyncio.sleep(seconds)
        await self.button("done").click()

    async def hears(self, sound: bool = True, within: float = 5) -> None:
        """Wait until there is sound, or silence."""
        await self.page.wait_for_function(
            f"() => window.heard() {'> 0.02' if sound else '< 0.001'}", timeout=within * 1000
        )

    async def silent(self, seconds: float) -> bool:
        """Tell whether nothing sounds for a while."""
        for _ in range(int(seconds / 0.05)):
            if await self.page.evaluate("window.heard()") > 0.001:
                return False
            await asyncio.sleep(0.05)
        return True

    async def shoot(self, name: str) -> None:
        """Keep a picture, for eyes, where the environment asks for it."""
        if shots := os.environ.get("VOICE_SHOTS"):
            await self.page.screenshot(path=f"{shots}/{name}.png")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def microphone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """A browser whose microphone hears somebody for 1.6 s, then 4 s of a quiet room, again and again."""
    sound = recorded(tmp_path_factory.mktemp("voice") / "mic.wav", (0.6, 0.0), (1.6, 0.7), (4.0, 0.0005))
    async with talking(sound) as started:
        yield started


@asynccontextmanager
async def house(seconds: float = 2.4, **options: Any) -> AsyncIterator[VoiceHouse]:
    """A running server that hears what a browser records."""
    made = VoiceHouse(**options)
    made.transcriber = LoudTranscriber(["When does the ferry leave?"] * 50)
    made.synthesizer.inner = MouthSynthesizer(seconds)
    async with made.up():
        yield made


@asynccontextmanager
async def talker(
    browser: Browser,  # noqa: F811
    house: VoiceHouse,
    locale: str = "en",
    **options: Any,
) -> AsyncIterator[Talker]:
    """Somebody at the page who may use the microphone."""
    async with visiting(browser, locale, permissions=["microphone"], **options) as visitor:
        await visitor.page.add_init_script(f"({LISTEN})()")
        await visitor.opens(house.url)
        yield Talker(visitor)
        assert visitor.troubles == []


@pytest.mark.parametrize(
    ("locale", "theme", "width"),
    [
        ("en", "light", 1280),
        ("zh", "dark", 360),
        pytest.param("zh", "light", 1280, marks=pytest.mark.slow),
        pytest.param("en", "dark", 360, marks=pytest.mark.slow),
    ],
)
async def test_ask_by_voice_and_hear_the_answer(microphone, locale, theme, width):
    """Tap, speak, tap: the transcript, the answer with its sources, its sound, captions, and a mouth that moves."""
    async with (
        house() as served,
        talker(
            microphone, served, locale, color_scheme=theme, viewport={"width": width, "height": 760}
        ) as alice,
    ):
        await alice.button("ask").click()
        await expect(alice.page.get_by_role("meter", name=alice.names["level"], exact=True)).to_be_visible()
        await alice.page.wait_for_function("() => document.querySelectorAll('.voice-level .lit').length > 5")
        assert await axe(alice.page) == [] and await sideways(alice.page) == 0
        await alice.shoot(f"recording-{locale}-{theme}-{width}")
        await alice.button("done").click()
        await alice.hears()
        await expect(alice.caption).to_have_text(SPOKEN)
        await expect(alice.visitor.log).to_contain_text("When does the ferry leave?")
        await expect(alice.visitor.source(1)).to_be_visible()
        shapes = set()
        for number in range(8):
            shapes.add(await alice.keeper.get_attribute("data-shape"))
            if number in (0, 3, 6):
                await alice.shoot(f"speaking-{locale}-{theme}-{width}-{number}")
            await asyncio.sleep(0.15)
        assert len(shapes) >= 4
        assert await axe(alice.page) == [] and await sideways(alice.page) == 0
        await alice.hears(False)
        await expect(alice.keeper).to_have_attribute("data-shape", "sil")
        kind, seconds = served.transcriber.got[0]
        assert kind == "audio/webm" and seconds > 0.8
        assert await alice.page.locator("audio").count() == 0  # it was said; it need not come as a file


@pytest.mark.parametrize("by", ["button", "escape", "question", "voice"])
async def test_the_answer_is_interrupted_at_once(microphone, by):
    """Stop, Escape, a typed question or a voice: silence within 100 ms, and nothing stale afterwards."""
    async with house(6.0) as served, talker(microphone, served) as alice:
        await alice.button("aloud").is_hidden()
        await alice.speaks(2.4)
        await alice.hears()
        await asyncio.sleep(0.3)
        await alice.page.evaluate(
            """(by) => {
              window.quiet = null;
              const began = () => {
                const at = performance.now();
                const look = () => (window.heard() < 0.001 ? (window.quiet = performance.now() - at) : setTimeout(look, 2));
                look();
              };
              const kind = by === "button" || by === "voice" ? "pointerdown" : "keydown";
              document.addEventListener(kind, began, { once: true, capture: true });
            }""",
            by,
        )
        if by == "button":
            await alice.button("stop").click()
        elif by == "escape":
            await alice.page.keyboard.press("Escape")
        elif by == "voice":
            await alice.button("ask").click()
        else:
            await alice.visitor.question.fill("slow one")
            await alice.page.evaluate("window.quiet = null")
            await alice.visitor.question.press("Enter")
        await alice.hears(False, 1)
        if by != "question":
            # the tap itself looks back over 2048 samples, 43 ms
            await alice.page.wait_for_function("window.quiet !== null")
            quiet = await alice.page.evaluate("window.quiet")
            print(f"silent {quiet:.0f} ms after {by}")
            assert quiet < 150
        assert await alice.silent(1.0)
        served.answerer.go.set()


async def test_hands_free(microphone):
    """Nobody presses anything: a voice begins a turn, a pause ends it, and the next voice interrupts the answer."""
    async with house(30.0) as served, talker(microphone, served) as alice:
        await alice.button("ask").click()
        await alice.button("drop").click()
        await alice.button("hands").click()
        await expect(alice.button("hands")).to_have_attribute("aria-pressed", "true")
        await alice.hears(True, 15)  # the first turn's answer, half a minute long
        await expect(alice.visitor.answers).to_have_count(1)
        await expect(alice.visitor.answers).to_have_count(2, timeout=15_000)  # somebody spoke again
        await alice.hears(False, 1)
        kinds = {kind.split(";")[0] for kind, _ in served.transcriber.got}
        assert kinds == {"audio/pcm"}
        seconds = served.transcriber.got[0][1]
        assert 1.6 < seconds < 3.6  # with what was said before it was noticed, and the pause
        await alice.button("close").click()
        await expect(alice.panel).to_be_hidden()


async def test_hold_to_talk(microphone):
    """Held down, by pointer or by the space bar, it records until it is let go."""
    async with house(0.6) as served, talker(microphone, served) as alice:
        mic = alice.button("ask")
        box = await mic.bounding_box()
        assert box is not None
        await alice.page.mouse.move(box["x"] + 10, box["y"] + 10)
        await alice.page.mouse.down()
        await expect(alice.button("done")).to_be_visible()
        await asyncio.sleep(1.8)
        await alice.page.mouse.up()
        await alice.visitor.is_answered()
        await alice.page.evaluate("document.activeElement.blur()")
        await alice.page.keyboard.down(" ")
        await expect(alice.button("done")).to_be_visible()
        await asyncio.sleep(1.8)
        await alice.page.keyboard.up(" ")
        await expect(alice.visitor.answers).to_have_count(2)
        await alice.visitor.is_answered()
        await alice.visitor.question.press(" ")  # where one writes it is a space
        await expect(alice.button("ask")).to_be_visible()
    assert len(served.transcriber.got) == 2


async def test_a_recording_can_be_dropped_and_has_a_bound(microphone):
    """Dropped, nothing is asked; at the bound it is sent by itself, and the bound is shown."""
    async with house(0.6, audio_seconds=3) as served, talker(microphone, served) as alice:
        await alice.button("ask").click()
        await expect(alice.panel).to_contain_text("/ 3 s")
        await alice.button("drop").click()
        await expect(alice.visitor.answers).to_have_count(0)
        assert served.transcriber.got == []
        await alice.button("ask").click()
        await alice.hears(True, 8)
        assert 1.5 < served.transcriber.got[0][1] < 3.2


async def test_a_lost_connection_loses_no_word(microphone):
    """Cut while somebody speaks: the page comes back, sends all of it again, and one question is one answer."""
    async with house(0.6) as served, talker(microphone, served) as alice:
        await alice.button("ask").click()
        await asyncio.sleep(1.2)
        for connection in list(served.server._sockets._open):
            connection.finish(1012)
        await asyncio.sleep(1.6)
        await alice.visitor.is_connected()
        await alice.button("done").click()
        await alice.visitor.is_answered()
        await expect(alice.visitor.log).to_contain_text("When does the ferry leave?")
        assert served.transcriber.got[0][1] > 2.4
    assert len(served.ledger.records) == 1


async def test_answers_are_read_aloud_on_wish(microphone):
    """Typed questions are answered aloud where that is switched on; 🔊 reads one; a voice can be chosen."""
    async with house(1.0) as served, talker(microphone, served) as alice:
        await alice.visitor.asks("When?")
        assert await alice.silent(0.5)
        await alice.button("read").click()
        await alice.hears()
        await alice.hears(False)
        await alice.panel.get_by_role("combobox", name=alice.names["voice"]).select_option("ann")
        await alice.button("aloud").click()
        await alice.visitor.asks("When?")
        await alice.hears()
        assert served.synthesizer.said[-1] == (SPOKEN, "ann")
        await alice.button("aloud").click()
        await alice.hears(False, 1)


async def test_still_where_motion_is_not_wished(microphone):
    """The keeper neither blinks nor breathes nor moves the mouth; captions stay; the face can be put away."""
    async with house(2.0) as served, talker(microphone, served, reduced_motion="reduce") as alice:
        await alice.speaks()
        await alice.hears()
        pictures = set()
        for _ in range(5):
            pictures.add(await alice.keeper.evaluate("node => node.innerHTML"))
            await asyncio.sleep(0.2)
        assert len(pictures) == 1
        await expect(alice.caption).to_have_text(SPOKEN)
        await alice.button("face").click()
        await expect(alice.keeper).to_be_hidden()


async def test_a_microphone_that_is_refused_is_told(browser):  # noqa: F811
    """In words, with what to do; the page goes on."""
    async with house() as served, visiting(browser) as visitor:
        await visitor.page.add_init_script(
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); }"
        )
        await visitor.opens(served.url)
        alice = Talker(visitor)
        await alice.button("ask").click()
        await expect(visitor.page.locator(".trouble")).to_contain_text("not allowed to use the microphone")
        await visitor.asks("When?")


async def test_silence_is_answered_as_silence(microphone):
    """Nobody said anything: that is what the page says."""
    async with house() as served, talker(microphone, served) as alice:
        served.transcriber.words.clear()
        await alice.speaks()
        await expect(alice.visitor.log).to_contain_text("heard nobody speak")


@pytest.mark.slow
async def test_real_speech_is_heard_and_answered_in_real_speech(tmp_path):
    """Kokoro asks through the microphone, Whisper hears it, Kokoro answers; the mouth makes the answer's shapes."""
    async with opened_kokoro(tmp_path, threads=2) as speaks, opened_whisper(tmp_path, threads=2) as hears:
        asked = [
            chunk async for chunk in speaks.speak("When does the ferry leave in the morning?", "af_heart")
        ]
        made = VoiceHouse()
        made.transcriber, made.synthesizer.inner = hears, speaks
        async with (
            made.up(),
            talking(said(tmp_path / "asked.wav", asked)) as browser,
            talker(browser, made) as alice,
        ):
            await alice.speaks(4.2)
            question = alice.visitor.log.get_by_role("heading").first
            await expect(question).to_contain_text("leave in the morning", timeout=30_000)
            await alice.hears(True, 30)
            shapes = set()
            for _ in range(10):
                shapes.add(await alice.keeper.get_attribute("data-shape"))
                await asyncio.sleep(0.12)
            assert len(shapes) >= 4
            await expect(alice.caption).to_have_text(SPOKEN)


async def test_without_a_voice_there_is_no_microphone(browser):  # noqa: F811
    """Where nothing hears, the page shows nothing of it."""
    async with WebHouse().up() as served, visiting(browser) as visitor:
        await visitor.opens(served.url)
        await expect(Talker(visitor).button("ask")).to_be_hidden()
