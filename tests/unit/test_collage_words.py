"""Common words of prompts, in both languages: what is drawn for them, and what is left out rather than drawn wrongly."""

import io

import numpy as np
import pytest
from PIL import Image

from bot_core.ports.media import ImageRequest
from bot_media import MemoryFiles
from bot_media.images.collage import CollageMaker
from bot_media.images.collage.icons import IconPack
from bot_media.images.collage.naming import NAMED, NOTHING
from bot_media.images.collage.own import OWN
from bot_media.images.collage.reading import Reader

PACK = IconPack()


def drawn(prompt):
    """Return the names of what a prompt shows."""
    return [subject.icon.name for subject in Reader(PACK).read(prompt).subjects]


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("a lighthouse by the sea", ["lighthouse"]),
        ("海边的灯塔", ["lighthouse"]),
        ("the Great Wall of China in autumn", ["great-wall"]),
        ("万里长城", ["great-wall"]),
        ("two windmills in a meadow", ["windmill"]),
        ("小桥流水，一座亭子", ["arch-bridge", "pavilion"]),
        ("a chef and a doctor", ["cook", "health-worker"]),
        ("女巫和黑猫", ["woman-mage", "black-cat"]),
        ("a spaceship in space", ["rocket"]),
        ("三只橘猫", ["cat"]),
        ("梅花下的仙鹤", ["cherry-blossom", "swan"]),
        ("a pint of beer", ["beer-mug"]),
    ],
)
def test_a_common_word_is_drawn_as_what_it_means(prompt, names):
    """Not as what stands inside the word: a lighthouse is no house, a spaceship no sailing ship."""
    assert set(names) <= set(drawn(prompt))
    assert "house" not in drawn(prompt)


@pytest.mark.parametrize(
    ("prompt", "word"),
    [("a starfish", "starfish"), ("一只海马", "海马"), ("a mermaid", "mermaid"), ("天安门", "天安门")],
)
def test_what_cannot_be_drawn_is_told_and_not_drawn_wrongly(prompt, word):
    """No fish for a starfish, no horse for 海马: the word is named as not understood."""
    wish = Reader(PACK).read(prompt)
    assert wish.subjects == ()
    assert word in wish.unknown


def test_every_word_names_an_icon_that_is_there():
    """And none is both drawn and left out."""
    assert all(PACK.has(name) for name in NAMED.values())
    assert not NOTHING & set(NAMED)


@pytest.mark.parametrize("name", sorted(OWN))
async def test_our_own_subjects_can_be_seen(name):
    """Each changes the picture where it stands; the asked colour recolours it."""
    maker = CollageMaker(MemoryFiles())

    async def tell(index, progress):
        return True

    word = next(word for word, icon in NAMED.items() if icon == name)
    prompts = [f"a {word} in a meadow", f"a purple {word} in a meadow", "a meadow"]
    made = await maker.make([ImageRequest(prompt, 160, 160, 3) for prompt in prompts], tell)
    plain, purple, empty = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), int) for png in made)
    assert (np.abs(plain - empty).sum(axis=2) > 40).mean() > 0.02
    assert (np.abs(plain - purple).sum(axis=2) > 40).mean() > 0.005
