"""One string of phonemes for a sentence of mixed scripts, and Kokoro's numbers for them."""

from __future__ import annotations

import re
import threading

from bot_media.speech.reading import Reading
from bot_media.speech.sounds.english import English
from bot_media.speech.sounds.mandarin import Mandarin

# Kokoro-82M's alphabet (config.json of the model, Apache-2.0): phoneme -> token.
VOCABULARY = dict(
    zip(
        ';:,.!?—…"()“” \u0303ʣʥʦʨᵝꭧAIOQSTWYᵊabcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔˈˌːʰʲ↓→↗↘ᵻ',
        (
            *(
                1,
                2,
                3,
                4,
                5,
                6,
                9,
                10,
                11,
                12,
                13,
                14,
                15,
                16,
                17,
                18,
                19,
                20,
                21,
                22,
                23,
                24,
                25,
                31,
                33,
                35,
            ),
            *(36, 39, 41, 42, 43, 44, 45, 46, 47, 48, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63),
            *(
                64,
                65,
                66,
                67,
                68,
                69,
                70,
                71,
                72,
                75,
                76,
                77,
                78,
                80,
                81,
                82,
                83,
                85,
                86,
                87,
                90,
                92,
                99,
                101,
            ),
            *(102, 103, 110, 111, 112, 113, 114, 115, 116, 118, 119, 120, 123, 125, 126, 128, 129, 130, 131),
            *(132, 133, 135, 136, 138, 139, 140, 142, 143, 147, 148, 156, 157, 158, 162, 164, 169, 171, 172),
            *(173, 177),
        ),
        strict=True,
    )
)
_STOPS = frozenset(';:,.!?—…"()“” ')


class Phonemes:
    """Turns readings into phonemes; the lexicons are loaded when the first is asked for, in that thread."""

    def __init__(self) -> None:
        self._english: English | None = None
        self._mandarin: Mandarin | None = None
        self._loading = threading.Lock()

    def of(self, reading: Reading) -> str:
        """Return the phonemes of a sentence; only letters of VOCABULARY. Raises MissingExtra."""
        parts = [self._run(run.kind, run.text) for run in reading.runs]
        said = re.sub(r"\s+", " ", " ".join(part for part in parts if part)).strip()
        said = re.sub(r" (?=[;:,.!?…)”])", "", said)
        said = re.sub(r"(?<=[(“]) ", "", said)
        said = re.sub(r"([;:,.!?…—])[;:,.!?…—]+", r"\1", said)
        return "".join(letter for letter in said if letter in VOCABULARY)

    def _run(self, kind: str, text: str) -> str:
        if kind == "stop":
            return "".join(letter for letter in text if letter in _STOPS)
        with self._loading:
            if kind == "zh":
                self._mandarin = self._mandarin or Mandarin()
            else:
                self._english = self._english or English()
        if kind == "zh" and self._mandarin:
            return self._mandarin.phonemes(text)
        return self._english.phonemes(text) if self._english else ""
