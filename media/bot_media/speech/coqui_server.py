"""A small OpenAI-compatible speech server for Coqui's models (VITS, XTTS, Bark), in an environment of its own.

Run by path, because coqui-tts and its torch live in another environment than Yinlu, of which nothing is imported::

    coqui/bin/python coqui_server.py --port 8025 --model FOLDER [--name vits] [--samples FOLDER]

Yinlu reaches it as any OpenAI-compatible service (``[models.speak] url = http://127.0.0.1:8025/v1``). ``--model`` is a
folder with ``config.json`` and the weights, or ``vits``, ``xtts``, ``bark``, which Coqui fetches; ``--samples`` holds
recordings of people who consented, one WAV per voice beside a ``NAME.consent.json`` that says who and when: a sample
without its record is not used.
"""

from __future__ import annotations

import argparse
import io
import json
import struct
import sys
import threading
import wave
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MOST_BODY = 100_000  # bytes
MOST_LETTERS = 4_000
_CONSENT = ("owner", "confirmed_at")
NAMED = {
    "vits": "tts_models/en/ljspeech/vits",
    "xtts": "tts_models/multilingual/multi-dataset/xtts_v2",
    "bark": "tts_models/multilingual/multi-dataset/bark",
}


class Speaker:
    """A loaded model; says one sentence at a time."""

    def __init__(self, synthesizer: Any, name: str, samples: Path | None = None) -> None:  # noqa: ANN401 - coqui's
        self._synthesizer, self._name, self._samples = synthesizer, name, samples
        self._turn = threading.Lock()

    @property
    def rate(self) -> int:
        """Return the samples' rate in Hz."""
        return int(self._synthesizer.output_sample_rate)

    def voices(self) -> list[dict[str, object]]:
        """Return the model's speakers and the samples whose owners consented."""
        model = self._synthesizer.tts_model
        manager = getattr(model, "speaker_manager", None)
        names = list(getattr(manager, "speaker_names", None) or [self._name])
        tongues = getattr(model, "language_manager", None)
        languages = [
            str(tongue).split("-")[0] for tongue in getattr(tongues, "language_names", None) or ["en"]
        ]
        return [{"id": name, "languages": languages} for name in [*names, *self._consented()]]

    def clones(self) -> bool:
        """Tell whether this model makes voices of samples, and has a place for them."""
        config = getattr(self._synthesizer, "tts_config", None)
        return self._samples is not None and bool(getattr(config, "supports_cloning", False))

    def say(self, text: str, voice: str, language: str) -> list[float]:
        """Return samples in -1..1. Raises LookupError for a voice that is not listed."""
        known = [str(item["id"]) for item in self.voices()]
        if voice not in known:
            raise LookupError(voice)
        more: dict[str, object] = {"language_name": self._tongue(language)} if self._tongue(language) else {}
        if voice in self._consented():
            more["speaker_wav"] = [str(self._sample(voice))]
        elif voice != self._name:
            more["speaker_name"] = voice
        with self._turn:
            return [float(sample) for sample in self._synthesizer.tts(text, **more)]

    def _tongue(self, language: str) -> str:
        """Return the model's own name of a language; empty for a model of one language."""
        known = (
            getattr(getattr(self._synthesizer.tts_model, "language_manager", None), "language_names", None)
            or []
        )
        return next(
            (str(name) for name in known if str(name).startswith(language[:2])), str(next(iter(known), ""))
        )

    def _consented(self) -> list[str]:
        if self._samples is None or not self.clones():
            return []
        return sorted(path.stem for path in self._samples.glob("*.wav") if _consent(path))

    def _sample(self, voice: str) -> Path:
        assert self._samples is not None
        return self._samples / f"{voice}.wav"


def _consent(sample: Path) -> bool:
    """Tell whether the record beside a sample names its owner and when they agreed."""
    try:
        record = json.loads(sample.with_suffix(".consent.json").read_text())
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and all(record.get(name) for name in _CONSENT)


def load(model: str) -> Any:  # noqa: ANN401 - coqui's Synthesizer
    """Return coqui's Synthesizer for a folder with config.json and weights, or for one of ``NAMED``."""
    folder = Path(model)
    if model in NAMED and not folder.is_dir():
        from TTS.api import TTS  # type: ignore[import-not-found,unused-ignore]

        return TTS(model_name=NAMED[model], progress_bar=False).synthesizer
    from TTS.utils.synthesizer import Synthesizer  # type: ignore[import-not-found,unused-ignore]

    for name in ("model.pth", "best_model.pth", "model_file.pth"):
        if (folder / name).is_file():
            return Synthesizer(
                tts_checkpoint=str(folder / name), tts_config_path=str(folder / "config.json"), use_cuda=False
            )
    return Synthesizer(model_dir=str(folder), use_cuda=False)


def wav(samples: Sequence[float], rate: int) -> bytes:
    """Return mono 16-bit WAV."""
    whole = [max(-32768, min(32767, round(sample * 32767))) for sample in samples]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(whole)}h", *whole))
    return out.getvalue()


def handler(speaker: Speaker) -> type[BaseHTTPRequestHandler]:
    """Return the request handler: GET /v1/audio/voices, POST /v1/audio/speech, GET /healthz."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            if self.path == "/v1/audio/voices":
                self._json(200, {"voices": speaker.voices(), "cloning": speaker.clones()})
            elif self.path == "/healthz":
                self._json(200, {"ok": True})
            else:
                self._json(404, {"error": "no such path"})

        def do_POST(self) -> None:
            order = self._order()
            if self.path != "/v1/audio/speech":
                self._json(404, {"error": "no such path"})
            elif order is None:
                self._json(400, {"error": "takes JSON with input and voice"})
            else:
                self._speak(order)

        def _order(self) -> dict[str, str] | None:
            try:
                size = int(self.headers.get("Content-Length", "0"))
                order = json.loads(self.rfile.read(size)) if 0 < size <= MOST_BODY else None
            except ValueError:
                return None
            if not isinstance(order, dict) or not isinstance(order.get("input"), str):
                return None
            return order if isinstance(order.get("voice"), str) else None

        def _speak(self, order: dict[str, str]) -> None:
            language = "zh-cn" if any("\u4e00" <= letter <= "\u9fff" for letter in order["input"]) else "en"
            try:
                samples = speaker.say(order["input"][:MOST_LETTERS], order["voice"], language)
            except LookupError:
                self._json(400, {"error": "no such voice"})
                return
            self._send(200, wav(samples, speaker.rate), "audio/wav")

        def _json(self, status: int, value: object) -> None:
            self._send(status, json.dumps(value).encode(), "application/json")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: requests hold what members were told."""

    return Handler


def main(arguments: Sequence[str]) -> None:
    """Serve on the loopback until stopped."""
    parser = argparse.ArgumentParser(description="OpenAI-compatible speech from Coqui's models")
    parser.add_argument("--model", required=True, help="a folder, or one of " + ", ".join(NAMED))
    parser.add_argument("--name", default="coqui")
    parser.add_argument("--samples", type=Path)
    parser.add_argument("--port", type=int, default=8025)
    chosen = parser.parse_args(arguments)
    speaker = Speaker(load(chosen.model), chosen.name, chosen.samples)
    server = ThreadingHTTPServer(("127.0.0.1", chosen.port), handler(speaker))
    sys.stdout.write(f"ready on {server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
