"""The label of generated sound: a tag in the file, and what can be heard (GB 45438-2025)."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from bot_media.audio.pcm import Pcm

TAG = "AIGC"
SPOKEN = {"zh": "AI生成", "en": "AI-generated."}
_FIELDS = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
)
_SHORT, _LONG, _GAP, _BREAK = 0.08, 0.24, 0.08, 0.24  # s
_HERTZ = 880.0


def aigc_tag(producer: str, produce_id: str, **others: str) -> dict[str, str]:
    """Return the metadata of a generated file: key ``AIGC``, its value the standard's JSON.

    ``others`` may set the standard's further fields; ``Label`` is "1": certainly generated.
    """
    known: Mapping[str, str] = {
        "Label": "1",
        "ContentProducer": producer,
        "ProduceID": produce_id,
        **others,
    }
    value = {name: known.get(name, "") for name in _FIELDS}
    return {TAG: json.dumps(value, ensure_ascii=False, separators=(",", ":"))}


def rhythm(rate: int, loudness: float = 0.2) -> Pcm:
    """Return the audible label, short-long short-short (A and I in Morse), 1.1 s with a pause behind it."""
    beats = (_SHORT, _LONG, 0.0, _SHORT, _SHORT)
    parts = [np.zeros(0, np.float32)]
    for beat in beats:
        parts += [_beep(beat, rate, loudness), np.zeros(int(_GAP * rate), np.float32)]
        if not beat:
            parts.append(np.zeros(int((_BREAK - 2 * _GAP) * rate), np.float32))
    parts.append(np.zeros(int(_BREAK * rate), np.float32))
    return Pcm.from_floats(np.concatenate(parts).astype(np.float32), rate)


def _beep(seconds: float, rate: int, loudness: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Return one tone with soft edges of 5 ms."""
    count = int(seconds * rate)
    time = np.arange(count) / rate
    edge = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.005)
    return (loudness * edge * np.sin(2 * np.pi * _HERTZ * time)).astype(np.float32)
