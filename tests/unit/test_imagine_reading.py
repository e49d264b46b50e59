"""How the built-in maker reads compounds: the head is drawn, not what only says which kind it is."""

from random import Random

import pytest

from bot_media.images.collage.icons import IconPack
from bot_media.images.collage.reading import Reader
from bot_media.images.collage.scene import place_of


@pytest.fixture(scope="module")
def reader():
    """The reader of the real pack."""
    return Reader(IconPack())


def drawn(reader, prompt):
    """Return the names of what a prompt shows."""
    return [subject.icon.name for subject in reader.read(prompt).subjects]


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("a pirate ship", ["sailboat"]),
        ("a whale shark", ["shark"]),
        ("a bird house", ["house"]),
        ("a witch's house", ["house"]),
        ("a cup of coffee", ["hot-beverage"]),
        ("a bowl of soup", ["pot-of-food"]),
        ("an apple tree with red apples", ["deciduous-tree", "red-apple"]),
        ("海底的小丑鱼", ["tropical-fish"]),
        ("苹果树和梯子", ["deciduous-tree", "ladder"]),
    ],
)
def test_the_head_of_a_compound_is_drawn(reader, prompt, shown):
    """What stands before the head, owns it or holds it is not a thing of its own."""
    assert drawn(reader, prompt) == shown


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("a cat and a dog", ["cat", "dog"]),
        ("a cat, a dog", ["cat", "dog"]),
        ("a cat under a tree", ["cat", "deciduous-tree"]),
        ("a cat astronaut", ["cat", "astronaut"]),
        ("a teddy bear", ["teddy-bear"]),
        ("两只大熊猫在吃竹子", ["panda", "tanabata-tree"]),
    ],
)
def test_things_side_by_side_are_all_drawn(reader, prompt, shown):
    """Words between them, a comma, or an animal before a person keep both; phrases that the pack names stay whole."""
    assert drawn(reader, prompt) == shown


@pytest.mark.parametrize(("word", "shown"), [("birdhouse", ["house"]), ("steamboats", ["sailboat"])])
def test_words_written_together_end_in_their_head(reader, word, shown):
    """Where both parts are known and the last is plainly the name of a thing."""
    assert drawn(reader, f"a {word}") == shown


@pytest.mark.parametrize("word", ["password", "watering", "background", "snowball"])
def test_words_that_only_end_like_a_thing_are_left_out(reader, word):
    """No sword in a password, no ring in watering."""
    assert drawn(reader, f"a {word}") == []


def test_a_colour_goes_to_what_it_stands_beside(reader):
    """ "Under blue sky" colours no flower; "a fox in red" does."""
    (flower,) = reader.read("a sunflower field under blue sky").subjects
    assert flower.colour == ""
    (fox,) = reader.read("a fox in red").subjects
    assert fox.colour == "red"


def test_a_tree_stands_in_no_room(reader):
    """Food alone is laid on a table; beside a tree or a house it lies outdoors."""
    assert place_of(reader.read("a red apple"), Random(1)) == "room"
    assert place_of(reader.read("an apple tree with red apples"), Random(1)) != "room"
