"""Who stands where at a lake: land animals on the shore, what swims in the water."""

from random import Random

import pytest

from bot_media.images.collage.icons import IconPack
from bot_media.images.collage.layout import BANK, arrange
from bot_media.images.collage.reading import Reader


@pytest.fixture(scope="module")
def reader():
    """A reader over the real pack."""
    return Reader(IconPack())


@pytest.mark.parametrize(
    ("prompt", "ashore"),
    [
        ("a fox", True),
        ("三只兔子", True),
        ("a tree and a bear", True),
        ("two sailboats", False),
        ("一只鸭子", False),
    ],
)
def test_land_animals_keep_their_feet_dry(reader, prompt, ashore):
    """Whatever the seed."""
    subjects = reader.read(f"{prompt} by the lake" if prompt.isascii() else f"湖边的{prompt}", "").subjects
    assert subjects
    for seed in range(30):
        figures = arrange(subjects, "lake", 0.55, 1.0, Random(seed))
        assert all((figure.y > BANK) is ashore for figure in figures if not figure.airborne), seed


def test_by_the_sea_is_the_beach(reader):
    """A fox by the sea stands on sand; a whale in the sea swims."""
    assert reader.read("a fox by the sea", "").place == "beach"
    assert reader.read("a whale in the sea", "").place == "sea"
