"""Chromium with a microphone that plays a WAV made here, and twins that hear real recordings and move every mouth."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from playwright.async_api import Browser, async_playwright
from yinlu_testing.browser import ARGUMENTS, CHROMIUM

from bot_core.ports.media import Heard, SpeechChunk, VoiceInfo
from bot_media.audio import AudioReader
from bot_media.speech.reading import sentences
from bot_media.speech.sounds.visemes import NAMES

RATE = 48_000
SHAPE_SECONDS = 0.15


def recorded(path: Path, *parts: tuple[float, float]) -> Path:
    """Write a WAV of (seconds, loudness 0..1) parts: a voice-like buzz that swells and falls like syllables."""
    sounds = []
    for seconds, loudness in parts:
        t = np.arange(int(seconds * RATE)) / RATE
        buzz = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 12))
        sounds.append(loudness * 0.4 * buzz * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t)))
    samples = (np.concatenate(sounds).clip(-1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def said(path: Path, chunks: Sequence[SpeechChunk]) -> Path:
    """Write a WAV of speech for the microphone, with a quiet room before and behind it."""
    speech = np.concatenate([np.frombuffer(chunk.samples, "<i2") for chunk in chunks])
    speech = np.repeat(speech, RATE // chunks[0].rate)
    room = np.zeros(RATE // 2, "<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.concatenate([room, speech, room.repeat(8)]).tobytes())
    return path


@asynccontextmanager
async def talking(sound: Path) -> AsyncIterator[Browser]:
    """Start a Chromium whose microphone plays ``sound`` again and again."""
    arguments = [*ARGUMENTS, f"--use-file-for-fake-audio-capture={sound}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        await browser.close()


class LoudTranscriber:
    """Decodes what the browser sent; where it is loud, the next of ``words`` was said."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words, self.got = list(words), list[tuple[str, float]]()
        self._reader = AudioReader()

    async def transcribe(self, audio: bytes, media_type: str, language: str | None = None) -> Heard:
        """Return the next words, or silence. Raises BadInput for what is no audio."""
        pcm = await self._reader.read(audio, media_type)
        loud = float(np.sqrt(np.mean(np.square(pcm.floats())))) > 0.005
        self.got.append((media_type, pcm.seconds))
        text = self.words.pop(0) if loud and self.words else ""
        return Heard(text, "en", pcm.seconds, speech=bool(text))


class MouthSynthesizer:
    """A quiet tone per sentence, through all mouth shapes in turn; ``seconds`` long at least."""

    def __init__(self, seconds: float = 2.4) -> None:
        self.seconds = seconds

    async def voices(self) -> list[VoiceInfo]:
        """Return two of each language."""
        names = (("xi", "晓溪 Xi", "zh"), ("he", "小荷 He", "zh"), ("ben", "Ben", "en"), ("ann", "Ann", "en"))
        return [VoiceInfo(id, name, (language,)) for id, name, language in names]

    async def speak(
        self, text: str, voice: str, style: str = "", role: str = ""
    ) -> AsyncIterator[SpeechChunk]:
        """Yield a chunk per sentence."""
        for sentence in sentences(text):
            t = np.arange(int(self.seconds * 24_000)) / 24_000
            samples = (np.sin(2 * np.pi * 220 * t) * 3000).astype("<i2").tobytes()
            count = int(self.seconds / SHAPE_SECONDS)
            shapes = [(NAMES[1 + n % 14], round(n * SHAPE_SECONDS, 3)) for n in range(count)]
            yield SpeechChunk(samples, 24_000, sentence, (*shapes, ("sil", self.seconds - 0.05)))
