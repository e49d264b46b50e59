"""Where in a recording somebody speaks: silero's detector, by onnxruntime."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped,unused-ignore]
from numpy.typing import NDArray

from bot_core.errors import MissingExtra
from bot_media.audio.decode import RATE, VOICE

WINDOW, CONTEXT = 512, 64  # samples
SECONDS = WINDOW / RATE
LEAST = 0.2  # s of speech below which nothing was said
_MODEL = ("faster_whisper", "assets/silero_vad_v6.onnx")


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``start`` to ``end`` in seconds."""

    start: float
    end: float


class VoiceActivity:
    """Silero VAD v6 as faster-whisper's wheel brings it; one recording at a time, in any thread."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(
            str(_model()), options, providers=["CPUExecutionProvider"]
        )

    def chances(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of speech per window of 32 ms; ``audio`` is (samples,) at 16 kHz."""
        short = -len(audio) % WINDOW
        windows = np.pad(audio, (0, short)).reshape(-1, WINDOW)
        before = np.zeros((len(windows), CONTEXT), np.float32)
        before[1:] = windows[:-1, -CONTEXT:]
        rows = np.concatenate([before, windows], axis=1).astype(np.float32)
        state = {"h": np.zeros((1, 1, 128), np.float32), "c": np.zeros((1, 1, 128), np.float32)}
        found = []
        for start in range(0, len(rows), 1000):
            out, state["h"], state["c"] = self._session.run(
                None, {"input": rows[start : start + 1000], **state}
            )
            found.append(np.asarray(out).reshape(-1))
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    def stretches(self, audio: NDArray[np.float32]) -> list[Stretch]:
        """Return where there is speech, with 0.3 s around it; empty when less than 0.2 s is speech."""
        chances = self.chances(audio)
        if float((chances > 0.5).sum()) * SECONDS < LEAST:
            return []
        return joined(chances > 0.35, len(audio) / RATE)


def joined(speech: NDArray[np.bool_], seconds: float, pad: float = 0.3, gap: float = 1.5) -> list[Stretch]:
    """Return stretches of windows that are speech; pauses under ``gap`` seconds stay in."""
    found: list[Stretch] = []
    for window in np.flatnonzero(speech):
        index = int(window)
        start, end = max(0.0, index * SECONDS - pad), min(seconds, (index + 1) * SECONDS + pad)
        if found and start <= found[-1].end + gap:
            found[-1] = Stretch(found[-1].start, end)
        else:
            found.append(Stretch(start, end))
    return found


def _model() -> Path:
    spec = importlib.util.find_spec(_MODEL[0])
    if spec is None or spec.origin is None:
        raise MissingExtra("voice", VOICE)
    return Path(spec.origin).parent / _MODEL[1]
