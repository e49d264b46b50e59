"""Edges of a picture, for ControlNets: Canny's detector in numpy."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

LOW, HIGH = 0.1, 0.25  # of the strongest edge


def edges(picture: Image.Image) -> Image.Image:
    """Return white edges on black, RGB (J. Canny, A Computational Approach to Edge Detection, 1986)."""
    grey = np.asarray(picture.convert("L").filter(ImageFilter.GaussianBlur(1.4)), np.float32)
    padded = np.pad(grey, 1, mode="edge")
    across = _sobel(padded)
    down = _sobel(padded.T).T
    strength = np.hypot(across, down)
    if strength.max() < 8.0:  # a flat picture has no edges
        return Image.new("RGB", picture.size)
    thin = _thinned(strength, np.arctan2(down, across))
    strong, weak = thin >= HIGH * strength.max(), thin >= LOW * strength.max()
    found = _grown(strong, weak)
    return Image.fromarray(np.where(found, 255, 0).astype(np.uint8)).convert("RGB")


def _sobel(padded: np.ndarray) -> np.ndarray:
    smooth = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    slope: np.ndarray = smooth[:, 2:] - smooth[:, :-2]
    return slope


def _thinned(strength: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Keep what is strongest across the edge."""
    sector = np.round(angle / (np.pi / 4)).astype(int) % 4
    around = np.pad(strength, 1)
    height, width = strength.shape
    kept = np.zeros_like(strength)
    for number, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        one = around[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        other = around[1 - dy : 1 - dy + height, 1 - dx : 1 - dx + width]
        here = (sector == number) & (strength >= one) & (strength >= other)
        kept[here] = strength[here]
    return kept


def _grown(strong: np.ndarray, weak: np.ndarray) -> np.ndarray:
    """Follow weak edges from strong ones."""
    found = strong
    while True:
        around = np.pad(found, 1)
        height, width = found.shape
        near = np.zeros_like(found)
        for dy in range(3):
            for dx in range(3):
                near |= around[dy : dy + height, dx : dx + width]
        more = near & weak
        if (more == found).all():
            return found
        found = more | found
