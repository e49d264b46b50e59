"""The Transcriber on faster-whisper: speech found first, heard in a thread, in simplified Chinese, doubts dropped."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import opencc
from numpy.typing import NDArray

from bot_core.errors import LimitReached, MissingExtra, ModelFailed
from bot_core.ports.media import Heard
from bot_media.audio import AudioReader, Pcm
from bot_media.audio.decode import RATE, VOICE
from bot_media.speech.activity import Stretch, VoiceActivity
from bot_media.speech.doubts import Judged, made_up
from bot_media.speech.reading.marks import is_chinese
from bot_media.speech.weights import whisper_folder

_log = logging.getLogger(__name__)
PROMPTS = {"zh": "以下是普通话的句子，带标点。"}  # without it base writes Chinese without punctuation
LANGUAGES = ("zh", "en")
_GOES_ON, _LATIN_END = re.compile(r"[A-Za-z0-9.]"), re.compile(r"[A-Za-z0-9.]$")


class WhisperTranscriber:
    """Hears one recording at a time; ``waiting`` more may stand in line.

    Made by :func:`opened_whisper`, which loads the model. ``patience`` is how long, in seconds, one recording
    may take beyond twice its own length.
    """

    def __init__(
        self,
        model: Any,  # noqa: ANN401 - faster_whisper.WhisperModel, which is optional
        activity: VoiceActivity,
        reader: AudioReader,
        thread: ThreadPoolExecutor,
        *,
        name: str = "whisper-base",
        patience: float = 30.0,
        waiting: int = 16,
    ) -> None:
        self._model, self._activity, self._reader, self._thread = model, activity, reader, thread
        self._name, self._patience, self._waiting = name, patience, waiting
        self._simplified = opencc.OpenCC("t2s")
        self._line = 0

    async def transcribe(self, audio: bytes, media_type: str, language: str | None = None) -> Heard:
        """Return what was said. Raises BadInput, LimitReached when too many wait, ModelFailed."""
        if self._line > self._waiting:
            raise LimitReached(10.0, f"{self._line} recordings are waiting")
        self._line += 1
        try:
            pcm = await self._reader.read(audio, media_type)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self.hear, pcm, language)
        finally:
            self._line -= 1

    def hear(self, pcm: Pcm, language: str | None = None) -> Heard:
        """Return what was said in samples at 16 kHz; blocks. Raises ModelFailed."""
        began, audio = time.monotonic(), pcm.floats()
        stretches = self._activity.stretches(audio)
        if not stretches:
            return Heard("", language or "", pcm.seconds, speech=False)
        spoken = _only(audio, stretches)
        try:
            tongue = language or self._language(spoken)
            until = began + self._patience + 2 * pcm.seconds
            texts, words = self._segments(spoken, tongue, stretches, until)
        except RuntimeError as error:  # what CTranslate2 raises
            raise ModelFailed("transcribe", self._name, str(error)[:200]) from error
        text = self._write(texts, tongue)
        if tongue == "zh" and text and not is_chinese(text):  # English with an accent
            tongue = "en"
        _log.info(
            "heard", extra={"seconds": round(pcm.seconds, 1), "took": round(time.monotonic() - began, 2)}
        )
        return Heard(text, tongue, pcm.seconds, bool(text), tuple(words) if text else ())

    def _language(self, spoken: NDArray[np.float32]) -> str:
        """Return the likeliest language; of the two we are made for, the likelier when neither clearly loses."""
        found, chance, ranked = self._model.detect_language(spoken[: 30 * RATE])
        if found in LANGUAGES or chance > 0.75:
            return str(found)
        chances = dict(ranked)
        ours = max(LANGUAGES, key=lambda name: chances.get(name, 0.0))
        return ours if chances.get(ours, 0.0) > 0.1 else str(found)

    def _segments(
        self, spoken: NDArray[np.float32], language: str, stretches: list[Stretch], until: float
    ) -> tuple[list[str], list[tuple[str, float, float]]]:
        prompt = PROMPTS.get(language, "")
        segments, _ = self._model.transcribe(
            spoken,
            language=language,
            initial_prompt=prompt or None,
            beam_size=3,
            temperature=(0.0, 0.4),
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=False,
        )
        texts: list[str] = []
        words: list[tuple[str, float, float]] = []
        for segment in segments:
            if time.monotonic() > until:
                raise ModelFailed("transcribe", self._name, "took too long")
            judged = Judged(
                segment.text, segment.no_speech_prob, segment.avg_logprob, segment.compression_ratio
            )
            if made_up(judged, prompt):
                continue
            texts.append(segment.text)
            words += self._timed(segment.words or (), language, stretches)
        return texts, words

    def _timed(
        self, words: Iterable[Any], language: str, stretches: list[Stretch]
    ) -> list[tuple[str, float, float]]:
        """Return words with their times in the whole recording, silences counted again; parts of a word are joined."""
        timed: list[tuple[str, float, float]] = []
        for word in words:
            text = self._write([word.word], language)
            start, end = _original(float(word.start), stretches), _original(float(word.end), stretches)
            if timed and _GOES_ON.match(word.word) and _LATIN_END.search(timed[-1][0]):  # "D", "isc", "ord"
                timed[-1] = (timed[-1][0] + text, timed[-1][1], end)
            else:
                timed.append((text, start, end))
        return timed

    def _write(self, texts: list[str], language: str) -> str:
        joined = "".join(texts).strip()
        return str(self._simplified.convert(joined)) if language == "zh" else joined


@asynccontextmanager
async def opened_whisper(
    folder: Path,
    *,
    model: str = "",
    threads: int = 0,
    reader: AudioReader | None = None,
    patience: float = 30.0,
    waiting: int = 16,
) -> AsyncIterator[WhisperTranscriber]:
    """Load a model and yield the Transcriber.

    ``folder`` keeps what is put together from packages. ``model``: "" is the packaged base model, else the
    path of a CTranslate2 folder. ``threads``: 0 lets CTranslate2 choose. Raises MissingExtra, ModelFailed.
    """
    thread = ThreadPoolExecutor(1, "whisper")
    loop = asyncio.get_running_loop()
    try:
        loaded, activity = await loop.run_in_executor(thread, _load, folder, model, threads)
        yield WhisperTranscriber(
            loaded,
            activity,
            reader or AudioReader(),
            thread,
            name=Path(model).name or "whisper-base",
            patience=patience,
            waiting=waiting,
        )
    finally:
        thread.shutdown(wait=False, cancel_futures=True)


def _load(folder: Path, model: str, threads: int) -> tuple[Any, VoiceActivity]:
    try:
        from faster_whisper import WhisperModel  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise MissingExtra("voice", VOICE) from None
    path = Path(model) if model else whisper_folder(folder)
    try:
        loaded = WhisperModel(
            str(path), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelFailed("transcribe", path.name, str(error)[:200]) from error
    return loaded, VoiceActivity()


def _only(audio: NDArray[np.float32], stretches: list[Stretch]) -> NDArray[np.float32]:
    """Return the stretches of a recording, joined; the silence behind keeps Whisper from going on by itself."""
    parts = [audio[int(part.start * RATE) : int(part.end * RATE)] for part in stretches]
    return np.concatenate([*parts, np.zeros(RATE // 2, np.float32)])


def _original(at: float, stretches: list[Stretch]) -> float:
    """Return where a time in the joined stretches lies in the recording."""
    left = at
    for part in stretches:
        if left <= part.end - part.start:
            return round(part.start + left, 2)
        left -= part.end - part.start
    return round(stretches[-1].end, 2)
