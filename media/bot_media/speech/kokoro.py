"""The Synthesizer on Kokoro-82M: phonemes to sound by onnxruntime, a sentence at a time, ended at once when left."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped,unused-ignore]
from numpy.typing import NDArray

from bot_core.errors import BadInput, ModelFailed
from bot_core.identity import Words
from bot_core.ports.media import SpeechChunk, VoiceInfo
from bot_media.audio import Pcm
from bot_media.speech.onnx_outputs import with_output
from bot_media.speech.reading import read_aloud, sentences
from bot_media.speech.sounds import VOCABULARY, Phonemes, visemes
from bot_media.speech.weights import kokoro_file

_log = logging.getLogger(__name__)
RATE = 24_000  # Hz
FRAME = 600  # samples per unit of duration
MOST = 400  # phonemes at once; the model takes 510
DURATIONS = "/encoder/Clip_output_0"  # frames per token, inside the graph
UNKNOWN = Words(
    "没有这个声音，请用 /voice 看看有哪些。", "There is no such voice; /voice lists those there are."
)
TOO_LONG = Words("这段文字太长，读不了。", "That text is too long to read aloud.")
LONGEST_TEXT = 20_000  # letters
STYLES = {"": 1.0, "slow": 0.85, "fast": 1.2}  # how fast
_PAUSES = {"，": 0.12, ",": 0.12, "：": 0.16, ":": 0.16, "；": 0.2, ";": 0.2}
_PAUSE = 0.28  # s behind a sentence
_LEAD, _TAIL = 0.05, 0.08  # s of silence kept before the first sound and behind the last
_SPEEDS = ("slow", "fast")
VOICES = (
    VoiceInfo("zf_xiaobei", "小北 Xiaobei", ("zh", "en"), _SPEEDS),
    VoiceInfo("zf_xiaoxiao", "晓晓 Xiaoxiao", ("zh", "en"), _SPEEDS),
    VoiceInfo("zm_yunjian", "云健 Yunjian", ("zh", "en"), _SPEEDS),
    VoiceInfo("af_heart", "Heart", ("en",), _SPEEDS),
    VoiceInfo("am_michael", "Michael", ("en",), _SPEEDS),
    VoiceInfo("bf_emma", "Emma", ("en",), _SPEEDS),
)
_FOLDER = Path(__file__).parents[1] / "voices"


class KokoroSynthesizer:
    """Speaks one sentence at a time; several speakers take turns sentence by sentence.

    Made by :func:`opened_kokoro`. ``styles`` are the voices' vectors by id, shape (510, 1, 256): the row is
    chosen by how many phonemes are said.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        styles: Mapping[str, NDArray[np.float32]],
        thread: ThreadPoolExecutor,
        phonemes: Phonemes,
    ) -> None:
        self._session, self._styles, self._thread, self._phonemes = session, styles, thread, phonemes
        self._turn = asyncio.Lock()

    async def voices(self) -> list[VoiceInfo]:
        """Return the voices whose vectors are there."""
        return [voice for voice in VOICES if voice.id in self._styles]

    async def speak(
        self, text: str, voice: str, style: str = "", role: str = ""
    ) -> AsyncIterator[SpeechChunk]:
        """Yield a chunk per sentence at 24 kHz. Raises BadInput for an unknown voice or style, MissingExtra, ModelFailed.

        Leaving the iterator, or cancelling who waits on it, stops the model within milliseconds.
        """
        if voice not in self._styles or style not in STYLES:
            raise BadInput(f"voice {voice[:40]!r} {style[:40]!r}", UNKNOWN)
        if len(text) > LONGEST_TEXT:
            raise BadInput(f"{len(text)} letters to speak", TOO_LONG)
        for sentence in sentences(text):
            async with self._turn:
                chunk = await self._abandonable(sentence, voice, STYLES[style])
            if chunk.samples:
                yield chunk

    async def _abandonable(self, sentence: str, voice: str, speed: float) -> SpeechChunk:
        options = onnxruntime.RunOptions()
        options.add_run_config_entry(
            "memory.enable_memory_arena_shrinkage", "cpu:0"
        )  # the longest is not held
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self.say, sentence, voice, speed, options)
        finally:
            options.terminate = True  # nobody waits any more, or it is done

    def say(
        self, sentence: str, voice: str, speed: float = 1.0, options: onnxruntime.RunOptions | None = None
    ) -> SpeechChunk:
        """Return one sentence; blocks. Raises MissingExtra, ModelFailed."""
        began = time.monotonic()
        said = self._phonemes.of(read_aloud(sentence))
        if not said or not any(letter.isalpha() for letter in said):
            return SpeechChunk(b"", RATE, sentence)
        said = said if said[-1] in ".!?,;:…" else said + "."
        sounds: list[NDArray[np.float32]] = []
        shapes: list[tuple[str, float]] = []
        for part in _within(said, MOST):
            start = sum(map(len, sounds)) / RATE
            samples, spent = self._sound(part, voice, speed, options)
            pause = _pause(part, sentence)
            samples, spent = _framed(samples, spent, pause)
            end = len(samples) / RATE - pause
            shapes += [(name, round(at + start, 3)) for name, at in visemes(part, spent, end)]
            sounds.append(samples)
        pcm = Pcm.from_floats(np.concatenate(sounds), RATE)
        took = time.monotonic() - began
        _log.debug("spoke", extra={"seconds": round(pcm.seconds, 2), "took": round(took, 2)})
        return SpeechChunk(pcm.samples, RATE, sentence, tuple(shapes))

    def _sound(
        self, said: str, voice: str, speed: float, options: onnxruntime.RunOptions | None
    ) -> tuple[NDArray[np.float32], list[float]]:
        """Return samples and the seconds each token takes, the silence at both ends included."""
        tokens = np.array([[0, *(VOCABULARY[letter] for letter in said), 0]], dtype=np.int64)
        feed = {
            "tokens": tokens,
            "style": self._styles[voice][len(said) - 1],
            "speed": np.array([speed], dtype=np.float32),
        }
        try:
            audio, frames = self._session.run(["audio", DURATIONS], feed, options)
        except Exception as error:
            raise ModelFailed("speak", "kokoro", str(error)[:200]) from error
        samples = np.asarray(audio, dtype=np.float32).reshape(-1)
        return samples, [float(count) * FRAME / RATE for count in np.asarray(frames).reshape(-1)]


