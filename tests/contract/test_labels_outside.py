"""Labels as another program reads them."""

import io
import json
import shutil
import subprocess

import pytest
from PIL import Image

from bot_media.labels import Aigc, clean, with_aigc

EXIFTOOL = shutil.which("exiftool")
pytestmark = pytest.mark.skipif(EXIFTOOL is None, reason="exiftool is not installed (tests/programs.tsv)")


def read(path):
    """Return what exiftool reads, warnings too."""
    done = subprocess.run([EXIFTOOL, "-j", "-G1", "-a", path], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)[0]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_exiftool_reads_the_aigc_record(tmp_path, kind):
    """It stands in the XMP under TC260's name, whole, and the file is sound."""
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, kind)
    path = tmp_path / f"picture.{kind.lower()}"
    path.write_bytes(with_aigc(out.getvalue(), Aigc("引路社区", "job-7")))
    tags = read(path)
    record = json.loads(tags["XMP-TC260:Aigc"])
    assert (record["Label"], record["ContentProducer"], record["ProduceID"]) == ("1", "引路社区", "job-7")
    assert not [name for name in tags if name.endswith((":Warning", ":Error"))]


def test_exiftool_finds_nothing_of_the_sender(tmp_path):
    """Of a photo with a place and a camera neither is left."""
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "JPEG", exif=exif)
    sent, kept = tmp_path / "sent.jpg", tmp_path / "kept.png"
    sent.write_bytes(out.getvalue())
    kept.write_bytes(clean(out.getvalue()))
    assert [name for name in read(sent) if name.startswith(("IFD0:Make", "GPS:"))]
    assert not [name for name in read(kept) if name.startswith(("IFD0:", "GPS:", "ExifIFD:", "XMP"))]
