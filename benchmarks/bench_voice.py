"""Voice: real-time factors, first audio beside unstreamed synthesis, barge-in, memory, one and four at once."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.report import ROOT, save
from bot_media.audio import Pcm, to_opus
from bot_media.speech.follow import speaking
from bot_media.speech.kokoro import KokoroSynthesizer, opened_kokoro
from bot_media.speech.whisper import WhisperTranscriber, opened_whisper

sys.path.insert(0, str(ROOT / "tests" / "support"))

from yinlu_testing.audio import apart, plain, plain_words

RUNS = 3
ANSWERS = {
    "zh": (
        "zf_xiaobei",
        "欢迎来到我们的社区！新成员请先阅读规则，再介绍一下自己。报销需要在30天之内提交，一般每个月5号发放。"
        "会议在2026年11月23日14:30开始，一共有12位成员参加。有问题可以随时在频道里提问。",
    ),
    "en": (
        "af_heart",
        "Welcome to our community! Please read the rules first, then introduce yourself. Reimbursements are paid "
        "on the 5th of every month, within 30 days. The meeting starts at nine, and 12 members take part. "
        "You can ask questions in the channel at any time.",
    ),
}


async def spoken(speaks: KokoroSynthesizer, text: str, voice: str) -> tuple[Pcm, float, float]:
    """Return the speech, the seconds until its first sentence and until its end."""
    began, first, parts = time.monotonic(), 0.0, []
    async for chunk in speaks.speak(text, voice):
        first = first or time.monotonic() - began
        parts.append(Pcm(chunk.samples, chunk.rate))
    return Pcm.joined(parts), first, time.monotonic() - began


async def barge_in(speaks: KokoroSynthesizer) -> tuple[float, float]:
    """Return milliseconds from a stop in mid-sentence until the answer is over, and until another one sounds."""
    voice, text = ANSWERS["en"]
    async with speaking(speaks, voice) as answer:
        answer.push(text)
        answer.finish()
        async for _ in answer.chunks():
            break
        await asyncio.sleep(0.05)
        began = time.monotonic()
        answer.stop()
        left = [chunk async for chunk in answer.chunks()]
    over = time.monotonic() - began
    assert not left
    async for _ in speaks.speak("Yes?", voice):
        break
    return over * 1000, (time.monotonic() - began) * 1000


async def measured(speaks: KokoroSynthesizer, hears: WhisperTranscriber) -> dict[str, dict[str, float]]:
    """Return the figures of each language, the medians of several runs."""
    figures = {}
    for language, (voice, text) in ANSWERS.items():
        await spoken(speaks, text[:20], voice)
        runs = [await spoken(speaks, text, voice) for _ in range(RUNS)]
        pcm = runs[0][0]
        file = to_opus(pcm)
        began = time.monotonic()
        heard = await hears.transcribe(file.data, file.media_type)
        took = time.monotonic() - began
        cut = plain if language == "zh" else plain_words
        figures[language] = {
            "seconds": pcm.seconds,
            "speak_factor": statistics.median(end for _, _, end in runs) / pcm.seconds,
            "first_s": statistics.median(first for _, first, _ in runs),
            "whole_s": statistics.median(end for _, _, end in runs),
            "hear_factor": took / pcm.seconds,
            "error": apart(cut(text), cut(heard.text)),
        }
    return figures


async def four(speaks: KokoroSynthesizer) -> tuple[float, float]:
    """Return the slowest first audio and the whole time of four who speak at once, in seconds."""
    voice, text = ANSWERS["en"]
    began = time.monotonic()
    runs = await asyncio.gather(*(spoken(speaks, text, voice) for _ in range(4)))
    return max(first for _, first, _ in runs), time.monotonic() - began


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


async def run(folder: Path) -> dict[str, object]:
    """Return all figures."""
    bare = _resident()
    async with opened_kokoro(folder) as speaks:
        await spoken(speaks, "Hello. 你好。", "af_heart")
        speaking_mb = _resident() - bare
        async with opened_whisper(folder) as hears:
            figures = await measured(speaks, hears)
            both_mb = _resident() - bare
        stops = [await barge_in(speaks) for _ in range(5)]
        first_of_four, four_took = await four(speaks)
    return {
        "languages": figures,
        "barge_in_ms": stops,
        "first_of_four_s": first_of_four,
        "four_s": four_took,
        "speak_mb": speaking_mb,
        "both_mb": both_mb,
    }


def rows(raw: dict[str, object]) -> list[tuple[str, str, str]]:
    """Return the table."""
    table = []
    languages = raw["languages"]
    assert isinstance(languages, dict)
    for name, one in languages.items():
        sooner = one["whole_s"] / one["first_s"]
        unit = "letters" if name == "zh" else "words"
        table += [
            (f"{name}: synthesis, seconds per second of speech", f"{one['speak_factor']:.2f}", "< 1"),
            (f"{name}: transcription, seconds per second of speech", f"{one['hear_factor']:.2f}", "< 1"),
            (
                f"{name}: {unit} heard otherwise than spoken, voice message in between",
                f"{one['error']:.1%}",
                "",
            ),
            (f"{name}: first audio of a 5-sentence answer, streamed", f"{one['first_s']:.2f} s", ""),
            (f"{name}: the same, made whole first", f"{one['whole_s']:.2f} s", ""),
            (f"{name}: sooner by", f"{sooner:.1f} x", ">= 2.5 x"),
        ]
    stops = raw["barge_in_ms"]
    assert isinstance(stops, list)
    return [
        *table,
        ("barge-in: stop to silence, worst of 5", f"{max(over for over, _ in stops):.0f} ms", "<= 100 ms"),
        ("barge-in: stop to the next answer's sound", f"{max(after for _, after in stops):.0f} ms", ""),
        ("four answers at once: slowest first audio", f"{raw['first_of_four_s']:.2f} s", ""),
        ("four answers at once: all of them", f"{raw['four_s']:.2f} s", ""),
        ("memory of speaking", f"{raw['speak_mb']:.0f} MB", ""),
        ("memory of speaking and hearing", f"{raw['both_mb']:.0f} MB", ""),
    ]


def main() -> None:
    """Measure and save."""
    with tempfile.TemporaryDirectory() as folder:
        raw = asyncio.run(run(Path(folder)))
    notes = "Text to speech to OGG/Opus to text; errors are counted on what is said (numbers in words)."
    save("voice", "Voice", "python -m benchmarks voice", ("what", "measured", "aim"), rows(raw), raw, notes)


if __name__ == "__main__":
    main()