@asynccontextmanager
async def opened_kokoro(folder: Path, *, threads: int = 0) -> AsyncIterator[KokoroSynthesizer]:
    """Load Kokoro and yield the Synthesizer.

    ``folder`` keeps what is put together from packages; ``threads``: 0 lets onnxruntime choose.
    Raises MissingExtra, ModelFailed, StorageFull.
    """
    thread = ThreadPoolExecutor(1, "kokoro")
    loop = asyncio.get_running_loop()
    try:
        session, styles = await loop.run_in_executor(thread, _load, folder, threads)
        yield KokoroSynthesizer(session, styles, thread, Phonemes())
    finally:
        thread.shutdown(wait=False, cancel_futures=True)


def _load(folder: Path, threads: int) -> tuple[onnxruntime.InferenceSession, dict[str, NDArray[np.float32]]]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = with_output(kokoro_file(folder).read_bytes(), DURATIONS)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    styles = {
        path.stem: np.fromfile(path, dtype="<f4").reshape(510, 1, 256) for path in _FOLDER.glob("*.bin")
    }
    return session, styles


def _within(said: str, most: int) -> list[str]:
    """Cut phonemes at spaces into parts the model can say."""
    parts = []
    while len(said) > most:
        space = said.rfind(" ", 1, most)
        cut = space if space > 0 else most
        parts.append(said[:cut])
        said = said[cut:].lstrip()
    return [*parts, said]


def _pause(part: str, sentence: str) -> float:
    return _PAUSES.get(sentence.rstrip()[-1:], _PAUSE)


def _framed(
    samples: NDArray[np.float32], spent: list[float], pause: float
) -> tuple[NDArray[np.float32], list[float]]:
    """Shorten the silence around the sound, fade the very end, add the pause behind."""
    loud = np.flatnonzero(np.abs(samples) > 0.006)
    first, last = (int(loud[0]), int(loud[-1])) if len(loud) else (0, len(samples))
    drop = max(0, min(first - int(_LEAD * RATE), int(spent[0] * RATE)))
    kept = samples[drop : last + int(_TAIL * RATE)].copy()
    fade = min(len(kept), int(0.01 * RATE))
    if fade:
        kept[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    whole = np.concatenate([kept, np.zeros(int(pause * RATE), np.float32)])
    return whole, [spent[0] - drop / RATE, *spent[1:]]
