"""Labels of generated pictures, and what members send made safe."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from bot_core.errors import BadInput
from bot_core.identity import Locale
from bot_media.labels import Aigc, Bounds, aigc_of, clean, found, hidden, marked, with_aigc

PAYLOAD = bytes.fromhex("0123456789abcdef01234567")


def bytes_of(picture, kind="PNG", **options):
    """Return a picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def noisy(width=512, height=384, seed=1):
    """Return a picture with soft and busy parts."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    base = np.stack([rows, columns, 1 - rows], axis=2) * 200 + 20
    base[: height // 2] += random.normal(0, 25, (height // 2, width, 3))
    return Image.fromarray(base.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_record_is_read_back_and_the_picture_stays(kind):
    """The AIGC record stands once in the XMP; pixels are untouched."""
    data = bytes_of(noisy(), kind)
    record = Aigc("引路社区", "job-7")
    labelled = with_aigc(with_aigc(data, Aigc("somebody else", "x")), record)
    assert aigc_of(labelled) == {
        "Label": "1",
        "ContentProducer": "引路社区",
        "ProduceID": "job-7",
        "ReservedCode1": "",
        "ContentPropagator": "引路社区",
        "PropagateID": "job-7",
        "ReservedCode2": "",
    }
    assert labelled.count(b"<TC260:AIGC>") == 1
    assert Image.open(io.BytesIO(labelled)).tobytes() == Image.open(io.BytesIO(data)).tobytes()
    assert aigc_of(data) is None
    with pytest.raises(BadInput):
        with_aigc(b"GIF89a", record)


@pytest.mark.parametrize("size", [(512, 512), (300, 900), (1024, 576)])
@pytest.mark.parametrize("shade", [8, 128, 250])
def test_the_visible_mark_is_large_enough_and_legible(size, shade):
    """At least 5 % of the shortest side, in the corner, on light and dark; nothing else changes."""
    plain = Image.new("RGB", size, (shade, shade, shade))
    changed = np.abs(np.asarray(marked(plain), int) - np.asarray(plain, int)).max(axis=2)
    rows, columns = np.where(changed > 0)
    assert rows.max() - rows.min() + 1 >= 0.05 * min(size)
    assert rows.min() > size[1] * 0.8
    assert columns.min() > size[0] * 0.3
    badge = np.asarray(marked(plain).convert("L"))[rows.min() : rows.max(), columns.min() : columns.max()]
    assert int(badge.max()) - int(badge.min()) > 100, "text against its ground"


@pytest.mark.parametrize(
    "picture", [noisy(), noisy(640, 640, 3), Image.new("RGB", (512, 512), (250, 250, 250))]
)
def test_the_hidden_mark_survives_jpeg(picture):
    """Twelve bytes come back from PNG and from JPEG down to quality 60; the picture looks the same."""
    carrying = hidden(picture, PAYLOAD)
    assert found(Image.open(io.BytesIO(bytes_of(carrying)))) == PAYLOAD
    for quality in (95, 80, 60):
        assert found(Image.open(io.BytesIO(bytes_of(carrying, "JPEG", quality=quality)))) == PAYLOAD
    error = np.asarray(picture, float) - np.asarray(carrying, float)
    assert 10 * np.log10(255**2 / (error**2).mean()) > 38
    assert found(picture) is None, "no mark is read where none is"


def test_the_hidden_mark_survives_cropping_and_halving():
    """A tenth cut off the sides and then JPEG 80, or half the size: the bytes still come back."""
    carrying = hidden(noisy(1024, 768, 5), PAYLOAD)
    width, height = carrying.size
    cropped = carrying.crop((width // 20 + 3, height // 20, width - width // 20, height - height // 20))
    halved = carrying.resize((width // 2, height // 2), Image.Resampling.LANCZOS)
    for sent in (bytes_of(cropped), bytes_of(cropped, "JPEG", quality=80), bytes_of(halved)):
        assert found(Image.open(io.BytesIO(sent))) == PAYLOAD


def test_what_is_too_small_or_wrong_carries_nothing():
    """A small picture stays as it is; another length of payload is a mistake."""
    small = noisy(64, 64)
    assert np.array_equal(np.asarray(hidden(small, PAYLOAD)), np.asarray(small))
    assert found(small) is None
    with pytest.raises(ValueError, match="payload"):
        hidden(noisy(), b"short")


def test_what_members_send_loses_its_metadata_and_stands_upright():
    """EXIF (place, camera) is gone, its turn is applied; long sides shrink; alpha stays."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "secret camera"
    sent = bytes_of(noisy(400, 200), "JPEG", exif=exif)
    made = Image.open(io.BytesIO(clean(sent)))
    assert (made.format, made.size, dict(made.getexif())) == ("PNG", (200, 400), {})
    assert b"secret" not in clean(sent)
    assert max(Image.open(io.BytesIO(clean(bytes_of(noisy(3000, 500)), Bounds(side=1000)))).size) == 1000
    assert Image.open(io.BytesIO(clean(bytes_of(Image.new("RGBA", (9, 9), (1, 2, 3, 4)))))).mode == "RGBA"


def claims(width, height):
    """Return a PNG of a few bytes that claims to be huge."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no picture"),
        (b"hello", "no picture"),
        (b"%PDF-1.7", "no picture"),
        (claims(100_000, 100_000), "too large"),
        (claims(30_000, 30_000), "too large"),
        (claims(100, 100), "damaged"),
        (bytes_of(noisy(), "JPEG")[:3000], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(data, says):
    """Bombs are refused by their header, before anything is decoded."""
    with pytest.raises(BadInput) as caught:
        clean(data)
    assert says in caught.value.words.of(Locale.EN)


def test_of_an_animation_the_first_picture_is_taken():
    """A GIF that moves becomes one picture."""
    frames = [Image.new("RGB", (40, 30), (n * 60, 0, 0)) for n in range(3)]
    data = bytes_of(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert Image.open(io.BytesIO(clean(data))).size == (40, 30)


def test_a_heavy_file_is_refused_before_it_is_looked_at():
    """The bound on bytes comes first."""
    with pytest.raises(BadInput, match="bytes"):
        clean(b"\x89PNG" + b"\0" * 2_000_001, Bounds(file=2_000_000))
