"""Cutting a subject out and putting another background behind it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from yinlu_testing.batches import Batch, lease

from bot_core.errors import BadInput
from bot_core.pictures import PictureAction
from bot_core.ports.media import ImageRequest
from bot_media import FlatImages, MemoryFiles
from bot_media.images.collage import CollageMaker
from bot_media.images.cutting import Cutting, cut_out
from bot_media.labels import aigc_of
from bot_media.studio import Studio

pytest.importorskip("cv2", reason="needs the extra `cutout`")


def scene(ground, subject, noise=8):
    """Return a picture with a subject of its own shape on an uneven ground, and where the subject is."""
    chance = np.random.default_rng(5)
    whole = Image.new("RGB", (480, 360), ground)
    shade = Image.linear_gradient("L").resize(whole.size).point(lambda v: v // 5)
    whole = Image.composite(Image.new("RGB", whole.size, "black"), whole, shade)
    mask = Image.new("L", whole.size)
    for paint, colour in ((ImageDraw.Draw(whole), subject), (ImageDraw.Draw(mask), 255)):
        paint.ellipse((150, 90, 330, 330), fill=colour)
        paint.polygon([(170, 120), (150, 30), (230, 100)], fill=colour)
    rough = np.asarray(whole).astype(int) + chance.integers(-noise, noise, (360, 480, 3))
    return Image.fromarray(rough.clip(0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(1)
    ), np.asarray(mask) > 0


@pytest.mark.parametrize(
    ("ground", "subject"),
    [("#7fb2d9", "#d9602c"), ("#2d5a34", "#e8e2d0"), ("#202028", "#b03060"), ("#e9dcc3", "#4a6d8c")],
)
def test_a_subject_is_found_on_an_uneven_ground(ground, subject):
    """At least 90 % of subject and cut, taken together, are both; the pixels of the subject stay as they were."""
    picture, where = scene(ground, subject)
    cut = cut_out(picture)
    found = np.asarray(cut.getchannel("A")) > 127
    assert (found & where).sum() / (found | where).sum() > 0.9
    middle = np.asarray(cut.convert("RGB"))[180:240, 200:280]
    assert np.array_equal(middle, np.asarray(picture)[180:240, 200:280])


@pytest.mark.parametrize(
    "picture", [Image.new("RGB", (300, 200), "teal"), Image.new("RGB", (1, 1)), Image.new("L", (40, 900), 7)]
)
def test_a_picture_without_a_subject_is_refused(picture):
    """A flat picture, a point, a strip: told, in a sentence."""
    with pytest.raises(BadInput):
        cut_out(picture)


def test_a_cut_is_the_same_each_time_and_a_transparent_picture_keeps_its_own():
    """No chance is left in it."""
    picture, _ = scene("#7fb2d9", "#d9602c")
    once = cut_out(picture)
    assert once.tobytes() == cut_out(picture).tobytes()
    assert cut_out(once).tobytes() == once.tobytes()


async def stored(files, picture):
    out = io.BytesIO()
    picture.save(out, "PNG")
    return await files.put(out.getvalue(), "image/png", "sent.png")


async def test_the_studio_cuts_out_with_a_transparent_ground_and_its_labels():
    """One picture, as large as what was sent, transparent around the subject; the AIGC record is in it."""
    files = MemoryFiles()
    picture, _ = scene("#7fb2d9", "#d9602c")
    ref = await stored(files, picture)
    studio = Studio(Cutting(FlatImages(), files), files)
    (result,) = await studio(Batch(lease("", [ref], action=PictureAction.CUTOUT)))
    (kept,) = result.files
    data = await files.read(kept.key)
    shown = Image.open(io.BytesIO(data))
    assert (shown.mode, shown.size) == ("RGBA", picture.size)
    assert shown.getpixel((5, 5))[3] == 0 and shown.getpixel((240, 210))[3] == 255
    assert aigc_of(data) is not None


async def test_the_subject_stands_before_what_the_words_say():
    """The built-in maker draws the words' scene, and the subject's own colours stand in its lower middle; others are unharmed."""
    files = MemoryFiles()
    picture, _ = scene("#7fb2d9", "#d9602c")
    ref = await stored(files, picture)
    studio = Studio(Cutting(CollageMaker(files), files), files)
    batch = Batch(
        lease("the sea at night", [ref], number=1, side=512, action=PictureAction.BACKDROP),
        lease("a red fox", number=2, side=64),
    )
    placed, other = await studio(batch)
    (kept,) = placed.files
    shown = Image.open(io.BytesIO(await files.read(kept.key))).convert("RGB")
    red, _, blue = shown.getpixel((256, 360))
    assert shown.size == (512, 512) and red > 150 > blue
    assert shown.getpixel((20, 20)) != shown.getpixel((256, 360))
    assert len(other.files) == 5


async def test_a_refusal_spoils_no_other_of_its_batch():
    """A picture without a subject is told to its member alone."""
    files = MemoryFiles()
    flat = await stored(files, Image.new("RGB", (64, 64), "teal"))
    studio = Studio(Cutting(FlatImages(), files), files)
    with pytest.raises(BadInput):
        await Cutting(FlatImages(), files).make([ImageRequest("", 64, 64, 1, "cutout", (flat,))], yes)
    (told,) = await studio(Batch(lease("", [flat], action=PictureAction.CUTOUT)))
    assert "can't tell" in str(told)


async def yes(index, progress):
    return True
